package io.ustack.posix;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ustack.ipv4.Ipv4Subnet;
import io.ustack.link.PipeLink;
import io.ustack.stack.NetworkStack;
import io.ustack.stack.StackConfig;
import io.ustack.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.IntSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What only several threads can do. */
@Timeout(120)
class DedicatedTest {
  /** A call on a thread of its own. */
  private static final class Blocked {
    private final AtomicInteger result = new AtomicInteger(Integer.MIN_VALUE);
    private final Thread thread;

    /** Starts the call and returns once it waits. */
    Blocked(final IntSupplier call) {
      thread = new Thread(() -> result.set(call.getAsInt()));
      thread.start();
      Threads.awaitParked(thread);
    }

    String result() throws InterruptedException {
      thread.join();
      return Errno.name(result.get());
    }
  }

  /**
   * One thread is woken per connection. Here all connections are there before it wakes, so that it
   * was meant each time: it hands on what it does not take.
   */
  @Test
  void everyConnectionFindsAThreadInAccept() throws InterruptedException {
    try (Host host = new Host(Mode.DEDICATED)) {
      final Posix posix = host.posix;
      final int listener = posix.socket(SocketOption.AF_INET, SocketOption.SOCK_STREAM, 0);
      posix.bind(listener, SocketOption.INADDR_LOOPBACK, 0);
      posix.listen(listener, 8);
      final SocketAddress4 name = new SocketAddress4();
      posix.getsockname(listener, name);
      for (int round = 0; round < 20; round++) {
        final List<Blocked> accepting = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
          accepting.add(new Blocked(() -> Math.min(0, posix.close(posix.accept(listener, null)))));
        }
        final CountDownLatch held = hold(host);
        final List<Blocked> connecting = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
          connecting.add(new Blocked(() -> connectAndClose(posix, name)));
        }
        held.countDown();
        for (final Blocked thread : connecting) {
          assertEquals("OK", thread.result());
        }
        for (final Blocked thread : accepting) {
          assertEquals("OK", thread.result());
        }
      }
    }
  }

  /** Holds the stack thread until the latch opens. */
  private static CountDownLatch hold(final Host host) {
    final CountDownLatch held = new CountDownLatch(1);
    host.stack()
        .commands()
        .offer(
            nowNs -> {
              try {
                held.await();
              } catch (final InterruptedException e) {
                throw new AssertionError(e);
              }
            });
    return held;
  }

  private static int connectAndClose(final Posix posix, final SocketAddress4 name) {
    final int fd = posix.socket(SocketOption.AF_INET, SocketOption.SOCK_STREAM, 0);
    final int result = posix.connect(fd, name.address(), name.port());
    posix.close(fd);
    return result;
  }

  @Test
  void closingEndsEveryKindOfWait() throws InterruptedException {
    try (Peers peers = new Peers(Mode.DEDICATED)) {
      final Posix a = peers.a;
      final int[] pair = peers.connect();
      final int listener = Peers.tcp(a);
      a.listen(listener, 1);
      final int udp = a.socket(SocketOption.AF_INET, SocketOption.SOCK_DGRAM, 0);
      a.bind(udp, 0, 0);
      final int set = a.epoll_create1(0);
      final int connecting = Peers.tcp(a);
      final int[] full = peers.connect();
      Peers.fill(a, full[0]);
      final byte[] big = new byte[1 << 20];

      final Blocked recv = new Blocked(() -> a.recv(pair[0], new byte[1], 0, 1, 0));
      final Blocked accept = new Blocked(() -> a.accept(listener, null));
      final Blocked recvfrom = new Blocked(() -> a.recv(udp, new byte[1], 0, 1, 0));
      final Blocked wait = new Blocked(() -> a.epoll_wait(set, new EpollEvents(1), 1, -1));
      final Blocked timed = new Blocked(() -> a.epoll_wait(set, new EpollEvents(1), 1, 100_000));
      final Blocked connect = new Blocked(() -> a.connect(connecting, 0x0A000063, 80));
      final Blocked send = new Blocked(() -> a.send(full[0], big, 0, big.length, 0));
      for (final int fd : new int[] {pair[0], listener, udp, set, connecting, full[0]}) {
        assertEquals(0, a.close(fd));
      }
      assertEquals("EBADF", recv.result());
      assertEquals("EBADF", accept.result());
      assertEquals("EBADF", recvfrom.result());
      assertEquals("EBADF", wait.result());
      assertEquals("EBADF", timed.result());
      assertEquals("EBADF", connect.result());
      assertEquals("EBADF", send.result());
    }
  }

  /** The waiter sleeps too long for its time, and what it waits for has come meanwhile. */
  @Test
  void whatIsThereWhenTheTimeIsUpIsFound() {
    final Thread self = Thread.currentThread();
    final AtomicInteger looks = new AtomicInteger();
    // The second look of the waiter is the one after its sleep.
    final Clock clock =
        () -> System.nanoTime() + (Thread.currentThread() == self ? looks.getAndIncrement() : 0);
    final Awaitable awaited =
        new Awaitable() {
          @Override
          boolean isReady(final int events) {
            return looks.get() == 2;
          }

          @Override
          void enter(final int events, final Thread thread) {}

          @Override
          void leave(final int events, final Thread thread) {}
        };
    final StackConfig config = StackConfig.of(Ipv4Subnet.parse("10.0.0.1/24"));
    try (PipeLink.Pair cable = PipeLink.pair();
        NetworkStack stack = new NetworkStack(config, cable.a(), System.nanoTime())) {
      final DedicatedExecution execution = new DedicatedExecution(List.of(stack), clock);
      assertEquals("OK", Errno.name(execution.await(awaited, Epoll.EPOLLIN, 0, 1)));
      looks.set(3);
      assertEquals("EAGAIN", Errno.name(execution.await(awaited, Epoll.EPOLLIN, 0, 1)));
      execution.close();
    }
  }

  @Test
  void aNumberGivenOutAnewDoesNotReachTheOldWaiter() throws InterruptedException {
    try (Peers peers = new Peers(Mode.DEDICATED)) {
      final int[] old = peers.connect();
      final Blocked recv = new Blocked(() -> peers.b.recv(old[1], new byte[1], 0, 1, 0));
      final int listener = peers.listen(1);
      final int client = Peers.tcp(peers.a);
      peers.a.connect(client, Peers.B, Peers.port(peers.b, listener));
      assertEquals(0, peers.b.close(old[1]));
      assertEquals(old[1], peers.b.accept(listener, null));
      assertEquals(1, peers.a.send(client, new byte[] {42}, 0, 1, 0));
      assertEquals("EBADF", recv.result());
      final byte[] into = new byte[1];
      assertEquals(1, peers.b.recv(old[1], into, 0, 1, 0));
      assertEquals(42, into[0]);
    }
  }

  @Test
  void interruptingEndsAWaitAndIsNotSwallowed() throws InterruptedException {
    try (Peers peers = new Peers(Mode.DEDICATED)) {
      final int[] pair = peers.connect();
      final AtomicInteger stillInterrupted = new AtomicInteger();
      final Blocked recv =
          new Blocked(
              () -> {
                final int result = peers.a.recv(pair[0], new byte[1], 0, 1, 0);
                stillInterrupted.set(Thread.currentThread().isInterrupted() ? 1 : 0);
                return result;
              });
      recv.thread.interrupt();
      assertEquals("EINTR", recv.result());
      assertEquals(1, stillInterrupted.get());
    }
  }

  /** The thread that waits may see the error before it sees that the connection is over. */
  @Test
  void aRefusedConnectIsNoSuccess() {
    try (Host host = new Host(Mode.DEDICATED)) {
      for (int i = 0; i < 20_000; i++) {
        final int fd = Peers.tcp(host.posix);
        final int result = host.posix.connect(fd, SocketOption.INADDR_LOOPBACK, 9);
        assertEquals("ECONNREFUSED", Errno.name(result));
        assertEquals(0, host.posix.close(fd));
      }
    }
  }

  @Test
  void aResetEndsAWait() throws InterruptedException {
    try (Peers peers = new Peers(Mode.DEDICATED)) {
      final int[] pair = peers.connect();
      peers.a.send(pair[0], new byte[1], 0, 1, 0);
      assertEquals(1, peers.b.recv(pair[1], new byte[1], 0, 1, SocketOption.MSG_PEEK));
      final Blocked recv = new Blocked(() -> peers.a.recv(pair[0], new byte[1], 0, 1, 0));
      peers.b.close(pair[1]);
      assertEquals("ECONNRESET", recv.result());
    }
  }

  @Test
  void readersAndWritersShareASocket() throws InterruptedException {
    try (Peers peers = new Peers(Mode.DEDICATED)) {
      final int[] pair = peers.connect();
      final int writers = 3;
      final int each = 300_000;
      final AtomicLong sum = new AtomicLong();
      final AtomicInteger count = new AtomicInteger();
      final List<Thread> threads = new ArrayList<>();
      for (int i = 1; i <= writers; i++) {
        final byte[] data = new byte[each];
        java.util.Arrays.fill(data, (byte) i);
        threads.add(new Thread(() -> peers.a.send(pair[0], data, 0, each, 0)));
        threads.add(
            new Thread(
                () -> {
                  final byte[] into = new byte[1_000];
                  int received = peers.b.recv(pair[1], into, 0, into.length, 0);
                  while (received > 0) {
                    for (int k = 0; k < received; k++) {
                      sum.addAndGet(into[k]);
                    }
                    if (count.addAndGet(received) == writers * each) {
                      peers.a.shutdown(pair[0], SocketOption.SHUT_WR);
                    }
                    received = peers.b.recv(pair[1], into, 0, into.length, 0);
                  }
                }));
      }
      threads.forEach(Thread::start);
      for (final Thread thread : threads) {
        thread.join();
      }
      assertEquals(writers * each, count.get());
      assertEquals((1L + 2 + 3) * each, sum.get());
    }
  }

  @Test
  void acceptersShareAListener() throws InterruptedException {
    try (Peers peers = new Peers(Mode.DEDICATED)) {
      final int listener = peers.listen(16);
      final Blocked one = new Blocked(() -> peers.b.accept(listener, null));
      final Blocked two = new Blocked(() -> peers.b.accept(listener, null));
      for (int i = 0; i < 2; i++) {
        assertEquals(
            0, peers.a.connect(Peers.tcp(peers.a), Peers.B, Peers.port(peers.b, listener)));
      }
      one.result();
      two.result();
      assertTrue(one.result.get() > 0 && two.result.get() > 0);
      assertTrue(one.result.get() != two.result.get());
    }
  }

  @Test
  void aFullCommandQueueMakesCallersWait() throws InterruptedException {
    final StackConfig usual = StackConfig.of(Ipv4Subnet.parse("10.0.0.1/24"));
    final StackConfig tiny =
        new StackConfig(
            usual.subnet(),
            usual.gateway(),
            usual.macAddress(),
            usual.tcp(),
            usual.pressure(),
            usual.neighbours(),
            1,
            usual.rest(),
            usual.secret0(),
            usual.secret1());
    try (Host host = new Host(Mode.DEDICATED, tiny)) {
      final Posix posix = host.posix;
      final AtomicInteger done = new AtomicInteger();
      final List<Thread> threads = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        threads.add(
            new Thread(
                () -> {
                  for (int n = 0; n < 300; n++) {
                    final int fd = posix.socket(SocketOption.AF_INET, SocketOption.SOCK_DGRAM, 0);
                    final boolean bound = posix.bind(fd, SocketOption.INADDR_LOOPBACK, 0) == 0;
                    final int port = Peers.port(posix, fd);
                    final byte[] data = new byte[1];
                    final boolean sent =
                        posix.sendto(fd, data, 0, 1, 0, SocketOption.INADDR_LOOPBACK, port) == 1;
                    final boolean received = posix.recv(fd, data, 0, 1, 0) == 1;
                    if (bound && sent && received && posix.close(fd) == 0) {
                      done.incrementAndGet();
                    }
                  }
                }));
      }
      threads.forEach(Thread::start);
      for (final Thread thread : threads) {
        thread.join();
      }
      assertEquals(1_200, done.get());
    }
  }

  /** Linux sock_setsockopt, SO_SNDBUF: "Wake up sending tasks if we upped the value". */
  @Test
  void aLargerSendBufferWakesWriters() throws InterruptedException {
    try (Host host = new Host(Mode.DEDICATED)) {
      final Posix posix = host.posix;
      final int stream = Peers.tcp(posix);
      final int listener = Peers.tcp(posix);
      posix.listen(listener, 1);
      final int loopback = SocketOption.INADDR_LOOPBACK;
      assertEquals(0, posix.connect(stream, loopback, Peers.port(posix, listener)));
      final int datagrams = posix.socket(SocketOption.AF_INET, SocketOption.SOCK_DGRAM, 0);
      assertEquals(0, posix.connect(datagrams, loopback, 9));
      final int set = posix.epoll_create1(0);
      posix.epoll_ctl(set, Epoll.EPOLL_CTL_ADD, stream, Epoll.EPOLLOUT | Epoll.EPOLLET, stream);
      posix.epoll_ctl(set, Epoll.EPOLL_CTL_ADD, datagrams, Epoll.EPOLLOUT, datagrams);
      final EpollEvents events = new EpollEvents(2);
      final CountDownLatch busy = keepBusy(host);
      final byte[] data = new byte[1_000];
      for (final int fd : new int[] {stream, datagrams}) {
        sendBuffer(posix, fd, 10_000);
        int sent = data.length;
        while (sent == data.length) {
          sent = posix.send(fd, data, 0, data.length, SocketOption.MSG_DONTWAIT);
        }
      }
      assertEquals(0, posix.epoll_wait(set, events, 2, 0));
      final Blocked streaming = new Blocked(() -> posix.send(stream, data, 0, data.length, 0));
      final Blocked sending = new Blocked(() -> posix.send(datagrams, data, 0, data.length, 0));
      final Blocked waiting = new Blocked(() -> posix.epoll_wait(set, new EpollEvents(2), 2, -1));
      sendBuffer(posix, stream, 100_000);
      streaming.result();
      assertEquals(data.length, streaming.result.get());
      waiting.result();
      assertEquals(1, waiting.result.get());
      sendBuffer(posix, datagrams, 100_000);
      sending.result();
      assertEquals(data.length, sending.result.get());
      assertEquals(1, posix.epoll_wait(set, events, 2, 0));
      assertEquals(datagrams, events.data(0));
      busy.countDown();
    }
  }

  private static void sendBuffer(final Posix posix, final int fd, final int bytes) {
    assertEquals(0, posix.setsockopt(fd, SocketOption.SOL_SOCKET, SocketOption.SO_SNDBUF, bytes));
  }

  /** The stack thread does nothing until the latch is counted down. */
  private static CountDownLatch keepBusy(final Host host) {
    final CountDownLatch busy = new CountDownLatch(1);
    host.stack()
        .commands()
        .offer(
            nowNs -> {
              try {
                busy.await(60, TimeUnit.SECONDS); // no longer, should the test fail
              } catch (final InterruptedException e) {
                throw new AssertionError(e);
              }
            });
    return busy;
  }

  @Test
  void closingEverythingEndsWaitsToo() throws InterruptedException {
    final Peers peers = new Peers(Mode.DEDICATED);
    final int[] pair = peers.connect();
    final Blocked recv = new Blocked(() -> peers.a.recv(pair[0], new byte[1], 0, 1, 0));
    peers.close();
    assertEquals("EBADF", recv.result());
    assertEquals(-Errno.EMFILE, Peers.tcp(peers.a));
    assertEquals(-Errno.EBADF, peers.a.send(pair[0], new byte[1], 0, 1, 0));
  }
}
