package io.ustack.apps.proxy;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ustack.apps.ConnectionLimits;
import io.ustack.apps.TwoHosts;
import io.ustack.ipv4.Ipv4Address;
import io.ustack.posix.Errno;
import io.ustack.posix.SocketOption;
import io.ustack.tcp.TcpInfo;
import io.ustack.tcp.TcpState;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import org.junit.jupiter.api.Test;

/** One proxy, its clients and its targets, connection by connection. */
final class ProxyTest {
  private static final int ONE = 8080;
  private static final long IDLE_NS = 10 * ProxyScene.SECOND_NS;
  private static final ProxySettings SETTINGS =
      new ProxySettings(new ConnectionLimits(300, IDLE_NS), 2000, 3600 * ProxyScene.SECOND_NS);

  /** What fits the buffers of three hosts and two connections. */
  private static final int MOST_ON_ITS_WAY = 16 << 20;

  private static ProxyScene toOne() throws IOException {
    return new ProxyScene(Balance.ROUND_ROBIN, SETTINGS, ProxyScene.target(ONE));
  }

  @Test
  void passesBytesOnBothWays() throws IOException {
    try (ProxyScene scene = toOne()) {
      final int listener = scene.listen(ONE);
      final int client = scene.connect();
      final int server = scene.accept(listener);
      for (final int length : new int[] {1, 1460, 100_000}) {
        final byte[] bytes = ProxyScene.bytes(length);
        scene.send(client, bytes);
        assertArrayEquals(bytes, scene.receive(server, length));
        scene.send(server, bytes);
        assertArrayEquals(bytes, scene.receive(client, length));
      }
      assertEquals(
          "10.99.0.1:8080 up, 1 clients, 0 failures, 101461 bytes to it, 101461 from it",
          scene.targets.all().get(0).describe());
    }
  }

  @Test
  void aClientThatHasSaidAllStillHears() throws IOException {
    try (ProxyScene scene = toOne()) {
      final int listener = scene.listen(ONE);
      final int client = scene.connect();
      final int server = scene.accept(listener);
      scene.send(client, ProxyScene.bytes(5000));
      scene.peer.shutdown(client, SocketOption.SHUT_WR);
      assertArrayEquals(ProxyScene.bytes(5000), scene.receive(server, 5000));
      assertEquals(0, scene.end(server));
      scene.send(server, ProxyScene.bytes(200_000));
      assertArrayEquals(ProxyScene.bytes(200_000), scene.receive(client, 200_000));
      assertTrue(scene.isQuiet(client));
      scene.peer.close(server);
      assertEquals(0, scene.end(client));
      scene.hosts.until(() -> scene.proxy.connections() == 0);
      assertEquals(0, scene.proxy.resets());
    }
  }

  @Test
  void aTargetThatHasSaidAllStillHears() throws IOException {
    try (ProxyScene scene = toOne()) {
      final int listener = scene.listen(ONE);
      final int client = scene.connect();
      final int server = scene.accept(listener);
      scene.send(server, ProxyScene.bytes(7));
      scene.peer.shutdown(server, SocketOption.SHUT_WR);
      assertArrayEquals(ProxyScene.bytes(7), scene.receive(client, 7));
      assertEquals(0, scene.end(client));
      scene.send(client, ProxyScene.bytes(200_000));
      assertArrayEquals(ProxyScene.bytes(200_000), scene.receive(server, 200_000));
      scene.peer.close(client);
      assertEquals(0, scene.end(server));
      scene.hosts.until(() -> scene.proxy.connections() == 0);
      assertEquals(0, scene.proxy.resets());
    }
  }

  @Test
  void aTargetThatDoesNotReadStopsTheClient() throws IOException {
    try (ProxyScene scene = toOne()) {
      final int listener = scene.listen(ONE);
      final int client = scene.connect();
      expectBackPressure(scene, client, scene.accept(listener));
    }
  }

  @Test
  void aClientThatDoesNotReadStopsTheTarget() throws IOException {
    try (ProxyScene scene = toOne()) {
      final int listener = scene.listen(ONE);
      final int client = scene.connect();
      expectBackPressure(scene, scene.accept(listener), client);
    }
  }

  private static void expectBackPressure(final ProxyScene scene, final int from, final int to) {
    final byte[] sent = scene.sendUntilBlocked(from, ProxyScene.bytes(MOST_ON_ITS_WAY));
    assertTrue(sent.length < MOST_ON_ITS_WAY, "all was taken");
    scene.expectRest();
    scene.hosts.pass(IDLE_NS / 2); // longer than a connection may take to come
    // The other direction is not held up.
    scene.send(to, ProxyScene.bytes(3000));
    assertArrayEquals(ProxyScene.bytes(3000), scene.receive(from, 3000));
    assertArrayEquals(sent, scene.receive(to, sent.length));
    scene.send(from, ProxyScene.bytes(3000));
    assertArrayEquals(ProxyScene.bytes(3000), scene.receive(to, 3000));
  }

  /** Both ends of the client's connection are closed, which epoll says again and again. */
  @Test
  void theLastBytesOfWhoIsGoneWaitForRoom() throws IOException {
    try (ProxyScene scene = toOne()) {
      final int listener = scene.listen(ONE);
      final int client = scene.connect();
      final int server = scene.accept(listener);
      final byte[] sent = scene.sendUntilBlocked(client, ProxyScene.bytes(MOST_ON_ITS_WAY));
      scene.peer.shutdown(server, SocketOption.SHUT_WR);
      assertEquals(0, scene.end(client));
      scene.peer.shutdown(client, SocketOption.SHUT_WR);
      // Until the client's last byte is at the proxy, where others wait before it.
      final ByteArrayOutputStream received = new ByteArrayOutputStream();
      final TcpInfo info = new TcpInfo();
      do {
        received.writeBytes(scene.receive(server, 10_000));
        scene.expectRest();
        scene.peer.getsockopt(client, SocketOption.IPPROTO_TCP, SocketOption.TCP_INFO, info);
      } while (info.state != TcpState.TIME_WAIT && info.state != TcpState.CLOSED);
      assertEquals(1, scene.proxy.connections());
      received.writeBytes(scene.receive(server, sent.length - received.size()));
      assertArrayEquals(sent, received.toByteArray());
      assertEquals(0, scene.end(server));
      scene.hosts.until(() -> scene.proxy.connections() == 0);
      assertEquals(0, scene.proxy.resets());
    }
  }

  @Test
  void aResetOfTheClientReachesTheTarget() throws IOException {
    try (ProxyScene scene = toOne()) {
      final int listener = scene.listen(ONE);
      final int client = scene.connect();
      final int server = scene.accept(listener);
      scene.peer.disconnect(client);
      assertEquals(-Errno.ECONNRESET, scene.end(server));
      assertEquals(1, scene.proxy.resets());
      assertEquals(0, scene.proxy.connections());
      assertEquals(0, scene.targets.all().get(0).open());
    }
  }

  @Test
  void aResetOfTheTargetReachesTheClient() throws IOException {
    try (ProxyScene scene = toOne()) {
      final int listener = scene.listen(ONE);
      final int client = scene.connect();
      final int server = scene.accept(listener);
      scene.peer.disconnect(server);
      assertEquals(-Errno.ECONNRESET, scene.end(client));
      assertEquals(0, scene.proxy.connections());
    }
  }

  @Test
  void aClientThatLeavesBeforeThereIsATargetIsForgotten() throws IOException {
    final TargetAddress nobody = new TargetAddress(Ipv4Address.parse("10.99.0.77"), ONE);
    try (ProxyScene scene = new ProxyScene(Balance.ROUND_ROBIN, SETTINGS, nobody)) {
      final int client = scene.connect();
      scene.hosts.until(() -> scene.proxy.connections() == 1);
      scene.send(client, ProxyScene.bytes(10));
      scene.peer.disconnect(client);
      scene.hosts.until(() -> scene.proxy.connections() == 0);
      assertEquals(0, scene.targets.all().get(0).open());
    }
  }

  @Test
  void whatTheClientSaysBeforeThereIsATargetWaits() throws IOException {
    final TargetAddress nobody = new TargetAddress(Ipv4Address.parse("10.99.0.77"), ONE);
    try (ProxyScene scene =
        new ProxyScene(Balance.ROUND_ROBIN, SETTINGS, nobody, ProxyScene.target(ONE))) {
      final int listener = scene.listen(ONE);
      final int client = scene.connect();
      scene.send(client, ProxyScene.bytes(1000));
      scene.peer.shutdown(client, SocketOption.SHUT_WR);
      scene.expectRest();
      scene.hosts.pass(5 * ProxyScene.SECOND_NS);
      final int server = scene.accept(listener);
      assertArrayEquals(ProxyScene.bytes(1000), scene.receive(server, 1000));
      assertEquals(0, scene.end(server));
    }
  }

  @Test
  void whoMakesNoProgressIsLetGo() throws IOException {
    try (ProxyScene scene = toOne()) {
      final int listener = scene.listen(ONE);
      final int client = scene.connect();
      final int server = scene.accept(listener);
      for (int i = 0; i < 5; i++) {
        scene.hosts.pass(IDLE_NS * 8 / 10);
        scene.send(i % 2 == 0 ? client : server, ProxyScene.bytes(1));
      }
      scene.receive(server, 3);
      scene.hosts.pass(IDLE_NS * 8 / 10);
      assertTrue(scene.isQuiet(client) || scene.proxy.connections() == 1);
      scene.hosts.pass(IDLE_NS * 4 / 10);
      assertEquals(0, scene.proxy.connections());
      assertEquals(-Errno.ECONNRESET, scene.end(server));
    }
  }

  @Test
  void whoIsThereMayFinishWhenNobodyNewIsTaken() throws IOException {
    try (ProxyScene scene = toOne()) {
      final int listener = scene.listen(ONE);
      final int client = scene.connect();
      final int server = scene.accept(listener);
      scene.proxy.stopListening();
      scene.proxy.stopListening();
      scene.send(client, ProxyScene.bytes(100_000));
      assertArrayEquals(ProxyScene.bytes(100_000), scene.receive(server, 100_000));
      final int late =
          scene.peer.socket(
              SocketOption.AF_INET, SocketOption.SOCK_STREAM | SocketOption.SOCK_NONBLOCK, 0);
      scene.peer.connect(late, TwoHosts.SERVER_ADDRESS, ProxyScene.PORT);
      scene.hosts.pass(ProxyScene.SECOND_NS);
      assertEquals(
          Errno.ECONNREFUSED,
          scene.peer.getsockopt(late, SocketOption.SOL_SOCKET, SocketOption.SO_ERROR));
      scene.peer.close(client);
      scene.peer.close(server);
      scene.hosts.until(() -> scene.proxy.connections() == 0);
    }
  }

  @Test
  void clientsBeyondTheLimitWait() throws IOException {
    final ProxySettings two = new ProxySettings(new ConnectionLimits(2, IDLE_NS), 2000, IDLE_NS);
    try (ProxyScene scene = new ProxyScene(Balance.ROUND_ROBIN, two, ProxyScene.target(ONE))) {
      final int listener = scene.listen(ONE);
      final int first = scene.connect();
      scene.connect();
      scene.connect();
      scene.accept(listener);
      scene.accept(listener);
      scene.hosts.pass(ProxyScene.SECOND_NS);
      assertEquals(2, scene.proxy.connections());
      scene.peer.disconnect(first);
      scene.accept(listener);
      assertFalse(scene.isQuiet(first));
      assertEquals(2, scene.proxy.connections());
    }
  }
}
