package io.ustack.posix;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ustack.buffer.PressureLevel;
import io.ustack.buffer.PressureLimits;
import io.ustack.counter.Counter;
import io.ustack.ipv4.Ipv4Subnet;
import io.ustack.stack.StackConfig;
import io.ustack.tcp.TcpConfig;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What an application sees when memory runs out. */
@Timeout(60)
class PressureTest {
  private static final int DONTWAIT = SocketOption.MSG_DONTWAIT;
  private static final int BUDGET = 1 << 18;

  /** Little memory, and nobody may stand still for longer than 50 ms in the end. */
  private static Peers peers(final Mode mode) {
    final PressureLimits usual = PressureLimits.DEFAULT;
    final StackConfig config =
        StackConfig.of(Ipv4Subnet.parse("10.0.0.2/24"))
            .withTcp(TcpConfig.DEFAULT.with().maxBufferBytes(BUDGET).build())
            .withPressure(
                new PressureLimits(
                    usual.cookies(),
                    usual.windows(),
                    usual.shedding(),
                    usual.slack(),
                    usual.reserve(),
                    usual.overdraft(),
                    50_000_000));
    return new Peers(mode, config);
  }

  /** B reads nothing of what A sends on several connections. */
  private static List<Integer> fill(final Peers peers, final boolean ends) {
    final List<Integer> servers = new ArrayList<>();
    while (peers.stackB.pressure().highest() != PressureLevel.SHEDDING) {
      final int[] pair = peers.connect();
      servers.add(pair[1]);
      do {
        peers.a.send(pair[0], Payload.of(0, 1000), 0, 1000, DONTWAIT);
        peers.pass();
      } while (peers.b.ioctl(pair[1], SocketOption.FIONREAD, 0) < 50_000
          && peers.stackB.pressure().highest() != PressureLevel.SHEDDING);
      if (ends) {
        peers.a.shutdown(pair[0], SocketOption.SHUT_WR);
        peers.pass();
      }
    }
    return servers;
  }

  /** Whoever is reset hears ENOBUFS, once, in place of what it has not read; others read on. */
  @ParameterizedTest
  @EnumSource
  void whoIsResetHearsWhy(final Mode mode) {
    isTold(mode, false);
  }

  /** What is forgotten must not look like all that there was. */
  @ParameterizedTest
  @EnumSource
  void whoIsResetBehindTheEndHearsWhy(final Mode mode) {
    isTold(mode, true);
  }

  private static void isTold(final Mode mode, final boolean ends) {
    try (Peers peers = peers(mode)) {
      final List<Integer> servers = fill(peers, ends);
      while (peers.stackB.counters().value(Counter.TCP_PRESSURE_RESETS) == 0) {
        peers.pass();
      }
      // What the stack does when it has counted is over when it takes the next call.
      peers.b.bind(peers.b.socket(SocketOption.AF_INET, SocketOption.SOCK_STREAM, 0), 0, 0);
      final byte[] buffer = new byte[1000];
      int reset = 0;
      for (final int fd : servers) {
        final int count = peers.b.recv(fd, buffer, 0, 1000, DONTWAIT);
        if (count == -Errno.ENOBUFS) {
          reset++;
          assertEquals(0, peers.b.recv(fd, buffer, 0, 1000, 0), "and then the end");
          assertEquals(0, peers.b.ioctl(fd, SocketOption.FIONREAD, 0));
        } else {
          assertTrue(count > 0 || count == -Errno.EAGAIN, () -> Errno.name(-count));
        }
      }
      assertTrue(reset > 0);
      for (final int fd : servers) {
        assertEquals(0, peers.b.close(fd));
      }
      while (peers.stackB.pressure().level() != PressureLevel.NONE) {
        peers.pass();
      }
      final int[] pair = peers.connect();
      assertEquals(1000, peers.a.send(pair[0], Payload.of(0, 1000), 0, 1000, 0));
      assertEquals(1000, peers.b.recv(pair[1], buffer, 0, 1000, SocketOption.MSG_WAITALL));
    }
  }
}
