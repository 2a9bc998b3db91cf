package io.ustack.posix;

import com.sun.jna.LastErrorException;
import com.sun.jna.Memory;
import com.sun.jna.Native;
import com.sun.jna.Pointer;
import com.sun.jna.ptr.LongByReference;
import io.ustack.buffer.ByteRanges;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/** The kernel's calls with {@code struct iovec} and {@code struct msghdr}, on 64-bit machines. */
abstract class KernelMessageCalls implements MessageSocketCalls {
  private static final class Libc {
    static {
      Native.register("c");
    }

    static native long readv(int fd, Pointer vector, int count) throws LastErrorException;

    static native long writev(int fd, Pointer vector, int count) throws LastErrorException;

    static native long sendmsg(int fd, Pointer message, int flags) throws LastErrorException;

    static native long recvmsg(int fd, Pointer message, int flags) throws LastErrorException;

    static native int sendmmsg(int fd, Pointer messages, int count, int flags)
        throws LastErrorException;

    static native int recvmmsg(int fd, Pointer messages, int count, int flags, Pointer timeout)
        throws LastErrorException;

    static native int open(String path, int flags) throws LastErrorException;

    static native int close(int fd) throws LastErrorException;

    static native long sendfile(int out, int in, LongByReference position, long count)
        throws LastErrorException;

    private Libc() {}
  }

  private interface Call {
    long result();
  }

  private static int of(final Call call) {
    try {
      return (int) call.result();
    } catch (final LastErrorException e) {
      return -e.getErrorCode();
    }
  }

  /** A {@code struct iovec[]} and the memory that it points to. */
  private static final class Vector {
    private static final int ENTRY_BYTES = 16;

    final Memory entries;
    private final ByteRanges ranges;
    private final Memory[] parts;

    Vector(final ByteRanges ranges) {
      this.ranges = ranges;
      entries = new Memory((long) ENTRY_BYTES * Math.max(1, ranges.count()));
      parts = new Memory[ranges.count()];
      for (int i = 0; i < parts.length; i++) {
        final int length = ranges.length(i);
        final boolean bad =
            ranges.buffer(i) == null
                ? BufferRange.refuse(ranges.array(i), ranges.offset(i), length) != 0
                : BufferRange.refuse(ranges.buffer(i), ranges.offset(i), length) != 0;
        if (!bad && length > 0) {
          parts[i] = new Memory(length);
          parts[i].write(0, bytes(i), 0, length);
        }
        entries.setPointer((long) i * ENTRY_BYTES, parts[i]);
        entries.setLong((long) i * ENTRY_BYTES + 8, length);
      }
    }

    private byte[] bytes(final int i) {
      final byte[] bytes = new byte[ranges.length(i)];
      final byte[] array = ranges.array(i);
      if (array != null) {
        System.arraycopy(array, ranges.offset(i), bytes, 0, bytes.length);
      } else {
        ranges.buffer(i).get(ranges.offset(i), bytes);
      }
      return bytes;
    }

    /** What the kernel wrote goes where it was asked for. */
    void copyBack() {
      for (int i = 0; i < parts.length; i++) {
        if (parts[i] != null) {
          final byte[] bytes = parts[i].getByteArray(0, ranges.length(i));
          final byte[] array = ranges.array(i);
          final ByteBuffer buffer = ranges.buffer(i);
          if (array != null) {
            System.arraycopy(bytes, 0, array, ranges.offset(i), bytes.length);
          } else if (!buffer.isReadOnly()) {
            buffer.put(ranges.offset(i), bytes);
          }
        }
      }
    }
  }

  /** A {@code struct mmsghdr[]}; the first field of each is its {@code struct msghdr}. */
  private static final class Headers {
    private static final int HEADER_BYTES = 64;
    private static final int NAME_LENGTH = 8;
    private static final int VECTOR = 16;
    private static final int VECTOR_LENGTH = 24;
    private static final int CONTROL = 32;
    private static final int CONTROL_LENGTH = 40;
    private static final int FLAGS = 48;
    private static final int MESSAGE_LENGTH = 56;
    private static final int SOCKADDR_BYTES = 16;

    final Memory headers;
    private final Message[] messages;
    private final Vector[] vectors;
    private final Memory[] names;
    private final Memory[] controls;

    Headers(final boolean received, final Message... messages) {
      this.messages = messages;
      headers = new Memory((long) HEADER_BYTES * Math.max(1, messages.length));
      headers.clear();
      vectors = new Vector[messages.length];
      names = new Memory[messages.length];
      controls = new Memory[messages.length];
      for (int i = 0; i < messages.length; i++) {
        final long at = (long) i * HEADER_BYTES;
        if (messages[i] == null) {
          headers.setLong(at + VECTOR_LENGTH, 1); // an entry at address 0
          continue;
        }
        vectors[i] = new Vector(messages[i].ranges());
        headers.setPointer(at + VECTOR, vectors[i].entries);
        headers.setLong(at + VECTOR_LENGTH, messages[i].ranges().count());
        control(received, i);
        if (received || messages[i].isNamed()) {
          names[i] = new Memory(SOCKADDR_BYTES);
          final byte[] name = KernelCalls.sockaddr(2, messages[i].address(), messages[i].port());
          names[i].write(0, name, 0, SOCKADDR_BYTES);
          headers.setPointer(at, names[i]);
          headers.setInt(at + NAME_LENGTH, SOCKADDR_BYTES);
        }
      }
    }

    private void control(final boolean received, final int i) {
      final ControlData control = messages[i].control();
      final long at = (long) i * HEADER_BYTES;
      if (control != null) {
        final byte[] bytes = control.bytes().array();
        controls[i] = new Memory(Math.max(1, bytes.length));
        controls[i].write(0, bytes, 0, bytes.length);
        headers.setPointer(at + CONTROL, controls[i]);
        headers.setLong(at + CONTROL_LENGTH, received ? bytes.length : control.lengthBytes());
      }
    }

    /** What the kernel says of the first {@code count} messages. */
    void copyBack(final int count) {
      for (int i = 0; i < count; i++) {
        final long at = (long) i * HEADER_BYTES;
        vectors[i].copyBack();
        messages[i].flags(headers.getInt(at + FLAGS));
        final ControlData control = messages[i].control();
        if (control != null) {
          controls[i].read(0, control.bytes().array(), 0, control.bytes().capacity());
          control.lengthBytes((int) headers.getLong(at + CONTROL_LENGTH));
        }
        if (headers.getInt(at + NAME_LENGTH) == 0) {
          messages[i].noName();
        } else {
          final SocketAddress4 name = new SocketAddress4();
          KernelCalls.read(names[i].getByteArray(0, SOCKADDR_BYTES), name);
          messages[i].name(name.address(), name.port());
        }
      }
    }

    void copyLengths(final int count) {
      for (int i = 0; i < count; i++) {
        messages[i].lengthBytes(headers.getInt((long) i * HEADER_BYTES + MESSAGE_LENGTH));
      }
    }
  }

  @Override
  public int readv(final int fd, final ByteRanges ranges) {
    final Vector vector = new Vector(ranges);
    final int result = of(() -> Libc.readv(fd, vector.entries, ranges.count()));
    if (result > 0) {
      vector.copyBack();
    }
    return result;
  }

  @Override
  public int writev(final int fd, final ByteRanges ranges) {
    return of(() -> Libc.writev(fd, new Vector(ranges).entries, ranges.count()));
  }

  @Override
  public int sendmsg(final int fd, final Message message, final int flags) {
    if (message == null) {
      return of(() -> Libc.sendmsg(fd, null, flags));
    }
    return of(() -> Libc.sendmsg(fd, new Headers(false, message).headers, flags));
  }

  @Override
  public int recvmsg(final int fd, final Message message, final int flags) {
    if (message == null) {
      return of(() -> Libc.recvmsg(fd, null, flags));
    }
    final Headers headers = new Headers(true, message);
    final int result = of(() -> Libc.recvmsg(fd, headers.headers, flags));
    headers.copyBack(result < 0 ? 0 : 1);
    return result;
  }

  @Override
  public int sendfile(
      final int fd,
      final Path file,
      final boolean readable,
      final long position,
      final long count) {
    final int in = file == null ? -1 : of(() -> Libc.open(file.toString(), readable ? 0 : 1));
    try {
      return of(() -> Libc.sendfile(fd, in, new LongByReference(position), count));
    } finally {
      of(() -> Libc.close(in));
    }
  }

  @Override
  public int sendmmsg(final int fd, final Message[] messages, final int count, final int flags) {
    if (messages == null) {
      return of(() -> Libc.sendmmsg(fd, null, count, flags));
    }
    final Headers headers = new Headers(false, messages);
    final int result = of(() -> Libc.sendmmsg(fd, headers.headers, count, flags));
    headers.copyLengths(result);
    return result;
  }

  @Override
  public int recvmmsg(
      final int fd,
      final Message[] messages,
      final int count,
      final int flags,
      final long timeoutNs) {
    if (messages == null) {
      return of(() -> Libc.recvmmsg(fd, null, count, flags, null));
    }
    final Headers headers = new Headers(true, messages);
    final Memory timeout = timeoutNs < 0 ? null : new Memory(16);
    if (timeout != null) {
      timeout.setLong(0, TimeUnit.NANOSECONDS.toSeconds(timeoutNs));
      timeout.setLong(8, timeoutNs % TimeUnit.SECONDS.toNanos(1));
    }
    final int result = of(() -> Libc.recvmmsg(fd, headers.headers, count, flags, timeout));
    headers.copyBack(result);
    headers.copyLengths(result);
    return result;
  }
}
