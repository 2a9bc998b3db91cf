package io.ustack.posix;

import io.ustack.buffer.ByteRanges;
import io.ustack.buffer.LentPackets;
import io.ustack.buffer.Packet;
import io.ustack.ipv4.Ipv4Header;
import io.ustack.tcp.TcpConnection;
import io.ustack.tcp.TcpHeader;
import io.ustack.tcp.TcpInfo;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * A TCP socket as Linux has it: unconnected, then a listener or a connection. This is the
 * application's half; {@link TcpStackSide} is the stack's.
 */
public final class TcpSocket extends StackSocket {
  /**
   * What the calls made of the socket: Linux's {@code socket.state}, and LISTENING. Written under
   * the control lock.
   */
  enum Phase {
    UNCONNECTED,
    LISTENING,
    CONNECTING,
    CONNECTED,
    /** It failed to connect, and was shut then: nothing but disconnect helps. */
    DISCONNECTING
  }

  /** On the shard where it is connected, or will be. Written under the control lock. */
  volatile TcpStackSide stackSide;

  /** Where it is bound, on an engine of several shards; null as long as it never was. */
  volatile @Nullable TcpSides sides;

  /** The payload of a segment: what the window moves by. */
  static final int SEGMENT_BYTES = 1460;

  /** What accept(2) has the stack do, once it was called. Under the control lock. */
  @Nullable TcpCall acceptCall;

  volatile Phase phase = Phase.UNCONNECTED;

  /**
   * Where it is bound: address in bits 47..16, port in bits 15..0. Written by the stack side while
   * a call waits.
   */
  volatile long local;

  /** Replaced under the control lock. */
  volatile TcpSocketOptions options;

  /** Bytes read since the stack was last told; under the receiving lock. */
  int unreported;

  TcpSocket(final SocketEngine engine) {
    super(engine);
    stackSide = new TcpStackSide(this, engine.nextShard());
    options = engine.tcpOptions;
  }

  /** The socket of a connection that {@code listener} accepted; stack thread. */
  TcpSocket(
      final TcpSocket listener,
      final TcpStackSide from,
      final TcpConnection accepted,
      final long nowNs) {
    super(listener.engine);
    stackSide = new TcpStackSide(this, from.shard);
    reuseAddress = listener.reuseAddress;
    reusePort = listener.reusePort;
    oobInline = listener.oobInline;
    waitOptions = listener.waitOptions;
    options = listener.options.inherited();
    local = (long) accepted.localAddress() << 16 | accepted.localPort();
    phase = Phase.CONNECTED;
    stackSide.adopt(accepted, from, nowNs);
  }

  /** See {@link io.ustack.readiness.ReadinessObserver#touch}; of the socket and what watches it. */
  int touch(final int step) {
    final Watch first = firstWatch();
    return step == 1 || first == null ? unreported : first.interest + (int) first.data;
  }

  /** INLINE only the thread that runs the stack touches it. */
  @Override
  boolean isShared() {
    return engine.execution.isShared();
  }

  @Override
  public int type() {
    return SocketOption.SOCK_STREAM;
  }

  @Override
  Shard shard() {
    return stackSide.shard;
  }

  // ---- Readiness

  @Override
  public int readiness() {
    return TcpReadiness.of(this);
  }

  @Override
  boolean isReady(final int events, final int bytes) {
    final TcpConnection connection = stackSide.connection();
    if (bytes == AS_TOLD || connection == null) {
      return super.isReady(events, bytes);
    }
    // Data that is too little to be told does not end a wait for more.
    return connection.receiveBuffer().length() >= bytes
        || super.isReady(events & ~Epoll.READ_KEY, bytes);
  }

  /** Linux's sk_shutdown: what either side has shut. */
  int shutdownSeen(final int stream) {
    if ((stream & TcpStackSide.OVER) != 0) {
      return SHUT_BOTH;
    }
    return (stream & TcpStackSide.PEER_FINISHED) != 0 ? shut | SHUT_RECEIVE : shut;
  }

  // ---- Life

  @Override
  public int bind(final int address, final int port) {
    if (!isPort(port)) {
      return -Errno.EINVAL;
    }
    control.lock();
    try {
      return TcpSides.bind(this, address, port);
    } finally {
      control.unlock();
    }
  }

  /** getsockopt(2) of TCP_INFO. Returns 0, -EBADF, -EIO */
  public int info(final TcpInfo into) {
    final int refusal = refusal();
    return refusal == 0 ? call(new TcpCall(stackSide, into)) : refusal;
  }

  int call(final TcpCall.Kind kind, final int first, final int second) {
    return call(new TcpCall(stackSide, kind, first, second));
  }

  private int call(final TcpCall call) {
    control.lock();
    try {
      stackSide.shard.call(call);
    } finally {
      control.unlock();
    }
    return call.result();
  }

  /**
   * listen(2). On a listener it changes the backlog.
   *
   * @param backlog how many connections may wait; a negative one is as many as the stack allows
   * @return 0, -EADDRINUSE, -EINVAL when it is or was connected, -EBADF
   */
  public int listen(final int backlog) {
    control.lock();
    try {
      if (phase != Phase.UNCONNECTED && phase != Phase.LISTENING) {
        return -Errno.EINVAL;
      }
      // Linux compares as unsigned: a negative backlog is the largest.
      final int waiting = backlog < 0 ? Integer.MAX_VALUE : backlog;
      final int result = TcpSides.listen(this, waiting);
      if (result == 0) {
        if (phase == Phase.UNCONNECTED) {
          options = options.withoutQuickAck();
        }
        phase = Phase.LISTENING;
      }
      return result;
    } finally {
      control.unlock();
    }
  }

  /** See {@link AcceptQueue#await}. */
  public int awaitAcceptable() {
    final long timeoutNs = receiveTimeoutNs(0);
    return AcceptQueue.await(this, timeoutNs, startNs(timeoutNs));
  }

  /** The same, where the call has waited since {@code startNs}. */
  int awaitAcceptable(final long timeoutNs, final long startNs) {
    return AcceptQueue.await(this, timeoutNs, startNs);
  }

  /** Takes the connection that has waited longest; null when there is none (any more). */
  public @Nullable TcpSocket takeAccepted() {
    return AcceptQueue.take(this);
  }

  /** Linux inet_csk_wait_for_connect: of many threads in accept(2) one is woken per connection. */
  @Override
  boolean wakesOneReader() {
    return isListening();
  }

  /**
   * connect(2).
   *
   * <p>With TCP_FASTOPEN_CONNECT, and a peer that gave a cookie before, it succeeds at once: the
   * SYN leaves with the first data (RFC 7413).
   *
   * @return 0; -EINPROGRESS, then -EALREADY, when it does not wait; -EISCONN; -ECONNREFUSED,
   *     -ETIMEDOUT, -EHOSTUNREACH, -ENETUNREACH, -EADDRNOTAVAIL without a free port; -EINVAL;
   *     -EINTR; -EBADF; -EIO
   */
  @Override
  public int connect(final int address, final int port) {
    return TcpOpening.connect(this, address, port);
  }

  /** See {@link TcpOpening#isHandshaking}. */
  boolean isHandshaking() {
    return TcpOpening.isHandshaking(this);
  }

  @Override
  public int disconnect() {
    control.lock();
    try {
      final int refusal = refusal();
      if (refusal != 0) {
        return refusal;
      }
      final boolean alive =
          stackSide.connection() != null && (stackSide.stream() & TcpStackSide.OVER) == 0;
      TcpSides.disconnect(this);
      if (alive) {
        fail(Errno.ECONNRESET);
      }
      options = options.withoutQuickAck();
      phase = Phase.UNCONNECTED;
      shut = 0;
    } finally {
      control.unlock();
    }
    raise(0);
    return 0;
  }

  /** As Linux inet_shutdown. */
  @Override
  public int shutdown(final int how) {
    if (how < SocketOption.SHUT_RD || how > SocketOption.SHUT_RDWR) {
      return -Errno.EINVAL;
    }
    final int bits = how + 1;
    control.lock();
    try {
      final int refusal = refusal();
      if (refusal != 0) {
        return refusal;
      }
      if (phase == Phase.LISTENING) {
        return (bits & SHUT_RECEIVE) == 0 ? 0 : disconnect();
      }
      if (isHandshaking()) {
        return disconnect();
      }
      final boolean over =
          stackSide.connection() == null || (stackSide.stream() & TcpStackSide.OVER) != 0;
      shut(bits);
      if (over) {
        if (phase == Phase.CONNECTING) {
          phase = Phase.DISCONNECTING;
        }
        return -Errno.ENOTCONN;
      }
      phase = Phase.CONNECTED;
      return 0;
    } finally {
      control.unlock();
    }
  }

  private void shut(final int bits) {
    sending.lock();
    try {
      shut = (byte) (shut | bits);
      final int receive = (bits & SHUT_RECEIVE) != 0 ? TcpStackSide.SHUTDOWN_RECEIVE : 0;
      final int send = (bits & SHUT_SEND) != 0 ? TcpStackSide.SHUTDOWN_SEND : 0;
      stackSide.ring(receive | send);
    } finally {
      sending.unlock();
    }
    raise(0);
  }

  @Override
  void onClose() {
    // Whoever is copying into the send buffer finishes first; nobody starts any more.
    sending.lock();
    try {
      TcpSides.ring(this, TcpStackSide.CLOSE);
    } finally {
      sending.unlock();
    }
  }

  /** SO_LINGER: also where other calls would not wait, as on Linux. */
  @Override
  void linger() {
    if (phase == Phase.CONNECTED || phase == Phase.CONNECTING) {
      Lingering.await(this, waitOptions.lingerNs());
    }
  }

  // ---- Data

  @Override
  public int send(
      final @Nullable ByteBuffer buffer,
      final byte @Nullable [] array,
      final int offset,
      final int length,
      final int flags,
      final int address,
      final int port) {
    final int opened = openFast(length, flags, address, port);
    final int rest = flags & ~SocketOption.MSG_FASTOPEN;
    return opened == 0 ? TcpTransfer.send(this, buffer, array, null, offset, length, rest) : opened;
  }

  @Override
  public int send(final Message message, final int flags) {
    final ByteRanges ranges = message.ranges();
    final int length = BufferRange.length(ranges);
    final int port = message.isNamed() ? message.port() : NO_PORT;
    final ControlData control = message.control();
    final int refused = control == null ? 0 : SendControl.ofStream(control);
    if (refused != 0) {
      return refused;
    }
    final int opened = openFast(length, flags, message.address(), port);
    final int rest = flags & ~SocketOption.MSG_FASTOPEN;
    return opened == 0 ? TcpTransfer.send(this, null, null, ranges, 0, length, rest) : opened;
  }

  /** What MSG_FASTOPEN asks for before the data; 0, or -errno. */
  private int openFast(final int length, final int flags, final int address, final int port) {
    return (flags & SocketOption.MSG_FASTOPEN) == 0
        ? 0
        : TcpOpening.openFast(this, address, port, length, flags);
  }

  @Override
  public int write(final ByteRanges ranges) {
    return TcpTransfer.send(this, null, null, ranges, 0, BufferRange.length(ranges), 0);
  }

  @Override
  public int receive(
      final @Nullable ByteBuffer buffer,
      final byte @Nullable [] array,
      final int offset,
      final int length,
      final int flags,
      final @Nullable SocketAddress4 source) {
    if (source != null) {
      source.set(0, 0);
    }
    return TcpTransfer.receive(this, buffer, array, null, offset, length, flags);
  }

  @Override
  public int receive(final Message message, final int flags) {
    final ByteRanges ranges = message.ranges();
    final int length = BufferRange.length(ranges);
    final int result = TcpTransfer.receive(this, null, null, ranges, 0, length, flags);
    if (result >= 0) {
      message.receivedPlainly(UrgentByte.messageFlags(flags, length, result));
    }
    return result;
  }

  @Override
  public int read(final ByteRanges ranges) {
    return TcpTransfer.receive(this, null, null, ranges, 0, BufferRange.length(ranges), 0);
  }

  @Override
  int lendNow(final LoanMemory loan, final @Nullable SocketAddress4 source) {
    if (source != null) {
      source.set(SocketOption.INADDR_ANY, 0);
    }
    return TcpTransfer.lendNow(this, loan);
  }

  @Override
  int claimable(final int length) {
    final int most = engine.mtuBytes - Ipv4Header.LENGTH_BYTES - TcpHeader.MIN_LENGTH_BYTES;
    return Math.min(length, most);
  }

  /** As Linux tcp_sendmsg, the address plays no part. */
  @Override
  int sendNow(
      final Packet packet,
      final LentPackets lender,
      final int flags,
      final int address,
      final int port) {
    return TcpTransfer.sendNow(this, packet, lender, flags);
  }

  @Override
  public int inquire(final int request) {
    return TcpInquiry.answer(this, request);
  }

  boolean isListening() {
    return phase == Phase.LISTENING;
  }

  // ---- Names and options

  @Override
  public int localAddress(final SocketAddress4 address) {
    if (isClosed()) {
      return -Errno.EBADF;
    }
    final long name = local;
    address.set((int) (name >> 16), (int) (name & 0xFFFF));
    return 0;
  }

  @Override
  public int remoteAddress(final SocketAddress4 address) {
    if (isClosed()) {
      return -Errno.EBADF;
    }
    final int stream = stackSide.stream();
    final TcpConnection connection = stackSide.connection();
    if (connection == null
        || (stream & TcpStackSide.ESTABLISHED) == 0
        || (stream & TcpStackSide.OVER) != 0) {
      return -Errno.ENOTCONN;
    }
    address.set(connection.remoteAddress(), connection.remotePort());
    return 0;
  }

  /** As {@link #remoteAddress}, but also of a connection that is over: what accept(2) tells. */
  void peerAddress(final SocketAddress4 address) {
    final TcpConnection connection = stackSide.connection();
    if (connection != null) {
      address.set(connection.remoteAddress(), connection.remotePort());
    }
  }

  /** Linux tcp_set_rcvlowat: no more than the buffer can hold, which grows for it. */
  @Override
  int receiveLow(final int bytes) {
    final int result = super.receiveLow(Math.min(bytes, options.mostReceiveLowBytes()));
    TcpSides.ring(this, TcpStackSide.OPTIONS);
    raise(Epoll.READ_KEY);
    return result;
  }

  @Override
  int protocolOption(final int level, final int option, final int value) {
    return TcpSettings.set(this, level, option, value);
  }

  @Override
  int setOption(final int level, final int option, final @Nullable String value) {
    return TcpSettings.setName(this, level, option, value);
  }

  @Override
  int option(final int level, final int option, final @Nullable StringBuilder into) {
    return TcpSettings.name(this, level, option, into);
  }

  @Override
  int protocolOption(final int level, final int option) {
    return TcpSettings.get(this, level, option);
  }
}
