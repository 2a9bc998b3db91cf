package io.ustack.posix;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.ustack.tcp.TcpInfo;
import io.ustack.tcp.TcpState;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Calls on a clock that only the caller moves: what would wait says so, and goes on later. */
@Timeout(10)
class SteppedTest {
  private static final int B = Peers.B;

  private final TwoHosts hosts = new TwoHosts();
  private final Posix a = hosts.a;
  private final Posix b = hosts.b;

  @AfterEach
  void close() {
    hosts.close();
  }

  private void run() {
    hosts.run();
  }

  @Test
  void blockingCallsGoOnWhereTheyWouldHaveWaited() {
    final int listener = Peers.tcp(b);
    assertEquals(0, b.bind(listener, 0, 80));
    assertEquals(0, b.listen(listener, 1));
    assertEquals(-Errno.EAGAIN, b.accept(listener, null));
    final int client = Peers.tcp(a);
    assertEquals(-Errno.EAGAIN, a.connect(client, B, 80));
    run();
    assertEquals(0, a.connect(client, B, 80));
    final int server = b.accept(listener, null);
    assertEquals(-Errno.EAGAIN, b.recv(server, new byte[10], 0, 10, 0));
    assertEquals(10, a.send(client, new byte[10], 0, 10, 0));
    run();
    assertEquals(10, b.recv(server, new byte[10], 0, 10, 0));
    final int taken = a.send(client, new byte[1 << 20], 0, 1 << 20, 0);
    assertEquals(256 << 10, taken, "what the send buffer holds");
    assertEquals(-Errno.EAGAIN, a.send(client, new byte[1], 0, 1, 0));
  }

  private void silence(final int ms) {
    for (int i = 0; i < ms; i++) {
      hosts.clock.advance(1_000_000);
      run();
    }
  }

  private long bufferBytes() {
    return hosts.stackA.tcp().bufferBytes() + hosts.stackB.tcp().bufferBytes();
  }

  @Test
  void idleSocketsGiveTheirBuffersBackUntilTheyNeedThem() {
    final int listener = Peers.tcp(b);
    assertEquals(0, b.bind(listener, 0, 80));
    assertEquals(0, b.listen(listener, 1));
    final int client = Peers.tcp(a);
    assertEquals(-Errno.EAGAIN, a.connect(client, B, 80));
    run();
    final int server = b.accept(listener, null);
    final byte[] read = new byte[10];
    for (byte i = 1; i <= 3; i++) {
      assertEquals(10, a.send(client, new byte[] {i, i, i, i, i, i, i, i, i, i}, 0, 10, 0));
      silence(1500);
      assertEquals(2048, bufferBytes(), "unread");
      assertEquals(10, b.recv(server, read, 0, 10, 0));
      assertEquals(i, read[9]);
      silence(10_000);
      assertEquals(0, bufferBytes());
    }
  }

  @Test
  void epollWaitNeverWaits() {
    final int set = a.epoll_create1(0);
    assertEquals(0, a.epoll_wait(set, new EpollEvents(1), 1, -1));
    assertEquals(0, a.epoll_wait(set, new EpollEvents(1), 1, 1000));
  }

  @Test
  void tcpInfo() {
    final TcpInfo info = new TcpInfo();
    final int listener = Peers.tcp(b);
    assertEquals(0, infoOf(listener, info));
    assertEquals(TcpState.CLOSED, info.state);
    b.bind(listener, 0, 80);
    b.listen(listener, 1);
    assertEquals(0, infoOf(listener, info));
    assertEquals(TcpState.LISTEN, info.state);
    final int client = Peers.tcp(a);
    a.connect(client, B, 80);
    run();
    final int server = b.accept(listener, null);
    assertEquals(0, infoOf(server, info));
    assertEquals(TcpState.ESTABLISHED, info.state);
    assertEquals(10, info.sndCwndSegments);
    assertEquals(-Errno.ENOPROTOOPT, b.getsockopt(server, SocketOption.SOL_SOCKET, 11, info));
    assertEquals(-Errno.EFAULT, infoOf(server, null));
    assertEquals(-Errno.EBADF, infoOf(99, info));
    final int udp = b.socket(SocketOption.AF_INET, SocketOption.SOCK_DGRAM, 0);
    assertEquals(-Errno.EOPNOTSUPP, infoOf(udp, info));
  }

  private int infoOf(final int fd, final TcpInfo info) {
    return b.getsockopt(fd, SocketOption.IPPROTO_TCP, SocketOption.TCP_INFO, info);
  }
}
