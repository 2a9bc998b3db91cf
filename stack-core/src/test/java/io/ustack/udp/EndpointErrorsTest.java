package io.ustack.udp;

import static io.ustack.testing.TestNet.OUR;
import static io.ustack.testing.TestNet.PEER;
import static io.ustack.testing.TestNet.ipv4ToUs;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ustack.buffer.ByteRanges;
import io.ustack.counter.DropReason;
import io.ustack.house.Covers;
import io.ustack.readiness.Failure;
import io.ustack.readiness.Readiness;
import io.ustack.testing.Frames;
import io.ustack.testing.TestNet;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What becomes of ICMP errors, with IP_RECVERR and without. */
class EndpointErrorsTest {
  private static final int PORT = 5353;

  private final ErrorInfo info = new ErrorInfo();
  private int raised;

  private UdpEndpoint bind(final TestNet net) {
    final UdpEndpoint endpoint = net.stack.udp().bind(0, PORT, false, bits -> raised |= bits);
    assertNotNull(endpoint);
    return endpoint;
  }

  /** An ICMP error about a datagram from our port to port 9 of the peer. */
  private static byte[] error(
      final int type, final int code, final int rest, final byte[] payload) {
    final byte[] datagram = Frames.udp(OUR, PORT, PEER, 9, payload);
    return ipv4ToUs(1, Frames.icmp(type, code, rest, Frames.ipv4(17, OUR, PEER, datagram)));
  }

  /** RFC 1122 3.2.2.1, Linux icmp_err_convert: what each means, and who hears it unasked. */
  @ParameterizedTest
  @CsvSource({
    "3, 0, NETWORK_UNREACHABLE, false",
    "3, 1, HOST_UNREACHABLE, false",
    "3, 2, CONNECTION_REFUSED, true",
    "3, 3, CONNECTION_REFUSED, true",
    "3, 4, MESSAGE_TOO_LONG, true",
    "3, 5, HOST_UNREACHABLE, false",
    "3, 6, NETWORK_UNREACHABLE, true",
    "3, 7, HOST_UNREACHABLE, true",
    "3, 8, HOST_UNREACHABLE, true",
    "3, 9, NETWORK_UNREACHABLE, true",
    "3, 10, HOST_UNREACHABLE, true",
    "3, 11, NETWORK_UNREACHABLE, false",
    "3, 12, HOST_UNREACHABLE, false",
    "3, 13, HOST_UNREACHABLE, true",
    "3, 14, HOST_UNREACHABLE, true",
    "3, 15, HOST_UNREACHABLE, true",
    "11, 0, HOST_UNREACHABLE, false",
    "11, 1, HOST_UNREACHABLE, false",
  })
  @Covers(
      rfc = "RFC 1122",
      clause = "4.1.3.3",
      what = "all ICMP errors reach the application that asks for them",
      by = EndpointErrors.class)
  void eachErrorIsKeptAndTheHardOnesAreHeardAnyway(
      final int type, final int code, final Failure failure, final boolean hard) {
    try (TestNet net = new TestNet()) {
      net.quiet();
      final byte[] frame = error(type, code, 1400, new byte[] {1, 2, 3, 4, 5});
      final UdpEndpoint endpoint = bind(net);
      net.inject(frame);
      assertEquals(Failure.NONE, endpoint.takeFailure(), "neither asked nor connected");

      endpoint.errors().keep(true);
      net.inject(frame);
      assertEquals(Readiness.FAILED, raised);
      assertEquals(failure, endpoint.takeFailure());
      assertFalse(endpoint.errors().isEmpty());
      final byte[] quoted = new byte[9];
      assertTrue(endpoint.errors().take(info, new ByteRanges().add(quoted, 0, 9), 9));
      assertEquals(failure, info.failure());
      assertEquals(type, info.type());
      assertEquals(code, info.code());
      assertEquals(code == 4 ? 1400 : 0, info.mtuBytes());
      assertEquals(PEER, info.reporter());
      assertEquals(PEER, info.address());
      assertEquals(9, info.port());
      assertFalse(info.isLocal());
      assertEquals(5, info.lengthBytes());
      assertArrayEquals(new byte[] {1, 2, 3, 4, 5, 0, 0, 0, 0}, quoted);
      assertTrue(endpoint.errors().isEmpty());

      endpoint.errors().keep(false);
      endpoint.connect(PEER, 9);
      net.inject(frame);
      assertEquals(hard ? failure : Failure.NONE, endpoint.takeFailure(), "connected");
      assertTrue(endpoint.errors().isEmpty());
      endpoint.connect(PEER, 10);
      net.inject(frame);
      assertEquals(Failure.NONE, endpoint.takeFailure(), "connected to another port");
    }
  }

  /** A peer can't make us remember more than fits; the newest are lost, and counted. */
  @Test
  void boundsTheQueue() {
    try (TestNet net = new TestNet()) {
      net.quiet();
      final UdpEndpoint endpoint = bind(net);
      endpoint.errors().keep(true);
      final byte[] frame = error(3, 3, 0, new byte[500]);
      int kept = 0;
      while (net.count(DropReason.UDP_ERROR_QUEUE_FULL) < 3) {
        net.inject(frame);
        kept++;
        assertTrue(kept < 200, "no bound");
      }
      // 16 KiB, and 24 bytes beside each quote.
      assertEquals(31 + 3, kept);
      for (int i = 0; i < 31; i++) {
        assertTrue(endpoint.errors().take(info, null, 0));
        assertEquals(500, info.lengthBytes());
      }
      assertFalse(endpoint.errors().take(info, null, 0));
      net.inject(frame);
      assertTrue(endpoint.errors().take(info, null, 0));
    }
  }

  /** What is cut off by the shortest quote that is one: RFC 792 asks for 8 bytes. */
  @Test
  void shortestQuote() {
    try (TestNet net = new TestNet()) {
      net.quiet();
      final UdpEndpoint endpoint = bind(net);
      endpoint.errors().keep(true);
      final byte[] datagram = Frames.udp(OUR, PORT, PEER, 9, new byte[100]);
      final byte[] packet = Frames.ipv4(17, OUR, PEER, datagram);
      net.inject(ipv4ToUs(1, Frames.icmp(3, 3, 0, Arrays.copyOf(packet, 28))));
      assertTrue(endpoint.errors().take(info, null, 0));
      assertEquals(0, info.lengthBytes());
      net.expectDrop(
          DropReason.ICMP_QUOTE_MALFORMED,
          ipv4ToUs(1, Frames.icmp(3, 3, 0, Arrays.copyOf(packet, 27))));
      assertTrue(endpoint.errors().isEmpty());
    }
  }

  /** Those of this stack come first, and switching off forgets both kinds. */
  @Test
  void localErrors() {
    try (TestNet net = new TestNet()) {
      net.quiet();
      final UdpEndpoint endpoint = bind(net);
      endpoint.errors().refuse(PEER, 9, 1500);
      assertTrue(endpoint.errors().isEmpty(), "nobody asked");
      endpoint.errors().keep(true);
      net.inject(error(3, 3, 0, new byte[1]));
      endpoint.errors().refuse(PEER, 9, 1500);
      assertTrue(endpoint.errors().firstIcmp(info));
      assertTrue(endpoint.errors().take(info, null, 0));
      assertTrue(info.isLocal());
      assertEquals(Failure.MESSAGE_TOO_LONG, info.failure());
      assertEquals(1500, info.mtuBytes());
      assertEquals(0, info.lengthBytes());
      endpoint.errors().refuse(PEER, 9, 1500);
      endpoint.errors().keep(false);
      assertTrue(endpoint.errors().isEmpty());
      assertFalse(endpoint.errors().take(info, null, 0));
    }
  }

  /** Nobody answers for the address: as if this host had said "host unreachable". */
  @Test
  void addressThatNobodyHas() {
    try (TestNet net = new TestNet()) {
      net.quiet();
      final UdpEndpoint endpoint = bind(net);
      endpoint.errors().keep(true);
      final byte[] payload = Frames.payload(1000);
      endpoint.send(payload, 0, payload.length, new DatagramInfo().to(PEER, 9));
      endpoint.onSendBufferWritten(net.clock.nanoTime());
      for (int i = 0; i < 100 && endpoint.errors().isEmpty(); i++) {
        net.poll();
        net.link.takeSent();
        net.clock.advance(100_000_000);
      }
      final byte[] quoted = new byte[2000];
      assertTrue(endpoint.errors().take(info, new ByteRanges().add(quoted, 0, 2000), 2000));
      assertEquals(Failure.HOST_UNREACHABLE, info.failure());
      assertEquals(3, info.type());
      assertEquals(1, info.code());
      assertEquals(OUR, info.reporter());
      assertEquals(PEER, info.address());
      assertEquals(520, info.lengthBytes());
      assertArrayEquals(Arrays.copyOf(payload, 520), Arrays.copyOf(quoted, 520));
      assertEquals(Failure.HOST_UNREACHABLE, endpoint.takeFailure());
    }
  }
}
