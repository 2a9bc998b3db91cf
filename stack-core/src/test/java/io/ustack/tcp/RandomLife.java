package io.ustack.tcp;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;

/**
 * One connection under random treatment: what was written and read, what was told to the peer, and
 * what must hold whatever happens. The peer's byte with sequence number {@code n} is always {@link
 * ScriptedSegment#streamByte} of {@code n}.
 */
final class RandomLife {
  final int ourPort;
  final int peerPort;
  final TcpConnection connection;

  private int irs;
  private boolean irsKnown;
  private int written;
  private int readBytes;
  boolean finished;
  boolean closed;
  private int rightEdge;
  private boolean rightEdgeKnown;
  private int lastUna;
  private int lastNxt;
  private boolean sndKnown;
  private int toldEdge;
  private boolean toldEdgeKnown;

  RandomLife(final TcpConnection connection) {
    ourPort = connection.localPort();
    peerPort = connection.remotePort();
    this.connection = connection;
  }

  /** The peer's SYN was taken; its number is the origin of what it sends. */
  void irs(final int seq) {
    irs = seq;
    irsKnown = true;
  }

  boolean irsKnown() {
    return irsKnown;
  }

  /** A SYN with this number may have been taken. */
  void learnIrs(final int seq) {
    final TcpState state = connection.state();
    if (!irsKnown && state != TcpState.SYN_SENT && state != TcpState.CLOSED) {
      irs(seq);
    }
  }

  // ---- What the application does

  void write(final int length, final long nowNs) {
    final byte[] bytes = ScriptedSegment.stream(1 + written, length);
    final int taken = connection.sendBuffer().write(bytes, 0, length);
    written += taken;
    if (taken < length) {
      connection.sendBuffer().requestSpace();
    }
    connection.onSendBufferWritten(nowNs);
  }

  void read(final int length, final long nowNs) {
    if (closed) {
      return; // nobody is left to read, and the buffer is gone
    }
    final byte[] bytes = new byte[length];
    final int count = connection.receiveBuffer().read(bytes, 0, length);
    assertArrayEquals(
        ScriptedSegment.stream(irs + 1 + readBytes, count),
        java.util.Arrays.copyOf(bytes, count),
        "what was read is not what the peer sent");
    readBytes += count;
    connection.onReceiveBufferRead(nowNs);
  }

  // ---- What must hold

  /** A segment of ours, from its TCP header to its end. */
  void sent(final ByteBuffer segment) {
    final int flags = segment.get(13);
    final int header = (segment.get(12) & 0xF0) >>> 2;
    final int length = segment.capacity() - header;
    final Sender sender = connection.sender();
    if (length > 0) {
      final int syn = (flags & TcpHeader.SYN) != 0 ? 1 : 0;
      final int at = segment.getInt(4) + syn - sender.iss();
      assertTrue(at >= 1 && at + length <= 1 + written, "sends what nobody wrote: " + at);
      final byte[] payload = new byte[length];
      segment.get(header, payload);
      assertArrayEquals(ScriptedSegment.stream(at, length), payload, "sends something else");
    }
    if ((flags & TcpHeader.FIN) != 0) {
      assertTrue(finished, "FIN unasked");
      assertEquals(1 + written, segment.getInt(4) - sender.iss() + length, "FIN in its place");
    }
    if ((flags & (TcpHeader.ACK | TcpHeader.RST | TcpHeader.SYN)) == TcpHeader.ACK) {
      told(segment);
    }
  }

  /** RFC 7323 2.4: the right edge may seem to move left by less than one unit of the scale. */
  private void told(final ByteBuffer segment) {
    final int shift = connection.receiver().windowShift();
    final int edge = segment.getInt(8) + ((segment.getShort(14) & 0xFFFF) << shift);
    if (toldEdgeKnown) {
      assertTrue(toldEdge - edge < 1 << shift, "window moved left by " + (toldEdge - edge));
    }
    toldEdge = toldEdgeKnown ? Seq.max(toldEdge, edge) : edge;
    toldEdgeKnown = true;
  }

  /** Whether the stack and the link are at rest tells whether a timer must be running. */
  void check(final boolean atRest) {
    final TcpState state = connection.state();
    if (state == TcpState.CLOSED) {
      return;
    }
    checkSender(state);
    if (irsKnown) {
      checkReceiver();
    }
    if (atRest) {
      checkTimer(state);
    }
  }

  private void checkSender(final TcpState state) {
    final Sender s = connection.sender();
    assertTrue(Seq.leq(s.sndUna(), s.sndNxt()), "SND.UNA =< SND.NXT");
    assertTrue(!sndKnown || Seq.geq(s.sndUna(), lastUna), "SND.UNA went back");
    assertTrue(!sndKnown || Seq.geq(s.sndNxt(), lastNxt), "SND.NXT went back");
    lastUna = s.sndUna();
    lastNxt = s.sndNxt();
    sndKnown = true;
    assertTrue(s.window().cwnd() >= Math.min(s.mss(), 1) || !state.isSynchronized());
    if (state.isSynchronized()) {
      final int acked = Math.min(s.sndUna() - s.iss() - 1, written);
      assertEquals(written - acked, connection.sendBuffer().length(), "send buffer");
    }
  }

  private void checkReceiver() {
    final Receiver r = connection.receiver();
    final int taken = r.rcvNxt() - irs - 1 - (r.isEnded() ? 1 : 0);
    assertEquals(taken, readBytes + connection.receiveBuffer().length(), "receive buffer");
    assertTrue(r.rcvWnd() >= 0, "RCV.WND");
    final int edge = r.rcvNxt() + r.rcvWnd();
    assertTrue(!rightEdgeKnown || Seq.geq(edge, rightEdge), "right edge moved left");
    rightEdge = edge;
    rightEdgeKnown = true;
  }

  /** Whatever waits for the peer waits for a timer as well. */
  private void checkTimer(final TcpState state) {
    final TcpTimers.Kind kind = connection.timers().kind();
    final Sender s = connection.sender();
    switch (state) {
      case SYN_SENT, SYN_RECEIVED -> assertEquals(TcpTimers.Kind.RETRANSMIT, kind, state.name());
      case TIME_WAIT -> assertEquals(TcpTimers.Kind.TIME_WAIT, kind);
      case FIN_WAIT_2 ->
          assertEquals(closed ? TcpTimers.Kind.FIN_WAIT_2 : TcpTimers.Kind.NONE, kind);
      default -> {
        if (s.sndNxt() != s.sndUna()) {
          final boolean probes =
              kind == TcpTimers.Kind.PROBE_TAIL || kind == TcpTimers.Kind.REORDER;
          assertTrue(
              kind == TcpTimers.Kind.RETRANSMIT || (s.sackPermitted() && probes), "data in flight");
        } else if (s.hasUnsent()) {
          final boolean paced =
              s.sendRate != null && s.sendRate.isPausing() && connection.timers().isScheduled();
          assertTrue(paced || kind == TcpTimers.Kind.PERSIST, "data behind a closed window");
        } else {
          assertEquals(TcpTimers.Kind.NONE, kind, "nothing to wait for");
        }
      }
    }
    assertEquals(false, connection.receiver().owesAck(), "an ACK is owed and not sent");
  }

  @Override
  public String toString() {
    final Sender s = connection.sender();
    return "%s port %d una %d nxt %d max %d written %d irs %d rcvNxt %d wnd %d read %d timer %s"
        .formatted(
            connection.state(),
            peerPort,
            s.sndUna() - s.iss(),
            s.sndNxt() - s.iss(),
            s.sndNxt() - s.iss(),
            written,
            irs,
            connection.receiver().rcvNxt() - irs,
            connection.receiver().rcvWnd(),
            readBytes,
            connection.timers().kind());
  }
}
