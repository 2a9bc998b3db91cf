package io.ustack.posix;

import static io.ustack.posix.SocketOption.AF_INET;
import static io.ustack.posix.SocketOption.CLOCK_MONOTONIC;
import static io.ustack.posix.SocketOption.IPPROTO_TCP;
import static io.ustack.posix.SocketOption.MSG_DONTWAIT;
import static io.ustack.posix.SocketOption.SOCK_DGRAM;
import static io.ustack.posix.SocketOption.SOL_SOCKET;
import static io.ustack.posix.SocketOption.SO_LINGER;
import static io.ustack.posix.SocketOption.SO_RCVTIMEO;
import static io.ustack.posix.SocketOption.SO_REUSEADDR;
import static io.ustack.posix.SocketOption.TCP_CONGESTION;
import static io.ustack.posix.SocketOption.TCP_INFO;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.ustack.buffer.ByteRanges;
import io.ustack.tcp.TcpInfo;
import java.nio.ByteBuffer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** EFAULT where C has a pointer and Java an object: nowhere to put a result, or nothing to take. */
@Timeout(20)
class FaultTest {
  private final Host host = new Host(Mode.INLINE);
  private final Posix posix = host.posix;
  private final int tcp = Peers.tcp(posix);

  @AfterEach
  void close() {
    host.close();
  }

  private static void fault(final int result) {
    assertEquals("EFAULT", Errno.name(result));
  }

  @Test
  void nowhereToPutAResult() {
    fault(posix.getsockname(tcp, null));
    fault(posix.getpeername(tcp, null));
    fault(posix.timerfd_gettime(posix.timerfd_create(CLOCK_MONOTONIC, 0), null));
    final int set = posix.epoll_create1(0);
    fault(posix.epoll_wait(set, null, 1, 0));
    fault(posix.epoll_pwait2(set, null, 1, 0));
    fault(posix.socketpair(SocketOption.AF_UNIX, SocketOption.SOCK_STREAM, 0, null));
  }

  @Test
  void options() {
    fault(posix.setsockopt(tcp, SOL_SOCKET, SO_RCVTIMEO, (TimeValue) null));
    fault(posix.getsockopt(tcp, SOL_SOCKET, SO_RCVTIMEO, (TimeValue) null));
    fault(posix.setsockopt(tcp, SOL_SOCKET, SO_LINGER, (Linger) null));
    fault(posix.getsockopt(tcp, SOL_SOCKET, SO_LINGER, (Linger) null));
    fault(posix.setsockopt(tcp, IPPROTO_TCP, TCP_CONGESTION, (String) null));
    fault(posix.getsockopt(tcp, IPPROTO_TCP, TCP_CONGESTION, (StringBuilder) null));
    fault(posix.getsockopt(tcp, IPPROTO_TCP, TCP_INFO, (TcpInfo) null));
    final ByteBuffer three = ByteBuffer.allocate(8).limit(3);
    final ByteBuffer readOnly = ByteBuffer.allocate(8).asReadOnlyBuffer();
    for (final ByteBuffer bad : new ByteBuffer[] {null, three}) {
      fault(posix.setsockopt(tcp, SOL_SOCKET, SO_REUSEADDR, bad, 4));
      fault(posix.getsockopt(tcp, SOL_SOCKET, SO_REUSEADDR, bad, 4));
    }
    fault(posix.getsockopt(tcp, SOL_SOCKET, SO_REUSEADDR, readOnly, 4));
    assertEquals(0, posix.setsockopt(tcp, SOL_SOCKET, SO_REUSEADDR, readOnly, 4));
  }

  /** What is wrong with another argument is told first, as on Linux. */
  @Test
  void theDescriptorIsLookedAtFirst() {
    final int udp = posix.socket(AF_INET, SOCK_DGRAM, 0);
    assertEquals("EBADF", Errno.name(posix.getsockname(-1, null)));
    assertEquals("EBADF", Errno.name(posix.timerfd_gettime(-1, null)));
    assertEquals("EINVAL", Errno.name(posix.timerfd_gettime(udp, null)));
    assertEquals("EINVAL", Errno.name(posix.epoll_wait(udp, null, 1, 0)));
    assertEquals("EBADF", Errno.name(posix.setsockopt(-1, 0, 0, (TimeValue) null)));
  }

  @Test
  void vectorsIntoAFullBuffer() {
    try (TwoHosts hosts = new TwoHosts()) {
      final int fd = hosts.connect()[0];
      final byte[] much = new byte[1 << 20];
      while (hosts.a.send(fd, much, 0, much.length, MSG_DONTWAIT) > 0) {
        hosts.run();
      }
      final ByteRanges ranges = new ByteRanges().add(much, 0, 4).add(much, 4, 4);
      assertEquals("EAGAIN", Errno.name(hosts.a.writev(fd, ranges)));
    }
  }
}
