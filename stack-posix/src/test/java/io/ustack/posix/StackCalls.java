package io.ustack.posix;

import io.ustack.buffer.ByteRanges;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Objects;

/** The calls of ustack. */
record StackCalls(Posix posix) implements SocketCalls {
  @Override
  public int socket(final int domain, final int type, final int protocol) {
    return posix.socket(domain, type, protocol);
  }

  @Override
  public int close(final int fd) {
    return posix.close(fd);
  }

  @Override
  public int socketpair(final int domain, final int type, final int protocol, final int[] fds) {
    return posix.socketpair(domain, type, protocol, fds);
  }

  @Override
  public int eventfd(final int initial, final int flags) {
    return posix.eventfd(initial, flags);
  }

  @Override
  public int timerfdCreate(final int clock, final int flags) {
    return posix.timerfd_create(clock, flags);
  }

  @Override
  public int timerfdSettime(
      final int fd,
      final int flags,
      final long valueNs,
      final long intervalNs,
      final TimerSpec old) {
    return posix.timerfd_settime(fd, flags, valueNs, intervalNs, old);
  }

  @Override
  public int timerfdGettime(final int fd, final TimerSpec now) {
    return posix.timerfd_gettime(fd, now);
  }

  @Override
  public int dup(final int fd) {
    return posix.dup(fd);
  }

  @Override
  public int dup2(final int fd, final int target) {
    return posix.dup2(fd, target);
  }

  @Override
  public int dup3(final int fd, final int target, final int flags) {
    return posix.dup3(fd, target, flags);
  }

  @Override
  public int ioctl(final int fd, final int request, final int argument) {
    return posix.ioctl(fd, request, argument);
  }

  @Override
  public int read(final int fd, final byte[] into, final int length) {
    return posix.read(fd, into, 0, length);
  }

  @Override
  public int write(final int fd, final byte[] data, final int length) {
    return posix.write(fd, data, 0, length);
  }

  @Override
  public int fcntl(final int fd, final int command, final int argument) {
    return posix.fcntl(fd, command, argument);
  }

  @Override
  public int bind(final int fd, final int address, final int port) {
    return posix.bind(fd, address, port);
  }

  @Override
  public int listen(final int fd, final int backlog) {
    return posix.listen(fd, backlog);
  }

  @Override
  public int accept4(final int fd, final SocketAddress4 peer, final int flags) {
    return posix.accept4(fd, peer, flags);
  }

  @Override
  public int connect(final int fd, final int address, final int port) {
    return posix.connect(fd, address, port);
  }

  @Override
  public int disconnect(final int fd) {
    return posix.disconnect(fd);
  }

  @Override
  public int shutdown(final int fd, final int how) {
    return posix.shutdown(fd, how);
  }

  @Override
  public int getsockname(final int fd, final SocketAddress4 address) {
    return posix.getsockname(fd, address);
  }

  @Override
  public int getpeername(final int fd, final SocketAddress4 address) {
    return posix.getpeername(fd, address);
  }

  @Override
  public int setsockopt(final int fd, final int level, final int option, final int value) {
    return posix.setsockopt(fd, level, option, value);
  }

  @Override
  public int getsockopt(final int fd, final int level, final int option) {
    return posix.getsockopt(fd, level, option);
  }

  @Override
  public int setsockopt(
      final int fd, final int level, final int option, final byte[] value, final int length) {
    return posix.setsockopt(fd, level, option, inNativeOrder(value), length);
  }

  @Override
  public int getsockopt(
      final int fd, final int level, final int option, final byte[] into, final int length) {
    return posix.getsockopt(fd, level, option, inNativeOrder(into), length);
  }

  private static ByteBuffer inNativeOrder(final byte[] value) {
    return ByteBuffer.wrap(value).order(ByteOrder.nativeOrder());
  }

  @Override
  public int send(final int fd, final byte[] data, final int length, final int flags) {
    return posix.send(fd, data, 0, length, flags);
  }

  @Override
  public int sendto(
      final int fd,
      final byte[] data,
      final int length,
      final int flags,
      final int address,
      final int port) {
    return posix.sendto(fd, data, 0, length, flags, address, port);
  }

  @Override
  public int recv(final int fd, final byte[] into, final int length, final int flags) {
    return posix.recv(fd, into, 0, length, flags);
  }

  @Override
  public int recvfrom(
      final int fd,
      final byte[] into,
      final int length,
      final int flags,
      final SocketAddress4 source) {
    return posix.recvfrom(fd, into, 0, length, flags, source);
  }

  @Override
  public int poll(final PollFds fds, final int count, final int timeoutMs) {
    return posix.poll(fds, count, timeoutMs);
  }

  @Override
  public int select(
      final int end,
      final FdSet reads,
      final FdSet writes,
      final FdSet excepts,
      final long timeoutNs) {
    return posix.select(end, reads, writes, excepts, timeoutNs);
  }

  @Override
  public int epollCreate(final int flags) {
    return posix.epoll_create1(flags);
  }

  @Override
  public int epollCtl(
      final int epfd, final int op, final int fd, final int events, final long data) {
    return posix.epoll_ctl(epfd, op, fd, events, data);
  }

  @Override
  public int epollWait(
      final int epfd, final EpollEvents events, final int maxEvents, final int timeoutMs) {
    return posix.epoll_wait(epfd, events, maxEvents, timeoutMs);
  }

  @Override
  public int readv(final int fd, final ByteRanges ranges) {
    return posix.readv(fd, ranges);
  }

  @Override
  public int writev(final int fd, final ByteRanges ranges) {
    return posix.writev(fd, ranges);
  }

  @Override
  public int sendmsg(final int fd, final Message message, final int flags) {
    return posix.sendmsg(fd, message, flags);
  }

  @Override
  public int recvmsg(final int fd, final Message message, final int flags) {
    return posix.recvmsg(fd, message, flags);
  }

  @Override
  public int sendmmsg(final int fd, final Message[] messages, final int count, final int flags) {
    return posix.sendmmsg(fd, messages, count, flags);
  }

  @Override
  public int recvmmsg(
      final int fd,
      final Message[] messages,
      final int count,
      final int flags,
      final long timeoutNs) {
    return posix.recvmmsg(fd, messages, count, flags, timeoutNs);
  }

  @Override
  public int sendfile(
      final int fd,
      final Path file,
      final boolean readable,
      final long position,
      final long count) {
    if (file == null) {
      return posix.sendfile(fd, null, position, count);
    }
    final OpenOption mode = readable ? StandardOpenOption.READ : StandardOpenOption.WRITE;
    try (FileChannel channel = FileChannel.open(file, mode)) {
      return posix.sendfile(fd, channel, position, count);
    } catch (final IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public int ways() {
    return posix.engine.shards.length;
  }

  @Override
  public int way(final int sender, final int port) {
    final UdpSocket socket = (UdpSocket) Objects.requireNonNull(posix.table.socket(sender));
    final Shard way = socket.sides.towards(SocketOption.INADDR_LOOPBACK, port).shard;
    return List.of(posix.engine.shards).indexOf(way);
  }
}
