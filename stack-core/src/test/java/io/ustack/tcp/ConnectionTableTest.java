package io.ustack.tcp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;

import io.ustack.ipv4.Path;
import io.ustack.readiness.ReadinessObserver;
import io.ustack.testing.TestNet;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Open addressing without tombstones, against a HashMap. */
class ConnectionTableTest {
  private record Tuple(int local, int localPort, int remote, int remotePort) {}

  private final TestStack stack = new TestStack();

  @AfterEach
  void close() {
    stack.close();
  }

  private TcpConnection connection(final Tuple t) {
    final Path path = stack.net.stack.ipv4().path(t.local, t.remote);
    return new TcpConnection(
        stack.net.stack.tcp(),
        path,
        t.localPort,
        t.remotePort,
        TestStack.PLAIN,
        ReadinessObserver.NONE,
        0);
  }

  private static TcpConnection find(final ConnectionTable table, final Tuple t) {
    return table.find(t.local, t.localPort, t.remote, t.remotePort);
  }

  private static Tuple random(final Random random) {
    return new Tuple(
        TestNet.OUR, 80 + random.nextInt(3), TestNet.PEER + random.nextInt(4), random.nextInt(400));
  }

  /** Few slots for many tuples: probe sequences meet, wrap and are torn apart all the time. */
  @ParameterizedTest(name = "up to {0} connections")
  @ValueSource(ints = {5, 31, 60, 500, 3000})
  void sameAsAHashMap(final int most) {
    final Random random = new Random(most);
    for (int key = 0; key < 5; key++) {
      final ConnectionTable table = new ConnectionTable(random.nextLong());
      final Map<Tuple, TcpConnection> model = new HashMap<>();
      final List<Tuple> order = new ArrayList<>();
      for (int i = 0; i < 6000; i++) {
        final Tuple t = random(random);
        assertSame(model.get(t), find(table, t));
        if (!order.isEmpty() && (order.size() >= most || random.nextInt(5) < 2)) {
          final Tuple gone = order.remove(random.nextInt(order.size()));
          table.remove(model.remove(gone));
          assertNull(find(table, gone));
        } else if (!model.containsKey(t)) {
          final TcpConnection c = connection(t);
          table.add(c);
          model.put(t, c);
          order.add(t);
        }
        assertEquals(model.size(), table.count());
      }
      for (final Map.Entry<Tuple, TcpConnection> entry : model.entrySet()) {
        assertSame(entry.getValue(), find(table, entry.getKey()));
      }
      assertEquals(new HashSet<>(model.values()), Set.of(table.toArray()));
    }
  }

  @Test
  void removingWhatIsNotThereDoesNothing() {
    final ConnectionTable table = new ConnectionTable(1);
    final TcpConnection there = connection(new Tuple(TestNet.OUR, 80, TestNet.PEER, 1));
    table.add(there);
    table.remove(connection(new Tuple(TestNet.OUR, 80, TestNet.PEER, 1)));
    table.remove(connection(new Tuple(TestNet.OUR, 80, TestNet.PEER, 2)));
    assertEquals(1, table.count());
    assertSame(there, find(table, new Tuple(TestNet.OUR, 80, TestNet.PEER, 1)));
  }

  @Test
  void everyPartOfTheTupleCounts() {
    final ConnectionTable table = new ConnectionTable(1);
    table.add(connection(new Tuple(TestNet.OUR, 80, TestNet.PEER, 1000)));
    assertNull(find(table, new Tuple(TestNet.OUR + 1, 80, TestNet.PEER, 1000)));
    assertNull(find(table, new Tuple(TestNet.OUR, 81, TestNet.PEER, 1000)));
    assertNull(find(table, new Tuple(TestNet.OUR, 80, TestNet.PEER + 1, 1000)));
    assertNull(find(table, new Tuple(TestNet.OUR, 80, TestNet.PEER, 1001)));
    assertNull(find(table, new Tuple(TestNet.PEER, 1000, TestNet.OUR, 80)));
  }
}
