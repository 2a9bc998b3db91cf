package io.ustack.posix;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ustack.link.LinkChange;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What calls say when the device below their stack has been taken away. */
@Timeout(60)
class WireGoneTest {
  private static void takeAway(final Peers peers) {
    assertTrue(peers.stackA.commands().offer(nowNs -> peers.stackA.onWire(LinkChange.GONE, nowNs)));
  }

  @ParameterizedTest
  @EnumSource
  void aConnectionFailsAtOnce(final Mode mode) {
    try (Peers peers = new Peers(mode)) {
      final int[] pair = peers.connect();
      takeAway(peers);
      final byte[] bytes = new byte[10];
      assertEquals(-Errno.ENETDOWN, peers.a.recv(pair[0], bytes, 0, 10, 0));
      assertEquals(0, peers.a.recv(pair[0], bytes, 0, 10, 0), "the error is told once");
      assertEquals(-Errno.EPIPE, peers.a.send(pair[0], bytes, 0, 10, SocketOption.MSG_NOSIGNAL));
    }
  }

  @ParameterizedTest
  @EnumSource
  void noneIsMadeAnyMore(final Mode mode) {
    try (Peers peers = new Peers(mode)) {
      final int[] pair = peers.connect();
      takeAway(peers);
      assertEquals(-Errno.ENETDOWN, peers.a.recv(pair[0], new byte[1], 0, 1, 0));
      final int fd = peers.a.socket(SocketOption.AF_INET, SocketOption.SOCK_STREAM, 0);
      assertEquals(-Errno.ENETUNREACH, peers.a.connect(fd, Peers.B, 80));
    }
  }

  @ParameterizedTest
  @EnumSource
  void whoWaitsForADatagramIsTold(final Mode mode) {
    try (Peers peers = new Peers(mode)) {
      final int fd = peers.a.socket(SocketOption.AF_INET, SocketOption.SOCK_DGRAM, 0);
      assertEquals(0, peers.a.bind(fd, Peers.A, 9));
      takeAway(peers);
      assertEquals(-Errno.ENETDOWN, peers.a.recv(fd, new byte[1], 0, 1, 0));
      assertEquals(-Errno.ENETUNREACH, peers.a.sendto(fd, new byte[1], 0, 1, 0, Peers.B, 9));
    }
  }
}
