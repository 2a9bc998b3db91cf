package io.ustack.posix;

import io.ustack.tcp.TcpConfig;
import io.ustack.tcp.TcpConnection;
import io.ustack.tcp.TcpListener;
import java.util.concurrent.TimeUnit;

/**
 * What setsockopt(2) has told a {@link TcpSocket} of its protocol. Replaced as a whole, by
 * application threads under the socket's control lock, so sockets that were told the same, or
 * nothing, share one; read by the stack thread when it opens a connection or is rung. Ranges and
 * answers are those of Linux do_tcp_setsockopt, do_ip_setsockopt and their counterparts.
 */
final class TcpSocketOptions {
  /** Linux MAX_TCP_KEEPIDLE and MAX_TCP_KEEPINTVL, in seconds. */
  private static final int MAX_KEEP_SECONDS = 32_767;

  /** Linux MAX_TCP_KEEPCNT and MAX_TCP_SYNCNT. */
  private static final int MAX_COUNT = 127;

  /** Linux TCP_FIN_TIMEOUT_MAX, in seconds. */
  private static final int MAX_LINGER_SECONDS = 120;

  /** Linux TCP_MIN_MSS and MAX_TCP_WINDOW: what TCP_MAXSEG may ask for. */
  private static final int MIN_MSS = 88;

  private static final int MAX_MSS = 32_767;

  private final TcpConfig defaults;

  /** The stack's defaults with what was asked for instead. */
  private TcpConfig config;

  private boolean noDelay;
  private boolean cork;

  /** TCP_QUICKACK is 0 for the next connection, or for those that are accepted. */
  private boolean interactive;

  /** TCP_FASTOPEN: fast opens that a listener lets pend at a time. */
  private int fastOpens;

  /** TCP_DEFER_ACCEPT, in timeouts of the SYN-ACK; no connection inherits it. */
  private int deferredTimeouts;

  /** TCP_NOTSENT_LOWAT, as it was told. */
  private int notSentLow;

  /** TCP_FASTOPEN_CONNECT. */
  private boolean connectsFast;

  /** SO_RCVBUF was told: the stack does not choose the size any more. */
  private boolean receiveSizeSet;

  /** The same of SO_SNDBUF. */
  private boolean sendSizeSet;

  /** Nothing told yet. */
  TcpSocketOptions(final TcpConfig defaults) {
    this.defaults = defaults;
    config = defaults;
  }

  private TcpSocketOptions(final TcpSocketOptions other) {
    defaults = other.defaults;
    config = other.config;
    noDelay = other.noDelay;
    cork = other.cork;
    notSentLow = other.notSentLow;
    interactive = other.interactive;
    fastOpens = other.fastOpens;
    deferredTimeouts = other.deferredTimeouts;
    connectsFast = other.connectsFast;
    receiveSizeSet = other.receiveSizeSet;
    sendSizeSet = other.sendSizeSet;
  }

  /** What may be told something else, before a socket has it. */
  TcpSocketOptions copy() {
    return new TcpSocketOptions(this);
  }

  /** What a connection inherits from its listener: all of it, for most. */
  TcpSocketOptions inherited() {
    if (fastOpens == 0 && deferredTimeouts == 0 && !connectsFast) {
      return this;
    }
    final TcpSocketOptions rest = copy();
    rest.fastOpens = 0;
    rest.deferredTimeouts = 0;
    rest.connectsFast = false;
    return rest;
  }

  /**
   * setsockopt(2), of a {@link #copy}. Returns 0, -EINVAL, -ENOPROTOOPT; the caller passes it on to
   * the connection
   */
  int set(final int level, final int option, final int value) {
    if (level == SocketOption.IPPROTO_TCP) {
      return setTcp(option, value);
    }
    if (level == SocketOption.IPPROTO_IP) {
      return setIp(option, value);
    }
    if (level != SocketOption.SOL_SOCKET) {
      return -Errno.ENOPROTOOPT;
    }
    switch (option) {
      case SocketOption.SO_RCVBUF -> {
        final int most = defaults.maxReceiveBufferBytes();
        final int bytes = StackSocket.bufferBytes(value, StackSocket.MIN_RECEIVE_BYTES, most);
        config = config.with().receiveBufferBytes(bytes).receiveAutoTuning(false).build();
        receiveSizeSet = true;
      }
      case SocketOption.SO_SNDBUF -> {
        final int most = defaults.maxSendBufferBytes();
        final int bytes = StackSocket.bufferBytes(value, StackSocket.MIN_SEND_BYTES, most);
        config = config.with().sendBufferBytes(bytes).sendAutoTuning(false).build();
        sendSizeSet = true;
      }
      case SocketOption.SO_KEEPALIVE -> config = config.with().keepAlive(value != 0).build();
      default -> {
        return -Errno.ENOPROTOOPT;
      }
    }
    return 0;
  }

  /** Linux __ip_sock_set_tos: one byte, and TCP's are the ECN bits. */
  private int setIp(final int option, final int value) {
    if (option == SocketOption.IP_TOS) {
      config = config.with().typeOfService(value & 0xFC).build();
      return 0;
    }
    if (option != SocketOption.IP_TTL) {
      return -Errno.ENOPROTOOPT;
    }
    if (!StackSocket.isTimeToLive(value)) {
      return -Errno.EINVAL;
    }
    config = config.with().timeToLive(value == -1 ? defaults.timeToLive() : value).build();
    return 0;
  }

  private int setTcp(final int option, final int value) {
    if (!isInRange(option, value)) {
      return -Errno.EINVAL;
    }
    switch (option) {
      case SocketOption.TCP_NODELAY -> noDelay = value != 0;
      case SocketOption.TCP_CORK -> cork = value != 0;
      // DEVIATION: Linux, TCP_QUICKACK with an even number but 0: as 1, where Linux delays ACKs
      // again
      // once it has sent one that waits.
      case SocketOption.TCP_QUICKACK -> interactive = value == 0;
      case SocketOption.TCP_FASTOPEN -> fastOpens = Math.min(value, defaults.maxBacklog());
      case SocketOption.TCP_FASTOPEN_CONNECT -> connectsFast = value != 0;
      case SocketOption.TCP_NOTSENT_LOWAT -> {
        notSentLow = value;
        config = config.with().notSentLowBytes(notSentLowBytes(value)).build();
      }
      // DEVIATION: Linux, TCP_DEFER_ACCEPT, or TCP_QUICKACK of 0, on a socket that connects: the
      // last
      // ACK of its handshake leaves at once, where Linux has it wait for the first data.
      case SocketOption.TCP_DEFER_ACCEPT -> deferredTimeouts = DeferredAccept.timeouts(value);
      case SocketOption.TCP_MAXSEG -> config = config.with().maxSegmentBytes(value).build();
      case SocketOption.TCP_KEEPIDLE ->
          config = config.with().keepAliveIdleNs(TimeUnit.SECONDS.toNanos(value)).build();
      case SocketOption.TCP_KEEPINTVL ->
          config = config.with().keepAliveIntervalNs(TimeUnit.SECONDS.toNanos(value)).build();
      case SocketOption.TCP_KEEPCNT -> config = config.with().keepAliveProbes(value).build();
      case SocketOption.TCP_SYNCNT -> config = config.with().synRetries(value).build();
      case SocketOption.TCP_LINGER2 -> config = config.with().finWait2Ns(lingerNs(value)).build();
      case SocketOption.TCP_USER_TIMEOUT ->
          config = config.with().userTimeoutNs(TimeUnit.MILLISECONDS.toNanos(value)).build();
      default -> {
        return -Errno.ENOPROTOOPT;
      }
    }
    return 0;
  }

  private static boolean isInRange(final int option, final int value) {
    return switch (option) {
      case SocketOption.TCP_KEEPIDLE, SocketOption.TCP_KEEPINTVL ->
          value >= 1 && value <= MAX_KEEP_SECONDS;
      case SocketOption.TCP_KEEPCNT, SocketOption.TCP_SYNCNT -> value >= 1 && value <= MAX_COUNT;
      case SocketOption.TCP_USER_TIMEOUT, SocketOption.TCP_FASTOPEN -> value >= 0;
      case SocketOption.TCP_FASTOPEN_CONNECT -> value == 0 || value == 1;
      case SocketOption.TCP_MAXSEG -> value == 0 || (value >= MIN_MSS && value <= MAX_MSS);
      default -> true;
    };
  }

  /** An unsigned number; 0 is the default, and more than any buffer has is no bound. */
  private int notSentLowBytes(final int value) {
    if (value == 0) {
      return defaults.notSentLowBytes();
    }
    return value < 0 || value > 1 << 30 ? 0 : value;
  }

  /** Below 0 is not at all, 0 is the default. */
  private long lingerNs(final int seconds) {
    if (seconds <= 0) {
      return seconds < 0 ? 0 : defaults.finWait2Ns();
    }
    return TimeUnit.SECONDS.toNanos(Math.min(seconds, MAX_LINGER_SECONDS));
  }

  /** getsockopt(2). Returns the value, -ENOPROTOOPT, -EOPNOTSUPP for another level */
  int get(final int level, final int option) {
    if (level == SocketOption.IPPROTO_TCP) {
      return getTcp(option);
    }
    final TcpConfig now = config;
    if (level == SocketOption.IPPROTO_IP && option == SocketOption.IP_TOS) {
      return now.typeOfService();
    }
    if (level == SocketOption.IPPROTO_IP && option == SocketOption.IP_TTL) {
      return now.timeToLive();
    }
    if (level != SocketOption.SOL_SOCKET) {
      return StackSocket.noSuchLevel(level);
    }
    return switch (option) {
      case SocketOption.SO_RCVBUF ->
          StackSocket.reportedBytes(
              receiveSizeSet ? now.receiveBufferBytes() : 0, defaults.receiveBufferBytes());
      case SocketOption.SO_SNDBUF ->
          StackSocket.reportedBytes(
              sendSizeSet ? now.sendBufferBytes() : 0, defaults.sendBufferBytes());
      case SocketOption.SO_KEEPALIVE -> now.keepAlive() ? 1 : 0;
      case SocketOption.SO_PROTOCOL -> SocketOption.IPPROTO_TCP;
      default -> -Errno.ENOPROTOOPT;
    };
  }

  private int getTcp(final int option) {
    final TcpConfig now = config;
    return switch (option) {
      case SocketOption.TCP_NODELAY -> noDelay ? 1 : 0;
      case SocketOption.TCP_CORK -> cork ? 1 : 0;
      case SocketOption.TCP_QUICKACK -> interactive ? 0 : 1;
      case SocketOption.TCP_FASTOPEN -> fastOpens;
      case SocketOption.TCP_NOTSENT_LOWAT -> notSentLow;
      case SocketOption.TCP_FASTOPEN_CONNECT -> connectsFast ? 1 : 0;
      case SocketOption.TCP_DEFER_ACCEPT -> DeferredAccept.seconds(deferredTimeouts);
      case SocketOption.TCP_MAXSEG -> now.maxSegmentBytes() == 0 ? 536 : now.maxSegmentBytes();
      case SocketOption.TCP_KEEPIDLE -> (int) TimeUnit.NANOSECONDS.toSeconds(now.keepAliveIdleNs());
      case SocketOption.TCP_KEEPINTVL ->
          (int) TimeUnit.NANOSECONDS.toSeconds(now.keepAliveIntervalNs());
      case SocketOption.TCP_KEEPCNT -> now.keepAliveProbes();
      case SocketOption.TCP_SYNCNT -> now.synRetries();
      case SocketOption.TCP_LINGER2 ->
          now.finWait2Ns() == 0 ? -1 : (int) TimeUnit.NANOSECONDS.toSeconds(now.finWait2Ns());
      case SocketOption.TCP_USER_TIMEOUT ->
          (int) TimeUnit.NANOSECONDS.toMillis(now.userTimeoutNs());
      default -> -Errno.ENOPROTOOPT;
    };
  }

  /** TCP_CONGESTION, of a {@link #copy}: one that there is. */
  void congestionControl(final String name) {
    config = config.with().congestionControl(name).build();
  }

  /** What a listener is to have. */
  void applyTo(final TcpListener listener) {
    listener.fastOpen(fastOpens);
    listener.deferAccept(deferredTimeouts);
  }

  /** Whether connect(2) leaves the SYN to the first data. */
  boolean connectsFast() {
    return connectsFast;
  }

  /** Whether TCP_QUICKACK is 0. */
  boolean isInteractive() {
    return interactive;
  }

  /** Linux inet_csk_listen_start and tcp_disconnect: TCP_QUICKACK is 1 again. */
  TcpSocketOptions withoutQuickAck() {
    if (!interactive) {
      return this;
    }
    final TcpSocketOptions rest = copy();
    rest.interactive = false;
    return rest;
  }

  /** What SO_RCVLOWAT may ask for: the buffer, or half of what it grows to by itself. */
  int mostReceiveLowBytes() {
    return receiveSizeSet ? config.receiveBufferBytes() : defaults.maxReceiveBufferBytes() / 2;
  }

  /** For connections to come. */
  TcpConfig config() {
    return config;
  }

  /** Tells an open connection what is the stack thread's to tell. */
  void applyTo(final TcpConnection connection, final WaitOptions waitOptions, final long nowNs) {
    connection.options().noDelay(noDelay);
    connection.options().cork(cork);
    connection.options().config(config, nowNs);
    if (waitOptions.receiveLowBytes() > connection.receiveBuffer().capacity()) {
      connection.options().receiveCapacity(waitOptions.receiveLowBytes());
      connection.onReceiveBufferRead(nowNs);
    }
  }

  /** Gives its send buffer the size asked for; under the sending lock, or before anybody writes. */
  void applySendBuffer(final TcpConnection connection) {
    if (sendSizeSet) {
      connection.sendBuffer().capacity(config.sendBufferBytes());
    }
  }
}
