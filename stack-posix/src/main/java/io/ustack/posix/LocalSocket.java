package io.ustack.posix;

import io.ustack.buffer.ByteRanges;
import java.nio.ByteBuffer;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * One end of socketpair(2): bytes or messages between threads, without a stack, as Linux
 * net/unix/af_unix.c has it. It has no name and can't be connected to anything else.
 */
final class LocalSocket extends StackSocket {
  /**
   * DEVIATION: Linux, MSG_OOB on streams of AF_UNIX (since 5.15, CONFIG_AF_UNIX_OOB): EOPNOTSUPP,
   * as before that. What it does changes from version to version.
   */
  private static final int FLAGS = SocketOption.MSG_DONTWAIT | SocketOption.MSG_NOSIGNAL;

  /** MSG_MORE does nothing, as on Linux. */
  private static final int SEND_FLAGS = FLAGS | SocketOption.MSG_MORE;

  private static final int RECEIVE_FLAGS =
      FLAGS | SocketOption.MSG_PEEK | SocketOption.MSG_TRUNC | SocketOption.MSG_WAITALL;

  private final int type;

  /** What the other end sent. */
  final LocalQueue queue;

  /** The other end; set once, before anybody else sees this one. */
  private @Nullable LocalSocket peer;

  /** It has forgotten the other end: it was told to, or found it gone. Datagrams only. */
  volatile boolean disconnected;

  private LocalSocket(final SocketEngine engine, final int type) {
    super(engine);
    this.type = type;
    queue =
        new LocalQueue(type == SocketOption.SOCK_STREAM, LocalSocketOptions.DEFAULT_BUFFER_BYTES);
  }

  /** Two ends that are connected; the second is the first's {@link #peer}. */
  static LocalSocket pair(final SocketEngine engine, final int type) {
    final LocalSocket one = new LocalSocket(engine, type);
    final LocalSocket two = new LocalSocket(engine, type);
    one.peer = two;
    two.peer = one;
    return one;
  }

  LocalSocket peer() {
    return Objects.requireNonNull(peer);
  }

  /** What this end sent and the other has not read. */
  LocalQueue outgoing() {
    return peer().queue;
  }

  @Override
  public int type() {
    return type;
  }

  @Override
  boolean hasLevel(final int level) {
    return level == SocketOption.SOL_SOCKET;
  }

  @Override
  int domain() {
    return SocketOption.AF_UNIX;
  }

  /** Linux unix_listen, unix_accept: it could, but it has no name and does not. */
  @Override
  int refuseToListen() {
    return isDatagram() ? -Errno.EOPNOTSUPP : -Errno.EINVAL;
  }

  private boolean isDatagram() {
    return type == SocketOption.SOCK_DGRAM;
  }

  @Override
  public int readiness() {
    return LocalReadiness.of(this);
  }

  @Override
  boolean isReady(final int events, final int bytes) {
    final boolean sends = bytes != AS_TOLD && (events & Epoll.WRITE_KEY) != 0;
    return sends
        ? super.isReady(events & ~Epoll.WRITE_KEY, bytes) || LocalReadiness.canSend(this, bytes)
        : super.isReady(events, bytes);
  }

  // ---- Life

  @Override
  public int shutdown(final int how) {
    if (how < SocketOption.SHUT_RD || how > SocketOption.SHUT_RDWR) {
      return -Errno.EINVAL;
    }
    if (isClosed()) {
      return -Errno.EBADF;
    }
    final int bits = how + 1;
    shut(bits);
    if (!isDatagram()) {
      // What this end does not send the other does not receive, and the other way round.
      final int there =
          ((bits & SHUT_SEND) != 0 ? SHUT_RECEIVE : 0)
              | ((bits & SHUT_RECEIVE) != 0 ? SHUT_SEND : 0);
      peer().shut(there);
    }
    return 0;
  }

  private void shut(final int bits) {
    sending.lock();
    try {
      shut = (byte) (shut | bits);
    } finally {
      sending.unlock();
    }
    raise(0);
  }

  /** Linux unix_release_sock: what nobody will read is a reset for the other end. */
  @Override
  void onClose() {
    final LocalSocket other = peer();
    if (isDatagram()) {
      other.raise(0);
      return;
    }
    if (!queue.isEmpty()) {
      other.fail(Errno.ECONNRESET);
    }
    other.shut(SHUT_BOTH);
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
    return send(buffer, array, null, offset, length, flags, port);
  }

  @Override
  public int send(final Message message, final int flags) {
    final int length = BufferRange.length(message.ranges());
    final ControlData control = message.control();
    if (control != null && SendControl.ofStream(control) != 0) {
      return -Errno.EINVAL; // nothing is handed over
    }
    final int port = message.isNamed() ? message.port() : NO_PORT;
    return send(null, null, message.ranges(), 0, length, flags, port);
  }

  @Override
  public int write(final ByteRanges ranges) {
    return send(null, null, ranges, 0, BufferRange.length(ranges), 0, NO_PORT);
  }

  private int send(
      final @Nullable ByteBuffer buffer,
      final byte @Nullable [] array,
      final @Nullable ByteRanges ranges,
      final int offset,
      final int length,
      final int flags,
      final int port) {
    final int refusal = refuseToSend(flags, port);
    if (refusal != 0) {
      return refusal;
    }
    final long timeoutNs = sendTimeoutNs(flags);
    final long startNs = startNs(timeoutNs);
    final int room = type == SocketOption.SOCK_STREAM ? AS_TOLD : length;
    boolean looked = false;
    int sent = 0;
    while (true) {
      final int result = sendNow(buffer, array, ranges, offset + sent, length - sent);
      if (result >= 0) {
        sent += result;
        if (sent == length) {
          return sent;
        }
      } else if (result != -Errno.EAGAIN) {
        if (result == -Errno.ECONNREFUSED) {
          forgetUnread();
        }
        return sent > 0 ? sent : result;
      }
      final int outcome =
          sent > 0 && timeoutNs == 0
              ? -Errno.EAGAIN
              : retry(WRITE_EVENTS, room, timeoutNs, startNs, looked);
      if (outcome != 0) {
        return sent > 0 ? sent : outcome;
      }
      looked = true;
    }
  }

  private int refuseToSend(final int flags, final int port) {
    if ((flags & ~SEND_FLAGS) != 0) {
      return -Errno.EOPNOTSUPP;
    }
    if (port != NO_PORT && type != SocketOption.SOCK_SEQPACKET) {
      // An address of another family, and a stream takes none.
      return isDatagram() ? -Errno.EINVAL : -Errno.EISCONN;
    }
    return 0;
  }

  private int sendNow(
      final @Nullable ByteBuffer buffer,
      final byte @Nullable [] array,
      final @Nullable ByteRanges ranges,
      final int offset,
      final int length) {
    final LocalSocket other = peer();
    sending.lock();
    try {
      final int refusal = refuseNow(other, length);
      if (refusal != 0) {
        return refusal;
      }
      final int count = other.queue.put(buffer, array, ranges, offset, length);
      if (count == LocalQueue.NOTHING) {
        return -Errno.EAGAIN;
      }
      other.raise(Epoll.READ_KEY);
      return count;
    } finally {
      sending.unlock();
    }
  }

  /** Linux unix_stream_sendmsg asks first whether it is shut, unix_dgram_sendmsg for the error. */
  private int refuseNow(final LocalSocket other, final int length) {
    if (isClosed()) {
      return -Errno.EBADF;
    }
    final boolean stream = type == SocketOption.SOCK_STREAM;
    if (stream && (shut & SHUT_SEND) != 0) {
      return -Errno.EPIPE;
    }
    final int error = takeError();
    if (error != 0) {
      return -error;
    }
    if (!stream && length > other.queue.longest()) {
      return -Errno.EMSGSIZE;
    }
    if ((shut & SHUT_SEND) != 0) {
      return -Errno.EPIPE;
    }
    if (isDatagram() && (disconnected || other.isClosed())) {
      final int told = disconnected ? Errno.ENOTCONN : Errno.ECONNREFUSED;
      disconnected = true;
      return -told;
    }
    return (other.shut & SHUT_RECEIVE) != 0 ? -Errno.EPIPE : 0;
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
    return receive(buffer, array, null, offset, length, flags, null);
  }

  @Override
  public int receive(final Message message, final int flags) {
    final int length = BufferRange.length(message.ranges());
    message.flags(0);
    final int result = receive(null, null, message.ranges(), 0, length, flags, message);
    if (result >= 0) {
      message.receivedPlainly(message.flags());
    }
    return result;
  }

  @Override
  public int read(final ByteRanges ranges) {
    return receive(null, null, ranges, 0, BufferRange.length(ranges), 0, null);
  }

  private int receive(
      final @Nullable ByteBuffer buffer,
      final byte @Nullable [] array,
      final @Nullable ByteRanges ranges,
      final int offset,
      final int length,
      final int flags,
      final @Nullable Message message) {
    if ((flags & ~RECEIVE_FLAGS) != 0) {
      return -Errno.EOPNOTSUPP;
    }
    final boolean all =
        type == SocketOption.SOCK_STREAM
            && (flags & (SocketOption.MSG_WAITALL | SocketOption.MSG_PEEK))
                == SocketOption.MSG_WAITALL;
    final long timeoutNs = receiveTimeoutNs(flags);
    final long startNs = startNs(timeoutNs);
    boolean looked = false;
    int received = 0;
    while (true) {
      final int result =
          receiveNow(buffer, array, ranges, offset + received, length - received, flags, message);
      if (result >= 0) {
        received += result;
        if (result == 0 || received >= length || !all) {
          return received;
        }
      } else if (result != -Errno.EAGAIN) {
        return received > 0 ? received : result;
      } else {
        final int outcome = receiveLater(timeoutNs, startNs, looked, received);
        if (outcome != 0) {
          return received > 0 ? received : Math.min(0, outcome);
        }
        looked = true;
      }
    }
  }

  /** 0 to try again; 1 at the end, where only a call that waits is told of it; or -errno. */
  private int receiveLater(
      final long timeoutNs, final long startNs, final boolean looked, final int received) {
    if (isDatagram() && (shut & SHUT_RECEIVE) != 0) {
      return timeoutNs != 0 ? 1 : -Errno.EAGAIN;
    }
    return received > 0 && timeoutNs == 0
        ? -Errno.EAGAIN
        : retry(READ_EVENTS, AS_TOLD, timeoutNs, startNs, looked);
  }

  private int receiveNow(
      final @Nullable ByteBuffer buffer,
      final byte @Nullable [] array,
      final @Nullable ByteRanges ranges,
      final int offset,
      final int length,
      final int flags,
      final @Nullable Message message) {
    receiving.lock();
    try {
      if (isClosed()) {
        return -Errno.EBADF;
      }
      // Asked before the rest: who says it is over has put all data, and the error, before that.
      final boolean over = (shut & SHUT_RECEIVE) != 0;
      // Linux __skb_try_recv_datagram: an error comes before messages; behind the bytes of a
      // stream.
      final int error = type == SocketOption.SOCK_STREAM && !queue.isEmpty() ? 0 : takeError();
      if (error != 0) {
        return -error;
      }
      final int there = queue.readable();
      final boolean stays = (flags & SocketOption.MSG_PEEK) != 0;
      final int count = queue.take(buffer, array, ranges, offset, length, stays);
      if (count != LocalQueue.NOTHING) {
        if (message != null && type != SocketOption.SOCK_STREAM && count < there) {
          message.flags(SocketOption.MSG_TRUNC);
        }
        if (!stays && queue.takeSpaceRequest()) {
          peer().raise(Epoll.WRITE_KEY);
        }
        final boolean whole =
            type != SocketOption.SOCK_STREAM && (flags & SocketOption.MSG_TRUNC) != 0;
        return whole ? there : count;
      }
      return over && !isDatagram() ? 0 : -Errno.EAGAIN;
    } finally {
      receiving.unlock();
    }
  }

  @Override
  public int inquire(final int request) {
    return switch (request) {
      case SocketOption.FIONREAD -> readable();
      case SocketOption.SIOCOUTQ -> peer().readable();
      case SocketOption.SIOCATMARK -> -Errno.EOPNOTSUPP; // of a stream, too: see MSG_OOB
      default -> -Errno.ENOTTY;
    };
  }

  private int readable() {
    receiving.lock();
    try {
      return queue.readable();
    } finally {
      receiving.unlock();
    }
  }

  // ---- Names and options: it has none of its own

  @Override
  public int bind(final int address, final int port) {
    return -Errno.EINVAL;
  }

  @Override
  public int connect(final int address, final int port) {
    return -Errno.EINVAL;
  }

  /**
   * connect(2) to AF_UNSPEC, as Linux unix_dgram_connect: an end of datagrams forgets the other,
   * which may go on sending. What it has not read is lost, and an error for who sent it.
   *
   * @return 0; -EINVAL of streams and packets; -EBADF
   */
  @Override
  public int disconnect() {
    if (!isDatagram()) {
      return -Errno.EINVAL;
    }
    sending.lock();
    try {
      if (isClosed()) {
        return -Errno.EBADF;
      }
      if (disconnected) {
        return 0;
      }
      disconnected = true;
    } finally {
      sending.unlock();
    }
    raise(0);
    final LocalSocket other = peer();
    if (forgetUnread() && !other.isClosed() && !other.disconnected) {
      other.fail(Errno.ECONNRESET);
      other.raise(0);
    }
    return 0;
  }

  /** Linux unix_dgram_disconnected: what came is lost. Returns whether there was any. */
  private boolean forgetUnread() {
    receiving.lock();
    try {
      final boolean any = queue.clear();
      if (any && queue.takeSpaceRequest()) {
        peer().raise(Epoll.WRITE_KEY);
      }
      return any;
    } finally {
      receiving.unlock();
    }
  }

  @Override
  public int localAddress(final SocketAddress4 address) {
    address.set(0, 0);
    return isClosed() ? -Errno.EBADF : 0;
  }

  @Override
  public int remoteAddress(final SocketAddress4 address) {
    address.set(0, 0);
    if (isClosed()) {
      return -Errno.EBADF;
    }
    return disconnected ? -Errno.ENOTCONN : 0;
  }

  @Override
  int protocolOption(final int level, final int option, final int value) {
    return LocalSocketOptions.set(this, level, option, value);
  }

  @Override
  int protocolOption(final int level, final int option) {
    return LocalSocketOptions.get(this, level, option);
  }
}
