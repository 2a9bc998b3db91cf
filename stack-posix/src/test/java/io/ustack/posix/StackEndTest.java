package io.ustack.posix;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import io.ustack.ipv4.Ipv4Subnet;
import io.ustack.link.PipeLink;
import io.ustack.stack.InternalErrors;
import io.ustack.stack.NetworkStack;
import io.ustack.stack.StackConfig;
import io.ustack.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.function.IntSupplier;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** When nobody runs the stack any more: who waits for it, and who comes later. */
@Timeout(120)
class StackEndTest {
  private static final int NOBODY = 0x0A000063;
  private static final byte[] DATA = new byte[1 << 20];

  private final Logger log = Logger.getLogger(InternalErrors.class.getName());
  private final PipeLink.Pair cable = PipeLink.pair();
  private final List<Thread> threads = new ArrayList<>();
  private final List<String> results = new ArrayList<>();
  private NetworkStack stack;
  private Posix posix;

  @BeforeEach
  void expectErrors() {
    log.setUseParentHandlers(false);
  }

  private void start(final Mode mode) {
    final StackConfig config = StackConfig.of(Ipv4Subnet.parse("10.0.0.1/24"));
    final Clock clock = mode == Mode.INLINE ? new TickingClock() : Clock.SYSTEM;
    stack = new NetworkStack(config, cable.a(), clock.nanoTime());
    posix = Posix.on(mode.start(stack, clock), 100);
  }

  @AfterEach
  void everythingComesBack() {
    posix.close();
    stack.close();
    cable.close();
    assertEquals(0, cable.a().pool().inUse());
    log.setUseParentHandlers(true);
  }

  private int udp() {
    return posix.socket(SocketOption.AF_INET, SocketOption.SOCK_DGRAM, 0);
  }

  /** A connection to ourselves; [0] connected, [1] was accepted. */
  private int[] pair() {
    final int listener = Peers.tcp(posix);
    assertEquals(0, posix.listen(listener, 8));
    final int client = Peers.tcp(posix);
    assertEquals(
        0, posix.connect(client, SocketOption.INADDR_LOOPBACK, Peers.port(posix, listener)));
    final int server = posix.accept(listener, null);
    assertEquals(0, posix.close(listener));
    return new int[] {client, server};
  }

  /** Makes the call on a thread of its own and returns once it waits. */
  private void park(final String name, final IntSupplier call) {
    final Thread thread =
        new Thread(
            () -> {
              final String line = name + " " + Errno.name(call.getAsInt());
              synchronized (results) {
                results.add(line);
              }
            });
    threads.add(thread);
    thread.start();
    Threads.awaitParked(thread);
  }

  private void expectAllToEnd(final String... lines) throws InterruptedException {
    for (final Thread thread : threads) {
      thread.join();
    }
    synchronized (results) {
      assertEquals(List.of(lines), results.stream().sorted().toList());
    }
  }

  /** Ends the stack's thread in the worst way. */
  private void kill() {
    stack
        .commands()
        .offer(
            nowNs -> {
              throw new LinkageError("on purpose");
            });
  }

  private void parkInEveryWay() {
    final int[] pair = pair();
    final int[] full = pair();
    final int listener = Peers.tcp(posix);
    posix.listen(listener, 1);
    final int unbound = udp();
    posix.bind(unbound, 0, 0);
    final int set = posix.epoll_create1(0);
    posix.epoll_ctl(set, Epoll.EPOLL_CTL_ADD, pair[0], Epoll.EPOLLIN, 1);
    park("recv", () -> posix.recv(pair[0], new byte[1], 0, 1, 0));
    park("another recv", () -> posix.recv(pair[0], new byte[1], 0, 1, 0));
    park("accept", () -> posix.accept(listener, null));
    park("recvfrom", () -> posix.recv(unbound, new byte[1], 0, 1, 0));
    park("epoll_wait", () -> posix.epoll_wait(set, new EpollEvents(1), 1, -1));
    park("epoll_wait for long", () -> posix.epoll_wait(set, new EpollEvents(1), 1, 1_000_000));
    park("connect", () -> posix.connect(Peers.tcp(posix), NOBODY, 80));
    park("send", () -> Math.min(0, posix.send(full[0], DATA, 0, DATA.length, 0)));
  }

  @Test
  void anErrorThatEndsTheStacksThreadEndsEveryWait() throws InterruptedException {
    start(Mode.DEDICATED);
    parkInEveryWay();
    kill();
    expectAllToEnd(
        "accept EIO",
        "another recv EIO",
        "connect EIO",
        "epoll_wait EIO",
        "epoll_wait for long EIO",
        "recv EIO",
        "recvfrom EIO",
        "send OK"); // part of the data was taken before
    assertInstanceOf(LinkageError.class, stack.errors().first());
  }

  @Test
  void closingTheEngineUnderItsSocketsEndsEveryWait() throws InterruptedException {
    final StackConfig config = StackConfig.of(Ipv4Subnet.parse("10.0.0.1/24"));
    stack = new NetworkStack(config, cable.a(), System.nanoTime());
    final SocketEngine engine = SocketEngine.dedicated(stack, Clock.SYSTEM);
    posix = Posix.on(engine, 100);
    final int[] pair = pair();
    park("recv", () -> posix.recv(pair[0], new byte[1], 0, 1, 0));
    engine.close();
    expectAllToEnd("recv EIO");
  }

  /** A call is in the queue, and who would have executed it is gone. */
  @Test
  void aCallThatIsNeverExecutedEnds() throws InterruptedException {
    start(Mode.DEDICATED);
    final int fd = udp();
    final CountDownLatch busy = new CountDownLatch(1);
    stack.commands().offer(nowNs -> await(busy));
    kill();
    park("bind", () -> posix.bind(fd, 0, 0));
    busy.countDown();
    expectAllToEnd("bind EIO");
  }

  private static void await(final CountDownLatch latch) {
    try {
      latch.await();
    } catch (final InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void whoComesLaterHearsOfItAtOnce() throws InterruptedException {
    start(Mode.DEDICATED);
    laterCallsGiveEio(
        () -> {
          final int probe = udp();
          posix.bind(probe, 0, 0);
          kill();
          return posix.recv(probe, new byte[1], 0, 1, 0);
        });
  }

  @Test
  void inlineWhoCallsAfterTheStackIsClosedHearsOfIt() {
    start(Mode.INLINE);
    laterCallsGiveEio(
        () -> {
          stack.close();
          return -Errno.EIO;
        });
  }

  private void laterCallsGiveEio(final IntSupplier end) {
    final int[] pair = pair();
    assertEquals(3, posix.send(pair[1], DATA, 0, 3, 0));
    assertEquals(1, posix.recv(pair[0], new byte[1], 0, 1, 0));
    final int listener = Peers.tcp(posix);
    posix.listen(listener, 1);
    final int set = posix.epoll_create1(0);
    posix.epoll_ctl(set, Epoll.EPOLL_CTL_ADD, pair[0], Epoll.EPOLLIN, 1);
    final int datagrams = udp();
    posix.bind(datagrams, 0, 0);
    assertEquals("EIO", Errno.name(end.getAsInt()));

    final byte[] one = new byte[1];
    final int dontWait = SocketOption.MSG_DONTWAIT;
    final EpollEvents events = new EpollEvents(1);
    eio(posix.bind(udp(), 0, 0));
    eio(posix.listen(Peers.tcp(posix), 1));
    eio(posix.accept(listener, null));
    eio(posix.connect(Peers.tcp(posix), NOBODY, 80));
    eio(posix.connect(udp(), NOBODY, 80));
    eio(posix.send(pair[0], one, 0, 1, 0));
    eio(posix.send(pair[0], one, 0, 1, dontWait));
    eio(posix.sendto(datagrams, one, 0, 1, dontWait, SocketOption.INADDR_LOOPBACK, 9));
    eio(posix.recv(datagrams, one, 0, 1, 0));
    eio(posix.recv(datagrams, one, 0, 1, dontWait));
    // What has arrived is there.
    assertEquals(2, posix.recv(pair[0], new byte[3], 0, 3, 0));
    eio(posix.recv(pair[0], one, 0, 1, 0));
    eio(posix.recv(pair[0], one, 0, 1, dontWait));
    eio(posix.epoll_wait(set, events, 1, 0));
    eio(posix.epoll_wait(set, events, 1, -1));
    eio(posix.shutdown(pair[0], SocketOption.SHUT_WR));
    eio(posix.shutdown(datagrams, SocketOption.SHUT_WR));
    eio(posix.disconnect(pair[0]));
    eio(posix.disconnect(datagrams));
    eio(posix.setsockopt(pair[0], SocketOption.SOL_SOCKET, SocketOption.SO_RCVBUF, 10_000));
    assertEquals(
        128 << 10, posix.getsockopt(pair[0], SocketOption.SOL_SOCKET, SocketOption.SO_RCVBUF));
    assertEquals(0, posix.close(pair[0]));
    assertEquals(-Errno.EBADF, posix.recv(pair[0], one, 0, 1, 0));
    assertEquals(0, posix.poll());
  }

  private static void eio(final int result) {
    assertEquals("EIO", Errno.name(result));
  }
}
