package io.ustack.tcp;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ustack.house.Covers;
import io.ustack.ipv4.PortSharing;
import io.ustack.readiness.ReadinessObserver;
import io.ustack.testing.TestNet;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Listeners that share a port: SO_REUSEPORT. */
class ListenerGroupTest {
  private static final int PORT = 80;
  private static final int PEERS = 1000;
  private static final PortSharing GROUP = PortSharing.of(false, true);

  private static TcpListener listen(final TestStack s, final int address, final int port) {
    final Tcp tcp = s.net.stack.tcp();
    final TcpBinding binding = tcp.bind(address, port, GROUP);
    assertNotNull(binding);
    final TcpListener listener = tcp.listen(binding, 8, tcp.config(), ReadinessObserver.NONE);
    assertNotNull(listener);
    return listener;
  }

  private static TcpListener[] chosen(final ListenerTable table) {
    final TcpListener[] chosen = new TcpListener[PEERS];
    for (int i = 0; i < PEERS; i++) {
      chosen[i] = table.find(TestNet.OUR, PORT, TestNet.PEER, 1024 + i);
      assertSame(chosen[i], table.find(TestNet.OUR, PORT, TestNet.PEER, 1024 + i));
    }
    return chosen;
  }

  @Test
  @Covers(
      rfc = "Linux",
      clause = "SO_REUSEPORT",
      what = "a group of listeners, chosen by a keyed hash of both ends",
      by = ListenerTable.class)
  void eachGetsItsShareAndKeepsIt() {
    try (TestStack s = new TestStack()) {
      final ListenerTable table = new ListenerTable(1, 2);
      final List<TcpListener> group = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        group.add(listen(s, 0, PORT));
        table.add(group.get(i));
      }
      table.add(listen(s, 0, PORT + 256)); // of no concern
      final TcpListener[] before = chosen(table);
      for (final TcpListener listener : group) {
        int share = 0;
        for (final TcpListener one : before) {
          share += one == listener ? 1 : 0;
        }
        final int got = share;
        assertTrue(got > 200 && got < 300, () -> got + " of 1000");
      }
      table.remove(group.get(3));
      table.remove(group.get(3));
      for (final TcpListener listener : chosen(table)) {
        assertTrue(group.subList(0, 3).contains(listener));
      }
      table.remove(group.get(0));
      table.remove(group.get(1));
      for (final TcpListener listener : chosen(table)) {
        assertSame(group.get(2), listener);
      }
      table.remove(group.get(2));
      assertNull(table.find(TestNet.OUR, PORT, TestNet.PEER, 1024));
      assertNotNull(table.find(TestNet.OUR, PORT + 256, TestNet.PEER, 1024));
    }
  }

  /** As Linux reuseport_detach_sock: the last takes the place of the one that leaves. */
  @Test
  void whoLeavesIsReplacedByTheLast() {
    try (TestStack s = new TestStack()) {
      final ListenerTable left = new ListenerTable(1, 2);
      final ListenerTable fresh = new ListenerTable(1, 2);
      final TcpListener first = listen(s, 0, PORT);
      final TcpListener second = listen(s, 0, PORT);
      final TcpListener third = listen(s, 0, PORT);
      left.add(first);
      left.add(second);
      left.add(third);
      left.remove(first);
      fresh.add(third);
      fresh.add(second);
      assertArrayEquals(chosen(fresh), chosen(left));
    }
  }

  @Test
  void oneAddressWinsOverAll() {
    try (TestStack s = new TestStack()) {
      final ListenerTable table = new ListenerTable(1, 2);
      final TcpListener any = listen(s, 0, PORT);
      final TcpListener own = listen(s, TestNet.OUR, PORT);
      table.add(any);
      table.add(own);
      for (final TcpListener listener : chosen(table)) {
        assertSame(own, listener);
      }
      assertSame(any, table.find(0x7F000001, PORT, TestNet.PEER, 1024));
    }
  }

  @Test
  void anotherKeyIsAnotherChoice() {
    try (TestStack s = new TestStack()) {
      final ListenerTable one = new ListenerTable(1, 2);
      final ListenerTable other = new ListenerTable(1, 3);
      for (int i = 0; i < 4; i++) {
        final TcpListener listener = listen(s, 0, PORT);
        one.add(listener);
        other.add(listener);
      }
      int same = 0;
      final TcpListener[] ones = chosen(one);
      final TcpListener[] others = chosen(other);
      for (int i = 0; i < PEERS; i++) {
        same += ones[i] == others[i] ? 1 : 0;
      }
      assertEquals(250, same, 60);
    }
  }
}
