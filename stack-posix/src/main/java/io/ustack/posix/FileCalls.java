package io.ustack.posix;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.nio.channels.NonReadableChannelException;
import org.jspecify.annotations.Nullable;

/** {@link Posix}: what goes from a file to a socket. */
abstract class FileCalls extends MessageCalls {
  /** Linux MAX_RW_COUNT: what one call moves at most. */
  private static final int MAX_BYTES = 0x7FFF_F000;

  private final FileChunks chunks;

  FileCalls(final SocketEngine engine, final int descriptors) {
    super(engine, descriptors);
    chunks = new FileChunks(engine.execution.newLock());
  }

  /**
   * sendfile(2). The position of the file itself plays no part and does not move: whoever goes on
   * adds the result to {@code position}, and no byte is sent twice or lost, however much the socket
   * took. What a UDP socket is given goes out in one datagram as long as it fits one.
   *
   * @param file must be open for reading, else -EBADF
   * @param position where in the file to begin; -EINVAL when negative
   * @param count how much at most; -EINVAL when negative, or when the end is no long
   * @return bytes taken, fewer than {@code count} at the end of the file or when the socket does
   *     not wait; 0 at the end; -EAGAIN; -EBADF; -EIO when the file can't be read; -EINVAL when
   *     {@code fd} takes no bytes, or has O_APPEND; else as send
   */
  public int sendfile(
      final int fd, final @Nullable FileChannel file, final long position, final long count) {
    if (file == null || !file.isOpen()) {
      return -Errno.EBADF;
    }
    if (position < 0 || count < 0 || position > Long.MAX_VALUE - count) {
      return -Errno.EINVAL;
    }
    final Pollable target = table.find(fd);
    if (target == null) {
      return -Errno.EBADF;
    }
    if (!(target instanceof StackSocket socket)
        || (target.statusFlags() & SocketOption.O_APPEND) != 0) {
      return -Errno.EINVAL;
    }
    final ByteBuffer chunk = chunks.take();
    try {
      return send(socket, file, position, (int) Math.min(count, MAX_BYTES), chunk);
    } finally {
      chunks.give(chunk);
    }
  }

  private static int send(
      final StackSocket socket,
      final FileChannel file,
      final long position,
      final int count,
      final ByteBuffer chunk) {
    int sent = 0;
    do {
      // Also for none: whether the file can be read is asked in any case.
      final int length = read(file, position + sent, chunk, count - sent);
      if (length <= 0) {
        return sent > 0 ? sent : length;
      }
      final int outcome = socket.send(chunk, null, 0, length, 0, 0, StackSocket.NO_PORT);
      if (outcome < 0) {
        return sent > 0 ? sent : outcome;
      }
      sent += outcome;
      if (outcome < length) {
        break; // its time was up, or an error waits for the next call
      }
    } while (sent < count);
    return sent;
  }

  /** Fills the chunk from its beginning. Returns bytes, 0 at the end, -errno. */
  private static int read(
      final FileChannel file, final long position, final ByteBuffer chunk, final int most) {
    if (Thread.currentThread().isInterrupted()) {
      return -Errno.EINTR; // a read would close the file
    }
    chunk.clear().limit(Math.min(most, chunk.capacity()));
    try {
      return Math.max(0, file.read(chunk, position));
    } catch (final NonReadableChannelException | ClosedChannelException e) {
      return -Errno.EBADF;
    } catch (final IOException e) {
      return -Errno.EIO;
    } finally {
      chunk.clear();
    }
  }
}
