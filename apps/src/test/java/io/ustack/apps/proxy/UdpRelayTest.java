package io.ustack.apps.proxy;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ustack.apps.ConnectionLimits;
import io.ustack.apps.EventLoop;
import io.ustack.apps.TwoHosts;
import io.ustack.posix.Errno;
import io.ustack.posix.Posix;
import io.ustack.posix.SocketAddress4;
import io.ustack.posix.SocketOption;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Clients and targets on one host, the relay on the other, on a manual clock. */
final class UdpRelayTest {
  private static final int PORT = 53;
  private static final int ONE = 5301;
  private static final int OTHER = 5302;
  private static final long IDLE_NS = 10 * ProxyScene.SECOND_NS;
  private static final long RETRY_NS = 5 * ProxyScene.SECOND_NS;
  private static final ConnectionLimits LIMITS = new ConnectionLimits(20, IDLE_NS);

  private final byte[] datagram = new byte[2000];
  private final SocketAddress4 from = new SocketAddress4();
  private TwoHosts hosts;
  private Posix peer;
  private Targets targets;
  private UdpRelay relay;

  @BeforeEach
  void start() throws IOException {
    hosts = new TwoHosts();
    peer = hosts.peerPosix();
    final List<TargetAddress> addresses = List.of(ProxyScene.target(ONE), ProxyScene.target(OTHER));
    targets = new Targets(addresses, Balance.LEAST_CONNECTIONS, Thresholds.USUAL);
    final EventLoop loop = new EventLoop(hosts.serverPosix(), hosts.clock());
    final long nowNs = hosts.clock().nanoTime();
    relay = new UdpRelay(hosts.serverPosix(), loop, targets, LIMITS, RETRY_NS, PORT, nowNs);
    hosts.serve(
        () -> {
          loop.step(0);
          relay.tick(loop.nowNs());
        });
  }

  @AfterEach
  void stop() {
    relay.close();
    hosts.close();
  }

  private int socket(final int port) {
    final int fd =
        peer.socket(SocketOption.AF_INET, SocketOption.SOCK_DGRAM | SocketOption.SOCK_NONBLOCK, 0);
    assertEquals(0, peer.bind(fd, SocketOption.INADDR_ANY, port));
    return fd;
  }

  private void say(final int client, final byte[] bytes) {
    assertEquals(
        bytes.length,
        peer.sendto(client, bytes, 0, bytes.length, 0, TwoHosts.SERVER_ADDRESS, PORT));
  }

  private byte[] hear(final int fd) {
    final int[] length = {0};
    hosts.until(
        () ->
            (length[0] = peer.recvfrom(fd, datagram, 0, datagram.length, 0, from))
                != -Errno.EAGAIN);
    assertTrue(length[0] >= 0, () -> Errno.name(length[0]));
    return Arrays.copyOf(datagram, length[0]);
  }

  private void answer(final int target, final byte[] bytes) {
    assertEquals(
        bytes.length, peer.sendto(target, bytes, 0, bytes.length, 0, from.address(), from.port()));
  }

  private void settle() {
    hosts.pass(ProxyScene.SECOND_NS / 10);
    hosts.pass(ProxyScene.SECOND_NS / 10);
  }

  @Test
  void everyClientHearsItsOwnAnswers() {
    final int[] servers = {socket(ONE), socket(OTHER)};
    final int[] clients = new int[6];
    for (int i = 0; i < clients.length; i++) {
      clients[i] = socket(0);
      for (final int length : new int[] {0, 1, 1472}) {
        say(clients[i], ProxyScene.bytes(length));
        assertArrayEquals(ProxyScene.bytes(length), hear(servers[i % 2]));
        answer(servers[i % 2], new byte[] {(byte) i});
        assertArrayEquals(new byte[] {(byte) i}, hear(clients[i]));
        assertEquals("10.99.0.2:53", from.toString());
      }
    }
    assertEquals(6, relay.flows());
    assertEquals(36, relay.passed());
    assertEquals(0, relay.lost());
    assertEquals(3, targets.all().get(1).open());
  }

  @Test
  void aFlowKeepsItsTargetUntilItIsQuiet() {
    final int[] servers = {socket(ONE), socket(OTHER)};
    final int client = socket(0);
    say(client, ProxyScene.bytes(1));
    hear(servers[0]);
    final SocketAddress4 first = new SocketAddress4();
    first.set(from.address(), from.port());
    for (int i = 0; i < 3; i++) {
      hosts.pass(IDLE_NS * 8 / 10);
      answer(servers[0], ProxyScene.bytes(2)); // the target's word counts as well
      hear(client);
      hosts.pass(IDLE_NS * 8 / 10);
      say(client, ProxyScene.bytes(1));
      hear(servers[0]);
      assertEquals(first.port(), from.port());
    }
    hosts.pass(IDLE_NS * 11 / 10);
    assertEquals(0, relay.flows());
    assertEquals(0, targets.all().get(0).open());
    answer(servers[0], ProxyScene.bytes(2)); // too late
    settle();
    assertEquals(-Errno.EAGAIN, peer.recv(client, datagram, 0, 1, 0));
  }

  @Test
  void whoIsQuietGoesWhoeverElseTalks() {
    final int server = socket(ONE);
    socket(OTHER);
    final int talks = socket(0);
    say(talks, ProxyScene.bytes(1));
    hear(server);
    say(socket(0), ProxyScene.bytes(1));
    hosts.pass(IDLE_NS * 8 / 10);
    answer(server, ProxyScene.bytes(1));
    hosts.pass(IDLE_NS * 4 / 10);
    assertEquals(1, relay.flows());
    assertEquals(1, targets.all().get(0).open());
  }

  @Test
  void flowsHaveALimit() {
    final int server = socket(ONE);
    final int other = socket(OTHER);
    final int[] clients = new int[LIMITS.connections() + 3];
    for (int i = 0; i < clients.length; i++) {
      clients[i] = socket(0);
      say(clients[i], ProxyScene.bytes(1));
      settle();
    }
    assertEquals(LIMITS.connections(), relay.flows());
    assertEquals(3, relay.lost());
    for (int i = 0; i < LIMITS.connections() / 2; i++) {
      hear(server);
      hear(other);
    }
    hosts.pass(2 * IDLE_NS);
    say(clients[clients.length - 1], ProxyScene.bytes(1));
    hosts.until(() -> relay.passed() == LIMITS.connections() + 1);
  }

  @Test
  void aTargetWhereNobodyListensIsLeft() {
    final int other = socket(OTHER);
    final int[] clients = new int[8];
    for (int i = 0; i < clients.length; i++) {
      clients[i] = socket(0);
      say(clients[i], ProxyScene.bytes(1));
      settle();
    }
    assertFalse(targets.all().get(0).isUp());
    for (final int client : clients) {
      say(client, ProxyScene.bytes(3));
      settle();
    }
    int heard = 0;
    for (int i = 0; i < 2 * clients.length; i++) {
      heard += peer.recv(other, datagram, 0, datagram.length, 0) == 3 ? 1 : 0;
    }
    assertEquals(clients.length, heard);
    assertEquals(clients.length, targets.all().get(1).open());
    assertEquals(0, targets.all().get(0).open());
    hosts.pass((Thresholds.USUAL.rise() + 1) * RETRY_NS);
    assertTrue(targets.all().get(0).isUp());
  }
}
