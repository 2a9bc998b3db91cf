package io.ustack.icmp;

import static io.ustack.testing.TestNet.IPV4_TYPE;
import static io.ustack.testing.TestNet.OUR;
import static io.ustack.testing.TestNet.PEER;
import static io.ustack.testing.TestNet.PEER_MAC;
import static io.ustack.testing.TestNet.fromUs;
import static io.ustack.testing.TestNet.ipv4ToUs;
import static io.ustack.testing.TestNet.toUs;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.ustack.counter.Counter;
import io.ustack.counter.DropReason;
import io.ustack.house.Covers;
import io.ustack.testing.Frames;
import io.ustack.testing.TestNet;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class EchoTest {
  private static final int ICMP = 1;

  /** A reply as we send it: without DF, and with the identification that counts. */
  private static byte[] reply(
      final int identification, final int typeOfService, final byte[] message) {
    final byte[] packet = Frames.ipv4(ICMP, OUR, PEER, message);
    packet[1] = (byte) typeOfService;
    packet[4] = (byte) (identification >>> 8);
    packet[5] = (byte) identification;
    packet[6] = 0;
    return fromUs(PEER_MAC, IPV4_TYPE, Frames.fixIpv4(packet));
  }

  /** From nothing to all that fits an MTU of 1500. */
  @ParameterizedTest
  @ValueSource(ints = {0, 1, 17, 18, 56, 1471, 1472})
  @Covers(rfc = "RFC 1122", clause = "3.2.2.6", what = "echo", by = Icmp.class)
  void answersWithTheSameData(final int length) {
    try (TestNet net = new TestNet()) {
      net.meetPeer();
      final byte[] data = Frames.payload(length);
      net.inject(ipv4ToUs(ICMP, Frames.icmp(8, 0, 0x1234_0001, data)));
      net.expect(reply(1, 0, Frames.icmp(0, 0, 0x1234_0001, data)));
      assertEquals(1, net.count(Counter.ICMP_ECHO_REPLIES_OUT));
    }
  }

  /** All zeros is the one message whose checksum is all ones. */
  @Test
  void answersARequestOfZeros() {
    try (TestNet net = new TestNet()) {
      net.meetPeer();
      net.inject(ipv4ToUs(ICMP, Frames.icmp(8, 0, 0, new byte[4])));
      net.expect(reply(1, 0, Frames.icmp(0, 0, 0, new byte[4])));
    }
  }

  @Test
  void keepsTheTypeOfServiceAndDropsOptions() {
    try (TestNet net = new TestNet()) {
      net.meetPeer();
      final byte[] plain = Frames.ipv4(ICMP, PEER, OUR, Frames.icmp(8, 0, 7, new byte[3]));
      // 24 bytes of header: record route with room for nothing, and an end.
      final byte[] packet = new byte[plain.length + 4];
      System.arraycopy(plain, 0, packet, 0, 20);
      System.arraycopy(new byte[] {7, 3, 4, 0}, 0, packet, 20, 4);
      System.arraycopy(plain, 20, packet, 24, plain.length - 20);
      packet[0] = 0x46;
      packet[1] = 0x10;
      packet[3] = (byte) (packet[3] + 4);
      net.inject(toUs(IPV4_TYPE, Frames.fixIpv4(packet)));
      net.expect(reply(1, 0x10, Frames.icmp(0, 0, 7, new byte[3])));
    }
  }

  @Test
  void ignoresPaddingOfTheFrame() {
    try (TestNet net = new TestNet()) {
      net.meetPeer();
      final byte[] frame = ipv4ToUs(ICMP, Frames.icmp(8, 0, 9, new byte[] {1}));
      final byte[] padded = Arrays.copyOf(frame, 60);
      padded[59] = 77;
      net.inject(padded);
      net.expect(reply(1, 0, Frames.icmp(0, 0, 9, new byte[] {1})));
    }
  }

  @Test
  void dropsWhatIsBroken() {
    try (TestNet net = new TestNet()) {
      net.meetPeer();
      final byte[] wrong = Frames.icmp(8, 0, 1, new byte[8]);
      wrong[9] = 99;
      net.expectDrop(DropReason.ICMP_CHECKSUM, ipv4ToUs(ICMP, wrong));
      net.expectDrop(DropReason.ICMP_TRUNCATED, ipv4ToUs(ICMP, new byte[7]));
      net.expectDrop(
          DropReason.ICMP_TYPE_UNKNOWN, ipv4ToUs(ICMP, Frames.icmp(13, 0, 0, new byte[12])));
      net.expectDrop(DropReason.ICMP_NO_MATCH, ipv4ToUs(ICMP, Frames.icmp(0, 0, 1, new byte[1])));
    }
  }

  @Test
  void isSilentTowardsRequestsToEverybody() {
    try (TestNet net = new TestNet()) {
      net.meetPeer();
      final byte[] request = Frames.icmp(8, 0, 1, new byte[8]);
      for (final int group : new int[] {TestNet.SUBNET_BROADCAST, -1}) {
        final byte[] packet = Frames.ipv4(ICMP, PEER, group, request);
        net.expectDrop(
            DropReason.ICMP_BROADCAST,
            Frames.ethernet(Frames.BROADCAST_MAC, PEER_MAC, IPV4_TYPE, packet));
      }
    }
  }
}
