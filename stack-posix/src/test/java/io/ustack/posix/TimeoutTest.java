package io.ustack.posix;

import static io.ustack.posix.SocketOption.MSG_PEEK;
import static io.ustack.posix.SocketOption.MSG_WAITALL;
import static io.ustack.posix.SocketOption.SOL_SOCKET;
import static io.ustack.posix.SocketOption.SO_RCVLOWAT;
import static io.ustack.posix.SocketOption.SO_RCVTIMEO;
import static io.ustack.posix.SocketOption.SO_SNDTIMEO;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.function.IntSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** How long calls wait, on a clock that stands still but for their looks at it. */
@Timeout(20)
class TimeoutTest {
  private static final int TIMEOUT_US = 300_000;

  private final Peers peers = new Peers(Mode.INLINE);
  private final Posix a = peers.a;
  private final byte[] buffer = new byte[1 << 20];

  @AfterEach
  void close() {
    peers.close();
  }

  private int[] connect() {
    final int[] pair = peers.connect();
    limit(pair[0]);
    return pair;
  }

  private void limit(final int fd) {
    for (final int option : new int[] {SO_RCVTIMEO, SO_SNDTIMEO}) {
      assertEquals(0, a.setsockopt(fd, SOL_SOCKET, option, new TimeValue(0, TIMEOUT_US)));
    }
  }

  /** The whole call takes what one wait may, however often it was woken. */
  private void assertTakesItsTime(final int result, final IntSupplier call) {
    final long beforeNs = peers.elapsedNs();
    assertEquals(result, call.getAsInt());
    assertTookItsTime(beforeNs);
  }

  private void assertTookItsTime(final long beforeNs) {
    final long tookMs = (peers.elapsedNs() - beforeNs) / 1_000_000;
    // While nothing happens the clock jumps, by 50 ms.
    assertTrue(tookMs >= 300 && tookMs < 450, () -> tookMs + " ms");
  }

  @Test
  void receive() {
    final int fd = connect()[0];
    assertTakesItsTime(-Errno.EAGAIN, () -> a.recv(fd, buffer, 0, 10, 0));
  }

  @Test
  void receiveAll() {
    final int[] pair = connect();
    peers.b.send(pair[1], new byte[3], 0, 3, 0);
    assertTakesItsTime(3, () -> a.recv(pair[0], buffer, 0, 10, MSG_WAITALL));
    // The cork lets go after 200 ms.
    peers.b.setsockopt(pair[1], SocketOption.IPPROTO_TCP, SocketOption.TCP_CORK, 1);
    peers.b.send(pair[1], new byte[3], 0, 3, 0);
    assertTakesItsTime(3, () -> a.recv(pair[0], buffer, 0, 10, MSG_WAITALL));
  }

  @Test
  void receiveAsMuchAsIsAskedFor() {
    final int[] pair = connect();
    assertEquals(0, a.setsockopt(pair[0], SOL_SOCKET, SO_RCVLOWAT, 6));
    peers.b.send(pair[1], new byte[3], 0, 3, 0);
    assertTakesItsTime(3, () -> a.recv(pair[0], buffer, 0, 10, MSG_PEEK));
    assertTakesItsTime(3, () -> a.recv(pair[0], buffer, 0, 10, 0));
  }

  @Test
  void receiveDatagram() {
    final int fd = a.socket(SocketOption.AF_INET, SocketOption.SOCK_DGRAM, 0);
    a.bind(fd, Peers.A, 0);
    limit(fd);
    assertTakesItsTime(-Errno.EAGAIN, () -> a.recv(fd, buffer, 0, 10, 0));
  }

  @Test
  void send() {
    final int fd = connect()[0];
    final long beforeNs = peers.elapsedNs();
    final int sent = a.send(fd, buffer, 0, buffer.length, 0);
    assertTrue(sent > 0 && sent < buffer.length);
    assertTookItsTime(beforeNs);
  }

  @Test
  void accept() {
    final int fd = Peers.tcp(a);
    assertEquals(0, a.listen(fd, 1));
    limit(fd);
    assertTakesItsTime(-Errno.EAGAIN, () -> a.accept(fd, null));
  }

  @Test
  void connectGoesOn() {
    final int listener = peers.listen(0);
    final int port = Peers.port(peers.b, listener);
    assertEquals(0, a.connect(Peers.tcp(a), Peers.B, port));
    final int fd = Peers.tcp(a);
    limit(fd);
    assertTakesItsTime(-Errno.EINPROGRESS, () -> a.connect(fd, Peers.B, port));
    assertTakesItsTime(-Errno.EALREADY, () -> a.connect(fd, Peers.B, port));
    peers.b.accept(listener, null);
    assertEquals(0, a.setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, new TimeValue()));
    assertEquals(0, a.connect(fd, Peers.B, port));
    assertEquals(-Errno.EISCONN, a.connect(fd, Peers.B, port));
  }

  /** The window opens as soon as the buffer has grown for SO_RCVLOWAT, and the peer hears of it. */
  @Test
  void aLowWaterMarkMakesRoomInAFullBuffer() {
    try (TwoHosts hosts = new TwoHosts()) {
      final int[] pair = hosts.connect();
      final byte[] data = new byte[1 << 20];
      while (hosts.a.send(pair[0], data, 0, data.length, 0) > 0) {
        hosts.run();
      }
      final int before = hosts.b.ioctl(pair[1], SocketOption.FIONREAD, 0);
      final int much = 1 << 20;
      assertTrue(before > 0 && before < much, () -> before + " bytes");
      hosts.b.setsockopt(pair[1], SocketOption.SOL_SOCKET, SocketOption.SO_RCVLOWAT, much);
      hosts.run();
      assertTrue(hosts.b.ioctl(pair[1], SocketOption.FIONREAD, 0) > before);
    }
  }
}
