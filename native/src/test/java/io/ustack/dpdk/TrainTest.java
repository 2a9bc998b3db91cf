package io.ustack.dpdk;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.ustack.buffer.Packet;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Trains through the boundary; net_ring brings back what is sent. What C makes of them train_test
 * knows.
 */
@Tag("live")
class TrainTest {
  /** What a net_ring holds. */
  private static final int RING = 1023;

  private static final int HEADER_BYTES = 54;
  private static final int SEGMENT_BYTES = 700;
  private static final int TX = Packet.TX_IPV4_CHECKSUM | Packet.TX_TCP_CHECKSUM;

  private static DpdkEal eal;

  private final Random random = new Random(7);
  private final Packet[] frames = new Packet[RING + 1];
  private final Packet[] one = new Packet[1];

  @BeforeAll
  static void start() throws DpdkException {
    eal =
        DpdkEal.start(
            List.of(
                "--no-huge",
                "-m",
                "256",
                "--vdev=net_ring0",
                "--vdev=net_ring1",
                "--vdev=net_tap0,iface=usntso0",
                "--vdev=net_tap1,iface=usntso1",
                "--vdev=net_tap2,iface=usntso2",
                "--vdev=net_tap3,iface=usntso3",
                "--vdev=net_tap4,iface=usntso4"));
  }

  private static PortConfig config(final int number) {
    return PortConfig.of("net_ring" + number).withSizes(64, 64, 4095);
  }

  /** So many segments from this sequence number on; the last byte of each payload counts them. */
  private static Packet train(final DpdkLink link, final int count, final int seq) {
    final Packet head = link.pool().allocate();
    final ByteBuffer bytes = head.bytes();
    final int at = head.append(HEADER_BYTES + SEGMENT_BYTES);
    bytes.put(at, new byte[HEADER_BYTES + SEGMENT_BYTES]);
    bytes.putShort(at + 12, (short) 0x0800);
    bytes.putInt(at + 14, 0x4500_0000 | HEADER_BYTES - 14 + SEGMENT_BYTES);
    bytes.putInt(at + 18, 0x4000);
    bytes.put(at + 23, (byte) 6);
    bytes.putInt(at + 38, seq);
    bytes.putShort(at + 46, (short) 0x5018);
    bytes.put(head.end() - 1, (byte) 0);
    Packet last = head;
    for (int i = 1; i < count; i++) {
      last.follower = link.pool().allocate();
      last = last.follower;
      last.bytes().put(last.append(SEGMENT_BYTES), new byte[SEGMENT_BYTES]);
      last.bytes().put(last.end() - 1, (byte) i);
    }
    head.segments(count);
    head.flags(TX);
    return head;
  }

  private static void check(final Packet frame, final int seq, final boolean last) {
    final ByteBuffer bytes = frame.bytes();
    final int at = frame.offset();
    assertEquals(0, frame.flags());
    assertEquals(HEADER_BYTES + SEGMENT_BYTES, frame.length());
    assertEquals(seq, bytes.getInt(at + 38));
    assertEquals((byte) (seq / SEGMENT_BYTES), bytes.get(frame.end() - 1));
    assertEquals(last ? 0x18 : 0x10, bytes.get(at + 47));
    frame.release();
  }

  @Test
  void whatIsLeftOfATrainIsATrain() throws DpdkException {
    try (DpdkPort port = DpdkPort.open(eal, config(0))) {
      final DpdkLink link = port.link(0);
      assertEquals(32, link.capabilities().trainSegments());
      for (int round = 0; round < 200; round++) {
        final int count = 1 + random.nextInt(32);
        final int fits = random.nextInt(count + 1);
        for (int i = 0; i < RING - fits; i++) {
          frames[i] = link.pool().allocate();
          frames[i].bytes().put(frames[i].append(60), new byte[60]);
        }
        frames[RING - fits] = train(link, count, 0);
        final int whole = RING - fits + (fits == count ? 1 : 0);
        assertEquals(whole, link.transmit(frames, RING - fits + 1, 0));
        final Packet rest = frames[RING - fits];
        assertEquals(count - fits, fits == count ? 0 : rest.segments());
        assertEquals(RING - fits, drain(link, RING - fits));
        for (int i = 0; i < fits; i++) {
          assertEquals(1, link.receive(one, 1, 0));
          check(one[0], i * SEGMENT_BYTES, i == count - 1);
        }
        if (fits < count) {
          assertEquals(count - fits, link.pool().inUse());
          frames[0] = rest;
          assertEquals(1, link.transmit(frames, 1, 0));
        }
        for (int i = fits; i < count; i++) {
          assertEquals(1, link.receive(one, 1, 0));
          check(one[0], i * SEGMENT_BYTES, i == count - 1);
        }
        assertEquals(0, link.pool().inUse());
      }
      assertEquals(0, link.lostFrames());
    }
  }

  private int drain(final DpdkLink link, final int count) {
    int got = 0;
    while (got < count) {
      got += link.receive(one, 1, 0);
      one[0].release();
    }
    return got;
  }

  @Test
  void withoutGsoThereAreNoTrains() throws DpdkException {
    final PortConfig config = config(1).withOffloads(Offloads.parse("gso=off"));
    try (DpdkPort port = DpdkPort.open(eal, config)) {
      assertEquals(1, port.link(0).capabilities().trainSegments());
    }
  }

  /** Linux takes VLAN tags off before it shows a frame, and tells of them (PACKET_AUXDATA). */
  private static final String READER =
      """
      import socket, struct, sys
      wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
      wire.bind((sys.argv[1], 0))
      wire.setsockopt(263, 8, 1)
      wire.settimeout(15)
      print("ready", flush=True)
      missing = int(sys.argv[2])
      while missing > 0:
          frame, [(_, _, told)], _, source = wire.recvmsg(65536, 256)
          if source[1] != 0x0800 or source[2] == socket.PACKET_OUTGOING:
              continue
          missing -= 1
          status, _, _, _, _, tci, tpid = struct.unpack("IIIHHHH", told)
          tag = struct.pack(">HH", tpid, tci) if status & 0x10 else b""
          print(tag.hex() + frame.hex(), flush=True)
      """;

  /** What Linux sees of trains, without the IPv4 identification, which TSO counts up. */
  private static List<String> seenByLinux(
      final int tap, final int vlan, final String offloads, final int trains)
      throws DpdkException, IOException {
    final PortConfig config =
        PortConfig.of("net_tap" + tap)
            .withSizes(256, 256, 2047)
            .withVlan(vlan)
            .withOffloads(Offloads.parse(offloads));
    final List<String> seen = new ArrayList<>();
    try (Namespace linux = new Namespace();
        DpdkPort port = DpdkPort.open(eal, config)) {
      final DpdkLink link = port.link(0);
      linux.adopt("usntso" + tap, "10.99.9.1/24", "10.99.9.2", port.macAddress());
      final int segments = trains * (trains + 3) / 2;
      final Process reader =
          linux.start("python3", "-c", READER, "usntso" + tap, Integer.toString(segments));
      final BufferedReader lines =
          new BufferedReader(
              new InputStreamReader(reader.getInputStream(), StandardCharsets.US_ASCII));
      assertEquals("ready", lines.readLine());
      final Packet[] frames = new Packet[1];
      for (int count = 2; count < trains + 2; count++) {
        frames[0] = train(link, count, 0);
        assertEquals(1, link.transmit(frames, 1, 0));
        for (int i = 0; i < count; i++) {
          final String line = lines.readLine();
          final String tag = vlan == 0 ? "" : String.format("8100%04x", vlan);
          assertEquals(tag, line.substring(0, tag.length()));
          seen.add(withoutId(line.substring(tag.length())));
        }
      }
      assertEquals(null, lines.readLine());
      assertEquals(0, link.pool().inUse());
    }
    return seen;
  }

  private static String withoutId(final String frame) {
    int sum = 0;
    for (int i = 28; i < 68; i += 4) {
      sum += Integer.parseInt(frame.substring(i, i + 4), 16);
    }
    assertEquals(0xFFFF, (sum & 0xFFFF) + (sum >>> 16), "the checksum of the IPv4 header");
    return frame.substring(0, 36) + "...." + frame.substring(40, 48) + "...." + frame.substring(52);
  }

  /**
   * The driver cuts, the shim cuts, or the driver sums what the shim cuts; and the driver cuts what
   * has a tag.
   */
  @Test
  void theWireSeesTheSameWhoeverCuts() throws DpdkException, IOException {
    final List<String> cutByPort = seenByLinux(0, 0, "tx=on,tso=on", 31);
    assertEquals(31 * 34 / 2, cutByPort.size());
    assertFrames(seenByLinux(1, 0, "tx=off", 31), cutByPort);
    assertFrames(seenByLinux(2, 0, "tx=on,tso=off", 31), cutByPort);
    assertFrames(seenByLinux(4, 0x123, "tx=on,tso=on", 31), cutByPort);
  }

  private static void assertFrames(final List<String> expected, final List<String> seen) {
    for (int i = 0; i < seen.size(); i++) {
      assertEquals(expected.get(i), seen.get(i), "frame " + i);
    }
    assertEquals(expected.size(), seen.size());
  }

  @Test
  void cuttingNeedsChecksums() {
    final PortConfig config =
        PortConfig.of("net_tap3").withOffloads(Offloads.parse("tx=off,tso=on"));
    assertEquals(
        "port net_tap3: tso=on needs tx, which is off",
        assertThrows(DpdkException.class, () -> DpdkPort.open(eal, config)).getMessage());
  }
}
