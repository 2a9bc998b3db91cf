package io.ustack.tcp;

import io.ustack.buffer.SipHash;

/**
 * SYN cookies (RFC 4987 3.6, in D. J. Bernstein's form): a handshake that is not kept. The ISS of
 * the SYN-ACK is a keyed hash of what the SYN said, and the ACK that comes back proves and tells
 * it:
 *
 * <pre>
 *   F(ends) + SEG.SEQ + (minute &lt;&lt; 24) + ((F(ends, minute, SEG.SEQ) + MSS) mod 2^24)
 * </pre>
 *
 * <p>So the numbers of one pair of ends still grow with the peer's and with time, and old segments
 * of a connection before are told apart as ever (RFC 9293 3.4.1). The MSS is an index that stands
 * in the upper three of its 24 bits, and the second hash counts the peer's number in: a number that
 * is a little off, as that of the second segment when the first was lost, is no cookie. What else
 * the SYN said stands in the low bits of our timestamp, which the peer echoes, in Linux's layout:
 * four bits of window scale, one that permits SACK. One per stack; the key is the stack's secret.
 */
final class SynCookies {
  /** {@link #mss} of what is no cookie of ours. */
  static final int NONE = 0;

  /** How many minutes a cookie may have seen begin; so it is good for one to two minutes. */
  private static final int MINUTES = 2;

  /** How long after the last cookie one may still come back. */
  static final long VALID_NS = MINUTES * 60_000_000_000L;

  private static final long MINUTE_NS = 60_000_000_000L;
  private static final int MINUTE_SHIFT = 24;
  private static final int MASK = (1 << MINUTE_SHIFT) - 1;

  private static final int INDEX_SHIFT = 21;
  private static final int INDEX_PRECISION = (1 << INDEX_SHIFT) - 1;

  /** Hash input in the place of a minute, which is never negative. */
  private static final int NO_MINUTE = -1;

  /**
   * The largest that is not above the peer's counts. Between the two that every path knows (RFC
   * 9293 3.7.1, Ethernet's) stand those behind tunnels and PPPoE, above them that of 9000 bytes.
   */
  private static final int[] MSS = {
    Tcp.MIN_MSS, Tcp.DEFAULT_MSS, 1220, 1300, 1400, 1440, 1460, 8960
  };

  private static final int OPTION_BITS = 6;
  private static final int OPTION_MASK = (1 << OPTION_BITS) - 1;
  private static final int NO_WINDOW_SCALE = 0xF;
  private static final int SACK = 1 << 4;

  private final long key0;
  private final long key1;
  private final long startNs;

  /**
   * Cookies with a secret of 128 bits.
   *
   * @param startNs now, from which minutes count
   */
  SynCookies(final long key0, final long key1, final long startNs) {
    this.key0 = key0;
    this.key1 = key1;
    this.startNs = startNs;
  }

  /** The ISS of the SYN-ACK that answers {@code syn}, whose MSS option says {@code mss}. */
  int sequence(final TcpSegment syn, final int mss, final long nowNs) {
    final int minute = minute(nowNs);
    return (int) hash(syn, NO_MINUTE)
        + syn.seq
        + (minute << MINUTE_SHIFT)
        + ((hash(syn, minute, syn.seq) + (index(mss) << INDEX_SHIFT)) & MASK);
  }

  private static int index(final int mss) {
    final int offered = mss == 0 ? Tcp.DEFAULT_MSS : mss;
    int index = MSS.length - 1;
    while (index > 0 && MSS[index] > offered) {
      index--;
    }
    return index;
  }

  /**
   * The MSS that the peer's SYN named, or a little less.
   *
   * @param ack a segment that acknowledges what may be a cookie
   * @return {@link #NONE} when that is no cookie, or too old
   */
  int mss(final TcpSegment ack, final long nowNs) {
    final int cookie = ack.ack - 1;
    final int rest = cookie - (int) hash(ack, NO_MINUTE) - (ack.seq - 1);
    final int now = minute(nowNs);
    final int age = (now - (rest >>> MINUTE_SHIFT)) & 0xFF;
    if (age >= MINUTES) {
      return NONE;
    }
    final int index = (rest - hash(ack, now - age, ack.seq - 1)) & MASK;
    return (index & INDEX_PRECISION) == 0 ? MSS[index >> INDEX_SHIFT] : NONE;
  }

  private int minute(final long nowNs) {
    return (int) ((nowNs - startNs) / MINUTE_NS);
  }

  private int hash(final TcpSegment fromPeer, final int minute, final int synSeq) {
    return (int) SipHash.hash(key0, key1, hash(fromPeer, minute), synSeq);
  }

  private long hash(final TcpSegment fromPeer, final int minute) {
    final long addresses =
        ((long) fromPeer.sourceAddress << 32) | (fromPeer.destinationAddress & 0xFFFF_FFFFL);
    final long ports =
        ((long) minute << 32)
            | (fromPeer.sourcePort & 0xFFFFL) << 16
            | (fromPeer.destinationPort & 0xFFFFL);
    return SipHash.hash(key0, key1, addresses, ports);
  }

  /**
   * The timestamp of the SYN-ACK, without the connection's offset: the clock, or up to 63 ticks
   * less, with what both ends agreed on in its low bits.
   *
   * @param theirShift the peer's window scale; counts when {@code agreed} scales windows
   */
  static int timestamp(final int clock, final SynOffer agreed, final int theirShift) {
    final int options =
        (agreed.scalesWindow() ? theirShift : NO_WINDOW_SCALE) | (agreed.sack() ? SACK : 0);
    final int earlier = options > (clock & OPTION_MASK) ? 1 << OPTION_BITS : 0;
    return (clock & ~OPTION_MASK) - earlier + options;
  }

  /** The shift that such a timestamp tells, or {@link TcpOptions#ABSENT}. */
  static int windowShift(final int timestamp) {
    final int shift = timestamp & NO_WINDOW_SCALE;
    return shift == NO_WINDOW_SCALE ? TcpOptions.ABSENT : shift;
  }

  /** Whether such a timestamp permits SACK. */
  static boolean permitsSack(final int timestamp) {
    return (timestamp & SACK) != 0;
  }
}
