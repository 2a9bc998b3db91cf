package io.ustack.posix;

import io.ustack.stack.NetworkStack;
import io.ustack.tcp.TcpInfo;
import io.ustack.time.Clock;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * The socket calls of POSIX and Linux over one stack: descriptors in, results or {@code -errno}
 * out. Never throws for what a peer or the network did, nor for arguments the kernel would refuse
 * with an error number.
 *
 * <p>Addresses are ints in network value (10.0.0.1 is 0x0A000001), ports 0..65535. A range of a
 * {@link ByteBuffer} is absolute: position and limit are left alone, and the range must lie below
 * the limit. A null buffer or a range outside it is -EFAULT, a negative offset or length -EINVAL, a
 * number that is no descriptor -EBADF, a descriptor of the wrong kind -ENOTSOCK (or -EINVAL where
 * an epoll set is wanted). Semantics, where nothing else is said, are Linux's. There is no SIGPIPE:
 * -EPIPE is all.
 *
 * <p>A call that waits ends with -EBADF when another thread closes the descriptor, and with -EINTR
 * when its thread is interrupted; the interrupt stays set. Once the stack is over (it is closed, or
 * its thread has died of an error), calls that need it give -EIO, and so do those that wait; what
 * has been received can still be read.
 */
public final class Posix implements AutoCloseable {
  /** Descriptors that one instance gives out at most. */
  public static final int MAX_DESCRIPTORS = 1 << 20;

  private static final int NO_PORT = -1;

  private final SocketEngine engine;
  private final @Nullable InlineExecution inline;
  private final FdTable table;

  private Posix(final SocketEngine engine, final int descriptors) {
    this.engine = engine;
    inline = engine.execution instanceof InlineExecution execution ? execution : null;
    table = new FdTable(descriptors, engine.execution.newLock());
  }

  /** One thread makes all calls, and those that wait run the stack. */
  public static Posix inline(final NetworkStack stack, final Clock clock) {
    return new Posix(SocketEngine.inline(stack, clock), MAX_DESCRIPTORS);
  }

  /**
   * As {@link #inline}, for a clock that only the caller moves: what would wait gives -EAGAIN
   * instead, see {@link SocketEngine#stepped}.
   */
  public static Posix stepped(final NetworkStack stack, final Clock clock) {
    return new Posix(SocketEngine.stepped(stack, clock), MAX_DESCRIPTORS);
  }

  /** A thread of its own, started here, runs the stack; any thread makes calls. */
  public static Posix dedicated(final NetworkStack stack, final Clock clock) {
    return new Posix(SocketEngine.dedicated(stack, clock), MAX_DESCRIPTORS);
  }

  /**
   * The same calls on an engine that may have other faces, with {@code descriptors} numbers at
   * most.
   */
  public static Posix on(final SocketEngine engine, final int descriptors) {
    return new Posix(engine, descriptors);
  }

  /**
   * INLINE: runs one duty cycle of the stack. Returns the work done; 0 in DEDICATED mode, where the
   * stack runs by itself
   */
  public int poll() {
    return inline == null ? 0 : inline.poll();
  }

  /**
   * Closes all descriptors and stops the stack thread, if there is one. The stack itself stays with
   * whoever made it.
   */
  @Override
  public void close() {
    table.close();
    for (int fd = 0; fd < table.end(); fd++) {
      close(fd);
    }
    engine.close();
  }

  // ---- Descriptors

  /**
   * socket(2).
   *
   * @param domain AF_INET, else -EAFNOSUPPORT
   * @param type SOCK_STREAM or SOCK_DGRAM, with SOCK_NONBLOCK and SOCK_CLOEXEC or without; -EINVAL,
   *     -ESOCKTNOSUPPORT
   * @param protocol 0 or what goes with the type, else -EPROTONOSUPPORT
   * @return the lowest free descriptor, or -EMFILE
   */
  public int socket(final int domain, final int type, final int protocol) {
    final int refusal = SocketKind.refuse(domain, type, protocol);
    if (refusal != 0) {
      return refusal;
    }
    final int fd = table.reserve();
    if (fd < 0) {
      return fd;
    }
    final StackSocket socket = SocketKind.isStream(type) ? engine.tcpSocket() : engine.udpSocket();
    socket.nonBlocking((type & SocketOption.SOCK_NONBLOCK) != 0);
    return publish(fd, socket);
  }

  /**
   * close(2): the descriptor is free at once, the connection ends in the background. Returns 0,
   * -EBADF
   */
  public int close(final int fd) {
    final Pollable pollable = table.remove(fd);
    return pollable == null ? -Errno.EBADF : pollable.close();
  }

  /**
   * fcntl(2): F_GETFL (O_RDWR, O_NONBLOCK) and F_SETFL (O_NONBLOCK; other flags change nothing).
   * Returns flags or 0, -EINVAL, -EBADF
   */
  public int fcntl(final int fd, final int command, final int argument) {
    final Pollable pollable = table.find(fd);
    if (pollable == null) {
      return -Errno.EBADF;
    }
    return pollable.control(command, argument);
  }

  // ---- Naming and connecting

  /**
   * bind(2). Returns 0, -EADDRINUSE, -EADDRNOTAVAIL, -EINVAL when bound already or the port is out
   * of range
   */
  public int bind(final int fd, final int address, final int port) {
    final StackSocket socket = table.socket(fd);
    return socket == null ? table.notSocket(fd) : socket.bind(address, port);
  }

  /**
   * listen(2); binds an ephemeral port where none is bound. Returns 0, -EADDRINUSE, -EINVAL when
   * connected, -EOPNOTSUPP on UDP
   */
  public int listen(final int fd, final int backlog) {
    final StackSocket socket = table.socket(fd);
    if (socket == null) {
      return table.notSocket(fd);
    }
    return socket instanceof TcpSocket tcp ? tcp.listen(backlog) : -Errno.EOPNOTSUPP;
  }

  /** accept(2): {@link #accept4} without flags. */
  public int accept(final int fd, final @Nullable SocketAddress4 peer) {
    return accept4(fd, peer, 0);
  }

  /**
   * accept4(2).
   *
   * @param peer receives the address of the peer
   * @param flags SOCK_NONBLOCK, SOCK_CLOEXEC; else -EINVAL
   * @return a descriptor; -EAGAIN; -EINVAL when it does not listen; -EOPNOTSUPP on UDP; -EMFILE,
   *     and the connection keeps waiting
   */
  public int accept4(final int fd, final @Nullable SocketAddress4 peer, final int flags) {
    if ((flags & ~(SocketOption.SOCK_NONBLOCK | SocketOption.SOCK_CLOEXEC)) != 0) {
      return -Errno.EINVAL;
    }
    final StackSocket socket = table.socket(fd);
    if (socket == null) {
      return table.notSocket(fd);
    }
    if (!(socket instanceof TcpSocket listener)) {
      return -Errno.EOPNOTSUPP;
    }
    // As Linux: first the number, so that no connection is taken that can't be handed out.
    final int number = table.reserve();
    if (number < 0) {
      return number;
    }
    while (true) {
      final int outcome = listener.awaitAcceptable();
      if (outcome != 0) {
        table.cancel(number);
        return outcome;
      }
      final TcpSocket accepted = listener.takeAccepted();
      if (accepted != null) {
        accepted.nonBlocking((flags & SocketOption.SOCK_NONBLOCK) != 0);
        if (peer != null) {
          accepted.peerAddress(peer);
        }
        return publish(number, accepted);
      }
    }
  }

  /** connect(2); see {@link TcpSocket#connect} and {@link UdpSocket#connect}. */
  public int connect(final int fd, final int address, final int port) {
    final StackSocket socket = table.socket(fd);
    return socket == null ? table.notSocket(fd) : socket.connect(address, port);
  }

  /**
   * connect(2) with an address of AF_UNSPEC: no peer any more; a TCP connection is reset. Returns 0
   */
  public int disconnect(final int fd) {
    final StackSocket socket = table.socket(fd);
    return socket == null ? table.notSocket(fd) : socket.disconnect();
  }

  /** shutdown(2) with SHUT_RD, SHUT_WR or SHUT_RDWR. Returns 0, -EINVAL, -ENOTCONN */
  public int shutdown(final int fd, final int how) {
    final StackSocket socket = table.socket(fd);
    return socket == null ? table.notSocket(fd) : socket.shutdown(how);
  }

  /** getsockname(2). Returns 0, -EFAULT without somewhere to put it */
  public int getsockname(final int fd, final @Nullable SocketAddress4 address) {
    final StackSocket socket = table.socket(fd);
    if (socket == null) {
      return table.notSocket(fd);
    }
    return address == null ? -Errno.EFAULT : socket.localAddress(address);
  }

  /** getpeername(2). Returns 0, -ENOTCONN, -EFAULT without somewhere to put it */
  public int getpeername(final int fd, final @Nullable SocketAddress4 address) {
    final StackSocket socket = table.socket(fd);
    if (socket == null) {
      return table.notSocket(fd);
    }
    return address == null ? -Errno.EFAULT : socket.remoteAddress(address);
  }

  /**
   * setsockopt(2) of an int option. IP_TOS takes the low byte, of TCP without its ECN bits, and
   * IP_TTL 1 to 255, or -1 for the default: both from the next packet on, and what a listener has
   * is that of its SYN-ACKs and connections.
   *
   * @return 0, -ENOPROTOOPT, -EINVAL for a value that can't be
   */
  public int setsockopt(final int fd, final int level, final int option, final int value) {
    final StackSocket socket = table.socket(fd);
    return socket == null ? table.notSocket(fd) : socket.setOption(level, option, value);
  }

  /**
   * getsockopt(2) of an int option. Returns its value (SO_ERROR: a positive errno or 0),
   * -ENOPROTOOPT
   */
  public int getsockopt(final int fd, final int level, final int option) {
    final StackSocket socket = table.socket(fd);
    return socket == null ? table.notSocket(fd) : socket.option(level, option);
  }

  /**
   * getsockopt(2) of TCP_INFO. Returns 0, -ENOPROTOOPT for another option, -EOPNOTSUPP on UDP,
   * -EIO, -EFAULT without somewhere to put it
   */
  public int getsockopt(
      final int fd, final int level, final int option, final @Nullable TcpInfo info) {
    final StackSocket socket = table.socket(fd);
    if (socket == null) {
      return table.notSocket(fd);
    }
    if (level != SocketOption.IPPROTO_TCP || option != SocketOption.TCP_INFO) {
      return -Errno.ENOPROTOOPT;
    }
    if (!(socket instanceof TcpSocket tcp)) {
      return -Errno.EOPNOTSUPP;
    }
    return info == null ? -Errno.EFAULT : tcp.info(info);
  }

  /**
   * setsockopt(2) of TCP_CONGESTION: the algorithm of this connection, or of those that a listener
   * accepts from now on. An open connection goes on from the window that it has.
   *
   * @return 0, -ENOENT when there is no such algorithm, -EINVAL for an empty name, -ENOPROTOOPT for
   *     another option or UDP, -EFAULT
   */
  public int setsockopt(
      final int fd, final int level, final int option, final @Nullable String value) {
    final StackSocket socket = table.socket(fd);
    return socket == null ? table.notSocket(fd) : socket.setOption(level, option, value);
  }

  /**
   * getsockopt(2) of TCP_CONGESTION: the name of the algorithm, which replaces what is in {@code
   * into}. Returns 0, -ENOPROTOOPT for another option or UDP, -EFAULT
   */
  public int getsockopt(
      final int fd, final int level, final int option, final @Nullable StringBuilder into) {
    final StackSocket socket = table.socket(fd);
    return socket == null ? table.notSocket(fd) : socket.option(level, option, into);
  }

  // ---- Data

  /**
   * send(2).
   *
   * @param flags MSG_DONTWAIT, MSG_NOSIGNAL; others -EOPNOTSUPP
   * @return bytes taken (all of them when it may wait); -EAGAIN; -EPIPE; -ECONNRESET and other
   *     pending errors, once; UDP also -EDESTADDRREQ, -EMSGSIZE, -ECONNREFUSED
   */
  public int send(
      final int fd, final byte[] buffer, final int offset, final int length, final int flags) {
    final int refusal = BufferRange.refuse(buffer, offset, length);
    final StackSocket socket = table.socket(fd);
    return socket == null || refusal != 0
        ? table.firstOf(fd, socket, refusal)
        : socket.send(null, buffer, offset, length, flags, 0, NO_PORT);
  }

  /** As {@link #send(int, byte[], int, int, int)}, from a buffer. */
  public int send(
      final int fd, final ByteBuffer buffer, final int offset, final int length, final int flags) {
    final int refusal = BufferRange.refuse(buffer, offset, length);
    final StackSocket socket = table.socket(fd);
    return socket == null || refusal != 0
        ? table.firstOf(fd, socket, refusal)
        : socket.send(buffer, null, offset, length, flags, 0, NO_PORT);
  }

  /**
   * sendto(2): as send; TCP ignores the address, as Linux does. Returns as send; -EINVAL for a port
   * outside 1..65535
   */
  public int sendto(
      final int fd,
      final byte[] buffer,
      final int offset,
      final int length,
      final int flags,
      final int address,
      final int port) {
    final int refusal = port < 0 ? -Errno.EINVAL : BufferRange.refuse(buffer, offset, length);
    final StackSocket socket = table.socket(fd);
    return socket == null || refusal != 0
        ? table.firstOf(fd, socket, refusal)
        : socket.send(null, buffer, offset, length, flags, address, port);
  }

  /** As {@link #sendto(int, byte[], int, int, int, int, int)}, from a buffer. */
  public int sendto(
      final int fd,
      final ByteBuffer buffer,
      final int offset,
      final int length,
      final int flags,
      final int address,
      final int port) {
    final int refusal = port < 0 ? -Errno.EINVAL : BufferRange.refuse(buffer, offset, length);
    final StackSocket socket = table.socket(fd);
    return socket == null || refusal != 0
        ? table.firstOf(fd, socket, refusal)
        : socket.send(buffer, null, offset, length, flags, address, port);
  }

  /**
   * recv(2).
   *
   * @param flags MSG_DONTWAIT, MSG_PEEK, MSG_TRUNC, MSG_WAITALL (not with MSG_PEEK), MSG_NOSIGNAL;
   *     others -EOPNOTSUPP
   * @return bytes; 0 at the end of a stream; -EAGAIN; -ENOTCONN; -ECONNRESET and other pending
   *     errors, once
   */
  public int recv(
      final int fd, final byte[] buffer, final int offset, final int length, final int flags) {
    return recvfrom(fd, buffer, offset, length, flags, null);
  }

  /** As {@link #recv(int, byte[], int, int, int)}, into a buffer. */
  public int recv(
      final int fd, final ByteBuffer buffer, final int offset, final int length, final int flags) {
    return recvfrom(fd, buffer, offset, length, flags, null);
  }

  /** recvfrom(2): as recv, and says where a datagram came from (0.0.0.0:0 for a stream). */
  public int recvfrom(
      final int fd,
      final byte[] buffer,
      final int offset,
      final int length,
      final int flags,
      final @Nullable SocketAddress4 source) {
    final int refusal = BufferRange.refuse(buffer, offset, length);
    final StackSocket socket = table.socket(fd);
    return socket == null || refusal != 0
        ? table.firstOf(fd, socket, refusal)
        : socket.receive(null, buffer, offset, length, flags, source);
  }

  /** As {@link #recvfrom(int, byte[], int, int, int, SocketAddress4)}, into a buffer. */
  public int recvfrom(
      final int fd,
      final ByteBuffer buffer,
      final int offset,
      final int length,
      final int flags,
      final @Nullable SocketAddress4 source) {
    final int refusal = BufferRange.refuse(buffer, offset, length);
    final StackSocket socket = table.socket(fd);
    if (socket == null || refusal != 0) {
      return table.firstOf(fd, socket, refusal);
    }
    return length > 0 && buffer.isReadOnly()
        ? -Errno.EFAULT
        : socket.receive(buffer, null, offset, length, flags, source);
  }

  // ---- epoll

  /** epoll_create1(2) with EPOLL_CLOEXEC or 0, else -EINVAL. Returns a descriptor, -EMFILE */
  public int epoll_create1(final int flags) {
    if ((flags & ~Epoll.EPOLL_CLOEXEC) != 0) {
      return -Errno.EINVAL;
    }
    final int fd = table.reserve();
    return fd < 0 ? fd : publish(fd, engine.epollSet());
  }

  /**
   * epoll_ctl(2).
   *
   * @param op EPOLL_CTL_ADD, EPOLL_CTL_MOD or EPOLL_CTL_DEL
   * @param data comes back with each event
   * @return 0; -EEXIST, -ENOENT; -EBADF; -EINVAL when {@code epfd} is no epoll set or the same as
   *     {@code fd}, or for an unknown op; -EPERM when {@code fd} is another epoll set
   */
  public int epoll_ctl(
      final int epfd, final int op, final int fd, final int events, final long data) {
    final Pollable target = table.find(fd);
    final Pollable watcher = table.find(epfd);
    if (watcher == null || target == null) {
      return -Errno.EBADF;
    }
    if (watcher == target || !(watcher instanceof EpollSet set)) {
      return -Errno.EINVAL;
    }
    return switch (op) {
      case Epoll.EPOLL_CTL_ADD -> set.add(target, events, data);
      case Epoll.EPOLL_CTL_MOD -> set.modify(target, events, data);
      case Epoll.EPOLL_CTL_DEL -> set.remove(target);
      default -> -Errno.EINVAL;
    };
  }

  /**
   * epoll_wait(2). In INLINE mode it always runs at least one duty cycle.
   *
   * @param maxEvents 1 up to the capacity of {@code events}, else -EINVAL
   * @param timeoutMs milliseconds; 0 does not wait, a negative one waits for ever
   * @return the number of events, 0 when the time is up; -EFAULT without somewhere to put them;
   *     -EINTR
   */
  public int epoll_wait(
      final int epfd, final EpollEvents events, final int maxEvents, final int timeoutMs) {
    final Pollable pollable = table.find(epfd);
    if (pollable == null) {
      return -Errno.EBADF;
    }
    if (!(pollable instanceof EpollSet set)) {
      return -Errno.EINVAL;
    }
    return isNull(events) ? -Errno.EFAULT : set.await(events, maxEvents, timeoutMs);
  }

  // ---- Descriptors and arguments

  private int publish(final int fd, final Pollable pollable) {
    if (table.publish(fd, pollable)) {
      return fd;
    }
    pollable.close();
    return -Errno.EMFILE;
  }

  /** Callers without a null checker pass null all the same. */
  private static boolean isNull(final @Nullable Object argument) {
    return argument == null;
  }
}
