package io.ustack.tcp;

/** When a connection in TIME-WAIT gives its addresses and ports to another (RFC 9293 3.6.1). */
final class TimeWait {
  private TimeWait() {}

  /**
   * Whether a SYN may start a new incarnation of this connection (RFC 9293 3.10.7.4, fourth,
   * TIME-WAIT; RFC 1122 4.2.2.13): it comes later, by its timestamp (RFC 6191 2) or else by its
   * sequence number.
   */
  static boolean yieldsTo(final TcpConnection c, final TcpSegment syn, final Tcp tcp) {
    if (c.state() != TcpState.TIME_WAIT
        || (syn.flags & (TcpHeader.SYN | TcpHeader.ACK | TcpHeader.RST)) != TcpHeader.SYN) {
      return false;
    }
    final TcpOptions options = tcp.parseOptions(syn);
    final Timestamps ours = c.timestamps();
    if (c.usesTimestamps() && options.hasTimestamps() && options.tsVal() != ours.recent()) {
      return Seq.gt(options.tsVal(), ours.recent());
    }
    return Seq.geq(syn.seq, c.receiver().rcvNxt());
  }

  /**
   * Whether a connection of ours between the same ends may follow this one at once: its timestamps
   * will be later than all of this one's, so that old segments are told apart by PAWS and the peer,
   * if it is still waiting for our ACK, by theirs (RFC 6191 2; Linux tcp_twsk_unique).
   *
   * @param quietNs how long this one must have heard nothing
   */
  static boolean yieldsToOurs(
      final TcpConnection c, final TcpConfig next, final long quietNs, final long nowNs) {
    return c.state() == TcpState.TIME_WAIT
        && next.reuseTimeWaits()
        && next.timestamps()
        && c.usesTimestamps()
        && c.timestamps().isRecentOlderThan(quietNs, c.uptimeNs(nowNs));
  }

  /**
   * The ISS of the next incarnation: larger than anything that this one sent, or its old duplicates
   * could pass for new ones (RFC 1122 4.2.2.13 (1); Linux adds as much).
   */
  static int successorIss(final TcpConnection c) {
    return c.sender().sndNxt() + 0xFFFF + 2;
  }
}
