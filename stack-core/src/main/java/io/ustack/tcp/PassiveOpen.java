package io.ustack.tcp;

import io.ustack.buffer.PressureLevel;
import io.ustack.counter.Counter;
import io.ustack.counter.DropReason;
import io.ustack.ipv4.Path;
import io.ustack.readiness.Failure;
import io.ustack.readiness.ReadinessObserver;
import org.jspecify.annotations.Nullable;

/** What a segment does to a listener: RFC 9293 3.10.7.2. One per stack. */
final class PassiveOpen {
  private final Tcp tcp;
  private final SynCookies cookies;
  private final FastOpenCookies fastOpenCookies;

  /** Of the SYN that is being answered with a cookie. */
  private final SynOffer offer;

  PassiveOpen(final Tcp tcp, final SynCookies cookies, final FastOpenCookies fastOpenCookies) {
    this.tcp = tcp;
    this.cookies = cookies;
    this.fastOpenCookies = fastOpenCookies;
    offer = new SynOffer(tcp.config());
  }

  /**
   * Processes one segment whose header is valid. The packet stays with the caller.
   *
   * @param old a connection in TIME_WAIT that gives way to a valid SYN
   */
  void onSegment(
      final TcpListener listener,
      final @Nullable TcpConnection old,
      final TcpSegment segment,
      final long nowNs) {
    if (segment.has(TcpHeader.RST)) {
      tcp.counters().drop(DropReason.TCP_LISTEN_NOT_SYN);
      return;
    }
    if (segment.has(TcpHeader.ACK)) {
      onAck(listener, segment, nowNs);
      return;
    }
    if (!segment.has(TcpHeader.SYN) || segment.has(TcpHeader.FIN) || segment.sourcePort == 0) {
      // DEVIATION: RFC 9293 3.10.7.2, third, SYN and FIN together: dropped, as on Linux, where the
      // FIN should be processed in SYN-RECEIVED. Nobody but a port scanner opens and closes at
      // once.
      tcp.counters().drop(DropReason.TCP_LISTEN_NOT_SYN);
      return;
    }
    if (old != null) {
      // Whoever has had a connection is no flood, and has a place (Linux tcp_conn_request).
      if (!refuses(listener)) {
        old.die(Failure.NONE);
        onSyn(listener, segment, TimeWait.successorIss(old), nowNs);
      }
      return;
    }
    final SynCookieUse use = listener.config().synCookies();
    final boolean full = listener.isSynQueueFull();
    final boolean pressed = tcp.pressure.level().reaches(PressureLevel.COOKIES);
    if (full && use == SynCookieUse.OFF) {
      tcp.counters().drop(DropReason.TCP_SYN_QUEUE_FULL);
    } else if (pressed && use == SynCookieUse.OFF) {
      tcp.counters().drop(DropReason.TCP_SYN_PRESSURE);
    } else if (!refuses(listener)) {
      if (full || pressed || use == SynCookieUse.ALWAYS) {
        sendCookie(listener, segment, nowNs);
        if (!full && use != SynCookieUse.ALWAYS) {
          tcp.counters().increment(Counter.TCP_PRESSURE_COOKIES);
        }
      } else {
        onSyn(listener, segment, newIss(segment, nowNs), nowNs);
      }
    }
  }

  private int newIss(final TcpSegment syn, final long nowNs) {
    return tcp.newIss(
        syn.destinationAddress, syn.destinationPort, syn.sourceAddress, syn.sourcePort, nowNs);
  }

  /**
   * With a full accept queue the peer may ask again later (Linux sk_acceptq_is_full), and when
   * connections are reset for want of memory.
   */
  private boolean refuses(final TcpListener listener) {
    if (tcp.pressure.level().reaches(PressureLevel.REFUSING)) {
      tcp.counters().drop(DropReason.TCP_SYN_PRESSURE);
      return true;
    }
    if (listener.isAcceptQueueFull()) {
      tcp.counters().drop(DropReason.TCP_ACCEPT_QUEUE_FULL);
      return true;
    }
    return false;
  }

  /**
   * The SYN is kept: a connection in SYN-RECEIVED.
   *
   * <p>DEVIATION: RFC 9293 3.10.7.2, third: text on a SYN without a fast open cookie is not queued
   * and not acknowledged, so the peer sends it again, as on Linux: a flood of SYNs can't fill
   * buffers.
   */
  private void onSyn(
      final TcpListener listener, final TcpSegment syn, final int iss, final long nowNs) {
    final TcpConnection connection = open(listener, syn, iss);
    if (connection == null) {
      return;
    }
    connection.receiver().segmentsIn = 1;
    final TcpOptions options = tcp.parseOptions(syn);
    if (!opensFast(connection, listener, syn, options, nowNs)) {
      listener.onHandshakeStarted();
      tcp.handshake().openPassive(connection, listener, syn, options, nowNs);
    }
  }

  /**
   * RFC 7413 4.2: a good cookie opens the connection with the data of its SYN. Else our SYN-ACK may
   * bring one for the next time, and the data is for the peer to send again.
   */
  private boolean opensFast(
      final TcpConnection c,
      final TcpListener listener,
      final TcpSegment syn,
      final TcpOptions options,
      final long nowNs) {
    final FastOpenQueue queue = listener.fastOpens();
    final FastOpenCookie cookie = queue == null ? null : options.fastOpen();
    if (queue == null || cookie == null) {
      return false;
    }
    if (queue.isFull(nowNs)) {
      tcp.counters().increment(Counter.TCP_FAST_OPENS_LISTEN_OVERFLOWS);
      return false;
    }
    final int age = fastOpenCookies.age(cookie, syn, nowNs);
    if (age != 0) {
      c.offer().cookie(fastOpenCookies.issue(syn, nowNs));
    }
    if (age == FastOpenCookies.INVALID) {
      tcp.counters()
          .increment(
              cookie.isRequest()
                  ? Counter.TCP_FAST_OPEN_COOKIES_REQUESTED
                  : Counter.TCP_FAST_OPENS_PASSIVE_FAILED);
      return false;
    }
    tcp.counters().increment(Counter.TCP_FAST_OPENS_PASSIVE);
    tcp.handshake().openFast(c, listener, queue, syn, options, nowNs);
    return true;
  }

  /** The SYN is answered and forgotten. */
  private void sendCookie(final TcpListener listener, final TcpSegment syn, final long nowNs) {
    final Path path = tcp.pathBack(syn);
    if (path == null) {
      tcp.counters().drop(DropReason.IPV4_NO_ROUTE);
      return;
    }
    final TcpOptions options = tcp.parseOptions(syn);
    offer.start(listener.config());
    offer.agree(options);
    offer.forgetWithoutTimestamps();
    listener.onCookieSent(nowNs);
    final int clock = Timestamps.clock(tcp.uptimeNs(nowNs));
    tcp.writer()
        .writeCookie(
            path,
            listener.config(),
            syn,
            cookies.sequence(syn, options.mss(), nowNs),
            Math.min(0xFFFF, listener.config().receiveBufferBytes()),
            offer,
            SynCookies.timestamp(clock, offer, options.windowShift()) + timestampOffset(syn),
            options.tsVal(),
            nowNs);
  }

  private int timestampOffset(final TcpSegment segment) {
    return tcp.timestampOffset(segment.destinationAddress, segment.sourceAddress);
  }

  /** RFC 9293 3.10.7.2, second: any ACK is bad, unless it brings back a cookie. */
  private void onAck(final TcpListener listener, final TcpSegment ack, final long nowNs) {
    if (ack.has(TcpHeader.SYN) || ack.sourcePort == 0 || !listener.expectsCookies(nowNs)) {
      tcp.onSegmentToNobody(ack, DropReason.TCP_LISTEN_NOT_SYN, nowNs);
      return;
    }
    final int mss = cookies.mss(ack, nowNs);
    if (mss == SynCookies.NONE) {
      tcp.onSegmentToNobody(ack, DropReason.TCP_SYN_COOKIE_INVALID, nowNs);
      return;
    }
    if (refuses(listener)) {
      // The peer believes that it is connected: its data will bring the cookie again.
      return;
    }
    final TcpConnection connection = open(listener, ack, ack.ack - 1);
    if (connection != null) {
      tcp.counters().increment(Counter.TCP_SYN_COOKIES_IN);
      listener.onHandshakeStarted();
      tcp.handshake()
          .openByCookie(connection, listener, ack, restoreSyn(listener.config(), ack, mss), nowNs);
      connection.onSegment(ack, nowNs);
    }
  }

  /** The options of the SYN as the ACK of its cookie tells them. */
  private TcpOptions restoreSyn(final TcpConfig config, final TcpSegment ack, final int mss) {
    final TcpOptions options = tcp.parseOptions(ack);
    final boolean timestamps = config.timestamps() && options.hasTimestamps();
    final int echo = options.tsEcr() - timestampOffset(ack);
    options.restoreSyn(
        mss,
        timestamps ? SynCookies.windowShift(echo) : TcpOptions.ABSENT,
        timestamps && SynCookies.permitsSack(echo),
        timestamps);
    return options;
  }

  private @Nullable TcpConnection open(
      final TcpListener listener, final TcpSegment segment, final int iss) {
    if (tcp.isFull()) {
      tcp.counters().drop(DropReason.TCP_CONNECTION_LIMIT);
      return null;
    }
    final Path path = tcp.pathBack(segment);
    if (path == null) {
      tcp.counters().drop(DropReason.IPV4_NO_ROUTE);
      return null;
    }
    final TcpConnection connection =
        new TcpConnection(
            tcp,
            path,
            segment.destinationPort,
            segment.sourcePort,
            listener.config(),
            ReadinessObserver.NONE,
            iss);
    tcp.add(connection);
    tcp.counters().increment(Counter.TCP_PASSIVE_OPENS);
    return connection;
  }
}
