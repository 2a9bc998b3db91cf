package io.ustack.posix;

import com.sun.jna.LastErrorException;
import com.sun.jna.Memory;
import com.sun.jna.Native;
import com.sun.jna.Pointer;
import com.sun.jna.ptr.IntByReference;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** The kernel's calls through libc: the oracle. Linux only; traffic stays on loopback. */
final class KernelCalls extends KernelMessageCalls implements SocketCalls {
  private static final int SOCKADDR_BYTES = 16;
  private static final long NS_PER_SECOND = 1_000_000_000;
  private static final int EPOLL_EVENT_BYTES;
  private static final int EPOLL_DATA_OFFSET;

  static {
    // sys/epoll.h: the struct is packed on x86-64 only.
    final boolean packed = System.getProperty("os.arch").equals("amd64");
    EPOLL_EVENT_BYTES = packed ? 12 : 16;
    EPOLL_DATA_OFFSET = packed ? 4 : 8;
  }

  /** libc's functions, by name. */
  private static final class Libc {
    static {
      Native.register("c");
    }

    static native int socket(int domain, int type, int protocol) throws LastErrorException;

    static native int close(int fd) throws LastErrorException;

    static native int socketpair(int domain, int type, int protocol, int[] fds)
        throws LastErrorException;

    static native int eventfd(int initial, int flags) throws LastErrorException;

    static native int timerfd_create(int clock, int flags) throws LastErrorException;

    static native int timerfd_settime(int fd, int flags, long[] value, long[] old)
        throws LastErrorException;

    static native int timerfd_gettime(int fd, long[] now) throws LastErrorException;

    static native int dup(int fd) throws LastErrorException;

    static native int dup2(int fd, int target) throws LastErrorException;

    static native int dup3(int fd, int target, int flags) throws LastErrorException;

    static native int fcntl(int fd, int command, int argument) throws LastErrorException;

    static native int ioctl(int fd, long request, IntByReference argument)
        throws LastErrorException;

    static native long read(int fd, byte[] into, long length) throws LastErrorException;

    static native long write(int fd, byte[] data, long length) throws LastErrorException;

    static native int bind(int fd, byte[] address, int length) throws LastErrorException;

    static native int listen(int fd, int backlog) throws LastErrorException;

    static native int accept4(int fd, byte[] address, IntByReference length, int flags)
        throws LastErrorException;

    static native int connect(int fd, byte[] address, int length) throws LastErrorException;

    static native int shutdown(int fd, int how) throws LastErrorException;

    static native int getsockname(int fd, byte[] address, IntByReference length)
        throws LastErrorException;

    static native int getpeername(int fd, byte[] address, IntByReference length)
        throws LastErrorException;

    static native int setsockopt(int fd, int level, int option, IntByReference value, int length)
        throws LastErrorException;

    static native int getsockopt(
        int fd, int level, int option, IntByReference value, IntByReference length)
        throws LastErrorException;

    static native int setsockopt(int fd, int level, int option, byte[] value, int length)
        throws LastErrorException;

    static native int getsockopt(int fd, int level, int option, byte[] into, IntByReference length)
        throws LastErrorException;

    static native long sendto(
        int fd, byte[] data, long length, int flags, byte[] address, int addressLength)
        throws LastErrorException;

    static native long recvfrom(
        int fd, byte[] into, long length, int flags, byte[] address, IntByReference addressLength)
        throws LastErrorException;

    static native int poll(Pointer fds, long count, int timeoutMs) throws LastErrorException;

    static native int select(int end, long[] reads, long[] writes, long[] excepts, long[] timeout)
        throws LastErrorException;

    static native int epoll_create1(int flags) throws LastErrorException;

    static native int epoll_ctl(int epfd, int op, int fd, Pointer event) throws LastErrorException;

    static native int epoll_wait(int epfd, Pointer events, int maxEvents, int timeoutMs)
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

  static byte[] sockaddr(final int family, final int address, final int port) {
    final byte[] bytes = new byte[SOCKADDR_BYTES];
    ByteBuffer.wrap(bytes).order(ByteOrder.nativeOrder()).putShort(0, (short) family);
    ByteBuffer.wrap(bytes).putShort(2, (short) port).putInt(4, address);
    return bytes;
  }

  static void read(final byte[] from, final SocketAddress4 into) {
    final ByteBuffer bytes = ByteBuffer.wrap(from);
    into.set(bytes.getInt(4), bytes.getShort(2) & 0xFFFF);
  }

  @Override
  public int socket(final int domain, final int type, final int protocol) {
    return of(() -> Libc.socket(domain, type, protocol));
  }

  @Override
  public int close(final int fd) {
    return of(() -> Libc.close(fd));
  }

  @Override
  public int socketpair(final int domain, final int type, final int protocol, final int[] fds) {
    return of(() -> Libc.socketpair(domain, type, protocol, fds));
  }

  @Override
  public int eventfd(final int initial, final int flags) {
    return of(() -> Libc.eventfd(initial, flags));
  }

  @Override
  public int timerfdCreate(final int clock, final int flags) {
    return of(() -> Libc.timerfd_create(clock, flags));
  }

  @Override
  public int timerfdSettime(
      final int fd,
      final int flags,
      final long valueNs,
      final long intervalNs,
      final TimerSpec old) {
    // struct itimerspec: the interval first, each as seconds and nanoseconds.
    final long[] value = {
      intervalNs / NS_PER_SECOND,
      intervalNs % NS_PER_SECOND,
      valueNs / NS_PER_SECOND,
      valueNs % NS_PER_SECOND
    };
    final long[] before = new long[4];
    final int result = of(() -> Libc.timerfd_settime(fd, flags, value, before));
    return tell(result, before, old);
  }

  @Override
  public int timerfdGettime(final int fd, final TimerSpec now) {
    final long[] value = new long[4];
    return tell(of(() -> Libc.timerfd_gettime(fd, value)), value, now);
  }

  private static int tell(final int result, final long[] spec, final TimerSpec into) {
    if (result == 0 && into != null) {
      into.intervalNs = spec[0] * NS_PER_SECOND + spec[1];
      into.valueNs = spec[2] * NS_PER_SECOND + spec[3];
    }
    return result;
  }

  @Override
  public int dup(final int fd) {
    return of(() -> Libc.dup(fd));
  }

  @Override
  public int dup2(final int fd, final int target) {
    return of(() -> Libc.dup2(fd, target));
  }

  @Override
  public int dup3(final int fd, final int target, final int flags) {
    return of(() -> Libc.dup3(fd, target, flags));
  }

  @Override
  public int ioctl(final int fd, final int request, final int argument) {
    final IntByReference value = new IntByReference(argument);
    final int result = of(() -> Libc.ioctl(fd, request & 0xFFFF_FFFFL, value));
    final boolean sets =
        request == SocketOption.FIONBIO
            || request == SocketOption.FIOCLEX
            || request == SocketOption.FIONCLEX;
    return result < 0 || sets ? result : value.getValue();
  }

  @Override
  public int read(final int fd, final byte[] into, final int length) {
    return of(() -> Libc.read(fd, into, length));
  }

  @Override
  public int write(final int fd, final byte[] data, final int length) {
    return of(() -> Libc.write(fd, data, length));
  }

  @Override
  public int fcntl(final int fd, final int command, final int argument) {
    return of(() -> Libc.fcntl(fd, command, argument));
  }

  @Override
  public int bind(final int fd, final int address, final int port) {
    return of(() -> Libc.bind(fd, sockaddr(2, address, port), SOCKADDR_BYTES));
  }

  @Override
  public int listen(final int fd, final int backlog) {
    return of(() -> Libc.listen(fd, backlog));
  }

  @Override
  public int accept4(final int fd, final SocketAddress4 peer, final int flags) {
    final byte[] address = new byte[SOCKADDR_BYTES];
    final int result =
        of(() -> Libc.accept4(fd, address, new IntByReference(SOCKADDR_BYTES), flags));
    if (result >= 0) {
      read(address, peer);
    }
    return result;
  }

  @Override
  public int connect(final int fd, final int address, final int port) {
    return of(() -> Libc.connect(fd, sockaddr(2, address, port), SOCKADDR_BYTES));
  }

  @Override
  public int disconnect(final int fd) {
    return of(() -> Libc.connect(fd, sockaddr(0, 0, 0), SOCKADDR_BYTES));
  }

  @Override
  public int shutdown(final int fd, final int how) {
    return of(() -> Libc.shutdown(fd, how));
  }

  @Override
  public int getsockname(final int fd, final SocketAddress4 into) {
    final byte[] address = new byte[SOCKADDR_BYTES];
    final int result = of(() -> Libc.getsockname(fd, address, new IntByReference(SOCKADDR_BYTES)));
    if (result == 0) {
      read(address, into);
    }
    return result;
  }

  @Override
  public int getpeername(final int fd, final SocketAddress4 into) {
    final byte[] address = new byte[SOCKADDR_BYTES];
    final int result = of(() -> Libc.getpeername(fd, address, new IntByReference(SOCKADDR_BYTES)));
    if (result == 0) {
      read(address, into);
    }
    return result;
  }

  @Override
  public int setsockopt(final int fd, final int level, final int option, final int value) {
    return of(() -> Libc.setsockopt(fd, level, option, new IntByReference(value), Integer.BYTES));
  }

  @Override
  public int getsockopt(final int fd, final int level, final int option) {
    final IntByReference value = new IntByReference();
    final int result =
        of(() -> Libc.getsockopt(fd, level, option, value, new IntByReference(Integer.BYTES)));
    return result == 0 ? value.getValue() : result;
  }

  @Override
  public int setsockopt(
      final int fd, final int level, final int option, final byte[] value, final int length) {
    return of(() -> Libc.setsockopt(fd, level, option, value, length));
  }

  @Override
  public int getsockopt(
      final int fd, final int level, final int option, final byte[] into, final int length) {
    final IntByReference size = new IntByReference(length);
    final int result = of(() -> Libc.getsockopt(fd, level, option, into, size));
    return result == 0 ? size.getValue() : result;
  }

  @Override
  public int send(final int fd, final byte[] data, final int length, final int flags) {
    return of(() -> Libc.sendto(fd, data, length, flags, null, 0));
  }

  @Override
  public int sendto(
      final int fd,
      final byte[] data,
      final int length,
      final int flags,
      final int address,
      final int port) {
    final byte[] target = sockaddr(2, address, port);
    return of(() -> Libc.sendto(fd, data, length, flags, target, SOCKADDR_BYTES));
  }

  @Override
  public int recv(final int fd, final byte[] into, final int length, final int flags) {
    return of(() -> Libc.recvfrom(fd, into, length, flags, null, null));
  }

  @Override
  public int recvfrom(
      final int fd,
      final byte[] into,
      final int length,
      final int flags,
      final SocketAddress4 source) {
    final byte[] address = new byte[SOCKADDR_BYTES];
    final IntByReference size = new IntByReference(SOCKADDR_BYTES);
    final int result = of(() -> Libc.recvfrom(fd, into, length, flags, address, size));
    if (result >= 0) {
      read(address, source);
    }
    return result;
  }

  @Override
  public int poll(final PollFds fds, final int count, final int timeoutMs) {
    try (Memory array = new Memory(8L * Math.max(1, fds.capacity()))) {
      for (int i = 0; i < fds.capacity(); i++) {
        array.setInt(8L * i, fds.fd(i));
        array.setShort(8L * i + 4, (short) fds.events(i));
        array.setShort(8L * i + 6, (short) 0);
      }
      final int result = of(() -> Libc.poll(array, count & 0xFFFF_FFFFL, timeoutMs));
      for (int i = 0; i < count && result >= 0; i++) {
        fds.found(i, array.getShort(8L * i + 6));
      }
      return result;
    }
  }

  @Override
  public int select(
      final int end,
      final FdSet reads,
      final FdSet writes,
      final FdSet excepts,
      final long timeoutNs) {
    final long[] in = words(reads);
    final long[] out = words(writes);
    final long[] except = words(excepts);
    final long[] timeout =
        timeoutNs < 0
            ? null
            : new long[] {timeoutNs / 1_000_000_000, timeoutNs / 1_000 % 1_000_000};
    final int result = of(() -> Libc.select(end, in, out, except, timeout));
    if (result >= 0) {
      assign(reads, in);
      assign(writes, out);
      assign(excepts, except);
    }
    return result;
  }

  private static long[] words(final FdSet set) {
    if (set == null) {
      return null;
    }
    final long[] words = new long[FdSet.FD_SETSIZE / Long.SIZE];
    for (int fd = 0; fd < FdSet.FD_SETSIZE; fd++) {
      words[fd >> 6] |= set.isSet(fd) ? 1L << fd : 0;
    }
    return words;
  }

  private static void assign(final FdSet set, final long[] words) {
    for (int fd = 0; set != null && fd < FdSet.FD_SETSIZE; fd++) {
      if ((words[fd >> 6] & 1L << fd) == 0) {
        set.clear(fd);
      }
    }
  }

  @Override
  public int epollCreate(final int flags) {
    return of(() -> Libc.epoll_create1(flags));
  }

  @Override
  public int epollCtl(
      final int epfd, final int op, final int fd, final int events, final long data) {
    try (Memory event = new Memory(EPOLL_EVENT_BYTES)) {
      event.setInt(0, events);
      event.setLong(EPOLL_DATA_OFFSET, data);
      return of(() -> Libc.epoll_ctl(epfd, op, fd, event));
    }
  }

  @Override
  public int epollWait(
      final int epfd, final EpollEvents events, final int maxEvents, final int timeoutMs) {
    try (Memory found = new Memory((long) events.capacity() * EPOLL_EVENT_BYTES)) {
      final int count = of(() -> Libc.epoll_wait(epfd, found, maxEvents, timeoutMs));
      for (int i = 0; i < count; i++) {
        final long at = (long) i * EPOLL_EVENT_BYTES;
        events.set(i, found.getInt(at), found.getLong(at + EPOLL_DATA_OFFSET));
      }
      return count;
    }
  }
}
