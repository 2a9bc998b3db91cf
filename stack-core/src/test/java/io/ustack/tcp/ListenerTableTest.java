package io.ustack.tcp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ustack.buffer.SipHash;
import io.ustack.ipv4.PortSharing;
import io.ustack.readiness.ReadinessObserver;
import io.ustack.testing.TestNet;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Chains that are doubled, against a list that is walked from end to end. */
class ListenerTableTest {
  private static final long KEY_0 = 1;
  private static final long KEY_1 = 2;
  private static final PortSharing SHARED = PortSharing.of(false, true);

  private final TestStack stack = new TestStack();
  private final ListenerTable table = new ListenerTable(KEY_0, KEY_1);
  private final List<TcpListener> all = new ArrayList<>();

  @AfterEach
  void close() {
    stack.close();
  }

  private TcpListener listener(final int address, final int port, final PortSharing sharing) {
    final Tcp tcp = stack.net.stack.tcp();
    final TcpBinding binding = new TcpBinding(tcp.ports(), address, port, sharing);
    return new TcpListener(tcp, binding, 8, TestStack.PLAIN, ReadinessObserver.NONE);
  }

  private void add(final TcpListener listener) {
    table.add(listener);
    all.add(listener);
  }

  private List<TcpListener> group(final int address, final int port) {
    return all.stream().filter(l -> l.address() == address && l.port() == port).toList();
  }

  private void remove(final TcpListener listener) {
    final List<TcpListener> group = group(listener.address(), listener.port());
    final TcpListener last = group.get(group.size() - 1);
    all.remove(last);
    if (last != listener) {
      all.set(all.indexOf(listener), last);
    }
    table.remove(listener);
    table.remove(listener); // it is gone
  }

  private @Nullable TcpListener expected(final int address, final int port, final int remotePort) {
    final List<TcpListener> own = group(address, port);
    final List<TcpListener> group = own.isEmpty() ? group(0, port) : own;
    if (group.isEmpty() || !group.get(0).binding().sharing().port()) {
      return group.isEmpty() ? null : group.get(0);
    }
    final long ends = (long) address << 32 | TestNet.PEER;
    final long hash = SipHash.hash(KEY_0, KEY_1, ends, (long) port << 16 | remotePort);
    return group.get((int) (((hash >>> 32) * group.size()) >>> 32));
  }

  private void checkAll(final int[] addresses, final int ports, final Random random) {
    for (final int address : addresses) {
      for (int port = 1; port <= ports; port++) {
        final int remotePort = random.nextInt(1 << 16);
        assertSame(
            expected(address, port, remotePort),
            table.find(address, port, TestNet.PEER, remotePort));
      }
    }
  }

  @ParameterizedTest(name = "{0} ports")
  @ValueSource(ints = {3, 20, 90})
  void sameAsAList(final int ports) {
    final int[] addresses = {0, TestNet.OUR, 0x7F00_0001, 0xFF00_0001};
    final Random random = new Random(ports);
    for (int step = 0; step < 2000; step++) {
      final int address = addresses[random.nextInt(addresses.length)];
      final int port = 1 + random.nextInt(ports);
      // Ebb and flow: so that it grows, and is empty now and then.
      final boolean flood = step / 250 % 2 == 0;
      if (all.isEmpty() || random.nextInt(10) < (flood ? 8 : 2)) {
        // The odd ports are shared; on the others there is one per address.
        if (port % 2 == 1 || group(address, port).isEmpty()) {
          add(listener(address, port, port % 2 == 1 ? SHARED : PortSharing.NONE));
        }
      } else {
        remove(all.get(random.nextInt(all.size())));
      }
      if (step % 25 == 0) {
        checkAll(addresses, ports, random);
      }
    }
    while (!all.isEmpty()) {
      remove(all.get(random.nextInt(all.size())));
      checkAll(new int[] {addresses[random.nextInt(4)]}, ports, random);
    }
    assertEquals(0, table.longestChain());
  }

  @Test
  void whoIsNotThereIsNotTakenOut() {
    final TcpListener one = listener(0, 80, SHARED);
    table.remove(one);
    table.add(one);
    table.remove(listener(0, 80, SHARED));
    table.remove(listener(0, 81, SHARED));
    assertSame(one, table.find(TestNet.OUR, 80, TestNet.PEER, 1));
    assertNull(table.find(TestNet.OUR, 81, TestNet.PEER, 1));
  }

  @Test
  void whoComesAndGoesTakesNoRoom() {
    for (int i = 0; i < 1000; i++) {
      final TcpListener listener = listener(0, 1 + i, PortSharing.NONE);
      table.add(listener);
      table.remove(listener);
    }
    assertEquals(16, table.chains());
  }

  /** What a SYN passes at most, among so many listeners at such distances. */
  @ParameterizedTest(name = "{0} ports, each {1}th")
  @CsvSource({"16, 1", "60000, 1", "1000, 64", "250, 256", "60, 1024", "6000, 10"})
  void manyPortsAreFoundInAFewSteps(final int count, final int distance) {
    for (int i = 1; i <= count; i++) {
      table.add(listener(0, i * distance, PortSharing.NONE));
    }
    assertTrue(table.longestChain() <= 4, () -> "longest: " + table.longestChain());
    assertTrue(table.chains() <= Math.max(16, 2 * count), () -> "chains: " + table.chains());
    assertEquals(count * distance, found(TestNet.OUR, count * distance));
    assertEquals(distance, found(TestNet.OUR, distance));
  }

  private int found(final int address, final int port) {
    final TcpListener listener = table.find(address, port, TestNet.PEER, 1);
    return listener == null ? -1 : listener.port();
  }

  @ParameterizedTest(name = "each {0}th address")
  @ValueSource(ints = {1, 16, 256, 65_536})
  void manyAddressesOnOnePortToo(final int distance) {
    final int count = Math.min(20_000, (1 << 24) / distance);
    for (int i = 0; i < count; i++) {
      table.add(listener(0x7F00_0000 + i * distance, 80, PortSharing.NONE));
    }
    assertTrue(table.longestChain() <= 4, () -> "longest: " + table.longestChain());
    assertEquals(80, found(0x7F00_0000 + (count - 1) * distance, 80));
    assertEquals(-1, found(0x7F00_0000 + count * distance, 80));
  }
}
