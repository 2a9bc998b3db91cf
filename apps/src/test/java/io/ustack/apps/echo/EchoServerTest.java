package io.ustack.apps.echo;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ustack.apps.ConnectionLimits;
import io.ustack.apps.EventLoop;
import io.ustack.apps.TwoHosts;
import io.ustack.counter.Counter;
import io.ustack.posix.Errno;
import io.ustack.posix.Posix;
import io.ustack.posix.SocketAddress4;
import io.ustack.posix.SocketOption;
import io.ustack.tcp.Tcp;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Echo over two stacks and a pipe, on a manual clock. */
final class EchoServerTest {
  private static final int PORT = 7;
  private static final long SECOND_NS = 1_000_000_000L;
  private static final ConnectionLimits LIMITS = new ConnectionLimits(300, 10 * SECOND_NS);

  private TwoHosts hosts;
  private Posix peer;
  private EchoServer server;

  @BeforeEach
  void start() throws IOException {
    hosts = new TwoHosts();
    peer = hosts.peerPosix();
    final EventLoop loop = new EventLoop(hosts.serverPosix(), hosts.clock());
    server = new EchoServer(hosts.serverPosix(), loop, LIMITS, PORT);
    hosts.serve(
        () -> {
          loop.step(0);
          server.closeIdle();
        });
  }

  @AfterEach
  void stop() {
    server.close();
    hosts.close();
  }

  private int connect() {
    final int fd =
        peer.socket(SocketOption.AF_INET, SocketOption.SOCK_STREAM | SocketOption.SOCK_NONBLOCK, 0);
    assertEquals(-Errno.EINPROGRESS, peer.connect(fd, TwoHosts.SERVER_ADDRESS, PORT));
    hosts.until(() -> peer.send(fd, new byte[0], 0, 0, 0) == 0);
    return fd;
  }

  private static byte[] bytes(final int length) {
    final byte[] bytes = new byte[length];
    new Random(length).nextBytes(bytes);
    return bytes;
  }

  /** Sends what fits, reads what is there, until everything is back. */
  private byte[] thereAndBack(final int fd, final byte[] bytes, final boolean shutdown) {
    final ByteArrayOutputStream back = new ByteArrayOutputStream();
    final byte[] chunk = new byte[10_000];
    final int[] sent = {0};
    final boolean[] ended = {false};
    hosts.until(
        () -> {
          if (sent[0] < bytes.length) {
            sent[0] += Math.max(0, peer.send(fd, bytes, sent[0], bytes.length - sent[0], 0));
            if (sent[0] == bytes.length && shutdown) {
              assertEquals(0, peer.shutdown(fd, SocketOption.SHUT_WR));
            }
          }
          final int count = peer.recv(fd, chunk, 0, chunk.length, 0);
          assertTrue(count >= 0 || count == -Errno.EAGAIN, () -> Errno.name(count));
          back.write(chunk, 0, Math.max(0, count));
          ended[0] |= count == 0;
          return back.size() == bytes.length && (ended[0] || !shutdown);
        });
    return back.toByteArray();
  }

  @Test
  void sendsBackWhatComes() {
    final int fd = connect();
    for (final int length : new int[] {1, 1460, 100_000, 3_000_000}) {
      assertArrayEquals(bytes(length), thereAndBack(fd, bytes(length), false));
    }
    assertEquals(3_101_461, server.bytes());
  }

  @Test
  void aPeerThatSaysNothingFollowsGetsEverythingAndTheEnd() {
    final int fd = connect();
    assertArrayEquals(bytes(2_000_000), thereAndBack(fd, bytes(2_000_000), true));
  }

  @Test
  void aPeerThatDoesNotReadIsNotReadFrom() {
    final int fd = connect();
    final byte[] bytes = bytes(1 << 20);
    long sent = 0;
    for (int quiet = 0; quiet < 1000; quiet++) {
      final int count = peer.send(fd, bytes, 0, bytes.length, 0);
      sent += Math.max(0, count);
      quiet = count > 0 ? 0 : quiet;
      hosts.turn();
    }
    // What fits the buffers of both sockets on both sides.
    assertTrue(sent < 4 << 20, "the server has taken " + sent + " bytes");
    final int other = connect();
    assertArrayEquals(bytes(100), thereAndBack(other, bytes(100), true));
    peer.close(fd);
  }

  @Test
  void aPeerThatResetsIsForgotten() {
    final int fd = connect();
    peer.send(fd, bytes(5000), 0, 5000, 0);
    hosts.pass(SECOND_NS / 100);
    peer.close(fd); // with something unread: a reset
    hosts.pass(SECOND_NS);
    assertEquals(1, hosts.serverStack().counters().value(Counter.TCP_ESTABLISHED_RESETS));
    final int other = connect();
    assertArrayEquals(bytes(100), thereAndBack(other, bytes(100), true));
  }

  @Test
  void aPeerThatNeverReadsIsLetGo() {
    final int fd = connect();
    final byte[] bytes = bytes(1 << 20);
    final long endNs = hosts.clock().nanoTime() + SECOND_NS;
    hosts.until(
        () -> {
          peer.send(fd, bytes, 0, bytes.length, 0);
          return hosts.clock().nanoTime() - endNs > 0;
        });
    final Tcp tcp = hosts.serverStack().tcp();
    assertTrue(tcp.bufferBytes() > 300_000, () -> "buffers: " + tcp.bufferBytes());
    hosts.pass(11 * SECOND_NS);
    assertEquals(0, tcp.connections());
    assertEquals(0, tcp.bufferBytes());
    peer.close(fd);
  }

  @Test
  void aPeerThatSaysNothingIsLetGo() {
    final int fd = connect();
    hosts.pass(9 * SECOND_NS);
    assertEquals(-Errno.EAGAIN, peer.recv(fd, new byte[1], 0, 1, 0));
    hosts.pass(2 * SECOND_NS);
    assertEquals(0, peer.recv(fd, new byte[1], 0, 1, 0));
  }

  @Test
  void aPeerThatTalksNowAndThenIsNotLetGo() {
    final int fd = connect();
    for (int i = 0; i < 10; i++) {
      hosts.pass(8 * SECOND_NS);
      assertArrayEquals(bytes(10), thereAndBack(fd, bytes(10), false));
    }
  }

  @Test
  void peersBeyondTheLimitWait() {
    final int[] fds = new int[LIMITS.connections()];
    for (int i = 0; i < fds.length; i++) {
      fds[i] = connect();
    }
    final int late = connect();
    assertEquals(1, peer.send(late, new byte[1], 0, 1, 0));
    hosts.pass(SECOND_NS);
    assertEquals(-Errno.EAGAIN, peer.recv(late, new byte[1], 0, 1, 0));
    peer.close(fds[7]);
    hosts.until(() -> peer.recv(late, new byte[1], 0, 1, 0) == 1);
  }

  @Test
  void manyPeersAtOnce() {
    final int[] fds = new int[200];
    for (int i = 0; i < fds.length; i++) {
      fds[i] = connect();
    }
    for (int i = 0; i < fds.length; i++) {
      assertArrayEquals(bytes(1000 + i), thereAndBack(fds[i], bytes(1000 + i), false));
    }
    assertEquals(fds.length, server.connections());
  }

  @Test
  void sendsDatagramsBack() {
    final int fd =
        peer.socket(SocketOption.AF_INET, SocketOption.SOCK_DGRAM | SocketOption.SOCK_NONBLOCK, 0);
    final byte[] received = new byte[2000];
    final SocketAddress4 from = new SocketAddress4();
    for (final int length : new int[] {0, 1, 1400}) {
      final byte[] sent = bytes(length);
      assertEquals(length, peer.sendto(fd, sent, 0, length, 0, TwoHosts.SERVER_ADDRESS, PORT));
      final int[] count = {0};
      hosts.until(
          () ->
              (count[0] = peer.recvfrom(fd, received, 0, received.length, 0, from))
                  != -Errno.EAGAIN);
      assertEquals(length, count[0]);
      assertArrayEquals(sent, Arrays.copyOf(received, length));
      assertEquals("10.99.0.2:7", from.toString());
    }
    assertEquals(3, server.datagrams());
  }

  @Test
  void manyDatagramsAtOnceComeBackAsFarAsThereIsRoom() {
    final int fd =
        peer.socket(SocketOption.AF_INET, SocketOption.SOCK_DGRAM | SocketOption.SOCK_NONBLOCK, 0);
    final byte[] datagram = bytes(1000);
    for (int i = 0; i < 100; i++) {
      assertEquals(1000, peer.sendto(fd, datagram, 0, 1000, 0, TwoHosts.SERVER_ADDRESS, PORT));
      hosts.turn();
    }
    hosts.until(() -> server.datagrams() == 100);
  }

  @Test
  void discardReadsAndSaysNothing() throws IOException {
    final EventLoop loop = new EventLoop(hosts.serverPosix(), hosts.clock());
    final DiscardServer discard = new DiscardServer(hosts.serverPosix(), loop, LIMITS, 9);
    hosts.serve(() -> loop.step(0));
    final int fd =
        peer.socket(SocketOption.AF_INET, SocketOption.SOCK_STREAM | SocketOption.SOCK_NONBLOCK, 0);
    peer.connect(fd, TwoHosts.SERVER_ADDRESS, 9);
    final byte[] bytes = bytes(1 << 16);
    final long[] sent = {0};
    hosts.until(
        () -> (sent[0] += Math.max(0, peer.send(fd, bytes, 0, bytes.length, 0))) > 5_000_000);
    assertEquals(-Errno.EAGAIN, peer.recv(fd, bytes, 0, bytes.length, 0));
    peer.shutdown(fd, SocketOption.SHUT_WR);
    hosts.until(() -> peer.recv(fd, bytes, 0, bytes.length, 0) == 0);
    discard.close();
  }
}
