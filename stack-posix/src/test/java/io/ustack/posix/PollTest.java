package io.ustack.posix;

import static io.ustack.posix.Epoll.EPOLLIN;
import static io.ustack.posix.SocketOption.AF_INET;
import static io.ustack.posix.SocketOption.INADDR_LOOPBACK;
import static io.ustack.posix.SocketOption.SOCK_DGRAM;
import static io.ustack.posix.SocketOption.SOCK_STREAM;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** poll(2) and select(2) where the kernel can't be asked. Semantics: {@link LinuxOracleTest}. */
@Timeout(120)
class PollTest {
  private static int boundUdp(final Posix posix) {
    final int fd = posix.socket(AF_INET, SOCK_DGRAM, 0);
    posix.bind(fd, INADDR_LOOPBACK, 0);
    return fd;
  }

  private static void sendTo(final Posix posix, final int target) {
    final SocketAddress4 name = new SocketAddress4();
    posix.getsockname(target, name);
    final int fd = posix.socket(AF_INET, SOCK_DGRAM, 0);
    assertEquals(1, posix.sendto(fd, new byte[1], 0, 1, 0, name.address(), name.port()));
    posix.close(fd);
  }

  private static Thread start(final Runnable body) {
    final Thread thread = new Thread(body);
    thread.start();
    return thread;
  }

  @Test
  void aThreadThatWaitsForManyIsWokenByOne() throws InterruptedException {
    try (Host host = new Host(Mode.DEDICATED)) {
      final int fds = 50;
      final PollFds asked = new PollFds(fds);
      for (int i = 0; i < fds; i++) {
        asked.set(i, boundUdp(host.posix), EPOLLIN);
      }
      final AtomicInteger found = new AtomicInteger();
      for (int i = 0; i < fds; i += 7) {
        final Thread waiter = start(() -> found.set(host.posix.poll(asked, fds, -1)));
        Threads.awaitParked(waiter);
        sendTo(host.posix, asked.fd(i));
        waiter.join();
        assertEquals(1, found.get());
        assertEquals(EPOLLIN, asked.revents(i));
        host.posix.recv(asked.fd(i), new byte[1], 0, 1, 0);
      }
    }
  }

  /** Linux would go on waiting; 0 would say that the time is up. */
  @Test
  void selectSaysThatADescriptorWasClosed() throws InterruptedException {
    try (Host host = new Host(Mode.DEDICATED)) {
      final int fd = boundUdp(host.posix);
      final FdSet asked = new FdSet(64);
      asked.set(fd);
      final AtomicInteger outcome = new AtomicInteger();
      final Thread waiter = start(() -> outcome.set(host.posix.select(64, asked, null, null, -1)));
      Threads.awaitParked(waiter);
      assertEquals(0, host.posix.close(fd));
      waiter.join();
      assertEquals(-Errno.EBADF, outcome.get());
      assertTrue(asked.isSet(fd));
    }
  }

  @Test
  void whoOnlyLooksLeavesTheConnectionToWhoAccepts() throws InterruptedException {
    try (Host host = new Host(Mode.DEDICATED)) {
      final Posix posix = host.posix;
      final int listener = posix.socket(AF_INET, SOCK_STREAM, 0);
      posix.bind(listener, INADDR_LOOPBACK, 0);
      posix.listen(listener, 8);
      final SocketAddress4 name = new SocketAddress4();
      posix.getsockname(listener, name);
      final AtomicInteger polled = new AtomicInteger();
      final Thread looks =
          start(
              () -> {
                final PollFds asked = new PollFds(1);
                asked.set(0, listener, EPOLLIN);
                polled.set(posix.poll(asked, 1, -1));
              });
      Threads.awaitParked(looks);
      final AtomicInteger accepted = new AtomicInteger();
      final Thread accepts = start(() -> accepted.set(posix.accept(listener, null)));
      Threads.awaitParked(accepts);
      final int client = posix.socket(AF_INET, SOCK_STREAM, 0);
      assertEquals(0, posix.connect(client, name.address(), name.port()));
      accepts.join();
      // Who looks may have come too late for the first; the second stays.
      final int another = posix.socket(AF_INET, SOCK_STREAM, 0);
      assertEquals(0, posix.connect(another, name.address(), name.port()));
      looks.join();
      assertTrue(accepted.get() > 0);
      assertEquals(1, polled.get());
    }
  }

  @Test
  void closingEndsTheWait() throws InterruptedException {
    try (Host host = new Host(Mode.DEDICATED)) {
      final PollFds asked = new PollFds(2);
      asked.set(0, boundUdp(host.posix), EPOLLIN);
      asked.set(1, boundUdp(host.posix), EPOLLIN);
      final AtomicInteger found = new AtomicInteger();
      final Thread waiter = start(() -> found.set(host.posix.poll(asked, 2, -1)));
      Threads.awaitParked(waiter);
      host.posix.close(asked.fd(1));
      waiter.join();
      assertEquals(1, found.get());
      assertEquals(Epoll.POLLNVAL, asked.revents(1));
      assertEquals(0, asked.revents(0));
    }
  }

  @Test
  void anInterruptEndsTheWait() throws InterruptedException {
    try (Host host = new Host(Mode.DEDICATED)) {
      final PollFds asked = new PollFds(1);
      asked.set(0, boundUdp(host.posix), EPOLLIN);
      final AtomicInteger found = new AtomicInteger();
      final Thread waiter = start(() -> found.set(host.posix.poll(asked, 1, -1)));
      Threads.awaitParked(waiter);
      waiter.interrupt();
      waiter.join();
      assertEquals(-Errno.EINTR, found.get());
    }
  }

  @ParameterizedTest
  @EnumSource
  void waitsForItsTimeout(final Mode mode) {
    try (Host host = new Host(mode)) {
      final PollFds asked = new PollFds(1);
      asked.set(0, boundUdp(host.posix), EPOLLIN);
      final long startNs = host.engine.clock.nanoTime();
      assertEquals(0, host.posix.ppoll(asked, 1, 5_000_000));
      assertTrue(host.engine.clock.nanoTime() - startNs >= 5_000_000);
    }
  }

  @ParameterizedTest
  @EnumSource
  void refusesWhatHasNoRoom(final Mode mode) {
    try (Host host = new Host(mode)) {
      final PollFds asked = new PollFds(1);
      assertEquals(-Errno.EFAULT, host.posix.poll(asked, 2, 0));
      assertEquals(-Errno.EFAULT, host.posix.poll(null, 1, 0));
      assertEquals(-Errno.EINVAL, host.posix.poll(asked, -1, 0));
      assertEquals(-Errno.EINVAL, host.posix.select(65, new FdSet(64), null, null, 0));
      assertEquals(-Errno.EINVAL, host.posix.select(-1, null, null, null, 0));
    }
  }

  @Test
  void selectKnowsDescriptorsOfAnyNumber() {
    try (Host host = new Host(Mode.INLINE)) {
      final int fd = host.posix.fcntl(boundUdp(host.posix), SocketOption.F_DUPFD, 5_000);
      final FdSet writes = new FdSet(6_000);
      writes.set(fd);
      assertEquals(1, host.posix.select(fd + 1, null, writes, null, -1));
      assertTrue(writes.isSet(fd));
      final FdSet reads = new FdSet(6_000);
      reads.set(fd);
      assertEquals(0, host.posix.select(fd + 1, reads, null, null, 0));
      assertEquals(0, host.posix.select(fd + 1, reads, null, null, 0));
    }
  }
}
