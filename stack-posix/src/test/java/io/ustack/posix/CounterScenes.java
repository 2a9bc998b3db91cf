package io.ustack.posix;

import static io.ustack.posix.Epoll.EPOLLET;
import static io.ustack.posix.Epoll.EPOLLIN;
import static io.ustack.posix.Epoll.EPOLLOUT;
import static io.ustack.posix.Epoll.EPOLL_CTL_ADD;
import static io.ustack.posix.EpollScenes.noteWait;
import static io.ustack.posix.SocketOption.CLOCK_BOOTTIME;
import static io.ustack.posix.SocketOption.CLOCK_MONOTONIC;
import static io.ustack.posix.SocketOption.EFD_SEMAPHORE;
import static io.ustack.posix.SocketOption.F_GETFD;
import static io.ustack.posix.SocketOption.F_GETFL;
import static io.ustack.posix.SocketOption.F_SETFL;
import static io.ustack.posix.SocketOption.O_CLOEXEC;
import static io.ustack.posix.SocketOption.O_NONBLOCK;

import java.util.Map;
import java.util.function.Consumer;

/** Descriptors that count: eventfd(2), timerfd_create(2). */
final class CounterScenes {
  private static final int BAD = 100_000;
  private static final long MS = 1_000_000;
  private static final long HOUR = 3_600_000 * MS;

  private CounterScenes() {}

  static Map<String, Consumer<Scene>> all() {
    return Map.ofEntries(
        Map.entry("eventfd: counts", CounterScenes::counts),
        Map.entry("eventfd: semaphore", CounterScenes::semaphore),
        Map.entry("eventfd: full", CounterScenes::full),
        Map.entry("eventfd: refused", CounterScenes::eventRefused),
        Map.entry("eventfd: no socket", CounterScenes::noSocket),
        Map.entry("eventfd: epoll", CounterScenes::eventEpoll),
        Map.entry("timerfd: once", CounterScenes::once),
        Map.entry("timerfd: periodic", CounterScenes::periodic),
        Map.entry("timerfd: set and get", CounterScenes::setAndGet),
        Map.entry("timerfd: set anew", CounterScenes::setAnew),
        Map.entry("timerfd: refused", CounterScenes::timerRefused),
        Map.entry("timerfd: epoll", CounterScenes::timerEpoll));
  }

  private static int eventfd(final Scene s, final int initial, final int flags) {
    return s.track(s.calls.eventfd(initial, flags));
  }

  private static int timerfd(final Scene s) {
    return s.track(s.calls.timerfdCreate(CLOCK_MONOTONIC, O_NONBLOCK));
  }

  private static void counts(final Scene s) {
    final int fd = eventfd(s, 3, O_NONBLOCK);
    s.noteMask("three", fd);
    s.noteReadLong("read", fd);
    s.noteMask("zero", fd);
    s.noteReadLong("read again", fd);
    s.note("write", s.writeLong(fd, 5));
    s.note("write", s.writeLong(fd, 1L << 40));
    s.note("write 0", s.writeLong(fd, 0));
    s.noteReadLong("the sum", fd);
    s.note("write 0", s.writeLong(fd, 0));
    s.noteMask("still zero", fd);
    final int negative = eventfd(s, -1, O_NONBLOCK);
    s.noteReadLong("the largest initial value", negative);
    final int blocking = eventfd(s, 1, 0);
    s.noteReadLong("blocking", blocking);
  }

  private static void semaphore(final Scene s) {
    final int fd = eventfd(s, 2, O_NONBLOCK | EFD_SEMAPHORE);
    s.noteReadLong("one", fd);
    s.noteMask("one left", fd);
    s.noteReadLong("two", fd);
    s.noteReadLong("none", fd);
    s.writeLong(fd, 1);
    s.noteReadLong("one more", fd);
  }

  private static void full(final Scene s) {
    final int fd = eventfd(s, 0, O_NONBLOCK);
    s.note("2^64-1", s.writeLong(fd, -1));
    s.note("2^64-2", s.writeLong(fd, -2));
    s.noteMask("full", fd);
    s.note("one more", s.writeLong(fd, 1));
    s.note("none more", s.writeLong(fd, 0));
    s.noteReadLong("read", fd);
    s.noteMask("empty", fd);
    s.writeLong(fd, -3);
    s.noteMask("one below", fd);
    s.note("two more", s.writeLong(fd, 2));
    s.note("one more", s.writeLong(fd, 1));
  }

  private static void eventRefused(final Scene s) {
    s.note("flags", s.calls.eventfd(0, 2));
    final int fd = eventfd(s, 1, O_CLOEXEC | O_NONBLOCK);
    s.note("F_GETFD", s.calls.fcntl(fd, F_GETFD, 0));
    s.note("F_GETFL", s.calls.fcntl(fd, F_GETFL, 0));
    s.noteRead("7 bytes of room", fd, 7);
    s.note("7 bytes", s.write(fd, "1234567"));
    s.noteReadLong("nothing was taken", fd);
    s.note("F_SETFL", s.calls.fcntl(fd, F_SETFL, 0));
    s.note("F_GETFL", s.calls.fcntl(fd, F_GETFL, 0));
    s.note("close", s.closeNow(fd));
  }

  private static void noSocket(final Scene s) {
    final int fd = eventfd(s, 0, 0);
    s.note("send", s.send(fd, "x"));
    s.noteRecv("recv", fd, 8, 0);
    s.note("bind", s.calls.bind(fd, 0, 0));
    s.note("getsockopt", s.calls.getsockopt(fd, 1, 4));
    s.note("epoll_wait", s.calls.epollWait(fd, new EpollEvents(1), 1, 0));
    s.note("FIONREAD", s.calls.ioctl(fd, SocketOption.FIONREAD, 0));
    s.note("timerfd_gettime", s.calls.timerfdGettime(fd, new TimerSpec()));
  }

  private static void eventEpoll(final Scene s) {
    final int set = s.epoll();
    final int fd = eventfd(s, 0, O_NONBLOCK);
    s.calls.epollCtl(set, EPOLL_CTL_ADD, fd, EPOLLIN | EPOLLET, 1);
    noteWait(s, "zero", set, 8, 0);
    s.writeLong(fd, 1);
    noteWait(s, "one", set, 8, -1);
    noteWait(s, "told once", set, 8, 0);
    s.writeLong(fd, 1);
    noteWait(s, "every write is an edge", set, 8, -1);
    s.noteReadLong("both", fd);
    noteWait(s, "read", set, 8, 0);
    final int out = s.epoll();
    s.writeLong(fd, -2);
    s.calls.epollCtl(out, EPOLL_CTL_ADD, fd, EPOLLOUT | EPOLLET, 2);
    noteWait(s, "full", out, 8, 0);
    s.noteReadLong("read", fd);
    noteWait(s, "room", out, 8, -1);
  }

  private static void once(final Scene s) {
    final int fd = timerfd(s);
    s.noteMask("not armed", fd);
    s.noteReadLong("not armed", fd);
    s.note("settime", s.calls.timerfdSettime(fd, 0, MS, 0, null));
    s.noteMaskWith(EPOLLIN, "expired", fd);
    s.noteReadLong("read", fd);
    s.noteMask("read", fd);
    s.noteReadLong("again", fd);
    s.note("settime", s.calls.timerfdSettime(fd, 0, 1, 0, null));
    s.calls.fcntl(fd, F_SETFL, 0);
    s.noteReadLong("blocking", fd);
  }

  private static void periodic(final Scene s) {
    final int fd = timerfd(s);
    s.note("settime", s.calls.timerfdSettime(fd, 0, MS, 50 * MS, null));
    s.await(fd, EPOLLIN);
    // How often it fired by then depends on who had the processor.
    s.note("first", s.calls.read(fd, new byte[8], 8));
    s.await(fd, EPOLLIN);
    s.note("second", s.calls.read(fd, new byte[8], 8));
    s.note("disarm", s.calls.timerfdSettime(fd, 0, 0, 50 * MS, null));
    s.noteReadLong("disarmed", fd);
  }

  private static void setAndGet(final Scene s) {
    final int fd = timerfd(s);
    final TimerSpec spec = new TimerSpec();
    s.note("gettime", s.calls.timerfdGettime(fd, spec));
    s.note("not armed", spec.valueNs == 0 && spec.intervalNs == 0);
    s.note("settime", s.calls.timerfdSettime(fd, 0, HOUR, 3 * HOUR, spec));
    s.note("was not armed", spec.valueNs == 0 && spec.intervalNs == 0);
    s.note("gettime", s.calls.timerfdGettime(fd, spec));
    s.note("within the hour", spec.valueNs > HOUR / 2 && spec.valueNs <= HOUR);
    s.note("interval", spec.intervalNs == 3 * HOUR);
    s.note("settime", s.calls.timerfdSettime(fd, 0, 1, 0, spec));
    s.note("was armed", spec.valueNs > HOUR / 2 && spec.intervalNs == 3 * HOUR);
    s.await(fd, EPOLLIN);
    s.note("gettime", s.calls.timerfdGettime(fd, spec));
    s.note("expired", spec.valueNs == 0 && spec.intervalNs == 0);
  }

  private static void setAnew(final Scene s) {
    final int fd = timerfd(s);
    s.calls.timerfdSettime(fd, 0, 1, 0, null);
    s.await(fd, EPOLLIN);
    s.note("set anew", s.calls.timerfdSettime(fd, 0, HOUR, 0, null));
    s.noteReadLong("what was counted is gone", fd);
    s.noteMask("and so is the readiness", fd);
    s.note("settime", s.calls.timerfdSettime(fd, 0, 1, 0, null));
    s.await(fd, EPOLLIN);
    s.note("disarm", s.calls.timerfdSettime(fd, 0, 0, 0, null));
    s.noteReadLong("gone, too", fd);
  }

  private static void timerRefused(final Scene s) {
    s.note("clock 99", s.calls.timerfdCreate(99, 0));
    s.note("flags", s.calls.timerfdCreate(CLOCK_MONOTONIC, 1));
    s.noteSuccess("CLOCK_BOOTTIME", s.track(s.calls.timerfdCreate(CLOCK_BOOTTIME, 0)));
    final int fd = s.track(s.calls.timerfdCreate(CLOCK_MONOTONIC, O_CLOEXEC));
    s.note("F_GETFD", s.calls.fcntl(fd, F_GETFD, 0));
    s.note("F_GETFL", s.calls.fcntl(fd, F_GETFL, 0));
    s.note("flags", s.calls.timerfdSettime(fd, 8, 1, 0, null));
    for (int flags = 0; flags < 8; flags++) {
      // TFD_TIMER_CANCEL_ON_SET is 2
      s.note("flags " + flags, s.calls.timerfdSettime(fd, flags, Long.MAX_VALUE / 4, 0, null));
      s.note("no descriptor", s.calls.timerfdSettime(BAD, flags, 1, 0, null));
    }
    s.note("no descriptor, negative", s.calls.timerfdSettime(BAD, 0, -1, 0, null));
    s.note("negative value", s.calls.timerfdSettime(fd, 0, -1, 0, null));
    s.note("negative interval", s.calls.timerfdSettime(fd, 0, 1, -1, null));
    s.note("no descriptor", s.calls.timerfdSettime(BAD, 0, 1, 0, null));
    s.note("no timer", s.calls.timerfdSettime(s.udp(), 0, 1, 0, null));
    s.note("gettime of nothing", s.calls.timerfdGettime(BAD, new TimerSpec()));
    s.note("gettime of no timer", s.calls.timerfdGettime(s.udp(), new TimerSpec()));
    s.noteRead("7 bytes of room", fd, 7);
    s.note("write", s.writeLong(fd, 1));
    s.note("FIONREAD", s.calls.ioctl(fd, SocketOption.FIONREAD, 0));
  }

  private static void timerEpoll(final Scene s) {
    final int set = s.epoll();
    final int fd = timerfd(s);
    s.calls.epollCtl(set, EPOLL_CTL_ADD, fd, EPOLLIN | EPOLLOUT | EPOLLET, 1);
    noteWait(s, "not armed", set, 8, 0);
    s.calls.timerfdSettime(fd, 0, MS, 0, null);
    noteWait(s, "expired", set, 8, -1);
    noteWait(s, "told once", set, 8, 0);
    s.calls.timerfdSettime(fd, 0, MS, 0, null);
    noteWait(s, "expired again", set, 8, -1);
    s.noteReadLong("read", fd);
  }
}
