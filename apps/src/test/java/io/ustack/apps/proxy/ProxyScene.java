package io.ustack.apps.proxy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ustack.apps.EventLoop;
import io.ustack.apps.TwoHosts;
import io.ustack.ipv4.Ipv4Address;
import io.ustack.posix.Errno;
import io.ustack.posix.Posix;
import io.ustack.posix.SocketOption;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/**
 * A proxy on one host, clients and targets on the other, on a manual clock: both sides of the proxy
 * share its port, as they do on a NIC.
 */
final class ProxyScene implements AutoCloseable {
  static final int PORT = 80;
  static final long SECOND_NS = 1_000_000_000L;
  private static final int PEER_ADDRESS = Ipv4Address.parse("10.99.0.1");

  final TwoHosts hosts = new TwoHosts();
  final Posix peer = hosts.peerPosix();
  final EventLoop loop = new EventLoop(hosts.serverPosix(), hosts.clock());
  final Targets targets;
  final Proxy proxy;

  /** How many descriptors were ready in the proxy's last turn. */
  private int ready;

  ProxyScene(final Balance balance, final ProxySettings settings, final TargetAddress... addresses)
      throws IOException {
    targets = new Targets(List.of(addresses), balance, Thresholds.USUAL);
    proxy = new Proxy(hosts.serverPosix(), loop, targets, settings, PORT, hosts.clock().nanoTime());
    hosts.serve(this::turn);
  }

  private void turn() {
    ready = loop.step(0);
    proxy.tick(loop.nowNs());
  }

  /** A target of the peer's. */
  static TargetAddress target(final int port) {
    return new TargetAddress(PEER_ADDRESS, port);
  }

  static byte[] bytes(final int length) {
    final byte[] bytes = new byte[length];
    new Random(length).nextBytes(bytes);
    return bytes;
  }

  private int socket() {
    return peer.socket(
        SocketOption.AF_INET, SocketOption.SOCK_STREAM | SocketOption.SOCK_NONBLOCK, 0);
  }

  int listen(final int port) {
    final int fd = socket();
    assertEquals(0, peer.setsockopt(fd, SocketOption.SOL_SOCKET, SocketOption.SO_REUSEADDR, 1));
    assertEquals(0, peer.bind(fd, SocketOption.INADDR_ANY, port));
    assertEquals(0, peer.listen(fd, 100));
    return fd;
  }

  /** A client of the proxy's. */
  int connect() {
    final int fd = socket();
    assertEquals(-Errno.EINPROGRESS, peer.connect(fd, TwoHosts.SERVER_ADDRESS, PORT));
    hosts.until(() -> peer.send(fd, new byte[0], 0, 0, 0) == 0);
    return fd;
  }

  int accept(final int listener) {
    final int[] fd = {0};
    hosts.until(
        () -> (fd[0] = peer.accept4(listener, null, SocketOption.SOCK_NONBLOCK)) != -Errno.EAGAIN);
    assertTrue(fd[0] >= 0, () -> Errno.name(fd[0]));
    return fd[0];
  }

  /** Sends it all, however long that takes. */
  void send(final int fd, final byte[] bytes) {
    final int[] sent = {0};
    hosts.until(
        () -> {
          final int count = peer.send(fd, bytes, sent[0], bytes.length - sent[0], 0);
          assertTrue(count >= 0 || count == -Errno.EAGAIN, () -> Errno.name(count));
          sent[0] += Math.max(0, count);
          return sent[0] == bytes.length;
        });
  }

  /** Sends until nothing is taken for a while; gives what was. */
  byte[] sendUntilBlocked(final int fd, final byte[] bytes) {
    int sent = 0;
    for (int quiet = 0; quiet < 2000; quiet++) {
      final int count = peer.send(fd, bytes, sent, bytes.length - sent, 0);
      sent += Math.max(0, count);
      quiet = count > 0 ? 0 : quiet;
      hosts.turn();
    }
    return Arrays.copyOf(bytes, sent);
  }

  byte[] receive(final int fd, final int length) {
    final byte[] bytes = new byte[length];
    final int[] received = {0};
    hosts.until(
        () -> {
          final int count = peer.recv(fd, bytes, received[0], length - received[0], 0);
          assertTrue(count > 0 || count == -Errno.EAGAIN, () -> Errno.name(count));
          received[0] += Math.max(0, count);
          return received[0] == length;
        });
    return bytes;
  }

  /** What recv says next: 0 at the end of the stream, or {@code -errno}. */
  int end(final int fd) {
    final int[] result = {0};
    hosts.until(() -> (result[0] = peer.recv(fd, new byte[1], 0, 1, 0)) != -Errno.EAGAIN);
    return result[0];
  }

  boolean isQuiet(final int fd) {
    return peer.recv(fd, new byte[1], 0, 1, 0) == -Errno.EAGAIN;
  }

  /** The proxy has nothing to do, and knows it. */
  void expectRest() {
    for (int i = 0; i < 2000; i++) {
      hosts.turn();
    }
    assertEquals(0, ready, "nothing to do, and still busy");
  }

  @Override
  public void close() {
    proxy.close();
    hosts.close();
  }
}
