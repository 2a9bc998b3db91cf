package io.ustack.link;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ustack.buffer.Packet;
import io.ustack.testing.Allocation;
import io.ustack.time.ManualClock;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A worse end {@code a} of a pipe; what {@code b} sees is the outbound side, what it sends meets
 * the inbound side.
 */
class FaultInjectorTest {
  private static final long MS = 1_000_000;
  private static final int BAD = Packet.RX_IPV4_CHECKSUM_BAD | Packet.RX_L4_CHECKSUM_BAD;
  private static final int TX = Packet.TX_IPV4_CHECKSUM | Packet.TX_TCP_CHECKSUM;

  private final PipeLink.Pair pair = PipeLink.pair();
  private final PipeLink b = pair.b();
  private final Packet[] burst = new Packet[64];
  private final ManualClock clock = new ManualClock(Long.MAX_VALUE - 3 * MS);
  private FaultInjector a = injector(Faults.NONE, Faults.NONE, 1);

  @AfterEach
  void poolsAreBalanced() {
    a.close();
    pair.close();
    assertEquals(0, pair.a().pool().inUse());
    assertEquals(0, b.pool().inUse());
  }

  @Test
  void withoutFaultsFramesPassAtOnceInOrderAndUnharmed() {
    for (int i = 0; i < 100; i++) {
      send(a, i);
      send(b, i);
    }
    assertEquals(numbers(0, 100), receiveAll(b));
    assertEquals(numbers(0, 100), receiveAll(a));
    assertEquals(new FaultCounts(100, 0, 0, 0, 0, 0, 0), a.inboundCounts());
    assertEquals(new FaultCounts(100, 0, 0, 0, 0, 0, 0), a.outboundCounts());
    assertEquals(0, a.lostFrames());
    assertEquals(Long.MAX_VALUE, a.nextArrivalNs());
  }

  @Test
  void losesTheShareThatItIsToldIn() {
    a = injector(Faults.NONE.withLoss(0.1), Faults.NONE.withLoss(0.3), 7);
    for (int i = 0; i < 10_000; i++) {
      send(a, i);
      send(b, i);
      receiveAll(a);
      receiveAll(b);
    }
    assertAbout(1_000, a.inboundCounts().lost(), 120);
    assertAbout(3_000, a.outboundCounts().lost(), 184);
    assertEquals(a.inboundCounts().lost() + a.outboundCounts().lost(), a.lostFrames());
  }

  @Test
  void aFrameIsDelayedToTheNanosecond() {
    a = injector(Faults.NONE.withDelay(5 * MS, 0), Faults.NONE.withDelay(7 * MS, 0), 1);
    final long startNs = clock.nanoTime();
    send(b, 1);
    send(a, 2);
    assertEquals(List.of(), receiveAll(a));
    assertEquals(startNs + 5 * MS, a.nextArrivalNs()); // past the wrap of the clock
    clock.advance(5 * MS - 1);
    assertEquals(List.of(), receiveAll(a));
    clock.advance(1);
    assertEquals(List.of(1), receiveAll(a));
    assertEquals(startNs + 7 * MS, a.nextArrivalNs());
    clock.advance(2 * MS - 1);
    assertEquals(List.of(), receiveAll(a));
    assertEquals(List.of(), receiveAll(b));
    clock.advance(1);
    assertEquals(List.of(), receiveAll(a)); // the duty cycle sends what is due
    assertEquals(List.of(2), receiveAll(b));
    assertEquals(Long.MAX_VALUE, a.nextArrivalNs());
  }

  @Test
  void jitterSpreadsFramesAndKeepsTheirOrder() {
    a = injector(Faults.NONE.withDelay(MS, 10 * MS), Faults.NONE, 3);
    final List<Integer> seen = new ArrayList<>();
    int sent = 0;
    int steps = 0;
    for (int step = 0; step < 4_000; step++) {
      if (step < 1_000) {
        send(b, sent++);
      }
      final List<Integer> now = receiveAll(a);
      steps += now.isEmpty() ? 0 : 1;
      seen.addAll(now);
      clock.advance(MS / 10);
    }
    assertEquals(numbers(0, 1_000), seen);
    assertTrue(steps > 50 && steps < 900, "frames bunch up behind the slow ones: " + steps);
  }

  @Test
  void aFrameHeldBackIsOvertaken() {
    a = injector(Faults.NONE.withReordering(0.2, MS), Faults.NONE, 11);
    final List<Integer> seen = new ArrayList<>();
    for (int i = 0; i < 1_000; i++) {
      send(b, i);
      seen.addAll(receiveAll(a));
      clock.advance(MS / 3);
    }
    clock.advance(MS);
    seen.addAll(receiveAll(a));
    assertAbout(200, a.inboundCounts().reordered(), 50);
    assertNotEquals(numbers(0, 1_000), seen);
    for (int i = 0; i < seen.size(); i++) {
      assertTrue(Math.abs(seen.get(i) - i) <= 3, "a frame is overtaken by three at most");
    }
    seen.sort(null);
    assertEquals(numbers(0, 1_000), seen);
  }

  @Test
  void aFrameMayComeTwice() {
    a = injector(Faults.NONE.withDuplication(1), Faults.NONE.withDuplication(0.5), 5);
    send(b, 1);
    send(b, 2);
    assertEquals(List.of(1, 1, 2, 2), receiveAll(a));
    for (int i = 0; i < 1_000; i++) {
      send(a, i);
      final int copies = receiveAll(b).size();
      assertTrue(copies == 1 || copies == 2);
    }
    assertAbout(500, a.outboundCounts().duplicated(), 64);
  }

  @Test
  void aCopyIsAsGoodOrBadAsTheFrame() {
    a = injector(Faults.NONE.withDuplication(1), Faults.NONE.withDuplication(1), 5);
    transmit(a, Frames.tcp(Frames.payload(50, 2)), TX); // checksums still to be filled in
    assertEquals(2, b.receive(burst, 64, clock.nanoTime()));
    assertEquals(0, burst[0].flags() | burst[1].flags());
    burst[0].release();
    burst[1].release();
    transmit(b, Frames.tcp(Frames.payload(50, 2)), 0); // checksums wrong
    assertEquals(2, a.receive(burst, 64, clock.nanoTime()));
    assertEquals(Packet.RX_IPV4_CHECKSUM_BAD, burst[0].flags());
    assertEquals(Packet.RX_IPV4_CHECKSUM_BAD, burst[1].flags());
    burst[0].release();
    burst[1].release();
  }

  @Test
  void withoutRoomNothingIsDuplicated() {
    a = new FaultInjector(pair.a(), Faults.NONE.withDuplication(1), Faults.NONE, 1, 1);
    send(b, 1);
    send(b, 2);
    assertEquals(List.of(1), receiveAll(a));
    assertEquals(List.of(2), receiveAll(a));
    assertEquals(0, a.inboundCounts().duplicated());
  }

  @Test
  void aCopyTakesNoRoomThatABurstWasPromised() {
    final Faults twice = Faults.NONE.withDuplication(1);
    a = new FaultInjector(pair.a(), twice, twice, 1, 8);
    for (int i = 0; i < 6; i++) {
      send(b, i);
      burst[i] = Frames.packet(a.pool(), numbered(i, 60));
    }
    assertEquals(6, a.transmit(burst, 6, clock.nanoTime()));
    assertEquals(List.of(0, 0, 1, 1, 2, 3, 4, 5), receiveAll(b));
    assertEquals(List.of(0, 0, 1, 1, 2, 3, 4, 5), receiveAll(a));
  }

  @Test
  void framesDueOnBothSidesOfTheClocksWrapComeInOrder() {
    a = injector(Faults.NONE.withReordering(1, 5 * MS), Faults.NONE, 1);
    send(b, 1);
    assertEquals(List.of(), receiveAll(a)); // due past the wrap
    a.inboundFaults(Faults.NONE.withReordering(1, MS));
    send(b, 2);
    assertEquals(List.of(), receiveAll(a)); // due before it
    clock.advance(MS);
    assertEquals(List.of(2), receiveAll(a));
    clock.advance(4 * MS);
    assertEquals(List.of(1), receiveAll(a));
  }

  @Test
  void withAnEmptyPoolNothingIsDuplicated() {
    a = injector(Faults.NONE.withDuplication(1), Faults.NONE, 5);
    send(b, 1);
    final Packet[] hoard = new Packet[1023];
    for (int i = 0; i < hoard.length; i++) {
      hoard[i] = a.pool().allocate();
    }
    assertEquals(List.of(1), receiveAll(a));
    assertEquals(0, a.inboundCounts().duplicated());
    for (final Packet packet : hoard) {
      packet.release();
    }
  }

  @Test
  void damageIsOneBitBehindTheEthernetHeaderAndTheVerdictSaysSo() {
    a = injector(Faults.NONE.withCorruption(1), Faults.NONE.withCorruption(1), 13);
    final byte[] good = goodSegment();
    for (int i = 0; i < 500; i++) {
      transmit(a, Frames.tcp(Frames.payload(50, 2)), TX);
      transmit(b, Frames.tcp(Frames.payload(50, 2)), TX);
      for (final LinkDevice end : new LinkDevice[] {a, b}) {
        assertEquals(1, end.receive(burst, 64, clock.nanoTime()));
        final byte[] bad = Frames.bytes(burst[0]);
        assertEquals(1, differentBits(good, bad));
        assertEquals(-1, Arrays.mismatch(good, 0, 14, bad, 0, 14));
        final boolean noHeader = bad[14] != good[14];
        assertTrue(noHeader || burst[0].flags() != 0, "bit flip without verdict");
        burst[0].release();
      }
    }
    assertEquals(500, a.inboundCounts().corrupted());
    assertEquals(500, a.outboundCounts().corrupted());
  }

  @Test
  void whatNoChecksumProtectsIsDamagedOnlyOnRequest() {
    final byte[] arp = new byte[60];
    arp[12] = 0x08;
    arp[13] = 0x06;
    a = injector(Faults.NONE.withCorruption(1), Faults.NONE, 13);
    transmit(b, arp, 0);
    assertArrayEquals(arp, receiveOne(a));
    transmit(b, new byte[0], 0);
    assertEquals(0, receiveOne(a).length);
    a.inboundFaults(Faults.NONE.with(new Faults.Corruption(1, 3, true)));
    boolean header = false;
    for (int i = 0; i < 200; i++) {
      transmit(b, arp, 0);
      final byte[] bad = receiveOne(a);
      final int bits = differentBits(arp, bad);
      assertTrue(bits == 3 || bits == 1, "three flips, two of which may cancel out");
      header |= Arrays.mismatch(arp, 0, 14, bad, 0, 14) >= 0;
    }
    assertTrue(header);
    transmit(b, new byte[0], 0);
    assertEquals(0, receiveOne(a).length);
  }

  @Test
  void aSlowLineSpacesFramesAndDropsWhatItsQueueCantHold() {
    // 8 Mbit/s: one byte takes a microsecond; the queue holds ten frames of 100 bytes.
    a = injector(Faults.NONE, Faults.NONE.withLine(8_000_000, 1_000), 1);
    for (int i = 0; i < 15; i++) {
      transmit(a, numbered(i, 100), 0);
    }
    assertEquals(5, a.outboundCounts().queueDrops());
    assertEquals(5, a.lostFrames());
    for (int i = 0; i < 10; i++) {
      clock.advance(99_999);
      assertEquals(List.of(), receiveAll(a));
      assertEquals(List.of(), receiveAll(b));
      clock.advance(1);
      assertEquals(List.of(), receiveAll(a));
      assertEquals(List.of(i), receiveAll(b));
    }
    transmit(a, numbered(99, 1514), 0); // longer than the queue, but the line is idle
    clock.advance(1_514_000);
    assertEquals(List.of(), receiveAll(a));
    assertEquals(List.of(99), receiveAll(b));
  }

  @Test
  void aLineKeepsWhereItsQueueMarks() {
    final Faults marking = Faults.NONE.withMarkingFrom(200);
    assertEquals(
        Faults.NONE.withLine(8_000_000, 10_000).withMarkingFrom(200),
        marking.withLine(8_000_000, 10_000));
  }

  @Test
  void aQueueThatGrowsMarksWhoCanHearIt() {
    // A byte takes a microsecond; frames of 104 bytes, of which every second can be marked.
    final Faults line = Faults.NONE.withLine(8_000_000, 10_000).withMarkingFrom(200);
    a = injector(line, line, 1);
    final byte[] deaf = Frames.tcp(Frames.payload(50, 2));
    final byte[] hears = deaf.clone();
    hears[15] = 2; // ECT(0)
    for (int i = 0; i < 3; i++) {
      for (final LinkDevice end : new LinkDevice[] {a, b}) {
        transmit(end, hears, TX);
        transmit(end, deaf, TX);
      }
    }
    assertEquals(0, a.receive(burst, 64, clock.nanoTime()));
    clock.advance(10 * MS);
    for (final LinkDevice end : new LinkDevice[] {a, b}) {
      assertEquals(List.of(2, 0, 3, 0, 3, 0), marksAndChecksums(end));
    }
    assertEquals(2, a.outboundCounts().marked());
    assertEquals(2, a.inboundCounts().marked());
    assertEquals(0, a.lostFrames());
  }

  /** The ECN field of each frame; the checksums around it hold. */
  private List<Integer> marksAndChecksums(final LinkDevice at) {
    final List<Integer> marks = new ArrayList<>();
    final int count = at.receive(burst, burst.length, clock.nanoTime());
    for (int i = 0; i < count; i++) {
      SoftwareChecksum.verify(burst[i]);
      assertEquals(0, burst[i].flags() & BAD);
      marks.add(burst[i].bytes().get(burst[i].offset() + 15) & 3);
      burst[i].release();
    }
    return marks;
  }

  @ParameterizedTest
  @ValueSource(ints = {64, 65, 512, 577, 4096})
  void leavesPacketsInASmallPool(final int poolPackets) {
    final PipeLink.Pair small =
        PipeLink.pair(pair.a().capabilities(), pair.b().capabilities(), poolPackets, 1 << 18);
    final Faults slow = Faults.NONE.withDelay(MS, 0);
    final LinkDevice link = new FaultInjector(small.a(), slow, slow, 1);
    int taken = 0;
    Packet packet = link.pool().allocate();
    while (packet != null && link.transmit(new Packet[] {packet}, 1, clock.nanoTime()) == 1) {
      taken++;
      packet = link.pool().allocate();
    }
    assertTrue(taken >= 1 && taken <= 256 && packet != null, () -> "none is left");
    packet.release();
    link.close();
    small.close();
  }

  @Test
  void heldFramesAreBoundedAndPressureReachesBothSides() {
    a =
        new FaultInjector(
            pair.a(), Faults.NONE.withDelay(MS, 0), Faults.NONE.withDelay(MS, 0), 1, 8);
    for (int i = 0; i < 12; i++) {
      send(b, i);
    }
    for (int i = 0; i < 8; i++) {
      send(a, i);
    }
    final Packet ninth = Frames.packet(a.pool(), numbered(8, 60));
    assertEquals(0, a.transmit(new Packet[] {ninth}, 1, clock.nanoTime()));
    assertEquals(List.of(), receiveAll(a));
    final long dueNs = clock.nanoTime() + MS;
    assertEquals(dueNs, a.nextArrivalNs()); // not "now", though the pipe holds four more
    clock.advance(MS);
    assertEquals(1, a.transmit(new Packet[] {ninth}, 1, clock.nanoTime()));
    assertEquals(numbers(0, 8), receiveAll(b));
    assertEquals(numbers(0, 8), receiveAll(a));
    clock.advance(MS);
    assertEquals(numbers(8, 12), receiveAll(a));
    assertEquals(List.of(8), receiveAll(b));
    assertEquals(0, a.lostFrames());
  }

  @Test
  void framesThatTheLinkDoesNotTakeGoLaterInOrder() {
    final PipeLink.Pair narrow =
        PipeLink.pair(pair.a().capabilities(), b.capabilities(), 128, 3 * (1514 + 4));
    final FaultInjector sender = new FaultInjector(narrow.a(), Faults.NONE, Faults.NONE, 1, 40);
    for (int i = 0; i < 6; i++) {
      burst[i] = Frames.packet(sender.pool(), numbered(i, 1514));
    }
    assertEquals(6, sender.transmit(burst, 6, clock.nanoTime()));
    assertEquals(clock.nanoTime(), sender.nextArrivalNs());
    assertEquals(numbers(0, 3), receiveAll(narrow.b()));
    assertEquals(0, sender.receive(burst, 64, clock.nanoTime()));
    assertEquals(numbers(3, 6), receiveAll(narrow.b()));
    for (int i = 0; i < 6; i++) {
      burst[i] = Frames.packet(sender.pool(), numbered(i, 1514));
    }
    assertEquals(6, sender.transmit(burst, 6, clock.nanoTime()));
    sender.close();
    assertEquals(0, sender.pool().inUse());
    narrow.close();
  }

  @Test
  void theSameSeedGivesTheSameBytesAtTheSameTimes() {
    assertEquals(history(42), history(42));
    assertNotEquals(history(42), history(43));
  }

  @Test
  void eachDirectionHasNumbersOfItsOwn() {
    final Faults faults = Faults.NONE.withLoss(0.5);
    final List<List<Integer>> seen = new ArrayList<>();
    for (int seed = 1; seed <= 2; seed++) {
      a = injector(faults, faults, seed);
      for (int i = 0; i < 60; i++) {
        send(a, i);
        send(b, i);
      }
      seen.add(receiveAll(a));
      seen.add(receiveAll(b));
    }
    assertEquals(4, seen.stream().distinct().count());
  }

  @Test
  void theDirectionsDoNotDisturbEachOther() {
    final Faults faults = Faults.NONE.withLoss(0.3);
    a = injector(faults, faults, 42);
    final List<Integer> alone = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      send(b, i);
      alone.addAll(receiveAll(a));
    }
    a = injector(faults, faults, 42);
    final List<Integer> together = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      send(a, i);
      send(b, i);
      together.addAll(receiveAll(a));
    }
    assertEquals(alone, together);
  }

  @Test
  void closingReleasesWhatIsHeldAndLosesWhatComes() {
    a = injector(Faults.NONE.withDelay(MS, 0), Faults.NONE.withDelay(MS, 0), 1);
    send(a, 1);
    send(b, 2);
    receiveAll(a);
    assertEquals(2, a.pool().inUse());
    a.close();
    assertEquals(0, a.pool().inUse());
    send(a, 3);
    assertEquals(0, a.pool().inUse());
    assertEquals(1, a.lostFrames());
    assertEquals(List.of(), receiveAll(a));
    a.close();
  }

  @Test
  void impossibleFaultsAreRefused() {
    assertThrows(IllegalArgumentException.class, () -> Faults.NONE.withLoss(1.01));
    assertThrows(IllegalArgumentException.class, () -> Faults.NONE.withDuplication(Double.NaN));
    assertThrows(IllegalArgumentException.class, () -> Faults.NONE.withDelay(-1, 0));
    assertThrows(IllegalArgumentException.class, () -> Faults.NONE.withLine(1, (1 << 30) + 1));
    assertThrows(
        IllegalArgumentException.class,
        () -> new FaultInjector(pair.a(), Faults.NONE, Faults.NONE, 1, 500));
  }

  @Test
  void allocatesNothingPerFrame() {
    final Faults all =
        Faults.NONE
            .withLoss(0.05)
            .withDuplication(0.05)
            .withMarking(0.05)
            .withCorruption(0.05)
            .withReordering(0.05, MS)
            .withDelay(MS, MS)
            .withLine(1_000_000_000, 100_000);
    a = injector(all, all, 9);
    assertEquals(0, Allocation.bytesOfWarmRounds(30_000, 2_000, this::exchange));
  }

  private void exchange() {
    for (int i = 0; i < 4; i++) {
      burst[i] = a.pool().allocate();
      burst[i].append(60);
      burst[i + 4] = b.pool().allocate();
      burst[i + 4].append(60);
    }
    assertEquals(4, a.transmit(burst, 4, clock.nanoTime()));
    System.arraycopy(burst, 4, burst, 0, 4);
    assertEquals(4, b.transmit(burst, 4, clock.nanoTime()));
    for (int n = a.receive(burst, 64, clock.nanoTime()); n > 0; n--) {
      burst[n - 1].release();
    }
    for (int n = b.receive(burst, 64, clock.nanoTime()); n > 0; n--) {
      burst[n - 1].release();
    }
    clock.advance(MS / 2);
  }

  private List<String> history(final long seed) {
    final Faults all =
        Faults.NONE
            .withLoss(0.1)
            .withDuplication(0.1)
            .withCorruption(0.1)
            .withReordering(0.1, 2 * MS)
            .withDelay(MS, 3 * MS)
            .withLine(100_000_000, 20_000);
    final PipeLink.Pair pipe = PipeLink.pair();
    final FaultInjector injector = new FaultInjector(pipe.a(), all, all, seed);
    final List<String> seen = new ArrayList<>();
    for (int i = 0; i < 400; i++) {
      final long nowNs = i * (MS / 4);
      final byte[] frame = Frames.tcp(Frames.payload(i, i));
      for (final LinkDevice end : new LinkDevice[] {injector, pipe.b()}) {
        final Packet packet = Frames.packet(end.pool(), frame);
        packet.flags(TX);
        assertEquals(1, end.transmit(new Packet[] {packet}, 1, nowNs));
      }
      for (final LinkDevice end : new LinkDevice[] {injector, pipe.b()}) {
        for (int n = end.receive(burst, 64, nowNs), at = 0; at < n; at++) {
          final int hash = Arrays.hashCode(Frames.bytes(burst[at]));
          seen.add(end.capabilities().name() + " " + nowNs + " " + hash + " " + burst[at].flags());
          burst[at].release();
        }
      }
    }
    injector.close();
    pipe.close();
    assertEquals(0, pipe.a().pool().inUse() + pipe.b().pool().inUse());
    return seen;
  }

  private FaultInjector injector(final Faults inbound, final Faults outbound, final long seed) {
    return new FaultInjector(pair.a(), inbound, outbound, seed);
  }

  private void send(final LinkDevice from, final int number) {
    transmit(from, numbered(number, 60), 0);
  }

  private void transmit(final LinkDevice from, final byte[] frame, final int flags) {
    final Packet packet = Frames.packet(from.pool(), frame);
    packet.flags(flags);
    assertEquals(1, from.transmit(new Packet[] {packet}, 1, clock.nanoTime()));
  }

  private byte[] receiveOne(final LinkDevice at) {
    assertEquals(1, at.receive(burst, 64, clock.nanoTime()));
    final byte[] frame = Frames.bytes(burst[0]);
    burst[0].release();
    return frame;
  }

  private List<Integer> receiveAll(final LinkDevice at) {
    final List<Integer> numbers = new ArrayList<>();
    int count = burst.length;
    while (count == burst.length) {
      count = at.receive(burst, burst.length, clock.nanoTime());
      for (int i = 0; i < count; i++) {
        numbers.add(burst[i].bytes().getInt(burst[i].offset() + 14));
        burst[i].release();
      }
    }
    return numbers;
  }

  private static byte[] numbered(final int number, final int length) {
    final byte[] frame = new byte[length];
    java.nio.ByteBuffer.wrap(frame).putInt(14, number);
    return frame;
  }

  private static List<Integer> numbers(final int from, final int to) {
    final List<Integer> numbers = new ArrayList<>();
    for (int i = from; i < to; i++) {
      numbers.add(i);
    }
    return numbers;
  }

  private byte[] goodSegment() {
    final PipeLink.Pair clean = PipeLink.pair();
    transmit(clean.a(), Frames.tcp(Frames.payload(50, 2)), TX);
    final byte[] good = receiveOne(clean.b());
    clean.close();
    return good;
  }

  private static void assertAbout(final long expected, final long actual, final long tolerance) {
    assertTrue(Math.abs(expected - actual) <= tolerance, actual + " is not about " + expected);
  }

  private static int differentBits(final byte[] a, final byte[] b) {
    assertEquals(a.length, b.length);
    int bits = 0;
    for (int i = 0; i < a.length; i++) {
      bits += Integer.bitCount((a[i] ^ b[i]) & 0xFF);
    }
    return bits;
  }
}
