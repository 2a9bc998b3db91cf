package io.ustack.apps.proxy;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ustack.apps.ConnectionLimits;
import io.ustack.ipv4.Ipv4Address;
import io.ustack.posix.Errno;
import java.io.IOException;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Who gets the next client: targets that are busy, go and come back. */
final class BalanceTest {
  private static final TargetAddress ONE = ProxyScene.target(8081);
  private static final TargetAddress TWO = ProxyScene.target(8082);
  private static final TargetAddress THREE = ProxyScene.target(8083);
  private static final long CHECK_NS = 2 * ProxyScene.SECOND_NS;
  private static final ProxySettings SETTINGS =
      new ProxySettings(new ConnectionLimits(300, 3600 * ProxyScene.SECOND_NS), 1000, CHECK_NS);

  private static Targets targets(final Balance balance) {
    return new Targets(List.of(ONE, TWO, THREE), balance, Thresholds.USUAL);
  }

  private static int port(final Target target) {
    return target == null ? 0 : target.address().port();
  }

  @Test
  void oneAfterTheOther() {
    final Targets targets = targets(Balance.ROUND_ROBIN);
    final int[] ports = new int[7];
    for (int i = 0; i < ports.length; i++) {
      ports[i] = port(targets.next(0));
    }
    assertArrayEquals(new int[] {8081, 8082, 8083, 8081, 8082, 8083, 8081}, ports);
  }

  @Test
  void theOneWithTheFewest() {
    final Targets targets = targets(Balance.LEAST_CONNECTIONS);
    final Target one = targets.all().get(0);
    final Target three = targets.all().get(2);
    one.opened();
    one.opened();
    three.opened();
    final int[] ports = new int[6];
    for (int i = 0; i < ports.length; i++) {
      final Target next = targets.next(0);
      next.opened();
      ports[i] = port(next);
    }
    assertArrayEquals(new int[] {8082, 8083, 8082, 8083, 8081, 8082}, ports);
    three.closed();
    three.closed();
    assertEquals(8083, port(targets.next(0)));
  }

  @Test
  void neverOneThatWasTriedOrIsDown() {
    final Targets targets = targets(Balance.ROUND_ROBIN);
    final Target two = targets.all().get(1);
    for (int i = 0; i < Thresholds.USUAL.fall(); i++) {
      assertTrue(two.isUp());
      two.failed();
    }
    assertEquals(8083, port(targets.next(targets.bit(targets.all().get(0)))));
    assertNull(targets.next(0b101));
    two.answered();
    assertFalse(two.isUp());
    two.failed(); // in a row is meant
    two.answered();
    assertFalse(two.isUp());
    two.answered();
    assertTrue(two.isUp());
  }

  @Test
  void theirNumberHasBounds() {
    for (final int count : new int[] {0, Targets.MOST + 1}) {
      final List<TargetAddress> addresses = Collections.nCopies(count, ONE);
      assertThrows(
          IllegalArgumentException.class,
          () -> new Targets(addresses, Balance.ROUND_ROBIN, Thresholds.USUAL));
    }
    final List<TargetAddress> most = Collections.nCopies(Targets.MOST, ONE);
    assertEquals(
        8081, port(new Targets(most, Balance.ROUND_ROBIN, Thresholds.USUAL).next(~(1L << 63))));
  }

  @Test
  void aTargetThatRefusesIsPassedOver() throws IOException {
    try (ProxyScene scene = new ProxyScene(Balance.ROUND_ROBIN, SETTINGS, ONE, TWO)) {
      final int listener = scene.listen(TWO.port());
      for (int i = 0; i < 5; i++) {
        final int client = scene.connect();
        final int server = scene.accept(listener);
        scene.send(client, ProxyScene.bytes(10));
        assertArrayEquals(ProxyScene.bytes(10), scene.receive(server, 10));
      }
      assertFalse(scene.targets.all().get(0).isUp()); // three of the five came there first
      assertEquals(0, scene.targets.all().get(0).open());
      assertEquals(5, scene.targets.all().get(1).open());
      assertEquals(0, scene.proxy.refused());
    }
  }

  @Test
  void aTargetThatSaysNothingIsPassedOver() throws IOException {
    final TargetAddress nobody = new TargetAddress(Ipv4Address.parse("10.99.0.77"), 8081);
    try (ProxyScene scene = new ProxyScene(Balance.ROUND_ROBIN, SETTINGS, nobody, TWO)) {
      final int listener = scene.listen(TWO.port());
      scene.connect();
      final long beganNs = scene.hosts.clock().nanoTime();
      scene.accept(listener);
      final long tookNs = scene.hosts.clock().nanoTime() - beganNs;
      assertTrue(tookNs < ProxyScene.SECOND_NS * 11 / 10, () -> "it took " + tookNs);
    }
  }

  @Test
  void withoutATargetTheClientIsReset() throws IOException {
    try (ProxyScene scene = new ProxyScene(Balance.LEAST_CONNECTIONS, SETTINGS, ONE, TWO)) {
      assertEquals(-Errno.ECONNRESET, scene.end(scene.connect()));
      for (final Target target : scene.targets.all()) {
        assertTrue(target.describe().contains(" up, 1 clients, 1 failures"), target.describe());
      }
      for (int i = 1; i < 5; i++) {
        assertEquals(-Errno.ECONNRESET, scene.end(scene.connect()));
      }
      assertEquals(5, scene.proxy.refused());
      assertEquals(0, scene.proxy.connections());
    }
  }

  @Test
  void aTargetGoesAndComesBack() throws IOException {
    try (ProxyScene scene = new ProxyScene(Balance.ROUND_ROBIN, SETTINGS, ONE)) {
      final Target one = scene.targets.all().get(0);
      scene.hosts.pass(3 * CHECK_NS / 2);
      assertTrue(one.isUp());
      scene.hosts.pass(3 * CHECK_NS);
      assertFalse(one.isUp());
      final int listener = scene.listen(ONE.port());
      scene.hosts.pass(3 * CHECK_NS / 2);
      assertFalse(one.isUp());
      scene.hosts.pass(CHECK_NS);
      assertTrue(one.isUp());
      // What the checks have left in the backlog is reset: nobody but a client is served.
      scene.connect();
      int server = scene.accept(listener);
      while (!scene.isQuiet(server)) {
        server = scene.accept(listener);
      }
      assertEquals(1, one.connections());
    }
  }
}
