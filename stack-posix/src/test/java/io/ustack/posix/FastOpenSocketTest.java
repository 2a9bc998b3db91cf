package io.ustack.posix;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ustack.counter.Counter;
import io.ustack.tcp.TcpInfo;
import io.ustack.tcp.TcpState;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** TCP_FASTOPEN, TCP_FASTOPEN_CONNECT and MSG_FASTOPEN (RFC 7413) as on Linux. */
@Timeout(10)
class FastOpenSocketTest {
  private static final int B = Peers.B;
  private static final int PORT = 80;
  private static final int TCP = SocketOption.IPPROTO_TCP;
  private static final int MSG_FASTOPEN = SocketOption.MSG_FASTOPEN;

  private final TwoHosts hosts = new TwoHosts();
  private final Posix a = hosts.a;
  private final Posix b = hosts.b;
  private final byte[] bytes = new byte[5000];
  private final int listener = Peers.tcp(b);

  @BeforeEach
  void listen() {
    assertEquals(0, b.setsockopt(listener, TCP, SocketOption.TCP_FASTOPEN, 5));
    assertEquals(0, b.bind(listener, 0, PORT));
    assertEquals(0, b.listen(listener, 10));
  }

  @AfterEach
  void close() {
    hosts.close();
  }

  private int socket() {
    final int fd = Peers.tcp(a);
    assertEquals(0, a.setsockopt(fd, TCP, SocketOption.TCP_FASTOPEN_CONNECT, 1));
    return fd;
  }

  /** After it the client has a cookie. */
  private void askForCookie() {
    final int fd = socket();
    assertEquals(-Errno.EAGAIN, a.connect(fd, B, PORT), "an ordinary handshake that asks");
    hosts.run();
    assertEquals(0, a.connect(fd, B, PORT));
    assertTrue(b.accept(listener, null) >= 0);
    a.close(fd);
    hosts.run();
  }

  private TcpState stateOf(final int fd) {
    final TcpInfo info = new TcpInfo();
    assertEquals(0, a.getsockopt(fd, TCP, SocketOption.TCP_INFO, info));
    return info.state;
  }

  private long fastOpens() {
    return hosts.stackB.counters().value(Counter.TCP_FAST_OPENS_PASSIVE);
  }

  /** The SYN alone crosses: what the server can read then came with it. */
  private void deliverTheSyn() {
    while (a.poll() > 0) {
      // until all has left
    }
    b.poll();
  }

  @Test
  // covers: RFC 7413 3 | the socket calls: the SYN waits for data, the server reads before the
  // handshake is done | TcpSocket, TcpStackSide
  void synWaitsForTheFirstWrite() {
    askForCookie();
    final int fd = socket();
    assertEquals(0, a.connect(fd, B, PORT));
    assertEquals(-Errno.EISCONN, a.connect(fd, B, PORT));
    assertEquals(-Errno.EAGAIN, a.recv(fd, bytes, 0, 10, 0));
    hosts.run();
    assertEquals(-Errno.EAGAIN, b.accept(listener, null), "nothing has left yet");
    assertEquals(100, a.send(fd, bytes, 0, 100, 0));
    deliverTheSyn();
    final int server = b.accept(listener, null);
    assertTrue(server >= 0, "before the handshake is over");
    assertEquals(1, fastOpens());
    assertEquals(100, b.recv(server, bytes, 0, bytes.length, 0));
    assertEquals(TcpState.SYN_SENT, stateOf(fd));
    assertEquals(50, b.send(server, bytes, 0, 50, 0), "the answer need not wait either");
    hosts.run();
    assertEquals(50, a.recv(fd, bytes, 0, bytes.length, 0));
    assertEquals(TcpState.ESTABLISHED, stateOf(fd));
    assertEquals(0, a.connect(fd, B, PORT));
    assertEquals(-Errno.EISCONN, a.connect(fd, B, PORT));
  }

  /** The data that TCP_DEFER_ACCEPT waits for came with the SYN: the ACK ends the handshake. */
  @Test
  void nothingIsDeferredWhenTheSynHadData() {
    askForCookie();
    assertEquals(0, b.setsockopt(listener, TCP, SocketOption.TCP_DEFER_ACCEPT, 30));
    final int fd = socket();
    assertEquals(0, a.connect(fd, B, PORT));
    assertEquals(100, a.send(fd, bytes, 0, 100, 0));
    hosts.run();
    final int server = b.accept(listener, null);
    assertTrue(server >= 0);
    final TcpInfo info = new TcpInfo();
    assertEquals(0, b.getsockopt(server, TCP, SocketOption.TCP_INFO, info));
    assertEquals(TcpState.ESTABLISHED, info.state);
  }

  @Test
  void moreThanTheSynTakesFollowsTheHandshake() {
    askForCookie();
    final int fd = socket();
    assertEquals(0, a.connect(fd, B, PORT));
    assertEquals(4000, a.send(fd, bytes, 0, 4000, 0));
    a.poll();
    assertEquals(-Errno.EAGAIN, a.send(fd, bytes, 0, 1, 0), "until it is established");
    deliverTheSyn();
    final int server = b.accept(listener, null);
    final int early = b.recv(server, bytes, 0, bytes.length, 0);
    assertTrue(early > 1000 && early < 1460, () -> "" + early);
    hosts.run();
    assertEquals(4000 - early, b.recv(server, bytes, 0, bytes.length, 0));
    assertEquals(1, a.send(fd, bytes, 0, 1, 0));
  }

  /** Linux waits in the first write, so that shutdown and close find a connection. */
  @ParameterizedTest
  @EnumSource(Mode.class)
  void blockingWriteWaitsForTheHandshake(final Mode mode) {
    try (Peers peers = new Peers(mode)) {
      final int on = peers.listen(8);
      assertEquals(0, peers.b.setsockopt(on, TCP, SocketOption.TCP_FASTOPEN, 5));
      final int port = Peers.port(peers.b, on);
      for (int i = 0; i < 2; i++) {
        final int fd = Peers.tcp(peers.a);
        assertEquals(3000, peers.a.sendto(fd, bytes, 0, 3000, MSG_FASTOPEN, Peers.B, port));
        assertEquals(0, peers.a.shutdown(fd, SocketOption.SHUT_WR));
        final int server = peers.b.accept(on, null);
        assertEquals(3000, peers.b.recv(server, bytes, 0, 3001, SocketOption.MSG_WAITALL));
        assertEquals(0, peers.b.recv(server, bytes, 0, 1, 0));
      }
      assertEquals(1, peers.stackB.counters().value(Counter.TCP_FAST_OPENS_PASSIVE));
    }
  }

  @ParameterizedTest
  @EnumSource(Mode.class)
  void blockingWriteHearsOfTheRefusal(final Mode mode) {
    try (Peers peers = new Peers(mode)) {
      final int on = peers.listen(8);
      peers.b.setsockopt(on, TCP, SocketOption.TCP_FASTOPEN, 5);
      final int port = Peers.port(peers.b, on);
      assertEquals(1, peers.a.sendto(Peers.tcp(peers.a), bytes, 0, 1, MSG_FASTOPEN, Peers.B, port));
      peers.b.close(on);
      final int fd = Peers.tcp(peers.a);
      assertEquals(
          -Errno.ECONNREFUSED, peers.a.sendto(fd, bytes, 0, 1, MSG_FASTOPEN, Peers.B, port));
    }
  }

  @Test
  void epollSaysWritableBeforeTheSynLeavesAndNotWhileItIsUnderWay() {
    askForCookie();
    final int fd = socket();
    assertEquals(0, a.connect(fd, B, PORT));
    assertEquals(Epoll.EPOLLOUT, readiness(fd));
    assertEquals(1, a.send(fd, bytes, 0, 1, 0));
    a.poll();
    assertEquals(0, readiness(fd));
    hosts.run();
    assertEquals(Epoll.EPOLLOUT, readiness(fd));
  }

  private int readiness(final int fd) {
    final int set = a.epoll_create1(0);
    assertEquals(0, a.epoll_ctl(set, Epoll.EPOLL_CTL_ADD, fd, Epoll.EPOLLIN | Epoll.EPOLLOUT, fd));
    final EpollEvents events = new EpollEvents(1);
    final int ready = a.epoll_wait(set, events, 1, 0) == 1 ? events.events(0) : 0;
    a.close(set);
    return ready;
  }

  @Test
  void sendtoOpens() {
    final int first = Peers.tcp(a);
    assertEquals(
        -Errno.EINPROGRESS, sendto(first, 10, MSG_FASTOPEN | SocketOption.MSG_DONTWAIT), "asks");
    hosts.run();
    final int second = Peers.tcp(a);
    assertEquals(100, sendto(second, 100, MSG_FASTOPEN));
    deliverTheSyn();
    b.accept(listener, null);
    final int server = b.accept(listener, null);
    assertEquals(100, b.recv(server, bytes, 0, bytes.length, 0));
    hosts.run();
    assertEquals(-Errno.EISCONN, sendto(second, 10, MSG_FASTOPEN));
    assertEquals(10, sendto(second, 10, 0));
  }

  @Test
  void sendtoThatWaitsConnectsFirstWithoutACookie() {
    final int fd = Peers.tcp(a);
    assertEquals(-Errno.EAGAIN, sendto(fd, 10, MSG_FASTOPEN), "would wait for the handshake");
    hosts.run();
    assertEquals(-Errno.EISCONN, sendto(fd, 10, MSG_FASTOPEN));
    assertEquals(10, a.send(fd, bytes, 0, 10, 0));
    assertEquals(0, fastOpens());
  }

  private int sendto(final int fd, final int length, final int flags) {
    return a.sendto(fd, bytes, 0, length, flags, B, PORT);
  }

  @Test
  void nothingToSendOpensAtOnce() {
    askForCookie();
    final int fd = Peers.tcp(a);
    assertEquals(-Errno.EAGAIN, sendto(fd, 0, MSG_FASTOPEN));
    assertEquals(TcpState.SYN_SENT, stateOf(fd));
    hosts.run();
    assertEquals(TcpState.ESTABLISHED, stateOf(fd));
  }

  @Test
  void shutdownBeforeTheFirstWriteEndsIt() {
    askForCookie();
    final int fd = socket();
    assertEquals(0, a.connect(fd, B, PORT));
    assertEquals(0, a.shutdown(fd, SocketOption.SHUT_WR));
    assertEquals(TcpState.CLOSED, stateOf(fd));
    hosts.run();
    assertEquals(-Errno.EAGAIN, b.accept(listener, null));
  }

  @Test
  void refusalReachesTheWriter() {
    askForCookie();
    b.close(listener);
    final int fd = socket();
    assertEquals(0, a.connect(fd, B, PORT));
    assertEquals(10, a.send(fd, bytes, 0, 10, 0));
    hosts.run();
    assertEquals(-Errno.ECONNREFUSED, a.send(fd, bytes, 0, 10, 0));
  }

  @Test
  void listenerMayStopTakingThem() {
    askForCookie();
    assertEquals(0, b.setsockopt(listener, TCP, SocketOption.TCP_FASTOPEN, 0));
    hosts.run();
    final int fd = socket();
    assertEquals(0, a.connect(fd, B, PORT), "the client can't know");
    assertEquals(10, a.send(fd, bytes, 0, 10, 0));
    hosts.run();
    assertEquals(0, fastOpens());
    assertEquals(10, b.recv(b.accept(listener, null), bytes, 0, 20, 0));
  }

  @Test
  void optionsAreToldBeforeTheConnectionOpens() {
    final int option = SocketOption.TCP_FASTOPEN_CONNECT;
    final int fd = Peers.tcp(a);
    assertEquals(-Errno.EINVAL, a.setsockopt(fd, TCP, option, 2));
    assertEquals(-Errno.EINVAL, a.setsockopt(fd, TCP, SocketOption.TCP_FASTOPEN, -1));
    assertEquals(0, a.getsockopt(fd, TCP, option));
    assertEquals(0, a.setsockopt(fd, TCP, option, 1));
    assertEquals(1, a.getsockopt(fd, TCP, option));
    assertEquals(5, b.getsockopt(listener, TCP, SocketOption.TCP_FASTOPEN));
    a.connect(fd, B, PORT);
    assertEquals(-Errno.EINVAL, a.setsockopt(fd, TCP, option, 0));
    assertEquals(-Errno.EINVAL, a.setsockopt(fd, TCP, SocketOption.TCP_FASTOPEN, 1));
    assertEquals(-Errno.EINVAL, b.setsockopt(listener, TCP, option, 1));
    assertEquals(-Errno.EINVAL, a.send(Peers.tcp(a), bytes, 0, 1, MSG_FASTOPEN), "to nobody");
    assertEquals(-Errno.EISCONN, b.sendto(listener, bytes, 0, 1, MSG_FASTOPEN, B, PORT));
  }
}
