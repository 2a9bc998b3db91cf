package io.ustack.tcp;

import io.ustack.tcp.congestion.CongestionControl;
import org.jspecify.annotations.Nullable;

/**
 * What a connection remembers of its two halves while it sleeps and they serve others: the numbers
 * that {@link Sender} and {@link Receiver} would not know otherwise, and nothing that follows from
 * the others, or from nothing being under way. {@link SpareHalves} says when.
 */
final class Asleep {
  // What is true of it; one byte, since there are many.
  static final int NO_DELAY = 1;
  static final int SACK = 1 << 1;
  static final int SCALES_WINDOW = 1 << 2;
  static final int INTERACTIVE = 1 << 3;
  static final int USES_ECN = 1 << 4;
  static final int ECHOES_ECN = 1 << 5;
  private byte flags;

  // Of PeerWindow, as it has them.
  int sndWnd;
  int sndWl1;
  int sndWl2;
  int maxSndWnd;
  byte sndWndShift;

  // Of SendStream; SND.NXT is SND.UNA.
  int iss;
  int sndUna;
  int sendCapacityBytes;

  // Of Sender.
  long lastSentNs;

  /** Where it knows something that a new one would not. */
  @Nullable CongestionControl control;

  @Nullable RecoveryState recoveryState;

  // Of RttEstimator, which has measured, and waits for nothing longer than it did at first.
  float srttNs;
  float rttvarNs;
  float shortestNs;
  int shortestAt;

  // Of CongestionWindow.
  char smss;
  int initialWindow;
  int cwnd;
  int ssthresh;

  // Of ReceiveStream; everything is acknowledged.
  int segmentsIn;
  int irs;
  int rcvNxt;
  int rcvAdv;
  int receiveCapacityBytes;
  char receiveMss;
  byte windowShift;

  // Of Timestamps; the offset is known from the addresses.
  int recent;
  int recentSet;

  boolean has(final int flag) {
    return (flags & flag) != 0;
  }

  void set(final int flag, final boolean on) {
    flags = (byte) (on ? flags | flag : flags & ~flag);
  }
}
