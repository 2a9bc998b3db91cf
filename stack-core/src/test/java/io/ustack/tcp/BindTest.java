package io.ustack.tcp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ustack.house.Rfc9293;
import io.ustack.ipv4.Ipv4Address;
import io.ustack.ipv4.PortAllocator;
import io.ustack.readiness.Failure;
import io.ustack.readiness.ReadinessObserver;
import io.ustack.testing.TestNet;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Who may hold a port beside whom. The tables are what Linux 6 answered to the same calls; {@code
 * a} is the address on the link, {@code b} is 127.0.0.1.
 */
class BindTest {
  private static final int PORT = 5000;

  private static int address(final String name) {
    return switch (name) {
      case "any" -> 0;
      case "a" -> TestNet.OUR;
      case "b" -> Ipv4Address.LOOPBACK;
      default -> throw new IllegalArgumentException(name);
    };
  }

  private static TcpBinding bind(final TestStack s, final int port, final String words) {
    final String[] word = words.strip().split(" ", -1);
    return s.net.stack.tcp().bind(address(word[0]), port, "reuse".equals(word[1]));
  }

  private static TcpListener listen(final TestStack s, final TcpBinding binding) {
    final Tcp tcp = s.net.stack.tcp();
    return tcp.listen(binding, 5, tcp.config(), ReadinessObserver.NONE);
  }

  // ---- Two sockets

  @ParameterizedTest(name = "{0} bound, {1}: {2}")
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          any plain | any plain | EADDRINUSE
          any plain | a plain   | EADDRINUSE
          any plain | any reuse | EADDRINUSE
          any plain | b reuse   | EADDRINUSE
          a plain   | any plain | EADDRINUSE
          a plain   | a plain   | EADDRINUSE
          a plain   | b plain   | ok, both listen
          a plain   | any reuse | EADDRINUSE
          a plain   | a reuse   | EADDRINUSE
          a plain   | b reuse   | ok, both listen
          any reuse | any plain | EADDRINUSE
          any reuse | a plain   | EADDRINUSE
          any reuse | any reuse | ok, one listens
          any reuse | a reuse   | ok, one listens
          any reuse | b reuse   | ok, one listens
          a reuse   | any plain | EADDRINUSE
          a reuse   | a plain   | EADDRINUSE
          a reuse   | b plain   | ok, both listen
          a reuse   | any reuse | ok, one listens
          a reuse   | a reuse   | ok, one listens
          a reuse   | b reuse   | ok, both listen
          """)
  void besideABoundSocket(final String first, final String second, final String result) {
    try (TestStack s = new TestStack()) {
      final TcpBinding a = bind(s, PORT, first);
      final TcpBinding b = bind(s, PORT, second);
      assertEquals(!"EADDRINUSE".equals(result), b != null);
      if (b == null) {
        assertEquals(Failure.ADDRESS_IN_USE, s.net.stack.tcp().lastFailure());
        return;
      }
      assertNotNull(listen(s, b));
      assertEquals(result.endsWith("both listen"), listen(s, a) != null);
    }
  }

  @ParameterizedTest(name = "{0} listens, {1}: {2}")
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          any plain | any plain | false
          any plain | b reuse   | false
          a plain   | any plain | false
          a plain   | a reuse   | false
          a plain   | b plain   | true
          a plain   | b reuse   | true
          any reuse | any plain | false
          any reuse | any reuse | false
          any reuse | a reuse   | false
          any reuse | b reuse   | false
          a reuse   | any reuse | false
          a reuse   | a reuse   | false
          a reuse   | b plain   | true
          a reuse   | b reuse   | true
          """)
  void besideAListener(final String first, final String second, final boolean ok) {
    try (TestStack s = new TestStack()) {
      final TcpListener listener = listen(s, bind(s, PORT, first));
      final TcpBinding b = bind(s, PORT, second);
      assertEquals(ok, b != null);
      listener.close(s.net.clock.nanoTime());
      if (b == null && second.endsWith("reuse") && first.endsWith("reuse")) {
        assertNotNull(bind(s, PORT, second), "it does not listen any more");
      }
    }
  }

  // ---- Connections hold their port, too

  @ParameterizedTest(name = "listener {0} gone, connection on a, {1}: {2}")
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          any plain | any plain | false
          any plain | a plain   | false
          any plain | b plain   | true
          any plain | any reuse | false
          any plain | a reuse   | false
          any plain | b reuse   | true
          any reuse | any plain | false
          any reuse | a plain   | false
          any reuse | b plain   | true
          any reuse | any reuse | true
          any reuse | a reuse   | true
          any reuse | b reuse   | true
          a plain   | any reuse | false
          a plain   | a reuse   | false
          a plain   | b plain   | true
          a reuse   | any reuse | true
          a reuse   | a reuse   | true
          a reuse   | a plain   | false
          """)
  void besideAConnectionThatWasAccepted(final String first, final String second, final boolean ok) {
    try (TestStack s = new TestStack()) {
      final TcpBinding held = bind(s, TestStack.OUR_PORT, first);
      s.listener(listen(s, held));
      s.establish();
      s.listener().close(s.net.clock.nanoTime());
      held.release();
      check(s, second, ok);
      s.shutdownSend();
      s.script("> F. 1:1(0) ack 1", "< F. 1:1(0) ack 2 win 65535", "> . 2:2(0) ack 2");
      s.in(TcpState.TIME_WAIT);
      check(s, second, ok);
      s.silence(61);
      check(s, second, true);
    }
  }

  private static void check(final TestStack s, final String words, final boolean ok) {
    final TcpBinding b = bind(s, TestStack.OUR_PORT, words);
    assertEquals(ok, b != null);
    if (b != null) {
      final TcpListener again = listen(s, b);
      assertNotNull(again);
      again.close(s.net.clock.nanoTime());
      b.release();
    }
  }

  @ParameterizedTest(name = "connected from {0}, {1}: {2}")
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          any plain | any plain | false
          any plain | a plain   | false
          any plain | b plain   | true
          any plain | any reuse | false
          any plain | a reuse   | false
          any plain | b reuse   | true
          a plain   | a reuse   | false
          a plain   | b plain   | true
          any reuse | any plain | false
          any reuse | a plain   | false
          any reuse | b plain   | true
          any reuse | any reuse | true
          any reuse | a reuse   | true
          any reuse | b reuse   | true
          a reuse   | any reuse | true
          """)
  void besideAConnectionThatWasBound(final String first, final String second, final boolean ok) {
    try (TestStack s = new TestStack()) {
      s.connect(bind(s, TestStack.OUR_PORT, first));
      s.script("< S. 0:0(0) ack 1 win 65535 <mss 1460>", "> . 1:1(0) ack 1");
      check(s, second, ok);
      s.closeConnection();
      s.script("> F. 1:1(0) ack 1", "< F. 1:1(0) ack 2 win 65535", "> . 2:2(0) ack 2");
      s.in(TcpState.TIME_WAIT);
      check(s, second, ok);
    }
  }

  @Test
  void connectionFromAnEphemeralPortHoldsIt() {
    try (TestStack s = new TestStack()) {
      final Tcp tcp = s.net.stack.tcp();
      final long nowNs = s.net.clock.nanoTime();
      final TcpConnection c =
          tcp.connect(null, TestNet.PEER, 9, tcp.config(), ReadinessObserver.NONE, nowNs);
      assertNotNull(c);
      assertNull(bind(s, c.localPort(), "any plain"));
      assertNull(bind(s, c.localPort(), "a reuse"));
      assertNotNull(bind(s, c.localPort(), "b plain"));
      s.net.poll();
      s.takeSent();
    }
  }

  // ---- Addresses and ephemeral ports

  @Test
  void addressMustBeOurs() {
    try (TestStack s = new TestStack()) {
      final Tcp tcp = s.net.stack.tcp();
      assertNull(tcp.bind(TestNet.PEER, PORT, false));
      assertEquals(Failure.ADDRESS_NOT_AVAILABLE, tcp.lastFailure());
      assertNotNull(tcp.bind(Ipv4Address.parse("127.7.7.7"), PORT, false));
    }
  }

  @Test
  void ephemeralPortsAreDistinctAndInRange() {
    try (TestStack s = new TestStack()) {
      final Set<Integer> seen = new HashSet<>();
      for (int i = 0; i < 1000; i++) {
        final TcpBinding b = bind(s, 0, "any plain");
        assertTrue(b.port() >= PortAllocator.FIRST_PORT && b.port() <= PortAllocator.LAST_PORT);
        assertTrue(seen.add(b.port()), "twice: " + b.port());
      }
    }
  }

  @Test
  void ephemeralPortsEnd() {
    try (TestStack s = new TestStack()) {
      for (int port = PortAllocator.FIRST_PORT; port <= PortAllocator.LAST_PORT; port++) {
        assertNotNull(s.net.stack.tcp().bind(0, port, false));
      }
      assertNull(bind(s, 0, "any plain"));
      assertEquals(Failure.ADDRESS_IN_USE, s.net.stack.tcp().lastFailure());
      final Tcp tcp = s.net.stack.tcp();
      final long nowNs = s.net.clock.nanoTime();
      assertNull(tcp.connect(null, TestNet.PEER, 9, tcp.config(), s.events, nowNs));
      assertEquals(Failure.PORTS_EXHAUSTED, tcp.lastFailure());
      assertEquals(0, tcp.connections());
    }
  }

  @Test
  void releaseIsIdempotentAndFindsItsOwn() {
    try (TestStack s = new TestStack()) {
      final TcpBinding a = bind(s, PORT, "a plain");
      final TcpBinding b = bind(s, PORT, "b plain");
      a.release();
      a.release();
      assertNotNull(bind(s, PORT, "a plain"));
      assertNull(bind(s, PORT, "b plain"));
      b.release();
      assertNotNull(bind(s, PORT, "b plain"));
    }
  }

  @Test
  @Rfc9293("MUST-43")
  void connectWithABoundAddressSpeaksFromThere() {
    try (TestStack s = new TestStack()) {
      final Tcp tcp = s.net.stack.tcp();
      final TcpBinding loopback = bind(s, PORT, "b plain");
      final long nowNs = s.net.clock.nanoTime();
      assertNull(
          tcp.connect(loopback, TestNet.PEER, 9, tcp.config(), ReadinessObserver.NONE, nowNs));
      assertEquals(Failure.NETWORK_UNREACHABLE, tcp.lastFailure());
      assertFalse(tcp.connections() > 0);
    }
  }

  /** In whatever order they end, the last one frees the port. */
  @ParameterizedTest
  @CsvSource({"'0,1,2,3'", "'3,2,1,0'", "'1,3,0,2'", "'2,1,3,0'"})
  void aPortIsHeldUntilItsLastConnectionIsGone(final String order) {
    try (TestStack s = TestStack.listening()) {
      final TcpConnection[] all = new TcpConnection[4];
      for (int i = 0; i < all.length; i++) {
        all[i] = s.nextPeer().establish().connection;
      }
      s.listener().close(s.net.clock.nanoTime());
      s.listener().binding().release();
      for (final String which : order.split(",", -1)) {
        assertNull(bind(s, TestStack.OUR_PORT, "any plain"), which);
        all[Integer.parseInt(which)].abort(s.net.clock.nanoTime());
        s.net.poll();
        assertEquals(1, s.takeSent());
      }
      assertNotNull(bind(s, TestStack.OUR_PORT, "any plain"));
    }
  }

  /** The last free ephemeral port is not given to a connection to that very port of this host. */
  @Test
  void noEphemeralPortConnectsToItself() {
    try (TestStack s = new TestStack()) {
      final Tcp tcp = s.net.stack.tcp();
      final int free = PortAllocator.FIRST_PORT + 7;
      for (int port = PortAllocator.FIRST_PORT; port <= PortAllocator.LAST_PORT; port++) {
        if (port != free) {
          assertNotNull(tcp.bind(0, port, false));
        }
      }
      final long nowNs = s.net.clock.nanoTime();
      assertNull(tcp.connect(null, Ipv4Address.LOOPBACK, free, tcp.config(), s.events, nowNs));
      assertEquals(Failure.PORTS_EXHAUSTED, tcp.lastFailure());
      assertNotNull(
          tcp.connect(null, Ipv4Address.LOOPBACK, free + 1, tcp.config(), s.events, nowNs));
    }
  }
}
