package io.ustack.tcp;

import io.ustack.counter.Counter;
import io.ustack.readiness.Readiness;

/**
 * How a connection comes to be (RFC 9293 3.5): what each side's SYN says of the stream that
 * follows. One per stack; the state is the connection's.
 */
final class Handshake {
  private final Tcp tcp;

  Handshake(final Tcp tcp) {
    this.tcp = tcp;
  }

  /** Passive open: a SYN came to a listener (RFC 9293 3.10.7.2, third). */
  void openPassive(
      final TcpConnection c,
      final TcpListener from,
      final TcpSegment syn,
      final TcpOptions options,
      final long nowNs) {
    c.openPassive(from);
    onSyn(c, syn.seq, syn, options, nowNs);
    c.wantToEmit();
  }

  /**
   * A SYN with a fast open cookie of ours came to a listener: its data is there before the
   * handshake is done (RFC 7413 4.2.2).
   */
  void openFast(
      final TcpConnection c,
      final TcpListener from,
      final FastOpenQueue queue,
      final TcpSegment syn,
      final TcpOptions options,
      final long nowNs) {
    c.openPassive(from);
    c.openFast(queue);
    onSyn(c, syn.seq, syn, options, nowNs);
    if (syn.payloadLength > 0) {
      c.receiver().onPayload(syn, c.sender().rtt(), nowNs);
    }
    from.queue(c);
    c.wantToEmit();
  }

  /**
   * The ACK of a SYN cookie came to a listener: the handshake is what it would be had it been kept,
   * and done (RFC 4987 3.6). The segment itself is still to be processed.
   *
   * @param options those that the SYN had
   */
  void openByCookie(
      final TcpConnection c,
      final TcpListener from,
      final TcpSegment ack,
      final TcpOptions options,
      final long nowNs) {
    c.openPassive(from);
    onSyn(c, ack.seq - 1, ack, options, nowNs);
    c.sender().onCookieReturned(nowNs);
    establish(c, ack, nowNs);
  }

  /**
   * The peer's SYN: sequence numbers and what both ends agree on.
   *
   * @param irs the peer's initial sequence number
   * @param segment the SYN, or the ACK that proves it: its window is not scaled yet
   */
  void onSyn(
      final TcpConnection c,
      final int irs,
      final TcpSegment segment,
      final TcpOptions options,
      final long nowNs) {
    final SynOffer offer = c.offer();
    offer.agree(options);
    if (segment.has(TcpHeader.SYN)) {
      offer.agreeOnEcn(segment.flags);
    }
    if (offer.ecn()) {
      c.receiver().useEcn(false);
    }
    if (offer.timestamps()) {
      c.useTimestamps();
      c.timestamps().start(options.tsVal(), tcp.uptimeNs(nowNs));
    }
    if (offer.sack()) {
      c.receiver().permitSack();
      c.sender().permitSack();
    }
    c.receiver().start(irs, ourMss(c));
    if (offer.scalesWindow()) {
      c.receiver().scaleWindow(offer.windowShift());
    }
    final int theirShift = offer.scalesWindow() ? options.windowShift() : 0;
    c.sender().onSyn(effectiveMss(c, options.mss(), nowNs), theirShift, segment);
  }

  /**
   * RFC 9293 3.7.1, RFC 6691: the peer's MSS or 536, at most what our path carries; never so small
   * that nothing fits.
   */
  private static int effectiveMss(final TcpConnection c, final int peerMss, final long nowNs) {
    final int offered = peerMss == 0 ? Tcp.DEFAULT_MSS : Math.max(peerMss, Tcp.MIN_MSS);
    return PathMtu.firstMss(c, Math.min(offered - optionsLength(c), ourMss(c)), nowNs);
  }

  /** What a segment can carry so that it gets through, as far as is known (RFC 1191). */
  static int mssOfPath(final TcpConnection c, final long nowNs) {
    return mssOf(c, c.path().pathMtuBytes(nowNs));
  }

  /** What a segment carries in a packet of so many bytes. */
  static int mssOf(final TcpConnection c, final int packetBytes) {
    final int headers = c.path().mtuBytes() - c.path().maxTransportBytes();
    return packetBytes - headers - TcpHeader.MIN_LENGTH_BYTES - optionsLength(c);
  }

  /** What a segment can carry on our path, behind the options that each of them has (RFC 6691). */
  private static int ourMss(final TcpConnection c) {
    return offeredMss(c) - optionsLength(c);
  }

  /** The MSS of our SYN: what our path carries, or less when the socket wants so. */
  static int offeredMss(final TcpConnection c) {
    final int most = c.path().maxTransportBytes() - TcpHeader.MIN_LENGTH_BYTES;
    final int wanted = c.config().maxSegmentBytes();
    return wanted == 0 ? most : Math.min(most, Math.max(wanted, Tcp.MIN_MSS));
  }

  private static int optionsLength(final TcpConnection c) {
    return c.usesTimestamps() ? TcpOptions.TIMESTAMPS_LENGTH_BYTES : 0;
  }

  /**
   * RFC 7413 4.1.3: what the SYN-ACK says of our fast open. A cookie that nobody asked for is
   * ignored; when only the bare SYN came through, the next ones to this server are bare, too.
   */
  void onFastOpenAnswered(
      final TcpConnection c, final TcpSegment synAck, final TcpOptions options, final long nowNs) {
    if (!c.offer().triesFastOpen()) {
      return;
    }
    final FastOpenCache cache = tcp.fastOpenCache();
    final FastOpenCookie sent = c.offer().cookie();
    final FastOpenCookie given = options.fastOpen();
    final boolean taken = synAck.ack != c.sender().iss() + 1;
    if (given != null && !given.isRequest()) {
      cache.onCookie(c.remoteAddress(), given, options.mss());
    } else if (taken) {
      cache.onDataTaken(c.remoteAddress());
    } else if (sent == null) {
      cache.onSynSwallowed(c.remoteAddress(), nowNs);
    }
    if (taken) {
      tcp.counters().increment(Counter.TCP_FAST_OPENS_ACTIVE);
    } else if (sent == null || !sent.isRequest()) {
      tcp.counters().increment(Counter.TCP_FAST_OPENS_ACTIVE_FAILED);
    }
  }

  /** Our SYN is acknowledged. */
  void establish(final TcpConnection c, final TcpSegment segment, final long nowNs) {
    c.sender().onSynAcknowledged(segment.ack, segment.echoAgeNs, nowNs);
    c.timers().onProgress();
    c.timers().stop();
    c.state(TcpState.ESTABLISHED);
    tcp.counters().increment(Counter.TCP_ESTABLISHED);
    if (c.sender().isFinQueued()) {
      c.state(TcpState.FIN_WAIT_1);
    }
    final TcpListener listener = c.listener();
    if (c.isOpenedFast()) {
      c.endFastOpen();
    } else if (listener != null) {
      listener.onEstablished(c);
    }
    c.forgetOffer();
    c.raise(Readiness.WRITABLE);
  }
}
