package io.ustack.dpdk;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ustack.buffer.Packet;
import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Ports in a VLAN, with Linux at the other end of the wire, which needs to know nothing of VLANs: a
 * raw socket writes whole frames and says which ones it sees. Whoever handles the tags, the
 * driver's af_packet or the shim, with either transport, the wire sees the same bytes, and so does
 * Java.
 */
@Tag("live")
class VlanTest {
  private static final int VLAN = 0x123;
  private static final int PORTS = 6;
  private static final long DEADLINE_NS = 10_000_000_000L;

  /** Sends what it reads, and prints what others send; tags that Linux has taken off are back. */
  private static final String RAW =
      """
      import socket, struct, sys, threading
      wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
      wire.bind((sys.argv[1], 0))
      wire.setsockopt(263, 8, 1)
      def look():
          while True:
              frame, control, _, source = wire.recvmsg(65536, 256)
              if source[2] == socket.PACKET_OUTGOING:
                  continue
              for _, _, data in control:
                  status, _, _, _, _, tci, tpid = struct.unpack("IIIHHHH", data)
                  if status & 0x10:
                      frame = frame[:12] + struct.pack(">HH", tpid, tci) + frame[12:]
              print(frame.hex(), flush=True)
      threading.Thread(target=look, daemon=True).start()
      print("ready", flush=True)
      for line in sys.stdin:
          wire.send(bytes.fromhex(line))
      """;

  private static Namespace linux;
  private static DpdkEal eal;

  @BeforeAll
  static void start() throws DpdkException {
    linux = new Namespace();
    final List<String> arguments = new ArrayList<>(List.of("--no-huge", "-m", "256", "-l", "0,1"));
    for (int i = 0; i < PORTS; i++) {
      linux.plug("usvl" + i, "usvp" + i);
      for (final String setting : new String[] {"disable_ipv6", "addr_gen_mode"}) {
        linux.inside("sysctl", "-qw", "net.ipv6.conf.usvp" + i + "." + setting + "=1");
        Namespace.run("sysctl", "-qw", "net.ipv6.conf.usvl" + i + "." + setting + "=1");
      }
      linux.inside("ip", "link", "set", "usvp" + i, "up");
      arguments.add("--vdev=net_af_packet" + i + ",iface=usvl" + i);
    }
    eal = DpdkEal.start(arguments);
  }

  @AfterAll
  static void stop() {
    linux.close();
  }

  /** An Ethernet frame with a tag, if there is one, a UDP datagram of so many bytes in it. */
  private static String frame(final String tag, final int payloadBytes) {
    final int length = 28 + payloadBytes;
    return "020000000001020000000002"
        + tag
        + "0800"
        + String.format("4500%04x0000400040110000", length)
        + "0a6305010a630502"
        + String.format("30390007%04x0000", length - 20)
        + "5a".repeat(payloadBytes);
  }

  private static String withChecksums(final String frame) {
    final StringBuilder text = new StringBuilder(frame);
    final int at = frame.length() - text.indexOf("45000");
    final int header = frame.length() - at;
    text.replace(header + 20, header + 24, sum(0, frame.substring(header, header + 40)));
    final int length = (frame.length() - header) / 2 - 20;
    text.replace(header + 52, header + 56, sum(17 + length, frame.substring(header + 24)));
    return text.toString();
  }

  /** RFC 1071 over hexadecimal text. */
  private static String sum(final int begin, final String hex) {
    int sum = begin;
    final String even = hex + "0".repeat((4 - hex.length() % 4) % 4);
    for (int i = 0; i < even.length(); i += 4) {
      sum += Integer.parseInt(even.substring(i, i + 4), 16);
    }
    sum = (sum & 0xFFFF) + (sum >>> 16);
    sum = (sum & 0xFFFF) + (sum >>> 16);
    return String.format("%04x", ~sum & 0xFFFF);
  }

  private static String hex(final Packet frame) {
    final StringBuilder text = new StringBuilder();
    for (int i = frame.offset(); i < frame.end(); i++) {
      text.append(String.format("%02x", frame.bytes().get(i)));
    }
    return text.toString();
  }

  @ParameterizedTest
  @CsvSource({
    "0, 'rxvlan=on,txvlan=on', DIRECT",
    "1, 'rxvlan=off,txvlan=off', DIRECT",
    "2, 'rxvlan=on,txvlan=off', DIRECT",
    "3, 'rxvlan=on,txvlan=on', RING",
    "4, 'rxvlan=off,txvlan=off', RING"
  })
  void tagsComeOffAndGoOn(final int number, final String offloads, final Transport transport)
      throws DpdkException, IOException {
    final PortConfig config =
        PortConfig.of("net_af_packet" + number)
            .withSizes(256, 256, 2047)
            .withVlan(VLAN)
            .withTransport(transport)
            .withOffloads(Offloads.parse(offloads));
    try (DpdkPort port = DpdkPort.open(eal, config)) {
      for (final Offload offload : new Offload[] {Offload.RX_VLAN, Offload.TX_VLAN}) {
        assertEquals(offload.bits(), port.offered() & offload.bits());
        final int wanted = offloads.contains(offload.word() + "=on") ? offload.bits() : 0;
        assertEquals(wanted, port.active() & offload.bits());
      }
      final Process raw = linux.start("python3", "-c", RAW, "usvp" + number);
      final BufferedReader seen = raw.inputReader(StandardCharsets.US_ASCII);
      assertEquals("ready", seen.readLine());
      try (BufferedWriter wire = raw.outputWriter(StandardCharsets.US_ASCII)) {
        passes(port.link(0), wire, seen);
      }
      Namespace.finish(raw);
    }
  }

  private static void passes(
      final DpdkLink link, final BufferedWriter wire, final BufferedReader seen)
      throws IOException {
    final int longest = 1500 - 28;
    // Not ours: another VLAN, priority only, none. (af_packet tells no service tag from another.)
    say(wire, frame("81000124", 100), frame("81000000", 100), frame("", 100));
    // Ours: whatever the priority.
    for (final String tag : new String[] {"81000123", "8100e123", "81001123"}) {
      for (final int payloadBytes : new int[] {18, 101, longest}) {
        say(wire, withChecksums(frame(tag, payloadBytes)));
        final Packet packet = receive(link);
        assertEquals(withChecksums(frame("", payloadBytes)), hex(packet));
        assertEquals(0, packet.flags());
        // And back, in its own packet, both checksums to be made anew.
        packet.bytes().putShort(packet.offset() + 24, (short) 0);
        packet.bytes().putShort(packet.offset() + 40, (short) 0);
        packet.flags(Packet.TX_IPV4_CHECKSUM | Packet.TX_UDP_CHECKSUM);
        assertEquals(1, link.transmit(new Packet[] {packet}, 1, 0));
        assertEquals(withChecksums(frame("81000123", payloadBytes)), seen.readLine());
      }
    }
    // A checksum behind a tag is looked at.
    say(wire, withChecksums(frame("81000123", 40)).replace("5a5a5a", "5a5b5a"));
    final Packet bad = receive(link);
    assertEquals(Packet.RX_L4_CHECKSUM_BAD, bad.flags());
    bad.release();
    // Two tags: the outer one is ours.
    say(wire, frame("8100012381000007", 40));
    final Packet inner = receive(link);
    assertEquals(frame("81000007", 40), hex(inner));
    inner.release();
    // No longer than the MTU allows, and the tag is not the stack's.
    final Packet tooLong = link.pool().allocate();
    tooLong.append(1515);
    assertEquals(1, link.transmit(new Packet[] {tooLong}, 1, 0));
    assertEquals(1, link.counter(QueueCounter.TX_REJECTED));
    assertEquals(3, link.counter(QueueCounter.RX_OTHER_VLAN));
    assertEquals(0, link.pool().inUse());
  }

  private static void say(final BufferedWriter wire, final String... frames) throws IOException {
    for (final String frame : frames) {
      wire.write(frame + "\n");
    }
    wire.flush();
  }

  private static Packet receive(final DpdkLink link) {
    final Packet[] frames = new Packet[1];
    final long startNs = System.nanoTime();
    while (link.receive(frames, 1, 0) == 0) {
      assertTrue(System.nanoTime() - startNs < DEADLINE_NS, "no frame");
    }
    return frames[0];
  }

  @Test
  void withoutAVlanThereIsNothingToSwitch() {
    final PortConfig config =
        PortConfig.of("net_af_packet5").withOffloads(Offloads.parse("rxvlan=on"));
    assertEquals(
        "port net_af_packet5: rxvlan=on needs --vlan",
        assertThrows(DpdkException.class, () -> DpdkPort.open(eal, config)).getMessage());
  }

  /** As ever: the frame as it came. */
  @Test
  void withoutAVlanTagsStay() throws DpdkException, IOException {
    try (DpdkPort port = DpdkPort.open(eal, PortConfig.of("net_af_packet5"))) {
      final Process raw = linux.start("python3", "-c", RAW, "usvp5");
      assertEquals("ready", raw.inputReader(StandardCharsets.US_ASCII).readLine());
      try (BufferedWriter wire = raw.outputWriter(StandardCharsets.US_ASCII)) {
        for (final String tag : new String[] {"81000123", "81000000", ""}) {
          say(wire, frame(tag, 40));
          final Packet packet = receive(port.link(0));
          assertEquals(frame(tag, 40), hex(packet));
          packet.release();
        }
      }
      Namespace.finish(raw);
    }
  }
}
