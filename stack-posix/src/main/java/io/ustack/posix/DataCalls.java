package io.ustack.posix;

import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/** {@link Posix}: bytes and datagrams. */
abstract class DataCalls extends OptionCalls {
  DataCalls(final SocketEngine engine, final int descriptors) {
    super(engine, descriptors);
  }

  /**
   * read(2), of whatever can be read: as {@link #recv(int, byte[], int, int, int)} without flags
   * for a socket.
   *
   * @return bytes; -EINVAL of an epoll set
   */
  public int read(final int fd, final byte[] buffer, final int offset, final int length) {
    final Pollable pollable = table.find(fd);
    if (pollable == null) {
      return -Errno.EBADF;
    }
    final int refusal = BufferRange.refuse(buffer, offset, length);
    return refusal != 0 ? refusal : pollable.read(null, buffer, offset, length);
  }

  /** As {@link #read(int, byte[], int, int)}, into a buffer. */
  public int read(final int fd, final ByteBuffer buffer, final int offset, final int length) {
    final Pollable pollable = table.find(fd);
    if (pollable == null) {
      return -Errno.EBADF;
    }
    final int refusal = BufferRange.refuse(buffer, offset, length);
    if (refusal != 0) {
      return refusal;
    }
    return length > 0 && buffer.isReadOnly()
        ? -Errno.EFAULT
        : pollable.read(buffer, null, offset, length);
  }

  /**
   * write(2), to whatever can be written: as {@link #send(int, byte[], int, int, int)} without
   * flags for a socket.
   *
   * @return bytes taken; -EINVAL of an epoll set
   */
  public int write(final int fd, final byte[] buffer, final int offset, final int length) {
    final Pollable pollable = table.find(fd);
    if (pollable == null) {
      return -Errno.EBADF;
    }
    final int refusal = BufferRange.refuse(buffer, offset, length);
    return refusal != 0 ? refusal : pollable.write(null, buffer, offset, length);
  }

  /** As {@link #write(int, byte[], int, int)}, from a buffer. */
  public int write(final int fd, final ByteBuffer buffer, final int offset, final int length) {
    final Pollable pollable = table.find(fd);
    if (pollable == null) {
      return -Errno.EBADF;
    }
    final int refusal = BufferRange.refuse(buffer, offset, length);
    return refusal != 0 ? refusal : pollable.write(buffer, null, offset, length);
  }

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
        : socket.send(null, buffer, offset, length, flags, 0, StackSocket.NO_PORT);
  }

  /** As {@link #send(int, byte[], int, int, int)}, from a buffer. */
  public int send(
      final int fd, final ByteBuffer buffer, final int offset, final int length, final int flags) {
    final int refusal = BufferRange.refuse(buffer, offset, length);
    final StackSocket socket = table.socket(fd);
    return socket == null || refusal != 0
        ? table.firstOf(fd, socket, refusal)
        : socket.send(buffer, null, offset, length, flags, 0, StackSocket.NO_PORT);
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
}
