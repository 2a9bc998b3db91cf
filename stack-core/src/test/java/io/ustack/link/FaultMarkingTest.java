package io.ustack.link;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ustack.buffer.Packet;
import java.util.Arrays;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Congestion marks of a {@link FaultInjector}, at end {@code a} of a pipe: RFC 3168 5. */
class FaultMarkingTest {
  private static final int TX = Packet.TX_IPV4_CHECKSUM | Packet.TX_TCP_CHECKSUM;
  private static final int TYPE_OF_SERVICE = 15;
  private static final int ECN_CAPABLE = 2;
  private static final int MARKED = 3;

  private final PipeLink.Pair pair = PipeLink.pair();
  private final PipeLink b = pair.b();
  private final Packet[] burst = new Packet[64];
  private FaultInjector a = injector(Faults.NONE.withMarking(1));

  private FaultInjector injector(final Faults faults) {
    return new FaultInjector(pair.a(), faults, faults, 7);
  }

  @AfterEach
  void poolsAreBalanced() {
    a.close();
    pair.close();
    assertEquals(0, pair.a().pool().inUse());
    assertEquals(0, b.pool().inUse());
  }

  private static void transmit(final LinkDevice from, final byte[] frame, final int flags) {
    final Packet packet = Frames.packet(from.pool(), frame);
    packet.flags(flags);
    assertEquals(1, from.transmit(new Packet[] {packet}, 1, 0));
  }

  private byte[] receiveOne(final LinkDevice at) {
    assertEquals(1, at.receive(burst, 64, 0));
    final byte[] frame = Frames.bytes(burst[0]);
    burst[0].release();
    return frame;
  }

  private static byte[] withTypeOfService(final int value) {
    final byte[] frame = Frames.tcp(Frames.payload(50, 2));
    frame[TYPE_OF_SERVICE] = (byte) value;
    return frame;
  }

  /** The frame as a link sends it, with its checksums. */
  private byte[] summed(final byte[] frame) {
    final PipeLink.Pair clean = PipeLink.pair();
    transmit(clean.a(), frame, TX);
    final byte[] good = receiveOne(clean.b());
    clean.close();
    return good;
  }

  /** The checksum of the IPv4 header goes with the mark, whoever is to fill it in. */
  @ParameterizedTest(name = "{0} becomes {1}")
  @CsvSource({"0, 0", "1, 3", "2, 3", "3, 3"})
  void aPacketIsMarkedWhereItsEndsKnowWhatThatMeans(final int before, final int after) {
    for (int other = 0; other < 256; other += 4) { // the other bits of the byte
      final byte[] expected = summed(withTypeOfService(other | after));
      transmit(a, withTypeOfService(other | before), TX);
      assertArrayEquals(expected, receiveOne(b), "the link fills it in");
      transmit(b, withTypeOfService(other | before), TX);
      assertArrayEquals(expected, receiveOne(a), "it stands there");
    }
    assertEquals(before == after ? 0 : 64, a.inboundCounts().marked());
    assertEquals(before == after ? 0 : 64, a.outboundCounts().marked());
  }

  /** Hardware that sums wants to find the field as it was left for it. */
  @Test
  void aChecksumThatTheLinkWillFillInIsNotTouched() {
    final FaultLane lane = new FaultLane(Faults.NONE.withMarking(1), 7, b.pool(), 1, false);
    final Packet packet = Frames.packet(b.pool(), withTypeOfService(ECN_CAPABLE));
    packet.flags(TX);
    lane.offer(packet, 0, 0);
    assertArrayEquals(withTypeOfService(MARKED), Frames.bytes(lane.poll(0)));
    packet.release();
  }

  @Test
  void aMarkMakesNoWrongChecksumRight() {
    final byte[] wrong = summed(withTypeOfService(0));
    wrong[TYPE_OF_SERVICE] = ECN_CAPABLE;
    transmit(b, wrong, 0);
    assertEquals(1, a.receive(burst, 64, 0));
    SoftwareChecksum.verify(burst[0]);
    assertEquals(Packet.RX_IPV4_CHECKSUM_BAD, burst[0].flags());
    burst[0].release();
    assertEquals(1, a.inboundCounts().marked());
  }

  @Test
  void whatIsNotIpv4IsNotMarked() {
    final byte[] arp = withTypeOfService(ECN_CAPABLE);
    arp[13] = 0x06;
    final byte[] cut = Arrays.copyOf(withTypeOfService(ECN_CAPABLE), Frames.IPV4 - 1);
    for (final byte[] frame : new byte[][] {arp, cut, new byte[0]}) {
      transmit(b, frame, 0);
      assertArrayEquals(frame, receiveOne(a));
    }
    assertEquals(0, a.inboundCounts().marked());
  }

  @Test
  void marksTheShareThatItIsToldIn() {
    a = injector(Faults.NONE.withMarking(0.1));
    int seen = 0;
    for (int i = 0; i < 10_000; i++) {
      transmit(b, withTypeOfService(ECN_CAPABLE), TX);
      seen += receiveOne(a)[TYPE_OF_SERVICE] == MARKED ? 1 : 0;
    }
    assertEquals(seen, a.inboundCounts().marked());
    assertTrue(Math.abs(seen - 1_000) < 120, seen + " is not about 1000");
  }
}
