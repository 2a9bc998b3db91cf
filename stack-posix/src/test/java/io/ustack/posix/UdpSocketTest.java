package io.ustack.posix;

import static io.ustack.posix.SocketOption.MSG_DONTWAIT;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ustack.buffer.ByteRanges;
import io.ustack.counter.DropReason;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Datagrams between two stacks, in both modes. What one stack can show alone is in {@link
 * LinuxOracleTest}.
 */
@Timeout(120)
class UdpSocketTest {
  private static final int LARGEST = 1472;

  private static int udp(final Posix posix) {
    return posix.socket(SocketOption.AF_INET, SocketOption.SOCK_DGRAM, 0);
  }

  private static int bound(final Posix posix) {
    final int fd = udp(posix);
    assertEquals(0, posix.bind(fd, 0, 0));
    return fd;
  }

  @ParameterizedTest
  @EnumSource
  void goesThereAndBack(final Mode mode) {
    try (Peers peers = new Peers(mode)) {
      final int server = bound(peers.b);
      final int client = udp(peers.a);
      final byte[] data = new byte[LARGEST];
      new Random(3).nextBytes(data);
      assertEquals(
          LARGEST,
          peers.a.sendto(client, data, 0, LARGEST, 0, Peers.B, Peers.port(peers.b, server)));
      final byte[] into = new byte[2_000];
      final SocketAddress4 source = new SocketAddress4();
      assertEquals(LARGEST, peers.b.recvfrom(server, into, 100, 1_900, 0, source));
      assertArrayEquals(data, Arrays.copyOfRange(into, 100, 100 + LARGEST));
      assertEquals(Peers.A, source.address());
      assertEquals(Peers.port(peers.a, client), source.port());

      final ByteBuffer answer = ByteBuffer.allocateDirect(20);
      assertEquals(9, peers.b.sendto(server, answer, 3, 9, 0, source.address(), source.port()));
      assertEquals(9, peers.a.recvfrom(client, answer, 0, 20, 0, source));
      assertEquals(Peers.B, source.address());
    }
  }

  @ParameterizedTest
  @EnumSource
  void whatDoesNotFitTheLinkIsRefused(final Mode mode) {
    try (Peers peers = new Peers(mode)) {
      final int fd = udp(peers.a);
      final byte[] data = new byte[LARGEST + 1];
      // Linux would send it in fragments.
      assertEquals(-Errno.EMSGSIZE, peers.a.sendto(fd, data, 0, LARGEST + 1, 0, Peers.B, 9));
      assertEquals(-Errno.ENETUNREACH, peers.a.sendto(fd, data, 0, 1, 0, 0xCB007107, 9));
      assertEquals(-Errno.EINVAL, peers.a.sendto(fd, data, 0, 1, 0, Peers.B, 65_536));
      assertEquals(-Errno.EINVAL, peers.a.sendto(fd, data, 0, 1, 0, Peers.B, -1));
      assertEquals(-Errno.EOPNOTSUPP, peers.a.sendto(fd, data, 0, 1, 1, Peers.B, 9));
    }
  }

  /** The part that makes it too long loses those before it, as Linux has it. */
  @ParameterizedTest
  @EnumSource
  void partsThatAreTooLongTogether(final Mode mode) {
    try (Peers peers = new Peers(mode)) {
      final int server = bound(peers.b);
      final int client = udp(peers.a);
      peers.a.connect(client, Peers.B, Peers.port(peers.b, server));
      final byte[] data = new byte[LARGEST + 1];
      final int more = SocketOption.MSG_MORE;
      assertEquals(LARGEST, peers.a.send(client, data, 0, LARGEST, more));
      assertEquals(-Errno.EMSGSIZE, peers.a.send(client, data, 0, 1, 0));
      assertEquals(2, peers.a.send(client, data, 0, 2, more));
      assertEquals(LARGEST - 2, peers.a.send(client, data, 0, LARGEST - 2, 0));
      assertEquals(LARGEST, peers.b.recv(server, data, 0, LARGEST + 1, 0));
    }
  }

  @ParameterizedTest
  @EnumSource
  void aBlockingSenderWaitsForRoom(final Mode mode) {
    try (Peers peers = new Peers(mode)) {
      final int server = bound(peers.b);
      peers.b.setsockopt(server, SocketOption.SOL_SOCKET, SocketOption.SO_RCVBUF, 4 << 20);
      final int client = udp(peers.a);
      peers.a.setsockopt(client, SocketOption.SOL_SOCKET, SocketOption.SO_SNDBUF, 1);
      peers.a.connect(client, Peers.B, Peers.port(peers.b, server));
      final byte[] data = new byte[1_000];
      for (int i = 0; i < 500; i++) {
        assertEquals(data.length, peers.a.send(client, data, 0, data.length, 0));
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void aFullQueueRefusesAndIsWritableAgain(final Mode mode) {
    try (Peers peers = new Peers(mode)) {
      final int fd = udp(peers.a);
      peers.a.setsockopt(fd, SocketOption.SOL_SOCKET, SocketOption.SO_SNDBUF, 1);
      peers.a.connect(fd, Peers.B, 9);
      final int set = peers.a.epoll_create1(0);
      final EpollEvents events = new EpollEvents(1);
      final byte[] data = new byte[1_000];
      for (int i = 0; i < 200; i++) {
        final int sent = peers.a.send(fd, data, 0, data.length, MSG_DONTWAIT);
        assertTrue(sent == data.length || sent == -Errno.EAGAIN || sent == -Errno.ECONNREFUSED);
        if (sent == -Errno.EAGAIN) {
          peers.a.epoll_ctl(set, Epoll.EPOLL_CTL_ADD, fd, Epoll.EPOLLOUT | Epoll.EPOLLET, 0);
          assertEquals(1, peers.a.epoll_wait(set, events, 1, -1));
          assertTrue(
              (events.events(0) & Epoll.EPOLLOUT) != 0 || events.events(0) == Epoll.EPOLLERR);
          peers.a.epoll_ctl(set, Epoll.EPOLL_CTL_DEL, fd, 0, 0);
        }
      }
    }
  }

  /** Nobody is told of what does not fit, but each is counted. */
  @Test
  void whatDoesNotFitTheReceiveBufferIsCounted() {
    try (TwoHosts hosts = new TwoHosts()) {
      final int server = udp(hosts.b);
      hosts.b.setsockopt(server, SocketOption.SOL_SOCKET, SocketOption.SO_RCVBUF, 5000);
      hosts.b.bind(server, 0, 0);
      final int client = udp(hosts.a);
      final byte[] data = new byte[1000];
      for (int i = 0; i < 30; i++) {
        assertEquals(
            1000, hosts.a.sendto(client, data, 0, 1000, 0, Peers.B, Peers.port(hosts.b, server)));
        hosts.run();
      }
      int received = 0;
      while (hosts.b.recv(server, data, 0, 1000, MSG_DONTWAIT) == 1000) {
        received++;
      }
      assertEquals(4, received);
      assertEquals(30 - received, hosts.stackB.counters().value(DropReason.UDP_RECEIVE_QUEUE_FULL));
    }
  }

  @Test
  void whatWaitsToBeSentIsTold() {
    try (TwoHosts hosts = new TwoHosts()) {
      final int fd = udp(hosts.a);
      final int siocoutq = SocketOption.SIOCOUTQ;
      assertEquals(0, hosts.a.ioctl(fd, siocoutq, 0));
      assertEquals(100, hosts.a.sendto(fd, new byte[100], 0, 100, MSG_DONTWAIT, Peers.B, 9));
      assertTrue(hosts.a.ioctl(fd, siocoutq, 0) >= 100);
      hosts.run();
      assertEquals(0, hosts.a.ioctl(fd, siocoutq, 0));
    }
  }

  /** A length of 0 asks for nothing of a buffer, wherever it is said to begin. */
  @ParameterizedTest
  @EnumSource
  void emptyRangesBeyondABuffer(final Mode mode) {
    try (Host host = new Host(mode)) {
      final Posix posix = host.posix;
      final int fd = posix.socket(SocketOption.AF_INET, SocketOption.SOCK_DGRAM, 0);
      posix.bind(fd, SocketOption.INADDR_LOOPBACK, 0);
      posix.connect(fd, SocketOption.INADDR_LOOPBACK, Peers.port(posix, fd));
      final byte[] array = new byte[4];
      final ByteBuffer direct = ByteBuffer.allocateDirect(4);
      final ByteRanges ranges = new ByteRanges().add(array, 99, 0).add(direct, 99, 0);
      final Message message = new Message();
      message.ranges().add(array, 99, 0).add(direct, 99, 0);
      for (int i = 0; i < 2; i++) {
        assertEquals(0, posix.send(fd, array, 99, 0, 0));
        assertEquals(0, posix.send(fd, direct, 99, 0, 0));
        assertEquals(0, posix.sendmsg(fd, message, 0));
        assertEquals(0, posix.recv(fd, array, 99, 0, 0));
        assertEquals(0, posix.recv(fd, direct, 99, 0, 0));
        assertEquals(0, posix.recvmsg(fd, message, 0));
        assertEquals(0, posix.writev(fd, ranges));
        assertEquals(1, posix.send(fd, array, 0, 1, 0));
        assertEquals(0, posix.recv(fd, direct, 99, 0, SocketOption.MSG_PEEK));
        assertEquals(0, posix.readv(fd, ranges));
        assertEquals(0, posix.recv(fd, array, Integer.MAX_VALUE, 0, 0), "cut to nothing");
        posix.setsockopt(fd, SocketOption.IPPROTO_UDP, SocketOption.UDP_CORK, 1);
        assertEquals(0, posix.send(fd, array, 99, 0, 0));
        assertEquals(0, posix.send(fd, direct, Integer.MAX_VALUE, 0, 0));
        posix.setsockopt(fd, SocketOption.IPPROTO_UDP, SocketOption.UDP_CORK, 0);
        assertEquals(0, posix.recv(fd, array, 0, 4, 0));
      }
    }
  }
}
