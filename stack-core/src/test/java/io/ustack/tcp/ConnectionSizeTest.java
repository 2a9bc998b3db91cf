package io.ustack.tcp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ustack.testing.TestNet;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What an established connection costs while nothing happens on it. */
class ConnectionSizeTest {
  private static final int CONNECTIONS = 100_000;
  private static final int PER_LISTENER = 25_000;

  /** As many go first, which fills what the connections share. */
  private static final int FIRST = 2000;

  /** Payload of a segment with timestamps. */
  private static final int MSS = 1448;

  /** So many are awake at once, with their buffers. */
  private static final int AT_ONCE = 1000;

  /** A {@code Cubic} with its {@code CubicCurve} and what that was before. */
  private static final int CUBIC_BYTES = 24 + 2 * 64;

  // So close to what it is that two more fields show.
  /** Where other threads may touch the buffers. */
  private static final int MOST_BYTES = 504;

  /** Where none does. */
  private static final int MOST_ASLEEP_BYTES = 240;

  private final List<TcpConnection> kept = new ArrayList<>(CONNECTIONS);
  private final List<Alone> applications = new ArrayList<>(CONNECTIONS);
  private final byte[] some = new byte[10 * MSS];

  /** Nobody has accepted it, or has said that he is alone. */
  @Test
  void anIdleConnectionIsSmall() {
    measure(null, MOST_BYTES);
  }

  /** Both sides have said something, and heard that it arrived. */
  @Test
  void aConnectionThatFellSilentIsSmaller() {
    measure(this::talk, MOST_ASLEEP_BYTES);
  }

  /** More than an initial window, from which on the receive buffer is tuned. */
  @Test
  void oneThatHasReceivedIsAsSmall() {
    measure(this::receive, MOST_ASLEEP_BYTES);
  }

  /** CUBIC remembers the window at which something was lost, and what it knew before that. */
  @Test
  void oneThatHasRecoveredKeepsTheCurve() {
    measure(this::recover, MOST_ASLEEP_BYTES + CUBIC_BYTES);
  }

  /** What happened on a connection before it fell silent. */
  private interface History {
    void happen(TestNet net, TcpConnection connection, int peerPort, int port);
  }

  /** Ours, the observer that a socket would be, and the list that keeps them are not counted. */
  private void measure(final @Nullable History history, final int mostBytes) {
    final TcpConfig config = TcpConfig.DEFAULT.with().maxBacklog(PER_LISTENER).build();
    try (TestNet net = new TestNet(TestNet.config().withTcp(config), (a, b, c, d, e) -> 1, 64)) {
      net.quiet();
      net.meetPeer();
      net.link.answerArp(TestNet.PEER, TestNet.PEER_MAC);
      while (history != null && applications.size() < CONNECTIONS) {
        applications.add(new Alone());
      }
      establish(net, 80, FIRST, history);
      net.advance(5 * TestNet.SECOND);
      final long before = usedBytes();
      for (int port = 81; kept.size() < CONNECTIONS; port++) {
        establish(net, port, Math.min(PER_LISTENER, CONNECTIONS - kept.size()), history);
      }
      net.advance(5 * TestNet.SECOND);
      final long bytes = (usedBytes() - before) / (kept.size() - FIRST);
      kept.forEach(c -> assertEquals(TcpState.ESTABLISHED, c.state()));
      assertTrue(bytes <= mostBytes, () -> bytes + " bytes");
      kept.forEach(c -> c.abort(net.clock.nanoTime()));
      drain(net);
    }
  }

  private void establish(
      final TestNet net, final int port, final int count, final @Nullable History history) {
    final Tcp tcp = net.stack.tcp();
    final TcpListener listener =
        tcp.listen(tcp.bind(0, port, false), count, tcp.config(), bits -> {});
    for (int i = 0; i < count; i++) {
      final int peerPort = 1024 + i;
      send(net, "S 0:0(0) win 65535 <mss 1460,sackOK,TS val 1 ecr 0,nop,wscale 7>", peerPort, port);
      drain(net);
      send(net, ". 1:1(0) ack 1 win 512 <nop,nop,TS val 1 ecr 0>", peerPort, port);
      final TcpConnection connection = listener.accept();
      kept.add(connection);
      if (history != null) {
        applications.get(kept.size() - 1).of(connection);
        history.happen(net, connection, peerPort, port);
        assertTrue(connection.sender().isIdle());
        assertEquals(0, connection.sendBuffer().length());
      }
      if (i % AT_ONCE == 0) {
        net.advance(2 * TestNet.SECOND);
      }
    }
  }

  /** A request, its answer, and the ACK of that. */
  private void talk(
      final TestNet net, final TcpConnection connection, final int peerPort, final int port) {
    send(net, "P. 1:101(100) ack 1 win 512 <nop,nop,TS val 2 ecr 0>", peerPort, port);
    assertEquals(100, connection.receiveBuffer().read(some, 0, some.length));
    assertEquals(100, connection.sendBuffer().write(some, 0, 100));
    connection.onSendBufferWritten(net.clock.nanoTime());
    drain(net);
    send(net, ". 101:101(0) ack 101 win 512 <nop,nop,TS val 2 ecr 0>", peerPort, port);
    drain(net);
  }

  /** Fifteen full segments, each read at once. */
  private void receive(
      final TestNet net, final TcpConnection connection, final int peerPort, final int port) {
    for (int i = 0; i < 15; i++) {
      final int at = 1 + i * MSS;
      final String data = ". %d:%d(%d) ack 1 win 512 <nop,nop,TS val 2 ecr 0>";
      send(net, data.formatted(at, at + MSS, MSS), peerPort, port);
      assertEquals(MSS, connection.receiveBuffer().read(some, 0, some.length));
      connection.onReceiveBufferRead(net.clock.nanoTime());
      drain(net);
    }
  }

  /** Ten segments, of which the first is lost and sent again. */
  private void recover(
      final TestNet net, final TcpConnection connection, final int peerPort, final int port) {
    assertEquals(some.length, connection.sendBuffer().write(some, 0, some.length));
    connection.onSendBufferWritten(net.clock.nanoTime());
    drain(net);
    final int end = 1 + some.length;
    final String sack = ". 1:1(0) ack 1 win 512 <nop,nop,TS val 2 ecr 0,nop,nop,sack %d:%d>";
    send(net, sack.formatted(1 + MSS, end), peerPort, port);
    assertEquals(CongestionState.RECOVERY, connection.sender().congestionState());
    drain(net);
    send(net, ". 1:1(0) ack %d win 512 <nop,nop,TS val 3 ecr 0>".formatted(end), peerPort, port);
    drain(net);
  }

  private static void send(
      final TestNet net, final String text, final int peerPort, final int port) {
    net.inject(
        TestNet.ipv4ToUs(
            TcpHeader.PROTOCOL, ScriptedSegment.parse(text).bytes(peerPort, port, 7, 1)));
  }

  private static void drain(final TestNet net) {
    net.poll();
    while (net.link.takeSent() != null) {
      // Whatever it is.
    }
  }

  private static long usedBytes() {
    final Runtime runtime = Runtime.getRuntime();
    for (int i = 0; i < 3; i++) {
      System.gc();
    }
    return runtime.totalMemory() - runtime.freeMemory();
  }
}
