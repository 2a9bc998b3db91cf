package io.ustack.tcp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ustack.testing.TestNet;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What an established connection costs while nothing happens on it. */
class ConnectionSizeTest {
  private static final int CONNECTIONS = 100_000;
  private static final int PER_LISTENER = 25_000;

  /** Ours, the observer that a socket would be, and the list that keeps them are not counted. */
  @Test
  void anIdleConnectionIsSmall() {
    final TcpConfig config = TcpConfig.DEFAULT.with().maxBacklog(PER_LISTENER).build();
    try (TestNet net = new TestNet(TestNet.config().withTcp(config), (a, b, c, d, e) -> 1, 64)) {
      net.quiet();
      net.meetPeer();
      net.link.answerArp(TestNet.PEER, TestNet.PEER_MAC);
      final List<TcpConnection> kept = new ArrayList<>(CONNECTIONS);
      establish(net, 80, 100, kept);
      final long before = usedBytes();
      for (int port = 81; kept.size() < CONNECTIONS; port++) {
        establish(net, port, PER_LISTENER, kept);
      }
      net.advance(5 * TestNet.SECOND);
      final long bytes = (usedBytes() - before) / (kept.size() - 100);
      kept.forEach(c -> assertEquals(TcpState.ESTABLISHED, c.state()));
      assertTrue(bytes <= 512, () -> bytes + " bytes");
      kept.forEach(c -> c.abort(net.clock.nanoTime()));
      drain(net);
    }
  }

  private static void establish(
      final TestNet net, final int port, final int count, final List<TcpConnection> kept) {
    final Tcp tcp = net.stack.tcp();
    final TcpListener listener =
        tcp.listen(tcp.bind(0, port, false), count, tcp.config(), bits -> {});
    for (int i = 0; i < count; i++) {
      final int peerPort = 1024 + i;
      send(net, "S 0:0(0) win 65535 <mss 1460,sackOK,TS val 1 ecr 0,nop,wscale 7>", peerPort, port);
      drain(net);
      final int tick = (int) (net.clock.nanoTime() >>> 63);
      send(net, ". 1:1(0) ack 1 win 512 <nop,nop,TS val 1 ecr " + tick + ">", peerPort, port);
      kept.add(listener.accept());
    }
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
