package io.ustack.ipv4;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ustack.house.Covers;
import io.ustack.link.FlowShare;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

class PortAllocatorTest {
  private static final int LOCAL = 0x0A00_0001;
  private static final int REMOTE = 0x0A00_0002;
  private static final int RANGE = 60_999 - 32_768 + 1;

  private final Set<Integer> taken = new HashSet<>();
  private final PortAllocator.PortsInUse ports =
      (localAddress, localPort, remoteAddress, remotePort) -> taken.contains(localPort);

  @Test
  void handsOutEveryPortOfTheRangeOnce() {
    final PortAllocator allocator = new PortAllocator(1, 2, FlowShare.ALL);
    for (int i = 0; i < RANGE; i++) {
      final int port = allocator.allocate(LOCAL, REMOTE, 80, ports);
      assertTrue(port >= 32_768 && port <= 60_999, "port " + port);
      assertTrue(taken.add(port));
    }
    assertEquals(0, allocator.allocate(LOCAL, REMOTE, 80, ports));
    taken.remove(40_000);
    assertEquals(40_000, allocator.allocate(LOCAL, REMOTE, 80, ports));
  }

  /** RFC 6056 3.3.3: in sequence towards one endpoint, so that a port comes back late. */
  @Test
  @Covers(
      rfc = "RFC 6056",
      clause = "3.3.3",
      what = "ephemeral ports, algorithm 3",
      by = PortAllocator.class)
  void runsInSequenceTowardsOneRemote() {
    final PortAllocator allocator = new PortAllocator(1, 2, FlowShare.ALL);
    final int first = allocator.allocate(LOCAL, REMOTE, 80, ports);
    final int second = allocator.allocate(LOCAL, REMOTE, 80, ports);
    assertEquals((first - 32_768 + 1) % RANGE, second - 32_768);
  }

  @Test
  void secretsAndRemotesDecideWhereItStarts() {
    final int port = new PortAllocator(1, 2, FlowShare.ALL).allocate(LOCAL, REMOTE, 80, ports);
    assertEquals(port, new PortAllocator(1, 2, FlowShare.ALL).allocate(LOCAL, REMOTE, 80, ports));
    assertNotEquals(
        port, new PortAllocator(1, 3, FlowShare.ALL).allocate(LOCAL, REMOTE, 80, ports));
    assertNotEquals(
        port, new PortAllocator(1, 2, FlowShare.ALL).allocate(LOCAL, REMOTE, 81, ports));
    assertNotEquals(
        port, new PortAllocator(1, 2, FlowShare.ALL).allocate(LOCAL, REMOTE + 1, 80, ports));
  }

  /** No port tells the next: over many draws they are spread, and never in sequence for long. */
  @Test
  void portsWithoutRemoteAreUnpredictable() {
    final PortAllocator allocator = new PortAllocator(1, 2, FlowShare.ALL);
    int inSequence = 0;
    int last = 0;
    for (int i = 0; i < 1000; i++) {
      final int port = allocator.allocate(0, ports);
      assertTrue(port >= 32_768 && port <= 60_999, "port " + port);
      inSequence += port == last + 1 ? 1 : 0;
      taken.add(port);
      last = port;
    }
    assertEquals(1000, taken.size());
    assertTrue(inSequence < 10, inSequence + " ports followed their predecessor");
  }

  @Test
  void saysWhenNothingIsFree() {
    final PortAllocator allocator = new PortAllocator(1, 2, FlowShare.ALL);
    for (int port = 32_768; port <= 60_999; port++) {
      taken.add(port);
    }
    assertEquals(0, allocator.allocate(0, ports));
    taken.remove(60_999);
    assertEquals(60_999, allocator.allocate(0, ports));
  }
}
