package io.ustack.apps.doctor;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.ustack.buffer.Packet;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What the doctor says of a port's offloads. */
class OffloadTableTest {
  @Test
  void tellsWhatIsOfferedWhatIsOnAndWhoDoesTheRest() {
    final int offered =
        Packet.RX_IPV4_CHECKSUM_BAD
            | Packet.RX_L4_CHECKSUM_BAD
            | Packet.TX_TCP_CHECKSUM
            | Packet.TX_UDP_CHECKSUM
            | 1 << 12;
    final List<String> lines = OffloadTable.of(offered, Packet.TX_TCP_CHECKSUM).lines().toList();
    assertEquals("", lines.get(0));
    assertEquals("         offload  driver offers    on               else", lines.get(1));
    assertEquals(
        "         rx       yes              -                the shim verifies checksums",
        lines.get(2));
    assertEquals(
        "         tx       TCP, UDP         TCP              the shim computes checksums",
        lines.get(3));
    assertEquals(
        "         tso      -                -                the shim cuts trains of segments",
        lines.get(4));
    assertEquals(
        "         rxvlan   yes              with --vlan      the shim takes VLAN tags off",
        lines.get(5));
    assertEquals(
        "         txvlan   -                -                the shim puts VLAN tags on",
        lines.get(6));
    assertEquals(
        "         scatter  -                -                a buffer is as long as the longest"
            + " frame",
        lines.get(7));
    assertEquals(
        "         lro      -                -                gro: the shim makes trains of"
            + " segments",
        lines.get(8));
    assertEquals(
        "         gso      (the shim)       -                segments leave one by one",
        lines.get(9));
  }
}
