package io.ustack.icmp;

import static io.ustack.testing.TestNet.IPV4_TYPE;
import static io.ustack.testing.TestNet.OUR;
import static io.ustack.testing.TestNet.PEER;
import static io.ustack.testing.TestNet.PEER_MAC;
import static io.ustack.testing.TestNet.fromUs;
import static io.ustack.testing.TestNet.ipv4ToUs;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.ustack.counter.Counter;
import io.ustack.counter.DropReason;
import io.ustack.ipv4.Ipv4Address;
import io.ustack.readiness.Failure;
import io.ustack.testing.Frames;
import io.ustack.testing.TestNet;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;

class PingTest {
  private static final int ICMP = 1;

  private final List<String> heard = new ArrayList<>();

  private final EchoObserver observer =
      new EchoObserver() {
        @Override
        public void onReply(
            final int remoteAddress,
            final int sequence,
            final int timeToLive,
            final ByteBuffer bytes,
            final int payloadOffset,
            final int payloadBytes,
            final long nowNs) {
          final byte[] payload = new byte[payloadBytes];
          bytes.get(payloadOffset, payload);
          heard.add(
              Ipv4Address.format(remoteAddress)
                  + " "
                  + sequence
                  + " "
                  + timeToLive
                  + " "
                  + HexFormat.of().formatHex(payload));
        }

        @Override
        public void onUnreachable(
            final Failure failure, final int remoteAddress, final int sequence, final long nowNs) {
          heard.add(failure + " " + Ipv4Address.format(remoteAddress) + " " + sequence);
        }
      };

  private static Failure ping(final TestNet net, final int remote, final int sequence) {
    final byte[] payload = {1, 2, 3};
    final Failure failure =
        net.stack.icmp().ping(0, remote, 0xFACE, sequence, payload, 3, net.clock.nanoTime());
    net.poll();
    return failure;
  }

  @Test
  void asksAndHearsTheAnswer() {
    try (TestNet net = new TestNet()) {
      net.meetPeer();
      net.stack.icmp().observe(0xFACE, observer);
      assertEquals(Failure.NONE, ping(net, PEER, 0xFFFF));
      final byte[] request = Frames.icmp(8, 0, 0xFACE_FFFF, new byte[] {1, 2, 3});
      net.expect(fromUs(PEER_MAC, IPV4_TYPE, Frames.ipv4(ICMP, OUR, PEER, request)));
      net.inject(ipv4ToUs(ICMP, Frames.icmp(0, 0, 0xFACE_FFFF, new byte[] {1, 2, 3})));
      assertEquals(List.of("10.99.0.1 65535 64 010203"), heard);
      net.expectDrop(
          DropReason.ICMP_NO_MATCH, ipv4ToUs(ICMP, Frames.icmp(0, 0, 0xFACD_FFFF, new byte[1])));
      net.stack.icmp().observe(0xFACE, null);
      net.expectDrop(
          DropReason.ICMP_NO_MATCH, ipv4ToUs(ICMP, Frames.icmp(0, 0, 0xFACE_FFFF, new byte[1])));
      assertEquals(1, heard.size());
    }
  }

  @Test
  void hearsThatTheRequestDidNotArrive() {
    try (TestNet net = new TestNet()) {
      net.meetPeer();
      net.stack.icmp().observe(0xFACE, observer);
      final byte[] request =
          Frames.ipv4(ICMP, OUR, PEER, Frames.icmp(8, 0, 0xFACE_0007, new byte[9]));
      net.inject(ipv4ToUs(ICMP, Frames.icmp(3, 1, 0, Arrays.copyOf(request, 28))));
      assertEquals(List.of("HOST_UNREACHABLE 10.99.0.1 7"), heard);
      // A reply of ours that did not arrive is not this observer's business.
      final byte[] reply =
          Frames.ipv4(ICMP, OUR, PEER, Frames.icmp(0, 0, 0xFACE_0008, new byte[9]));
      net.inject(ipv4ToUs(ICMP, Frames.icmp(3, 1, 0, Arrays.copyOf(reply, 28))));
      assertEquals(1, heard.size());
    }
  }

  @Test
  void pingsItself() {
    try (TestNet net = new TestNet()) {
      net.stack.icmp().observe(0xFACE, observer);
      assertEquals(Failure.NONE, ping(net, Ipv4Address.LOOPBACK, 1));
      assertEquals(Failure.NONE, ping(net, OUR, 2));
      assertEquals(List.of("127.0.0.1 1 64 010203", "10.99.0.2 2 64 010203"), heard);
      assertEquals(4, net.count(Counter.LOOPBACK_FRAMES));
    }
  }

  @Test
  void saysWhatCannotBeSent() {
    try (TestNet net = new TestNet(TestNet.config().withGateway(0)).quiet()) {
      final byte[] payload = new byte[1473];
      final long nowNs = net.clock.nanoTime();
      assertEquals(Failure.NETWORK_UNREACHABLE, ping(net, TestNet.FAR, 1));
      assertEquals(
          Failure.MESSAGE_TOO_LONG, net.stack.icmp().ping(0, PEER, 1, 1, payload, 1473, nowNs));
    }
  }

  @Test
  void manyPingAtOnce() {
    try (TestNet net = new TestNet()) {
      for (int identifier = 0; identifier < 20; identifier++) {
        net.stack.icmp().observe(identifier, observer);
      }
      for (int identifier = 0; identifier < 20; identifier += 2) {
        net.stack.icmp().observe(identifier, null);
      }
      for (int identifier = 0; identifier < 20; identifier++) {
        net.inject(ipv4ToUs(ICMP, Frames.icmp(0, 0, identifier << 16, new byte[1])));
      }
      assertEquals(10, heard.size());
      assertEquals(10, net.count(DropReason.ICMP_NO_MATCH));
    }
  }
}
