package io.ustack.tcp;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;

import io.ustack.house.Rfc9293;
import io.ustack.ipv4.Ipv4Address;
import io.ustack.readiness.Failure;
import io.ustack.readiness.ReadinessObserver;
import io.ustack.testing.TestNet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Both ends in one stack: 127.0.0.0/8 and the own address. */
class LoopbackTest {
  private final TestStack s = new TestStack();
  private final Tcp tcp = s.net.stack.tcp();

  private TcpListener listen(final int port) {
    final TcpBinding binding = tcp.bind(0, port, false);
    assertNotNull(binding);
    final TcpListener listener = tcp.listen(binding, 8, tcp.config(), ReadinessObserver.NONE);
    assertNotNull(listener);
    return listener;
  }

  private TcpConnection connect(final TcpBinding binding, final int address, final int port) {
    final long nowNs = s.net.clock.nanoTime();
    final TcpConnection c =
        tcp.connect(binding, address, port, tcp.config(), ReadinessObserver.NONE, nowNs);
    assertNotNull(c, () -> tcp.lastFailure().name());
    s.net.poll();
    return c;
  }

  private void write(final TcpConnection c, final byte[] bytes) {
    int done = 0;
    while (done < bytes.length) {
      done += c.sendBuffer().write(bytes, done, bytes.length - done);
      c.onSendBufferWritten(s.net.clock.nanoTime());
      s.net.poll();
    }
  }

  private byte[] read(final TcpConnection c, final int length) {
    final byte[] bytes = new byte[length];
    int done = 0;
    while (done < length) {
      final int count = c.receiveBuffer().read(bytes, done, length - done);
      done += count;
      c.onReceiveBufferRead(s.net.clock.nanoTime());
      if (count == 0) {
        s.net.advance(50_000_000);
      }
    }
    return bytes;
  }

  private void shutdown(final TcpConnection c) {
    c.shutdownSend(s.net.clock.nanoTime());
    s.net.poll();
  }

  @ParameterizedTest
  @ValueSource(strings = {"127.0.0.1", "127.1.2.3", "10.99.0.2"})
  @Rfc9293("MUST-45")
  void bothWaysAndInOrderDown(final String address) {
    try (s) {
      final TcpListener listener = listen(80);
      final TcpConnection client = connect(null, Ipv4Address.parse(address), 80);
      assertEquals(TcpState.ESTABLISHED, client.state());
      final TcpConnection server = listener.accept();
      assertNotNull(server);
      final byte[] there = ScriptedSegment.stream(1, 100_000);
      final byte[] back = ScriptedSegment.stream(7, 100_000);
      write(client, there);
      write(server, back);
      assertArrayEquals(there, read(server, there.length));
      assertArrayEquals(back, read(client, back.length));
      shutdown(client);
      assertEquals(TcpState.FIN_WAIT_2, client.state());
      assertEquals(TcpState.CLOSE_WAIT, server.state());
      shutdown(server);
      assertEquals(TcpState.TIME_WAIT, client.state());
      assertEquals(TcpState.CLOSED, server.state());
    }
  }

  @Test
  void nobodyListens() {
    try (s) {
      final TcpConnection client = connect(null, Ipv4Address.LOOPBACK, 81);
      assertEquals(TcpState.CLOSED, client.state());
      assertEquals(Failure.CONNECTION_REFUSED, client.failure());
      assertEquals(0, tcp.connections());
    }
  }

  /** As on Linux: simultaneous open with oneself, and what is written comes back. */
  @ParameterizedTest
  @ValueSource(strings = {"127.0.0.1", "10.99.0.2"})
  void connectionToItself(final String address) {
    try (s) {
      final int self = Ipv4Address.parse(address);
      final TcpConnection c = connect(tcp.bind(self, 5555, false), self, 5555);
      assertEquals(TcpState.ESTABLISHED, c.state());
      final byte[] bytes = ScriptedSegment.stream(1, 50_000);
      write(c, bytes);
      assertArrayEquals(bytes, read(c, bytes.length));
      shutdown(c);
      s.net.advance(1_000_000_000L);
      assertEquals(TcpState.TIME_WAIT, c.state());
      s.net.advance(61_000_000_000L);
      assertEquals(TcpState.CLOSED, c.state());
      assertEquals(Failure.NONE, c.failure());
      assertEquals(0, tcp.connections());
    }
  }

  @Test
  void abortOfAConnectionToItself() {
    try (s) {
      final int self = Ipv4Address.LOOPBACK;
      final TcpConnection c = connect(tcp.bind(self, 5555, false), self, 5555);
      c.abort(s.net.clock.nanoTime());
      s.net.advance(1_000_000_000L);
      assertEquals(0, tcp.connections());
    }
  }

  @Test
  void manyConnectionsAtOnce() {
    try (s) {
      final TcpListener listener = listen(80);
      listener.backlog(4000);
      final TcpConnection[] clients = new TcpConnection[300];
      for (int i = 0; i < clients.length; i++) {
        clients[i] = connect(null, Ipv4Address.LOOPBACK, 80);
      }
      for (final TcpConnection client : clients) {
        write(client, ScriptedSegment.stream(client.localPort(), 1000));
      }
      for (int i = 0; i < clients.length; i++) {
        final TcpConnection server = listener.accept();
        assertNotNull(server);
        assertArrayEquals(ScriptedSegment.stream(server.remotePort(), 1000), read(server, 1000));
        server.abort(s.net.clock.nanoTime());
      }
      s.net.poll();
      for (final TcpConnection client : clients) {
        assertEquals(Failure.CONNECTION_RESET, client.failure());
      }
      assertEquals(0, tcp.connections());
    }
  }

  @Test
  void connectToAddressZeroIsToOurselves() {
    try (s) {
      final TcpListener listener = listen(80);
      final TcpConnection client = connect(null, 0, 80);
      assertEquals(TcpState.ESTABLISHED, client.state());
      assertEquals(Ipv4Address.LOOPBACK, client.remoteAddress());
      assertNotNull(listener.accept());
    }
  }

  @Test
  void ephemeralPortsTowardsOneListenerEnd() {
    try (TestStack stack =
        new TestStack(TestStack.PLAIN.with().maxConnections(1 << 20).maxTimeWaits(0).build())) {
      final Tcp own = stack.net.stack.tcp();
      final long nowNs = stack.net.clock.nanoTime();
      int opened = 0;
      while (own.connect(null, TestNet.PEER, 9, own.config(), ReadinessObserver.NONE, nowNs)
          != null) {
        opened++;
      }
      assertEquals(60_999 - 32_768 + 1, opened);
      assertEquals(Failure.PORTS_EXHAUSTED, own.lastFailure());
      assertNotNull(
          own.connect(null, TestNet.PEER, 10, own.config(), ReadinessObserver.NONE, nowNs),
          "another remote endpoint has ports of its own");
      for (final TcpConnection c : own.connectionTable().toArray()) {
        c.close(nowNs);
      }
      assertEquals(0, own.connections());
      assertEquals(0, own.spareTimers().scheduled());
      stack.net.poll();
      stack.takeSent();
    }
  }
}
