package io.ustack.posix;

import static io.ustack.posix.SocketOption.SOL_SOCKET;
import static io.ustack.posix.SocketOption.SO_ERROR;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Cases that programs trip over and that loopback can't play: peers that do not answer. */
@Timeout(20)
class TroubleTest {
  private static final int PORT = 80;

  /** A listener of B that takes no more connections. */
  private static int fullListener(final TwoHosts hosts) {
    final int listener = Peers.tcp(hosts.b);
    hosts.b.bind(listener, 0, PORT);
    hosts.b.listen(listener, 0);
    hosts.a.connect(Peers.tcp(hosts.a), Peers.B, PORT);
    hosts.run();
    return listener;
  }

  private static void pass(final TwoHosts hosts, final int seconds) {
    for (int i = 0; i < seconds; i++) {
      hosts.clock.advance(1_000_000_000L);
      hosts.run();
    }
  }

  @Test
  void connectTimesOutAndCanBeTriedAgain() {
    try (TwoHosts hosts = new TwoHosts()) {
      final int listener = fullListener(hosts);
      final int fd = Peers.tcp(hosts.a);
      assertEquals(-Errno.EAGAIN, hosts.a.connect(fd, Peers.B, PORT));
      pass(hosts, 126);
      assertEquals(-Errno.EAGAIN, hosts.a.connect(fd, Peers.B, PORT));
      pass(hosts, 2);
      assertEquals(-Errno.ETIMEDOUT, hosts.a.connect(fd, Peers.B, PORT));
      assertEquals(0, hosts.a.getsockopt(fd, SOL_SOCKET, SO_ERROR));
      hosts.b.accept(listener, null);
      assertEquals(-Errno.EAGAIN, hosts.a.connect(fd, Peers.B, PORT));
      hosts.run();
      assertEquals(0, hosts.a.connect(fd, Peers.B, PORT));
    }
  }

  @Test
  void aTimedOutConnectThatNobodyWaitsForIsAnError() {
    try (TwoHosts hosts = new TwoHosts()) {
      fullListener(hosts);
      final int fd = Peers.tcp(hosts.a);
      hosts.a.fcntl(fd, SocketOption.F_SETFL, SocketOption.O_NONBLOCK);
      hosts.a.setsockopt(fd, SocketOption.IPPROTO_TCP, SocketOption.TCP_SYNCNT, 1);
      assertEquals(-Errno.EINPROGRESS, hosts.a.connect(fd, Peers.B, PORT));
      pass(hosts, 4);
      assertEquals(Errno.ETIMEDOUT, hosts.a.getsockopt(fd, SOL_SOCKET, SO_ERROR));
      assertEquals(-Errno.ECONNABORTED, hosts.a.connect(fd, Peers.B, PORT));
      assertEquals(-Errno.EINPROGRESS, hosts.a.connect(fd, Peers.B, PORT));
    }
  }

  @Test
  void anInterruptedConnectGoesOn() throws InterruptedException {
    try (Peers peers = new Peers(Mode.DEDICATED)) {
      final int listener = peers.listen(0);
      final int port = Peers.port(peers.b, listener);
      assertEquals(0, peers.a.connect(Peers.tcp(peers.a), Peers.B, port));
      final int fd = Peers.tcp(peers.a);
      final AtomicInteger result = new AtomicInteger();
      final Thread thread = new Thread(() -> result.set(peers.a.connect(fd, Peers.B, port)));
      thread.start();
      Threads.awaitParked(thread);
      thread.interrupt();
      thread.join();
      assertEquals(-Errno.EINTR, result.get());
      peers.a.fcntl(fd, SocketOption.F_SETFL, SocketOption.O_NONBLOCK);
      assertEquals(-Errno.EALREADY, peers.a.connect(fd, Peers.B, port));
      peers.b.accept(listener, null);
      peers.a.fcntl(fd, SocketOption.F_SETFL, 0);
      assertEquals(0, peers.a.connect(fd, Peers.B, port));
      assertEquals(-Errno.EISCONN, peers.a.connect(fd, Peers.B, port));
    }
  }
}
