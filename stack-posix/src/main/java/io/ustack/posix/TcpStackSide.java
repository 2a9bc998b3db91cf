package io.ustack.posix;

import io.ustack.readiness.Failure;
import io.ustack.readiness.Readiness;
import io.ustack.readiness.ReadinessObserver;
import io.ustack.tcp.Tcp;
import io.ustack.tcp.TcpBinding;
import io.ustack.tcp.TcpConfig;
import io.ustack.tcp.TcpConnection;
import io.ustack.tcp.TcpInfo;
import io.ustack.tcp.TcpListener;
import io.ustack.tcp.TcpState;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;

/**
 * The half of a {@link TcpSocket} that lives on the stack thread: holds the stack's objects, hears
 * of their readiness and serves the requests of the other half. Its methods run on the stack
 * thread; its fields are written there only and read anywhere.
 */
final class TcpStackSide extends TcpPlace implements ReadinessObserver {
  // Requests, in the order in which they are served.
  static final int OPTIONS = 1;
  static final int NO_QUICK_ACK = 1 << 1;
  static final int QUICK_ACK = 1 << 2;
  static final int READ = 1 << 3;
  static final int WRITTEN_MORE_COMES = 1 << 4;
  static final int WRITTEN = 1 << 5;
  static final int SHUTDOWN_RECEIVE = 1 << 6;
  static final int SHUTDOWN_SEND = 1 << 7;
  static final int CLOSE = 1 << 8;

  // Bits of stream().
  /** The handshake is done. */
  static final int ESTABLISHED = 1;

  /** The peer's FIN came; all its data is in the receive buffer. */
  static final int PEER_FINISHED = 1 << 1;

  /** Linux's TCP_CLOSE: the connection is over, in order or not. */
  static final int OVER = 1 << 2;

  /** The SYN waits for the first data (RFC 7413, Linux DEFER_CONNECT). */
  static final int DEFERRED = 1 << 3;

  private static final VarHandle STREAM;

  static {
    try {
      STREAM = MethodHandles.lookup().findVarHandle(TcpStackSide.class, "stream", int.class);
    } catch (final ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private volatile @Nullable TcpConnection connection;
  private volatile boolean acceptable;
  private int stream;

  /** {@link #sentPosition}. */
  private volatile int sent;

  private @Nullable TcpListener listener;
  private boolean closed;

  TcpStackSide(final TcpSocket socket, final Shard shard) {
    super(socket, shard);
  }

  @Override
  public int touch(final int step) {
    return step == 0 ? stream : socket.touch(step);
  }

  // ---- Any thread

  /**
   * What has become of the connection. Read it before the buffers: what it says of the end comes
   * after all data.
   */
  int stream() {
    return (int) STREAM.getAcquire(this);
  }

  /** Null before connect or accept. */
  @Nullable TcpConnection connection() {
    return connection;
  }

  /**
   * Up to where the send buffer was sent, while there is a bound for what was not; as old as the
   * last segment that left.
   */
  int sentPosition() {
    return sent;
  }

  /** Whether a connection waits to be accepted. */
  boolean isAcceptable() {
    return acceptable;
  }

  // ---- Stack thread: calls that somebody waits for

  /**
   * Takes an address and a port.
   *
   * @param locked whether somebody asked for that very port
   */
  int bind(final int address, final int port, final boolean locked) {
    if (closed) {
      return -Errno.EBADF;
    }
    if (isBound()) {
      // Linux inet_bind: the address first.
      return socket.engine.isOurs(address) ? -Errno.EINVAL : -Errno.EADDRNOTAVAIL;
    }
    return takePort(address, port, locked);
  }

  /** Takes a bind back that could not be had everywhere. */
  int unbind() {
    dropPort();
    return 0;
  }

  /** As {@link TcpPlace#yieldPort}. */
  int release(final int localAddress) {
    yieldPort(localAddress);
    return 0;
  }

  /** Linux inet_num: a port that bind did not ask for goes with the connection (tcp_set_state). */
  private boolean isBound() {
    if (connection == null) {
      return binding() != null;
    }
    return (stream & OVER) == 0 || outlivesConnection();
  }

  /**
   * Listens.
   *
   * @param port where another shard does already, or 0
   */
  int listen(final int backlog, final int port) {
    if (closed) {
      return -Errno.EBADF;
    }
    if (listener != null) {
      listener.backlog(backlog);
      return 0;
    }
    final Tcp tcp = shard.stack.tcp();
    final TcpBinding here = portToListen(port);
    if (here == null) {
      return -Errno.of(tcp.lastFailure());
    }
    // DEVIATION: Linux, shutdown(2) of a socket that listens later: what it accepts is not shut
    // too.
    listener = tcp.listen(here, backlog, socket.options.config(), this);
    if (listener == null) {
      return -Errno.of(tcp.lastFailure());
    }
    socket.options.applyTo(listener);
    return 0;
  }

  /**
   * Begins to connect.
   *
   * @param fast the SYN waits for data where the peer is known to take some with it (RFC 7413)
   */
  int connect(final int address, final int port, final boolean fast, final long nowNs) {
    if (closed) {
      return -Errno.EBADF;
    }
    final Tcp tcp = shard.stack.tcp();
    final TcpConfig config = socket.options.config();
    if (!isReadyToConnect(address, port)) {
      return -Errno.of(tcp.lastFailure());
    }
    final TcpBinding held = binding();
    final TcpConnection opened =
        fast
            ? tcp.connectFast(held, address, port, config, this, nowNs)
            : tcp.connect(held, address, port, config, this, nowNs);
    if (opened == null) {
      return -Errno.of(tcp.lastFailure());
    }
    STREAM.setRelease(this, opened.isSynDeferred() ? DEFERRED : 0);
    opened.options().sharing(socket.sharing());
    socket.options.applyTo(opened, socket.waitOptions, nowNs);
    if (socket.options.isInteractive()) {
      opened.options().quickAck(false);
    }
    sent = opened.options().sentPosition();
    connection = opened;
    lendPort(opened.localAddress(), opened.localPort());
    return 0;
  }

  /** Takes the next connection that waits, with a socket of its own; null when none does. */
  @Nullable TcpSocket accept(final long nowNs) {
    final TcpListener from = listener;
    if (from == null) {
      return null;
    }
    final TcpConnection accepted = from.accept();
    acceptable = from.isReadable();
    return accepted == null ? null : new TcpSocket(socket, this, accepted, nowNs);
  }

  /** Becomes the stack side of a connection that was accepted. */
  void adopt(final TcpConnection accepted, final TcpStackSide from, final long nowNs) {
    connection = accepted;
    adoptPort(from);
    sent = accepted.options().sentPosition();
    // DEVIATION: Linux, options of a listener: those of accept are handed on, not those of the
    // handshake's end; what differs is only seen when they change in between.
    socket.options.applyTo(accepted, socket.waitOptions, nowNs);
    socket.options.applySendBuffer(accepted);
    if (socket.options.isInteractive()) {
      accepted.options().quickAck(false);
    }
    accepted.observer(this);
  }

  /**
   * Linux tcp_disconnect: back to the state before; what bind was told stays, but no other port.
   */
  int disconnect(final long nowNs) {
    stopListening(nowNs);
    final TcpConnection gone = connection;
    if (gone != null) {
      connection = null;
      gone.abort(nowNs);
      STREAM.setRelease(this, 0);
    }
    keepBound(closed);
    return 0;
  }

  /** Options that count before the call that tells them is over. */
  int options(final long nowNs) {
    serve(OPTIONS, nowNs);
    final TcpConnection open = connection;
    if (open != null) {
      sent = open.options().sentPosition();
    }
    return 0;
  }

  /** What only the stack knows of an option of the protocol. */
  int option(final int option) {
    final TcpConnection open = connection;
    if (open != null && option == SocketOption.TCP_QUICKACK) {
      return open.options().quickAck() ? 1 : 0;
    }
    if (open != null && option == SocketOption.TCP_MAXSEG) {
      return open.options().segmentBytes();
    }
    return socket.options.get(SocketOption.IPPROTO_TCP, option);
  }

  /** SIOCOUTQ and SIOCOUTQNSD (tcp(7)), with a FIN. */
  int unsent(final int request) {
    final TcpConnection open = connection;
    if (open == null) {
      return 0;
    }
    return request == SocketOption.SIOCOUTQ
        ? open.options().unacknowledgedBytes()
        : open.options().unsentBytes();
  }

  /** IP_MTU (ip(7)). */
  int pathMtu(final long nowNs) {
    final TcpConnection open = connection;
    final int mtuBytes = open == null ? 0 : open.options().pathMtuBytes(nowNs);
    return mtuBytes == 0 ? -Errno.ENOTCONN : mtuBytes;
  }

  int info(final @Nullable TcpInfo into, final long nowNs) {
    if (into == null) {
      return -Errno.EFAULT;
    }
    final TcpConnection open = connection;
    if (open != null) {
      open.info(into, nowNs);
      return 0;
    }
    into.clear();
    if (listener != null) {
      into.state = TcpState.LISTEN;
    }
    return 0;
  }

  // ---- Stack thread: requests that nobody waits for

  @Override
  void serve(final int request, final long nowNs) {
    final TcpConnection open = connection;
    if (request == CLOSE) {
      close(nowNs);
    } else if (listener != null && request == OPTIONS) {
      listener.config(socket.options.config());
      socket.options.applyTo(listener);
    } else if (open != null) {
      switch (request) {
        case OPTIONS -> socket.options.applyTo(open, socket.waitOptions, nowNs);
        case NO_QUICK_ACK -> open.options().quickAck(false);
        case QUICK_ACK -> open.options().quickAck(true);
        case READ -> open.onReceiveBufferRead(nowNs);
        case WRITTEN_MORE_COMES -> {
          open.options().moreComes();
          endDeferral();
        }
        case WRITTEN -> written(open, nowNs);
        case SHUTDOWN_RECEIVE -> open.options().shutReceive();
        case SHUTDOWN_SEND -> open.shutdownSend(nowNs);
        default -> throw new AssertionError("request " + request);
      }
    }
  }

  /** A SYN that waited for data has it. */
  int start(final long nowNs) {
    final TcpConnection open = connection;
    if (open != null) {
      written(open, nowNs);
    }
    return 0;
  }

  private void written(final TcpConnection open, final long nowNs) {
    open.onSendBufferWritten(nowNs);
    endDeferral();
  }

  /** The first data takes the SYN along; what is written from now on waits for the handshake. */
  private void endDeferral() {
    if ((stream & DEFERRED) != 0) {
      STREAM.setRelease(this, stream & ~DEFERRED);
    }
  }

  private void close(final long nowNs) {
    closed = true;
    stopListening(nowNs);
    final TcpConnection open = connection;
    if (open != null && socket.waitOptions.resetsAtClose() && open.state() != TcpState.TIME_WAIT) {
      open.abort(nowNs);
    } else if (open != null) {
      open.close(nowNs);
    }
    closePort();
  }

  /** SO_LINGER: somebody waits for the end of the connection that was closed. */
  int linger(final @Nullable Lingering lingering) {
    if (lingering != null) {
      lingering.over(connection);
    }
    return 0;
  }

  private void stopListening(final long nowNs) {
    if (listener != null) {
      listener.close(nowNs);
      listener = null;
      acceptable = false;
    }
  }

  // ---- Stack thread: readiness

  @Override
  public void onReadiness(final int bits) {
    final TcpConnection open = connection;
    if (open == null) {
      acceptable = true;
      socket.raise(Epoll.READ_KEY);
      return;
    }
    if ((bits & Readiness.SENT) != 0) {
      onSent(open);
    }
    final int before = stream;
    int after = before;
    if ((bits & Readiness.FAILED) != 0) {
      socket.fail(errno(open.failure()));
      after |= OVER;
    } else if ((bits & Readiness.READ_CLOSED) != 0) {
      after |= PEER_FINISHED;
    }
    if ((bits & Readiness.CLOSED) != 0) {
      after |= OVER;
    }
    if ((bits & (Readiness.WRITABLE | Readiness.FAILED)) == Readiness.WRITABLE) {
      after |= ESTABLISHED;
    }
    if ((after & ~before & ESTABLISHED) != 0
        && socket.phase != TcpSocket.Phase.CONNECTED
        && socket.options.isInteractive()) {
      // Linux tcp_rcv_synsent_state_process: who has connected acknowledges at once.
      open.options().quickAck(true);
    }
    if (after == before) {
      if (bits == Readiness.SENT) {
        return;
      }
      final int reading = (bits & Readiness.READABLE) != 0 ? Epoll.DATA_KEY : 0;
      final int writing = (bits & Readiness.WRITABLE) != 0 ? Epoll.WRITE_KEY : 0;
      socket.raise(reading | writing);
      return;
    }
    // The error before the state, the state before the wake-up.
    STREAM.setRelease(this, after);
    socket.raise(0);
  }

  /** TCP_NOTSENT_LOWAT: who found too much that was not sent looks again. */
  private void onSent(final TcpConnection open) {
    sent = open.options().sentPosition();
    if (NotSentLimit.isLow(socket, open.sendBuffer()) && open.sendBuffer().takeSpaceRequest()) {
      socket.raise(Epoll.WRITE_KEY);
    }
  }

  /** Who calls runs the stack, and no call keeps a buffer while it does. */
  @Override
  public boolean isAlone() {
    return !socket.isShared();
  }

  /** With the lock nobody writes to the send buffer: its memory may go. */
  @Override
  public void onIdle() {
    final TcpConnection open = connection;
    if (open != null && socket.sending.tryLock()) {
      try {
        open.sendBuffer().sleep();
      } finally {
        socket.sending.unlock();
      }
    }
  }

  /** Linux tcp_reset: who has seen the peer's FIN and may still send hears EPIPE. */
  private int errno(final Failure failure) {
    final boolean closeWait =
        (stream & PEER_FINISHED) != 0 && (socket.shut & StackSocket.SHUT_SEND) == 0;
    return failure == Failure.CONNECTION_RESET && closeWait ? Errno.EPIPE : Errno.of(failure);
  }
}
