package io.ustack.tcp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ustack.readiness.ReadinessObserver;
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

  /** 512 is the aim; this is so close to what it is that two more fields show. */
  private static final int MOST_BYTES = 504;

  private final List<TcpConnection> kept = new ArrayList<>(CONNECTIONS);
  private final List<Application> applications = new ArrayList<>(CONNECTIONS);
  private final byte[] some = new byte[100];

  @Test
  void anIdleConnectionIsSmall() {
    measure(false);
  }

  /** Both sides have said something, and heard that it arrived. */
  @Test
  void aConnectionThatFellSilentIsAsSmall() {
    measure(true);
  }

  /** Ours, the observer that a socket would be, and the list that keeps them are not counted. */
  private void measure(final boolean talks) {
    final TcpConfig config = TcpConfig.DEFAULT.with().maxBacklog(PER_LISTENER).build();
    try (TestNet net = new TestNet(TestNet.config().withTcp(config), (a, b, c, d, e) -> 1, 64)) {
      net.quiet();
      net.meetPeer();
      net.link.answerArp(TestNet.PEER, TestNet.PEER_MAC);
      while (talks && applications.size() < CONNECTIONS) {
        applications.add(new Application());
      }
      establish(net, 80, FIRST, talks);
      net.advance(5 * TestNet.SECOND);
      final long before = usedBytes();
      for (int port = 81; kept.size() < CONNECTIONS; port++) {
        establish(net, port, Math.min(PER_LISTENER, CONNECTIONS - kept.size()), talks);
      }
      net.advance(5 * TestNet.SECOND);
      final long bytes = (usedBytes() - before) / (kept.size() - FIRST);
      kept.forEach(c -> assertEquals(TcpState.ESTABLISHED, c.state()));
      assertTrue(bytes <= MOST_BYTES, () -> bytes + " bytes");
      kept.forEach(c -> c.abort(net.clock.nanoTime()));
      drain(net);
    }
  }

  private void establish(final TestNet net, final int port, final int count, final boolean talks) {
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
      if (talks) {
        talk(net, connection, peerPort, port);
      }
    }
  }

  /** A request, its answer, and the ACK of that. */
  private void talk(
      final TestNet net, final TcpConnection connection, final int peerPort, final int port) {
    final Application application = applications.get(kept.size() - 1);
    application.connection = connection;
    connection.observer(application);
    send(net, "P. 1:101(100) ack 1 win 512 <nop,nop,TS val 2 ecr 0>", peerPort, port);
    assertEquals(some.length, connection.receiveBuffer().read(some, 0, some.length));
    assertEquals(some.length, connection.sendBuffer().write(some, 0, some.length));
    connection.onSendBufferWritten(net.clock.nanoTime());
    drain(net);
    send(net, ". 101:101(0) ack 101 win 512 <nop,nop,TS val 2 ecr 0>", peerPort, port);
    drain(net);
    assertTrue(connection.sender().isIdle());
    assertEquals(0, connection.sendBuffer().length());
  }

  /** Of one thread: nobody writes while the stack asks. */
  private static final class Application implements ReadinessObserver {
    private @Nullable TcpConnection connection;

    @Override
    public void onReadiness(final int bits) {
      // It looks for itself.
    }

    @Override
    public void onIdle() {
      if (connection != null) {
        connection.sendBuffer().sleep();
      }
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
