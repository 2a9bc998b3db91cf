package io.ustack.kernel;

import io.ustack.counter.Counter;
import io.ustack.counter.Counters;
import io.ustack.ipv4.Ipv4Header;

/**
 * What the kernel has begun itself: connections that it opened, datagrams and pings that it sent,
 * so that the answers find their way back to it. Bounded; a flow that nothing was heard of for some
 * time is forgotten, and so is the quietest of eight when there is no room. One thread.
 *
 * <p>Only what the kernel sends makes or keeps an entry: nobody on the wire can.
 */
final class KernelFlows {
  /**
   * An established connection may be silent for as long as Linux's keep-alive needs to find out
   * that its peer is dead: tcp_keepalive_time and nine probes.
   */
  static final long ESTABLISHED_NS = (7200 + 9 * 75) * 1_000_000_000L;

  /** One that is being opened or closed: twice Linux's TIME_WAIT. */
  static final long PASSING_NS = 120_000_000_000L;

  /** Datagrams and pings. */
  static final long DATAGRAM_NS = 180_000_000_000L;

  private static final int WAYS = 8;
  private static final int LOCAL_PORTS = 1 << 16;

  private static final byte EMPTY = 0;
  private static final byte OPENING = 1;
  private static final byte ESTABLISHED = 2;
  private static final byte CLOSING = 3;
  private static final byte DATAGRAMS = 4;

  private static final int FIN = 0x01;
  private static final int SYN = 0x02;
  private static final int RST = 0x04;

  /** Remote address, remote port, local port. */
  private final long[] ends;

  private final byte[] protocols;
  private final byte[] states;

  /** When the kernel last sent something of it. */
  private final long[] sentNs;

  /** How many have this local port: most packets are of none, and find that out here. */
  private final char[] byLocalPort = new char[LOCAL_PORTS];

  private final int setMask;
  private final Counters counters;

  /**
   * A memory for so many.
   *
   * @param capacity a power of two [8 to 32768]
   */
  KernelFlows(final int capacity, final Counters counters) {
    if (Integer.bitCount(capacity) != 1 || capacity < WAYS || capacity > LOCAL_PORTS / 2) {
      throw new IllegalArgumentException("KernelFlows: capacity is " + capacity);
    }
    ends = new long[capacity];
    protocols = new byte[capacity];
    states = new byte[capacity];
    sentNs = new long[capacity];
    setMask = capacity / WAYS - 1;
    this.counters = counters;
  }

  /**
   * The kernel has sent something.
   *
   * @param tcpFlags of its segment; 0 for other protocols
   */
  void sent(
      final int protocol,
      final int remoteAddress,
      final int remotePort,
      final int localPort,
      final int tcpFlags,
      final long nowNs) {
    final long key = key(remoteAddress, remotePort, localPort);
    int at = byLocalPort[localPort] == 0 ? -1 : find(protocol, key);
    if (at < 0) {
      if ((tcpFlags & RST) != 0) {
        return; // a refusal begins nothing
      }
      at = admit(protocol, key, nowNs);
    }
    states[at] = next(states[at], protocol, tcpFlags);
    sentNs[at] = nowNs;
  }

  private static byte next(final byte state, final int protocol, final int tcpFlags) {
    if (protocol != Ipv4Header.PROTOCOL_TCP) {
      return DATAGRAMS;
    }
    if ((tcpFlags & SYN) != 0) {
      return OPENING;
    }
    return (tcpFlags & (FIN | RST)) != 0 || state == CLOSING ? CLOSING : ESTABLISHED;
  }

  /** Whether what arrives between these ends is an answer to the kernel. */
  boolean knows(
      final int protocol,
      final int remoteAddress,
      final int remotePort,
      final int localPort,
      final long nowNs) {
    if (byLocalPort[localPort] == 0) {
      return false;
    }
    final int at = find(protocol, key(remoteAddress, remotePort, localPort));
    return at >= 0 && !isOver(at, nowNs);
  }

  private static long key(final int remoteAddress, final int remotePort, final int localPort) {
    return (long) remoteAddress << 32 | (long) remotePort << 16 | localPort;
  }

  /** The first of the places where a flow may be. */
  private int set(final int protocol, final long key) {
    final long mixed = (key + protocol) * 0x9E37_79B9_7F4A_7C15L;
    return ((int) (mixed >>> 40) & setMask) * WAYS;
  }

  private int find(final int protocol, final long key) {
    final int first = set(protocol, key);
    for (int at = first; at < first + WAYS; at++) {
      if (ends[at] == key && states[at] != EMPTY && protocols[at] == (byte) protocol) {
        return at;
      }
    }
    return -1;
  }

  private boolean isOver(final int at, final long nowNs) {
    final long lifeNs =
        switch (states[at]) {
          case ESTABLISHED -> ESTABLISHED_NS;
          case DATAGRAMS -> DATAGRAM_NS;
          default -> PASSING_NS;
        };
    return nowNs - sentNs[at] > lifeNs;
  }

  /** A place for a new one: free, or of one that is over, or of the one that is silent longest. */
  private int admit(final int protocol, final long key, final long nowNs) {
    final int first = set(protocol, key);
    int place = first;
    boolean evicts = true;
    for (int at = first; at < first + WAYS && evicts; at++) {
      if (states[at] == EMPTY || isOver(at, nowNs)) {
        place = at;
        evicts = false;
      } else if (sentNs[at] - sentNs[place] < 0) {
        place = at;
      }
    }
    if (evicts) {
      counters.increment(Counter.KERNEL_FLOWS_FORGOTTEN);
    }
    if (states[place] != EMPTY) {
      byLocalPort[(int) ends[place] & 0xFFFF]--;
    }
    byLocalPort[(int) key & 0xFFFF]++;
    ends[place] = key;
    protocols[place] = (byte) protocol;
    states[place] = EMPTY;
    return place;
  }
}
