package io.ustack.posix;

import static io.ustack.posix.SocketOption.MSG_DONTWAIT;
import static io.ustack.posix.SocketOption.O_NONBLOCK;
import static io.ustack.posix.SocketOption.SOL_SOCKET;
import static io.ustack.posix.SocketOption.SO_LINGER;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** How long close waits with SO_LINGER, and whom it does not keep. */
@Timeout(20)
class LingerTest {
  private static final Linger TWO_SECONDS = new Linger(1, 2);

  /** A connection whose first end has more to send than the other takes. */
  private static int[] full(final Peers peers) {
    final int[] pair = peers.connect();
    assertEquals(0, peers.a.setsockopt(pair[0], SOL_SOCKET, SO_LINGER, TWO_SECONDS));
    Peers.fill(peers.a, pair[0]);
    return pair;
  }

  private static void assertTook(final Peers peers, final long beforeNs) {
    final long tookMs = (peers.elapsedNs() - beforeNs) / 1_000_000;
    assertTrue(tookMs >= 2000 && tookMs < 2200, () -> tookMs + " ms");
  }

  @Test
  void closeWaitsUntilTheTimeIsUp() {
    try (Peers peers = new Peers(Mode.INLINE)) {
      final int fd = full(peers)[0];
      final long beforeNs = peers.elapsedNs();
      assertEquals(0, peers.a.close(fd));
      assertTook(peers, beforeNs);
    }
  }

  @Test
  void closeWaitsWhereOtherCallsWouldNot() {
    try (Peers peers = new Peers(Mode.INLINE)) {
      final int fd = full(peers)[0];
      peers.a.fcntl(fd, SocketOption.F_SETFL, O_NONBLOCK);
      final long beforeNs = peers.elapsedNs();
      assertEquals(0, peers.a.close(fd));
      assertTook(peers, beforeNs);
    }
  }

  @Test
  void closeWaitsAfterAConnectThatDidNot() {
    try (Peers peers = new Peers(Mode.INLINE)) {
      final int listener = peers.listen(8);
      final int type = SocketOption.SOCK_STREAM | SocketOption.SOCK_NONBLOCK;
      final int fd = peers.a.socket(SocketOption.AF_INET, type, 0);
      final int port = Peers.port(peers.b, listener);
      assertEquals(-Errno.EINPROGRESS, peers.a.connect(fd, Peers.B, port));
      final PollFds fds = new PollFds(1);
      fds.set(0, fd, Epoll.EPOLLOUT);
      assertEquals(1, peers.a.poll(fds, 1, -1));
      assertEquals(0, peers.a.setsockopt(fd, SOL_SOCKET, SO_LINGER, TWO_SECONDS));
      final byte[] data = new byte[1 << 20];
      while (peers.a.send(fd, data, 0, data.length, 0) > 0) {
        peers.a.poll(new PollFds(0), 0, 1);
      }
      final long beforeNs = peers.elapsedNs();
      assertEquals(0, peers.a.close(fd));
      assertTook(peers, beforeNs);
    }
  }

  @Test
  void closeDoesNotWaitForWhatIsThereAlready() {
    try (Peers peers = new Peers(Mode.INLINE)) {
      final int[] pair = peers.connect();
      peers.a.setsockopt(pair[0], SOL_SOCKET, SO_LINGER, TWO_SECONDS);
      final byte[] data = new byte[50_000];
      peers.a.send(pair[0], data, 0, data.length, MSG_DONTWAIT);
      final long beforeNs = peers.elapsedNs();
      assertEquals(0, peers.a.close(pair[0]));
      assertTrue(peers.elapsedNs() - beforeNs < 1_000_000_000);
      // All of it has been acknowledged, so it is there.
      assertEquals(data.length, peers.b.recv(pair[1], data, 0, data.length, MSG_DONTWAIT));
      assertEquals(0, peers.b.recv(pair[1], data, 0, data.length, MSG_DONTWAIT));
    }
  }

  @Test
  void theEndOfAllDescriptorsDoesNotWait() {
    final Peers peers = new Peers(Mode.INLINE);
    full(peers);
    final long beforeNs = peers.elapsedNs();
    peers.close();
    assertTrue(peers.elapsedNs() - beforeNs < 1_000_000_000);
  }

  @Test
  void steppedCallsDoNotWait() {
    try (TwoHosts hosts = new TwoHosts()) {
      final int listener = Peers.tcp(hosts.b);
      hosts.b.bind(listener, 0, 80);
      hosts.b.listen(listener, 1);
      final int fd = Peers.tcp(hosts.a);
      hosts.a.connect(fd, Peers.B, 80);
      hosts.run();
      assertEquals(0, hosts.a.setsockopt(fd, SOL_SOCKET, SO_LINGER, TWO_SECONDS));
      hosts.a.send(fd, new byte[1 << 20], 0, 1 << 20, 0);
      assertEquals(0, hosts.a.close(fd));
    }
  }

  @Test
  void aResetLeavesTimeWaitAlone() {
    try (Peers peers = new Peers(Mode.INLINE)) {
      final int[] pair = peers.connect();
      peers.a.setsockopt(pair[0], SOL_SOCKET, SO_LINGER, new Linger(1, 0));
      peers.a.shutdown(pair[0], SocketOption.SHUT_WR);
      assertEquals(0, peers.b.recv(pair[1], new byte[1], 0, 1, 0));
      assertEquals(0, peers.b.close(pair[1]));
      assertEquals(0, peers.a.recv(pair[0], new byte[1], 0, 1, 0));
      assertEquals(0, peers.a.close(pair[0]));
      assertEquals(1, peers.stackA.tcp().connections());
    }
  }

  @Test
  void othersAreNotKept() throws InterruptedException {
    try (Peers peers = new Peers(Mode.DEDICATED)) {
      final int fd = full(peers)[0];
      final AtomicInteger received = new AtomicInteger();
      final Thread reader =
          new Thread(() -> received.set(peers.a.recv(fd, new byte[1], 0, 1, 0)), "reader");
      reader.start();
      Threads.awaitParked(reader);
      final AtomicInteger closed = new AtomicInteger(1);
      final Thread closer = new Thread(() -> closed.set(peers.a.close(fd)), "closer");
      closer.start();
      reader.join();
      assertEquals(-Errno.EBADF, received.get());
      assertEquals(fd, Peers.tcp(peers.a), "the number is free");
      assertEquals(1, closed.get(), "close still waits");
      closer.interrupt();
      closer.join();
      assertEquals(0, closed.get());
    }
  }

  @Test
  void whatIsNoLingerIsRefused() {
    try (Peers peers = new Peers(Mode.INLINE)) {
      final int fd = Peers.tcp(peers.a);
      final Linger linger = new Linger();
      assertEquals(-Errno.ENOPROTOOPT, peers.a.setsockopt(fd, SOL_SOCKET, 2, linger));
      assertEquals(-Errno.ENOPROTOOPT, peers.a.getsockopt(fd, SOL_SOCKET, 2, linger));
      assertEquals(-Errno.EFAULT, peers.a.setsockopt(fd, SOL_SOCKET, SO_LINGER, (Linger) null));
      assertEquals(-Errno.EFAULT, peers.a.getsockopt(fd, SOL_SOCKET, SO_LINGER, (Linger) null));
      assertEquals(-Errno.EBADF, peers.a.setsockopt(99, SOL_SOCKET, SO_LINGER, linger));
      assertEquals(0, peers.a.setsockopt(fd, SOL_SOCKET, SO_LINGER, TWO_SECONDS));
      assertEquals(0, peers.a.getsockopt(fd, SOL_SOCKET, SO_LINGER, linger));
      assertEquals(2, linger.seconds());
      assertEquals(1, linger.onOff());
      assertFalse(linger.toString().isEmpty());
    }
  }
}
