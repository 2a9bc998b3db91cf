package io.ustack.link;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ustack.buffer.MemoryPacketPool;
import io.ustack.buffer.Packet;
import io.ustack.pcap.CaptureReader;
import io.ustack.pcap.Direction;
import io.ustack.pcap.PcapngWriter;
import io.ustack.testing.Captures;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class PcapLinkTest {
  private static final long EPOCH_NS = 1_700_000_000_000_000_000L;
  // The clock wraps on the way. Not a constant: the compiler would count along.
  private static final long START_NS = Long.valueOf(Long.MAX_VALUE - 10);
  private static final LinkCapabilities REPLAY =
      new LinkCapabilities("replay", 0x02_00_00_00_00_0AL, 1500, false);

  private final MemoryPacketPool pool = new MemoryPacketPool(32, 1514);
  private final ByteArrayOutputStream capture = new ByteArrayOutputStream();
  private final PcapngWriter writer = writer(capture);
  private final Packet[] burst = new Packet[64];

  @AfterEach
  void poolIsBalanced() {
    assertEquals(0, pool.inUse());
  }

  @Test
  void framesArriveAsFarApartAsTheyWereCaptured() throws IOException {
    frame(0, new byte[] {1});
    frame(1_000, new byte[] {2});
    frame(1_000, new byte[] {3});
    frame(400, new byte[] {4}); // captured before, written after: it arrives with the one in front
    frame(5_000, new byte[] {5});
    final PcapLink link = link(ReplayPace.AS_CAPTURED, null);
    assertEquals(START_NS, link.nextArrivalNs());
    assertEquals("", received(link, START_NS - 1));
    assertEquals("01", received(link, START_NS));
    assertEquals(START_NS + 1_000, link.nextArrivalNs());
    assertEquals("", received(link, START_NS + 999));
    assertEquals("020304", received(link, START_NS + 1_000));
    assertFalse(link.isExhausted());
    assertEquals("05", received(link, START_NS + 6_000));
    assertTrue(link.isExhausted());
    assertEquals(Long.MAX_VALUE, link.nextArrivalNs());
    assertEquals("", received(link, START_NS + 7_000));
    link.close();
  }

  @Test
  void aTimestampThatLiesHoldsNothingUp() throws IOException {
    writer.write(Long.MAX_VALUE, ByteBuffer.wrap(new byte[] {1}), 0, 1, Direction.UNKNOWN);
    writer.write(0, ByteBuffer.wrap(new byte[] {2}), 0, 1, Direction.UNKNOWN);
    final PcapLink link = link(ReplayPace.AS_CAPTURED, null);
    assertEquals("0102", received(link, START_NS + 10));
    link.close();
  }

  @Test
  void framesArriveAsFastAsPossible() throws IOException {
    for (int i = 0; i < 10; i++) {
      frame(i * 1_000_000_000L, new byte[] {(byte) i});
    }
    final PcapLink link = link(ReplayPace.AS_FAST_AS_POSSIBLE, null);
    assertEquals(4, link.receive(burst, 4, START_NS));
    assertEquals(3, burst[3].bytes().get(burst[3].offset()));
    release(4);
    assertEquals(START_NS, link.nextArrivalNs());
    assertEquals("040506070809", received(link, START_NS));
    assertTrue(link.isExhausted());
    link.close();
  }

  @Test
  void whatTheCapturedMachineSentIsLeftOut() throws IOException {
    writer.write(EPOCH_NS, ByteBuffer.wrap(new byte[] {1}), 0, 1, Direction.OUTBOUND);
    writer.write(EPOCH_NS + 5, ByteBuffer.wrap(new byte[] {2}), 0, 1, Direction.INBOUND);
    writer.write(EPOCH_NS + 6, ByteBuffer.wrap(new byte[] {3}), 0, 1, Direction.OUTBOUND);
    writer.write(EPOCH_NS + 7, ByteBuffer.wrap(new byte[] {4}), 0, 1, Direction.UNKNOWN);
    final PcapLink link = link(ReplayPace.AS_CAPTURED, null);
    assertEquals("02", received(link, START_NS));
    assertEquals("04", received(link, START_NS + 2));
    link.close();
  }

  @Test
  void checksumsAreVerified() throws IOException {
    frame(0, Frames.tcp(new byte[4]));
    final PcapLink link = link(ReplayPace.AS_FAST_AS_POSSIBLE, null);
    assertEquals(1, link.receive(burst, 4, START_NS));
    assertEquals(Packet.RX_IPV4_CHECKSUM_BAD, burst[0].flags());
    release(1);
    link.close();
  }

  @Test
  void aRawIpPacketGetsAnEthernetHeader() throws IOException {
    final byte[] file =
        rawIp(new byte[] {0x45, 1, 2}, new byte[] {0x10}, new byte[] {0x60, 3}, new byte[0]);
    final PcapLink link =
        new PcapLink(
            REPLAY,
            pool,
            CaptureReader.open(new ByteArrayInputStream(file)),
            null,
            ReplayPace.AS_CAPTURED,
            START_NS);
    final String addresses = "02000000000a020000000001";
    final String four = addresses + "0800";
    final String six = addresses + "86dd";
    assertEquals(four + "450102" + four + "10" + six + "6003" + four, received(link, START_NS));
    link.close();
  }

  @Test
  void framesThatDoNotFitArePassedOverAndCounted() throws IOException {
    frame(0, new byte[1514 + 200]);
    frame(0, new byte[] {7});
    for (int i = 0; i < 40; i++) {
      frame(0, new byte[] {8});
    }
    final PcapLink link = link(ReplayPace.AS_CAPTURED, null);
    assertEquals(32, link.receive(burst, 64, START_NS)); // all that the pool has
    assertEquals(7, burst[0].bytes().get(burst[0].offset()));
    release(32);
    assertEquals(10, link.lostFrames());
    assertTrue(link.isExhausted());
    link.close();
  }

  @Test
  void whatIsTransmittedIsWrittenInTheTimeOfTheCapture() throws IOException {
    frame(0, new byte[] {1});
    final ByteArrayOutputStream answers = new ByteArrayOutputStream();
    final PcapLink link = link(ReplayPace.AS_CAPTURED, answers);
    burst[0] = Frames.packet(pool, Frames.tcp(new byte[4]));
    burst[0].flags(Packet.TX_IPV4_CHECKSUM | Packet.TX_TCP_CHECKSUM);
    assertEquals(1, link.transmit(burst, 1, START_NS + 77));
    link.close();
    assertNull(link.captureFailure());
    final CaptureReader reader = open(answers);
    assertTrue(reader.next());
    assertEquals(EPOCH_NS + 77, reader.timestampNs());
    assertEquals(Direction.OUTBOUND, reader.direction());
    final Packet written = Frames.packet(pool, bytes(reader));
    SoftwareChecksum.verify(written);
    assertEquals(0, written.flags());
    written.release();
    assertFalse(reader.next());
  }

  @Test
  void withoutAWriterWhatIsTransmittedIsGone() throws IOException {
    frame(0, new byte[] {1});
    final PcapLink link = link(ReplayPace.AS_CAPTURED, null);
    burst[0] = Frames.packet(pool, new byte[60]);
    assertEquals(1, link.transmit(burst, 1, START_NS));
    assertEquals(0, pool.inUse());
    link.close();
  }

  @Test
  void aBrokenCaptureIsReplayedUpToTheBreak() throws IOException {
    frame(0, new byte[] {1});
    frame(0, new byte[] {2});
    writer.flush();
    final byte[] cut = Arrays.copyOf(capture.toByteArray(), capture.size() - 4);
    final PcapLink link =
        new PcapLink(
            REPLAY,
            pool,
            CaptureReader.open(new ByteArrayInputStream(cut)),
            null,
            ReplayPace.AS_CAPTURED,
            START_NS);
    assertEquals("01", received(link, START_NS));
    assertTrue(link.isExhausted());
    assertNotNull(link.replayFailure());
    link.close();

    final byte[] atOnce = Arrays.copyOf(cut, 80);
    final CaptureReader reader = CaptureReader.open(new ByteArrayInputStream(atOnce));
    assertThrows(
        IOException.class,
        () -> new PcapLink(REPLAY, pool, reader, null, ReplayPace.AS_CAPTURED, START_NS));
  }

  @Test
  void anEmptyCaptureIsExhaustedAtOnce() throws IOException {
    final PcapLink link = link(ReplayPace.AS_CAPTURED, null);
    assertTrue(link.isExhausted());
    assertEquals("", received(link, START_NS));
    link.close();
    link.close();
  }

  /**
   * Whatever the frame, the way in takes it: no exception, pool balanced, nothing unaccounted for.
   */
  @Test
  void allCapturesPassThroughEveryLink() throws IOException {
    final MemoryPacketPool roomy = new MemoryPacketPool(256, 1514);
    for (final Captures.Capture each : Captures.all()) {
      final ByteArrayOutputStream seen = new ByteArrayOutputStream();
      final PcapLink replay =
          new PcapLink(
              REPLAY,
              roomy,
              CaptureReader.open(each.file()),
              null,
              ReplayPace.AS_CAPTURED,
              START_NS);
      final Faults faults =
          Faults.NONE.withDelay(1_000, 500).with(new Faults.Corruption(0.3, 4, true));
      final LinkDevice link =
          new PcapTap(
              new FaultInjector(replay, faults, faults, 5, 64), writer(seen), EPOCH_NS, START_NS);
      long nowNs = START_NS;
      long arrived = 0;
      while (link.nextArrivalNs() != Long.MAX_VALUE) {
        nowNs = link.nextArrivalNs() - nowNs > 0 ? link.nextArrivalNs() : nowNs;
        final int count = link.receive(burst, 64, nowNs);
        assertEquals(count, link.transmit(burst, count, nowNs));
        arrived += count;
      }
      assertEquals(each.frames(), arrived + replay.lostFrames(), each::name);
      assertNull(replay.replayFailure(), each::name);
      link.close();
      assertEquals(0, roomy.inUse(), each::name);
      final CaptureReader reader = open(seen);
      long written = 0;
      while (reader.next()) {
        written++;
      }
      assertEquals(2 * arrived, written, each::name);
    }
  }

  private void frame(final long afterNs, final byte[] frame) throws IOException {
    writer.write(EPOCH_NS + afterNs, ByteBuffer.wrap(frame), 0, frame.length, Direction.UNKNOWN);
  }

  private PcapLink link(final ReplayPace pace, final @Nullable ByteArrayOutputStream answers)
      throws IOException {
    writer.flush();
    return new PcapLink(
        REPLAY, pool, open(capture), answers == null ? null : writer(answers), pace, START_NS);
  }

  private static byte[] bytes(final CaptureReader reader) {
    final byte[] frame = new byte[reader.lengthBytes()];
    reader.bytes().get(0, frame);
    return frame;
  }

  private static CaptureReader open(final ByteArrayOutputStream file) throws IOException {
    return CaptureReader.open(new ByteArrayInputStream(file.toByteArray()));
  }

  private static PcapngWriter writer(final ByteArrayOutputStream out) {
    try {
      return new PcapngWriter(out, "test");
    } catch (final IOException e) {
      throw new AssertionError(e);
    }
  }

  private static byte[] rawIp(final byte[]... packets) {
    final ByteBuffer file = ByteBuffer.allocate(1024);
    file.putInt(0xA1B2C3D4).putShort((short) 2).putShort((short) 4).putLong(0);
    file.putInt(65535).putInt(101);
    for (final byte[] packet : packets) {
      file.putLong(0).putInt(packet.length).putInt(packet.length).put(packet);
    }
    final byte[] bytes = new byte[file.position()];
    file.get(0, bytes);
    return bytes;
  }

  private String received(final PcapLink link, final long nowNs) {
    final StringBuilder all = new StringBuilder();
    final int count = link.receive(burst, burst.length, nowNs);
    for (int i = 0; i < count; i++) {
      all.append(HexFormat.of().formatHex(Frames.bytes(burst[i])));
    }
    release(count);
    return all.toString();
  }

  private void release(final int count) {
    for (int i = 0; i < count; i++) {
      burst[i].release();
    }
  }
}
