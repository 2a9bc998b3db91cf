package io.ustack.posix;

import static io.ustack.posix.SocketOption.AF_INET;
import static io.ustack.posix.SocketOption.AF_UNIX;
import static io.ustack.posix.SocketOption.CLOCK_MONOTONIC;
import static io.ustack.posix.SocketOption.F_DUPFD;
import static io.ustack.posix.SocketOption.F_DUPFD_CLOEXEC;
import static io.ustack.posix.SocketOption.INADDR_LOOPBACK;
import static io.ustack.posix.SocketOption.SOCK_DGRAM;
import static io.ustack.posix.SocketOption.SOCK_STREAM;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.ustack.ipv4.Ipv4Subnet;
import io.ustack.ipv4.PortAllocator;
import io.ustack.stack.StackConfig;
import io.ustack.tcp.TcpConfig;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What calls say when there are no more numbers, or no more ports. */
@Timeout(60)
class LimitTest {
  private static final int PORTS = PortAllocator.LAST_PORT - PortAllocator.FIRST_PORT + 1;

  @ParameterizedTest
  @EnumSource
  void noMoreDescriptors(final Mode mode) {
    try (Host host = new Host(mode);
        Posix posix = Posix.on(host.engine, 5)) {
      final int fd = Peers.tcp(posix);
      final int last = posix.eventfd(0, 0);
      assertEquals(4, last);
      for (int round = 0; round < 2; round++) {
        assertEquals("EMFILE", Errno.name(posix.socket(AF_INET, SOCK_STREAM, 0)));
        assertEquals("EMFILE", Errno.name(posix.socket(AF_INET, SOCK_DGRAM, 0)));
        assertEquals("EMFILE", Errno.name(posix.socketpair(AF_UNIX, SOCK_STREAM, 0, new int[2])));
        assertEquals("EMFILE", Errno.name(posix.eventfd(0, 0)));
        assertEquals("EMFILE", Errno.name(posix.timerfd_create(CLOCK_MONOTONIC, 0)));
        assertEquals("EMFILE", Errno.name(posix.epoll_create1(0)));
        assertEquals("EMFILE", Errno.name(posix.dup(fd)));
        assertEquals("EMFILE", Errno.name(posix.fcntl(fd, F_DUPFD, 0)));
        assertEquals("EMFILE", Errno.name(posix.fcntl(fd, F_DUPFD_CLOEXEC, 4)));
        assertEquals("EINVAL", Errno.name(posix.fcntl(fd, F_DUPFD, 5)));
        assertEquals("EBADF", Errno.name(posix.dup2(fd, 5)));
        assertEquals("EBADF", Errno.name(posix.dup3(fd, 5, 0)));
      }
      posix.listen(fd, 1);
      assertEquals("EMFILE", Errno.name(posix.accept(fd, null)));
      posix.close(last);
      assertEquals(last, posix.dup(fd), "none was lost");
      posix.close(last);
      posix.close(fd);
    }
  }

  @Test
  void noMoreConnections() {
    final StackConfig config = StackConfig.of(Ipv4Subnet.parse("10.0.0.1/24"));
    final TcpConfig one = TcpConfig.DEFAULT.with().maxConnections(1).build();
    try (Host host = new Host(Mode.INLINE, config.withTcp(one))) {
      final int first = host.posix.socket(AF_INET, SOCK_STREAM | SocketOption.SOCK_NONBLOCK, 0);
      assertEquals("EINPROGRESS", Errno.name(host.posix.connect(first, 0x0A000009, 80)));
      final int second = Peers.tcp(host.posix);
      assertEquals("ENOBUFS", Errno.name(host.posix.connect(second, 0x0A000009, 80)));
      host.posix.close(first);
      assertEquals("ECONNREFUSED", Errno.name(host.posix.connect(second, INADDR_LOOPBACK, 80)));
    }
  }

  /** Linux inet_autobind says EAGAIN, get_port of an explicit bind or listen EADDRINUSE. */
  @Test
  void noMorePortsOfDatagrams() {
    try (Host host = Host.stepped()) {
      final Posix posix = host.posix;
      for (int i = 0; i < PORTS; i++) {
        assertEquals(0, posix.bind(posix.socket(AF_INET, SOCK_DGRAM, 0), INADDR_LOOPBACK, 0));
      }
      final int fd = posix.socket(AF_INET, SOCK_DGRAM, 0);
      final byte[] bytes = new byte[1];
      assertEquals("EADDRINUSE", Errno.name(posix.bind(fd, INADDR_LOOPBACK, 0)));
      assertEquals("EAGAIN", Errno.name(posix.sendto(fd, bytes, 0, 1, 0, INADDR_LOOPBACK, 9)));
      assertEquals("EAGAIN", Errno.name(posix.connect(fd, INADDR_LOOPBACK, 9)));
    }
  }

  @Test
  void noMorePortsOfStreams() {
    try (Host host = Host.stepped()) {
      final Posix posix = host.posix;
      for (int i = 0; i < PORTS; i++) {
        assertEquals(0, posix.bind(Peers.tcp(posix), 0, 0));
      }
      final int fd = Peers.tcp(posix);
      assertEquals("EADDRINUSE", Errno.name(posix.bind(fd, INADDR_LOOPBACK, 0)));
      assertEquals("EADDRINUSE", Errno.name(posix.listen(fd, 1)));
      assertEquals("EADDRNOTAVAIL", Errno.name(posix.connect(fd, INADDR_LOOPBACK, 9)));
    }
  }
}
