package io.ustack.link;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;

import io.ustack.buffer.MemoryPacketPool;
import io.ustack.buffer.Packet;
import io.ustack.pcap.CaptureReader;
import io.ustack.pcap.PcapngWriter;
import io.ustack.testing.Allocation;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PcapTapTest {
  private static final long EPOCH_NS = 1_700_000_000_000_000_000L;
  // The clock wraps on the way. Not a constant: the compiler would count along.
  private static final long ORIGIN_NS = Long.valueOf(Long.MAX_VALUE - 100);
  private static final int TX = Packet.TX_IPV4_CHECKSUM | Packet.TX_TCP_CHECKSUM;

  private final PipeLink.Pair pair = PipeLink.pair();
  private final PipeLink b = pair.b();
  private final ByteArrayOutputStream file = new ByteArrayOutputStream();
  private final Packet[] burst = new Packet[128];

  @AfterEach
  void poolsAreBalanced() {
    pair.close();
    assertEquals(0, pair.a().pool().inUse());
    assertEquals(0, b.pool().inUse());
  }

  @Test
  void bothDirectionsAreWrittenWithTimeAndAsOnTheWire() throws IOException {
    final PcapTap tap = tap(pair.a(), file);
    final byte[] segment = Frames.tcp(Frames.payload(33, 1));
    transmit(tap, segment, TX, ORIGIN_NS + 5);
    assertEquals(1, b.receive(burst, 1, 0));
    final byte[] onTheWire = Frames.bytes(burst[0]);
    assertEquals(0, burst[0].flags());
    burst[0].release();
    transmit(b, segment, TX, 0);
    assertEquals(1, tap.receive(burst, 64, ORIGIN_NS + 1_000));
    burst[0].release();
    tap.close();
    final String bytes = Arrays.toString(onTheWire);
    assertEquals(
        List.of(EPOCH_NS + 5 + " OUTBOUND " + bytes, EPOCH_NS + 1_000 + " INBOUND " + bytes),
        captured());
  }

  @Test
  void theFrameItselfStillAsksTheLinkForItsChecksums() {
    final MemoryPacketPool pool = new MemoryPacketPool(4, 1514);
    final LoopbackLink loopback = new LoopbackLink(pool, 1500, 4);
    final PcapTap tap = tap(loopback, file);
    final byte[] segment = Frames.tcp(Frames.payload(33, 1));
    transmit(tap, segment, TX, ORIGIN_NS);
    assertEquals(1, tap.receive(burst, 1, ORIGIN_NS));
    assertArrayEquals(segment, Frames.bytes(burst[0])); // nothing filled in on loopback
    burst[0].release();
    tap.close();
    assertEquals(0, pool.inUse());
  }

  @Test
  void aFrameThatTheLinkDoesNotTakeIsWrittenOnceItDoes() throws IOException {
    final PipeLink.Pair narrow =
        PipeLink.pair(pair.a().capabilities(), b.capabilities(), 128, 60 * (60 + 4) + 1514);
    final PcapTap tap = tap(narrow.a(), file);
    for (int i = 0; i < 100; i++) {
      burst[i] = Frames.packet(tap.pool(), new byte[60]);
      burst[i].bytes().put(burst[i].offset(), (byte) i);
    }
    final int first = tap.transmit(burst, 100, ORIGIN_NS);
    assertEquals(83, first);
    System.arraycopy(burst, first, burst, 0, 100 - first);
    assertEquals(0, tap.transmit(burst, 100 - first, ORIGIN_NS));
    final Packet[] received = new Packet[128];
    final int arrived = narrow.b().receive(received, 128, ORIGIN_NS);
    for (int i = 0; i < arrived; i++) {
      received[i].release();
    }
    assertEquals(100 - first, tap.transmit(burst, 100 - first, ORIGIN_NS));
    tap.close();
    narrow.close();
    final List<String> frames = captured();
    assertEquals(100, frames.size());
    for (int i = 0; i < 100; i++) {
      assertEquals(true, frames.get(i).startsWith(EPOCH_NS + " OUTBOUND [" + (byte) i + ","));
    }
    assertEquals(0, narrow.a().pool().inUse());
  }

  @Test
  void aFullDiskEndsTheCaptureAndNotTheLink() {
    final AtomicInteger attempts = new AtomicInteger();
    final OutputStream full =
        new OutputStream() {
          @Override
          public void write(final int b) throws IOException {
            attempts.incrementAndGet();
            throw new IOException("No space left on device");
          }
        };
    final PcapTap tap = tap(pair.a(), full);
    for (int i = 0; i < 200; i++) {
      transmit(tap, Frames.payload(1000, i), 0, ORIGIN_NS + i);
      assertEquals(1, b.receive(burst, 1, 0));
      burst[0].release();
    }
    assertNotNull(tap.captureFailure());
    assertEquals("No space left on device", tap.captureFailure().getMessage());
    tap.close();
    tap.close();
    assertEquals(1, attempts.get());
  }

  @Test
  void onceASecondWhatIsWrittenReachesTheFile() throws IOException {
    final PcapTap tap = tap(pair.a(), file);
    transmit(tap, new byte[60], 0, ORIGIN_NS);
    assertEquals(0, tap.receive(burst, 1, ORIGIN_NS + 999_999_999));
    assertEquals(0, file.size());
    assertEquals(0, tap.receive(burst, 1, ORIGIN_NS + 1_000_000_000));
    assertEquals(1, captured().size());
    assertNull(tap.captureFailure());
    tap.close();
  }

  @Test
  void everythingElseIsTheLinks() {
    final PcapTap tap = tap(pair.a(), file);
    assertEquals("pipe-a", tap.capabilities().name());
    assertEquals(Long.MAX_VALUE, tap.nextArrivalNs());
    transmit(b, new byte[60], 0, 0);
    assertEquals(0, tap.nextArrivalNs());
    b.close();
    transmit(tap, new byte[60], 0, ORIGIN_NS);
    assertEquals(1, tap.lostFrames());
    tap.close();
    transmit(tap, new byte[60], 0, ORIGIN_NS); // to a closed link, past a closed file
    assertEquals(2, tap.lostFrames());
  }

  @Test
  void theSameFramesGiveTheSameFile() throws IOException {
    final byte[] first = session();
    file.reset();
    assertArrayEquals(first, session());
  }

  @Test
  void allocatesNothingPerFrame(@TempDir final Path directory) throws IOException {
    final PcapTap tap =
        new PcapTap(
            pair.a(), new PcapngWriter(directory.resolve("tap.pcapng"), "pipe-a"), EPOCH_NS, 0);
    assertEquals(0, Allocation.bytesOfWarmRounds(20_000, 2_000, () -> exchange(tap)));
    assertNull(tap.captureFailure());
    tap.close();
  }

  private void exchange(final PcapTap tap) {
    for (int i = 0; i < 4; i++) {
      burst[i] = tap.pool().allocate();
      burst[i].append(60 + i);
      burst[i].flags(TX);
    }
    assertEquals(4, tap.transmit(burst, 4, 1));
    assertEquals(4, b.receive(burst, 128, 1));
    assertEquals(4, b.transmit(burst, 4, 1));
    assertEquals(4, tap.receive(burst, 128, 1));
    for (int i = 0; i < 4; i++) {
      burst[i].release();
    }
  }

  private byte[] session() {
    final PipeLink.Pair pipe = PipeLink.pair();
    final PcapTap tap = tap(pipe.a(), file);
    for (int i = 0; i < 50; i++) {
      transmit(tap, Frames.tcp(Frames.payload(i, i)), TX, ORIGIN_NS + i);
      transmit(pipe.b(), Frames.udp(Frames.payload(i, -i)), 0, 0);
      assertEquals(1, tap.receive(burst, 128, ORIGIN_NS + i));
      burst[0].release();
    }
    tap.close();
    pipe.close();
    return file.toByteArray();
  }

  private static PcapTap tap(final LinkDevice link, final OutputStream out) {
    try {
      return new PcapTap(link, new PcapngWriter(out, "tap"), EPOCH_NS, ORIGIN_NS);
    } catch (final IOException e) {
      throw new AssertionError(e);
    }
  }

  private static void transmit(
      final LinkDevice from, final byte[] frame, final int flags, final long nowNs) {
    final Packet packet = Frames.packet(from.pool(), frame);
    packet.flags(flags);
    assertEquals(1, from.transmit(new Packet[] {packet}, 1, nowNs));
  }

  private List<String> captured() throws IOException {
    final List<String> frames = new ArrayList<>();
    try (CaptureReader reader = CaptureReader.open(new ByteArrayInputStream(file.toByteArray()))) {
      while (reader.next()) {
        final byte[] frame = new byte[reader.lengthBytes()];
        reader.bytes().get(0, frame);
        frames.add(reader.timestampNs() + " " + reader.direction() + " " + Arrays.toString(frame));
      }
    }
    return frames;
  }
}
