package io.ustack.posix;

import io.ustack.buffer.LentPackets;
import io.ustack.buffer.Packet;
import io.ustack.ipv4.PortSharing;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Lock;
import org.jspecify.annotations.Nullable;

/**
 * What TCP and UDP sockets share: the calls every socket has, their locks, and the error that waits
 * to be told.
 *
 * <p>Calls return a result or {@code -errno}. Where two buffers are parameters exactly one of them
 * is not null; offsets are from its beginning, the position of a {@link ByteBuffer} plays no part
 * and does not move. Ranges must lie inside.
 */
public abstract class StackSocket extends Pollable {
  /** Bits of {@link #shut}. */
  static final int SHUT_RECEIVE = 1;

  static final int SHUT_SEND = 2;
  static final int SHUT_BOTH = SHUT_RECEIVE | SHUT_SEND;

  /**
   * Linux SOCK_MIN_RCVBUF and SOCK_MIN_SNDBUF, halved: what an application gets when it asks for
   * less.
   */
  static final int MIN_RECEIVE_BYTES = 2304 / 2;

  static final int MIN_SEND_BYTES = 4608 / 2;

  /** What ends the wait of a call that receives or accepts. */
  static final int READ_EVENTS = Epoll.EPOLLIN | Epoll.EPOLLRDHUP | Epoll.EPOLLERR | Epoll.EPOLLHUP;

  /** What ends the wait of a call that sends or connects. */
  static final int WRITE_EVENTS = Epoll.EPOLLOUT | Epoll.EPOLLERR | Epoll.EPOLLHUP;

  static final byte[] NOTHING = new byte[0];

  /** The port of a {@link #send} that names no peer. */
  static final int NO_PORT = -1;

  private static final VarHandle ERROR;

  static {
    try {
      ERROR = MethodHandles.lookup().findVarHandle(StackSocket.class, "error", int.class);
    } catch (final ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  /**
   * Held while the socket is bound, connected, listens: never while a thread waits for the network.
   */
  final Lock control;

  /** The consumer's side of the receive buffer; held for one copy. */
  final Lock receiving;

  /** The producer's side of the send buffer; held for one copy. */
  final Lock sending;

  /** What the application shut down. Written under {@link #sending}. */
  volatile byte shut;

  volatile boolean reuseAddress;
  volatile boolean reusePort;

  /** SO_BROADCAST: whether datagrams may go to everybody. */
  volatile boolean broadcast;

  /** SO_KEEPALIVE of what is no TCP: told, and without effect, as on Linux. */
  volatile boolean keepsAlive;

  /** SO_OOBINLINE: whether an urgent byte is data like any other. */
  volatile boolean oobInline;

  /** Replaced under {@link #control}. */
  volatile WaitOptions waitOptions = WaitOptions.DEFAULT;

  @SuppressWarnings("UnusedVariable") // through ERROR
  private int error;

  StackSocket(final SocketEngine engine) {
    super(engine);
    control = engine.execution.newLock();
    receiving = engine.execution.newLock();
    sending = engine.execution.newLock();
  }

  /** Where what it sends leaves, as far as that is known: whose packets it may claim. */
  Shard shard() {
    return engine.shard;
  }

  /** SOCK_STREAM, SOCK_DGRAM or SOCK_SEQPACKET. */
  public abstract int type();

  /** Whether it has options of that level. */
  boolean hasLevel(final int level) {
    return level == SocketOption.SOL_SOCKET
        || level == SocketOption.IPPROTO_IP
        || level
            == (type() == SocketOption.SOCK_STREAM
                ? SocketOption.IPPROTO_TCP
                : SocketOption.IPPROTO_UDP);
  }

  /** AF_INET or AF_UNIX. */
  int domain() {
    return SocketOption.AF_INET;
  }

  /** What listen and accept say of a socket that can't: -EOPNOTSUPP. */
  int refuseToListen() {
    return -Errno.EOPNOTSUPP;
  }

  /**
   * bind(2). Returns 0, -EADDRINUSE, -EADDRNOTAVAIL, -EINVAL when it is bound already or the port
   * is out of range, -EBADF
   */
  public abstract int bind(int address, int port);

  /** connect(2); see the two kinds. */
  public abstract int connect(int address, int port);

  /** connect(2) to AF_UNSPEC: no peer any more. */
  public abstract int disconnect();

  /** send(2), or sendto(2) when {@code port} is not negative. Returns bytes taken, or -errno */
  public abstract int send(
      @Nullable ByteBuffer buffer,
      byte @Nullable [] array,
      int offset,
      int length,
      int flags,
      int address,
      int port);

  /**
   * recv(2), or recvfrom(2) when there is somewhere to say from where. Returns bytes, 0 at the end
   * of a stream, or -errno
   */
  public abstract int receive(
      @Nullable ByteBuffer buffer,
      byte @Nullable [] array,
      int offset,
      int length,
      int flags,
      @Nullable SocketAddress4 source);

  /** sendmsg(2), of a message whose ranges lie inside. Returns bytes taken, or -errno */
  public abstract int send(Message message, int flags);

  /**
   * recvmsg(2), of a message whose ranges lie inside. Returns bytes, 0 at the end of a stream, or
   * -errno
   */
  public abstract int receive(Message message, int flags);

  /**
   * Lends what was received next, or copies it into the loan's memory, without waiting. Returns
   * bytes, 0 at the end of a stream or for an empty datagram, -EAGAIN, or -errno
   */
  int lendNow(final LoanMemory loan, final @Nullable SocketAddress4 source) {
    return -Errno.EOPNOTSUPP;
  }

  /** How many of so many bytes a packet can be claimed for. Returns bytes, or -errno */
  int claimable(final int length) {
    return -Errno.EOPNOTSUPP;
  }

  /**
   * Sends the frame of a packet that is lent to the caller, and is not from here on if the answer
   * is its length. It is {@code lender}'s. Returns -EAGAIN where its bytes have to be sent as those
   * of a buffer, or -errno
   */
  int sendNow(
      final Packet packet,
      final LentPackets lender,
      final int flags,
      final int address,
      final int port) {
    return -Errno.EOPNOTSUPP;
  }

  /** shutdown(2). Returns 0, -EINVAL, -ENOTCONN, -EBADF */
  public abstract int shutdown(int how);

  /** getsockname(2). Returns 0, -EBADF */
  public abstract int localAddress(SocketAddress4 address);

  /** getpeername(2). Returns 0, -ENOTCONN, -EBADF */
  public abstract int remoteAddress(SocketAddress4 address);

  /** An option of the level of the protocol, or SO_RCVBUF, SO_SNDBUF. Returns 0, -ENOPROTOOPT */
  abstract int protocolOption(int level, int option, int value);

  /** As {@link #protocolOption(int, int, int)}, reading. Returns the value, -ENOPROTOOPT */
  abstract int protocolOption(int level, int option);

  /** As Linux sock_read_iter: nothing asked for is nothing given, whatever the socket's state. */
  @Override
  public final int read(
      final @Nullable ByteBuffer buffer,
      final byte @Nullable [] array,
      final int offset,
      final int length) {
    return length == 0 ? 0 : receive(buffer, array, offset, length, 0, null);
  }

  @Override
  public final int write(
      final @Nullable ByteBuffer buffer,
      final byte @Nullable [] array,
      final int offset,
      final int length) {
    return send(buffer, array, offset, length, 0, 0, NO_PORT);
  }

  /** setsockopt(2) of a name; see {@link Posix#setsockopt(int, int, int, String)}. */
  int setOption(final int level, final int option, final @Nullable String value) {
    return -Errno.ENOPROTOOPT;
  }

  /** getsockopt(2) of a name; see {@link Posix#getsockopt(int, int, int, StringBuilder)}. */
  int option(final int level, final int option, final @Nullable StringBuilder into) {
    return -Errno.ENOPROTOOPT;
  }

  /**
   * setsockopt(2) of an int. Returns 0, -ENOPROTOOPT for an option that is not here or can only be
   * read, -EBADF, -EIO
   */
  public final int setOption(final int level, final int option, final int value) {
    final int refusal = refusal();
    if (refusal != 0) {
      return refusal;
    }
    if (level == SocketOption.SOL_SOCKET && option == SocketOption.SO_REUSEADDR) {
      reuseAddress = value != 0;
      return 0;
    }
    if (level == SocketOption.SOL_SOCKET && option == SocketOption.SO_BROADCAST) {
      broadcast = value != 0;
      return 0;
    }
    if (level == SocketOption.SOL_SOCKET && option == SocketOption.SO_REUSEPORT) {
      if (value != 0 && domain() != SocketOption.AF_INET) {
        return -Errno.EOPNOTSUPP; // as Linux since 6.13
      }
      reusePort = value != 0;
      return 0;
    }
    if (level == SocketOption.SOL_SOCKET && option == SocketOption.SO_OOBINLINE) {
      oobInline = value != 0;
      return 0;
    }
    if (WaitOptions.isTimeout(level, option) || WaitOptions.isLinger(level, option)) {
      return -Errno.EINVAL; // an int is too short
    }
    if (level == SocketOption.SOL_SOCKET && option == SocketOption.SO_RCVLOWAT) {
      return receiveLow(value < 0 ? Integer.MAX_VALUE : Math.max(1, value));
    }
    return protocolOption(level, option, value);
  }

  /** SO_RCVLOWAT, of which datagrams, whole ones, know nothing. */
  int receiveLow(final int bytes) {
    control.lock();
    try {
      waitOptions = waitOptions.withReceiveLow(bytes);
      return 0;
    } finally {
      control.unlock();
    }
  }

  /** setsockopt(2) of a time. Returns 0, -EDOM, -ENOPROTOOPT, -EBADF, -EIO */
  public final int setOption(final int level, final int option, final TimeValue value) {
    if (!WaitOptions.isTimeout(level, option)) {
      return -Errno.ENOPROTOOPT;
    }
    final long timeoutNs = WaitOptions.timeoutNs(value);
    if (timeoutNs < Execution.FOREVER) {
      return (int) timeoutNs;
    }
    control.lock();
    try {
      final int refusal = refusal();
      if (refusal == 0) {
        waitOptions = waitOptions.withTimeout(option, timeoutNs);
      }
      return refusal;
    } finally {
      control.unlock();
    }
  }

  /** setsockopt(2) of SO_LINGER. Returns 0, -ENOPROTOOPT, -EBADF, -EIO */
  public final int setOption(final int level, final int option, final Linger value) {
    if (!WaitOptions.isLinger(level, option)) {
      return -Errno.ENOPROTOOPT;
    }
    control.lock();
    try {
      final int refusal = refusal();
      if (refusal == 0) {
        waitOptions = waitOptions.withLinger(value);
      }
      return refusal;
    } finally {
      control.unlock();
    }
  }

  /** getsockopt(2) of SO_LINGER. Returns 0, -ENOPROTOOPT, -EBADF */
  public final int option(final int level, final int option, final Linger into) {
    if (!WaitOptions.isLinger(level, option)) {
      return -Errno.ENOPROTOOPT;
    }
    if (isClosed()) {
      return -Errno.EBADF;
    }
    final WaitOptions now = waitOptions;
    into.set(now.lingers() ? 1 : 0, now.lingerSeconds());
    return 0;
  }

  /** getsockopt(2) of a time. Returns 0, -ENOPROTOOPT, -EBADF */
  public final int option(final int level, final int option, final TimeValue into) {
    if (!WaitOptions.isTimeout(level, option)) {
      return -Errno.ENOPROTOOPT;
    }
    if (isClosed()) {
      return -Errno.EBADF;
    }
    WaitOptions.read(waitOptions.timeoutNs(option), into);
    return 0;
  }

  /**
   * getsockopt(2) of an int. Returns the value (SO_ERROR takes the pending error, positive),
   * -ENOPROTOOPT, -EBADF
   */
  public final int option(final int level, final int option) {
    if (isClosed()) {
      return -Errno.EBADF;
    }
    if (level != SocketOption.SOL_SOCKET) {
      return protocolOption(level, option);
    }
    return switch (option) {
      case SocketOption.SO_REUSEADDR -> reuseAddress ? 1 : 0;
      case SocketOption.SO_BROADCAST -> broadcast ? 1 : 0;
      case SocketOption.SO_REUSEPORT -> reusePort ? 1 : 0;
      case SocketOption.SO_OOBINLINE -> oobInline ? 1 : 0;
      case SocketOption.SO_TYPE -> type();
      case SocketOption.SO_ERROR -> takeError();
      case SocketOption.SO_DOMAIN -> domain();
      case SocketOption.SO_RCVLOWAT -> waitOptions.receiveLowBytes();
      case SocketOption.SO_SNDLOWAT -> 1; // as Linux: it can't be changed
      case SocketOption.SO_LINGER -> waitOptions.lingers() ? 1 : 0; // what fits
      // The first half of the seconds, which is what fits.
      case SocketOption.SO_RCVTIMEO, SocketOption.SO_SNDTIMEO ->
          (int) TimeUnit.NANOSECONDS.toSeconds(Math.max(0, waitOptions.timeoutNs(option)));
      default -> protocolOption(level, option);
    };
  }

  /**
   * With whom it shares its port when it is bound.
   *
   * <p>DEVIATION: Linux, SO_REUSEADDR and SO_REUSEPORT told to a socket that is bound: they count
   * from its next bind or connect on, where Linux looks at them anew at each bind of others.
   */
  final PortSharing sharing() {
    return PortSharing.of(reuseAddress, reusePort);
  }

  /**
   * Why nothing can be asked of the stack through this socket any more: -EBADF when it is closed,
   * -EIO when the stack is over; 0 as long as it can
   */
  final int refusal() {
    if (isClosed()) {
      return -Errno.EBADF;
    }
    return engine.execution.isOver() ? -Errno.EIO : 0;
  }

  /** Whether a call with these flags waits. */
  final boolean waits(final int flags) {
    return !isNonBlocking() && (flags & SocketOption.MSG_DONTWAIT) == 0;
  }

  /** How long a call with these flags waits to receive or accept; 0 for not at all. */
  final long receiveTimeoutNs(final int flags) {
    return waits(flags) ? waitOptions.receiveTimeoutNs() : 0;
  }

  /** How long a call with these flags waits to send or connect; 0 for not at all. */
  final long sendTimeoutNs(final int flags) {
    return waits(flags) ? waitOptions.sendTimeoutNs() : 0;
  }

  /** From when on the timeout of a call counts. */
  final long startNs(final long timeoutNs) {
    return timeoutNs > 0 ? engine.clock.nanoTime() : 0;
  }

  /**
   * What a call does that can't go on: waits, or looks once more before it gives up.
   *
   * @param bytes how much data makes it readable, or {@link #AS_TOLD}
   * @param timeoutNs how long the whole call may wait since {@code startNs}; 0 for not at all
   * @param looked whether it has looked once more already
   * @return 0 to try again, -EAGAIN to give up, -EINTR, -EIO
   */
  final int retry(
      final int events,
      final int bytes,
      final long timeoutNs,
      final long startNs,
      final boolean looked) {
    if (timeoutNs != 0) {
      return await(events, bytes, timeoutNs, startNs);
    }
    if (engine.execution.isOver()) {
      return -Errno.EIO;
    }
    if (looked) {
      return -Errno.EAGAIN;
    }
    engine.execution.turn();
    return 0;
  }

  /** Waits for what is left of the timeout since then. */
  final int await(final int events, final int bytes, final long timeoutNs, final long startNs) {
    final long leftNs =
        timeoutNs < 0 ? timeoutNs : Math.max(0, timeoutNs - (engine.clock.nanoTime() - startNs));
    return engine.execution.await(this, events, bytes, leftNs);
  }

  /** Leaves an error for the next call; stack thread. The caller raises afterwards. */
  final void fail(final int errno) {
    ERROR.setRelease(this, errno);
  }

  final boolean hasError() {
    return (int) ERROR.getAcquire(this) != 0;
  }

  /** The pending error, positive, once; 0 when there is none. */
  final int takeError() {
    return hasError() ? (int) ERROR.getAndSet(this, 0) : 0;
  }

  /**
   * What reading an option of another level gives: Linux ip_getsockopt knows its own level only.
   */
  static int noSuchLevel(final int level) {
    return level == SocketOption.IPPROTO_IP ? -Errno.ENOPROTOOPT : -Errno.EOPNOTSUPP;
  }

  /** Linux do_ip_setsockopt: what IP_TTL can be, -1 being the default. */
  static boolean isTimeToLive(final int value) {
    return value == -1 || (value >= 1 && value <= 0xFF);
  }

  /**
   * What SO_RCVBUF or SO_SNDBUF gives for what was asked: compared as unsigned, so that a negative
   * size is the largest, as on Linux.
   */
  static int bufferBytes(final int asked, final int least, final int most) {
    return Math.min(most, Math.max(least, Integer.compareUnsigned(asked, most) > 0 ? most : asked));
  }

  /**
   * What SO_RCVBUF or SO_SNDBUF answers: the double of what was asked, because Linux needs half of
   * it for itself (socket(7)).
   */
  static int reportedBytes(final int asked, final int byDefault) {
    return asked == 0 ? byDefault : 2 * asked;
  }

  static boolean isPort(final int port) {
    return port >= 0 && port <= 0xFFFF;
  }
}
