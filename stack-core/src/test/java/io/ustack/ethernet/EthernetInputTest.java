package io.ustack.ethernet;

import static io.ustack.testing.TestNet.OUR_MAC;
import static io.ustack.testing.TestNet.PEER_MAC;
import static io.ustack.testing.TestNet.toUs;

import io.ustack.counter.DropReason;
import io.ustack.testing.Frames;
import io.ustack.testing.TestNet;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class EthernetInputTest {
  @Test
  void dropsWhatIsNotForUs() {
    try (TestNet net = new TestNet()) {
      final long[] others = {PEER_MAC, 0x01_00_5E_00_00_01L, 0x33_33_00_00_00_01L, 0};
      for (final long other : others) {
        net.expectDrop(
            DropReason.FRAME_NOT_FOR_US, Frames.ethernet(other, PEER_MAC, 0x0800, new byte[46]));
      }
    }
  }

  @Test
  void dropsWhatItDoesNotSpeak() {
    try (TestNet net = new TestNet()) {
      net.expectDrop(DropReason.ETHERTYPE_VLAN, toUs(0x8100, new byte[46]));
      net.expectDrop(DropReason.ETHERTYPE_VLAN, toUs(0x88A8, new byte[46]));
      net.expectDrop(DropReason.ETHERTYPE_IPV6, toUs(0x86DD, new byte[46]));
      net.expectDrop(DropReason.ETHERTYPE_UNKNOWN, toUs(0x88CC, new byte[46]));
      // IEEE 802.3: a length, not a type.
      net.expectDrop(DropReason.ETHERTYPE_UNKNOWN, toUs(0x0026, new byte[46]));
    }
  }

  @Test
  void dropsEveryFrameShorterThanItsHeader() {
    try (TestNet net = new TestNet()) {
      final byte[] frame = toUs(0x0800, new byte[0]);
      for (int length = 0; length < 14; length++) {
        net.expectDrop(DropReason.FRAME_TRUNCATED, Arrays.copyOf(frame, length));
      }
    }
  }

  @Test
  void dropsFramesFromAGroup() {
    try (TestNet net = new TestNet()) {
      net.expectDrop(
          DropReason.FRAME_SOURCE_INVALID,
          Frames.ethernet(OUR_MAC, Frames.BROADCAST_MAC, 0x0806, new byte[46]));
    }
  }
}
