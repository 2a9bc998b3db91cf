package io.ustack.posix;

import static io.ustack.posix.Epoll.EPOLLIN;
import static io.ustack.posix.SocketOption.CLOCK_MONOTONIC;
import static io.ustack.posix.SocketOption.O_NONBLOCK;
import static io.ustack.posix.SocketOption.TFD_TIMER_ABSTIME;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ustack.buffer.ByteRanges;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** eventfd(2) and timerfd(2) beside what {@link CounterScenes} compare: time, threads, buffers. */
@Timeout(120)
class CounterTest {
  private static final long MS = 1_000_000;
  private final ByteBuffer eight = ByteBuffer.allocateDirect(8).order(ByteOrder.nativeOrder());

  private long read(final Posix posix, final int fd) {
    final int result = posix.read(fd, eight, 0, 8);
    return result < 0 ? result : eight.getLong(0);
  }

  @Test
  void expirationsComeAtTheirNanosecondAndAreCounted() {
    try (TwoHosts hosts = new TwoHosts()) {
      final int fd = hosts.a.timerfd_create(CLOCK_MONOTONIC, O_NONBLOCK);
      assertEquals(0, hosts.a.timerfd_settime(fd, 0, 5 * MS, 2 * MS, null));
      hosts.clock.advance(5 * MS - 1);
      assertEquals(-Errno.EAGAIN, read(hosts.a, fd));
      hosts.clock.advance(1);
      assertEquals(1, read(hosts.a, fd));
      hosts.clock.advance(2 * MS - 1);
      assertEquals(-Errno.EAGAIN, read(hosts.a, fd));
      hosts.clock.advance(1 + 3 * MS);
      assertEquals(2, read(hosts.a, fd), "at 7 and 9 ms, it is 10");
      final TimerSpec now = new TimerSpec();
      assertEquals(0, hosts.a.timerfd_gettime(fd, now));
      assertEquals(MS, now.valueNs);
      assertEquals(2 * MS, now.intervalNs);
      hosts.clock.advance(2000 * MS);
      assertEquals(1000, read(hosts.a, fd));
    }
  }

  @Test
  void absoluteTimesAreThoseOfTheStacksClock() {
    try (TwoHosts hosts = new TwoHosts()) {
      hosts.clock.advance(100 * MS);
      final int fd = hosts.a.timerfd_create(CLOCK_MONOTONIC, O_NONBLOCK);
      assertEquals(0, hosts.a.timerfd_settime(fd, TFD_TIMER_ABSTIME, 101 * MS, 0, null));
      assertEquals(-Errno.EAGAIN, read(hosts.a, fd));
      hosts.clock.advance(MS);
      assertEquals(1, read(hosts.a, fd));
      assertEquals(0, hosts.a.timerfd_settime(fd, TFD_TIMER_ABSTIME, 90 * MS, 10 * MS, null));
      assertEquals(2, read(hosts.a, fd), "at 90 and 100 ms, it is 101");
      assertEquals(0, hosts.a.timerfd_settime(fd, TFD_TIMER_ABSTIME, 1, 0, null));
      assertEquals(1, read(hosts.a, fd), "long ago");
    }
  }

  @Test
  void neverIsNotSoon() {
    try (TwoHosts hosts = new TwoHosts()) {
      hosts.clock.advance(100 * MS);
      final int fd = hosts.a.timerfd_create(CLOCK_MONOTONIC, O_NONBLOCK);
      final long never = Long.MAX_VALUE;
      assertEquals(0, hosts.a.timerfd_settime(fd, 0, never, never, null));
      hosts.clock.advance(3_600_000 * MS);
      assertEquals(-Errno.EAGAIN, read(hosts.a, fd));
      assertEquals(0, hosts.a.timerfd_settime(fd, TFD_TIMER_ABSTIME, never, 0, null));
      assertEquals(-Errno.EAGAIN, read(hosts.a, fd));
      assertEquals(0, hosts.a.timerfd_settime(fd, 0, 1, never, null));
      hosts.clock.advance(1);
      assertEquals(1, read(hosts.a, fd));
      hosts.clock.advance(3_600_000 * MS);
      assertEquals(-Errno.EAGAIN, read(hosts.a, fd));
    }
  }

  @Test
  void aNumberIsReadOverAllRanges() {
    try (Host host = new Host(Mode.INLINE)) {
      final int fd = host.posix.eventfd(7, 0);
      final ByteRanges ranges =
          new ByteRanges().add(eight, 0, 5).add(new byte[0], 0, 0).add(eight, 5, 3);
      assertEquals(8, host.posix.readv(fd, ranges));
      assertEquals(7, eight.getLong(0));
      final int timer = host.posix.timerfd_create(CLOCK_MONOTONIC, 0);
      host.posix.timerfd_settime(timer, 0, MS, 0, null);
      assertEquals(8, host.posix.readv(timer, ranges.add(new byte[20], 3, 17)));
      assertEquals(1, eight.getLong(0));
    }
  }

  @Test
  void aClosedTimerLeavesTheWheel() {
    try (TwoHosts hosts = new TwoHosts()) {
      hosts.run();
      final int before = hosts.stackA.timers().scheduled();
      final int fd = hosts.a.timerfd_create(CLOCK_MONOTONIC, 0);
      hosts.a.timerfd_settime(fd, 0, MS, MS, null);
      assertEquals(before + 1, hosts.stackA.timers().scheduled());
      assertEquals(0, hosts.a.close(fd));
      assertEquals(before, hosts.stackA.timers().scheduled());
    }
  }

  /** The shortest interval costs one expiry per duty cycle, not all of them one by one. */
  @Test
  void aTinyIntervalDoesNotHoldTheStack() {
    try (TwoHosts hosts = new TwoHosts()) {
      final int fd = hosts.a.timerfd_create(CLOCK_MONOTONIC, O_NONBLOCK);
      hosts.a.timerfd_settime(fd, 0, 1, 1, null);
      hosts.clock.advance(1_000_000_000);
      assertEquals(1_000_000_000, read(hosts.a, fd));
    }
  }

  @Test
  void aBlockedReadEndsAtTheExpiry() throws InterruptedException {
    try (Host host = new Host(Mode.DEDICATED)) {
      final int fd = host.posix.timerfd_create(CLOCK_MONOTONIC, 0);
      final AtomicLong seen = new AtomicLong();
      final Thread reader = new Thread(() -> seen.set(read(host.posix, fd)));
      reader.start();
      Threads.awaitParked(reader);
      assertEquals(0, host.posix.timerfd_settime(fd, 0, MS, 0, null));
      reader.join();
      assertEquals(1, seen.get());
    }
  }

  /** In INLINE mode, too: the one call that another thread may make. */
  @ParameterizedTest
  @EnumSource
  void anotherThreadWakesTheOneThatWaits(final Mode mode) throws InterruptedException {
    try (Host host = new Host(mode)) {
      final Posix posix = host.posix;
      final int fd = posix.eventfd(0, O_NONBLOCK);
      final int set = posix.epoll_create1(0);
      posix.epoll_ctl(set, Epoll.EPOLL_CTL_ADD, fd, EPOLLIN, 1);
      final long total = 50_000;
      final Thread writer =
          new Thread(
              () -> {
                final byte[] one = new byte[8];
                one[ByteOrder.nativeOrder() == ByteOrder.LITTLE_ENDIAN ? 0 : 7] = 1;
                for (int i = 0; i < total; i++) {
                  posix.write(fd, one, 0, 8);
                }
              });
      writer.start();
      final EpollEvents events = new EpollEvents(1);
      long sum = 0;
      while (sum < total) {
        assertEquals(1, posix.epoll_wait(set, events, 1, -1));
        sum += Math.max(0, read(posix, fd));
      }
      writer.join();
      assertEquals(total, sum);
      assertEquals(0, posix.epoll_wait(set, events, 1, 0));
    }
  }

  @Test
  void aFullCounterHoldsTheWriterUntilItIsRead() throws InterruptedException {
    try (Host host = new Host(Mode.DEDICATED)) {
      final Posix posix = host.posix;
      final int fd = posix.eventfd(0, 0);
      final byte[] most = new byte[8];
      ByteBuffer.wrap(most).order(ByteOrder.nativeOrder()).putLong(-2);
      assertEquals(8, posix.write(fd, most, 0, 8));
      final AtomicLong written = new AtomicLong();
      final Thread writer = new Thread(() -> written.set(posix.write(fd, most, 0, 8)));
      writer.start();
      Threads.awaitParked(writer);
      assertEquals(-2, read(posix, fd));
      writer.join();
      assertEquals(8, written.get());
      assertEquals(-2, read(posix, fd));
    }
  }

  @Test
  void rangesOfBuffersOfAnyOrder() {
    try (Host host = new Host(Mode.INLINE)) {
      final int fd = host.posix.eventfd(7, O_NONBLOCK);
      final ByteBuffer big = ByteBuffer.allocate(20).order(ByteOrder.BIG_ENDIAN);
      assertEquals(8, host.posix.read(fd, big, 5, 9));
      assertEquals(7, big.order(ByteOrder.nativeOrder()).getLong(5));
      assertEquals(0, big.get(13));
      assertEquals(-Errno.EFAULT, host.posix.read(fd, big, 13, 8));
      assertEquals(-Errno.EINVAL, host.posix.read(fd, big, -1, 8));
      assertEquals(-Errno.EFAULT, host.posix.read(fd, big.asReadOnlyBuffer(), 0, 8));
      assertEquals(8, host.posix.write(fd, big.asReadOnlyBuffer(), 5, 8));
      assertTrue(read(host.posix, fd) == 7);
    }
  }
}
