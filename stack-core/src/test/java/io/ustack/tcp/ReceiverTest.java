package io.ustack.tcp;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ustack.buffer.PacketRing;
import io.ustack.counter.Counters;
import java.nio.ByteBuffer;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The receiving half alone: acceptance, reassembly, windows, and what ACKs it owes. */
class ReceiverTest {
  private static final int IRS = -1000;
  private static final int CAPACITY = 5000;

  private final PacketRing buffer = new PacketRing(CAPACITY);
  private final RttEstimator rtt = new RttEstimator(TestStack.PLAIN);
  private final Receiver receiver =
      new Receiver(buffer, TestStack.PLAIN, new ReceiverParts(new Counters()));

  private Receiver started(final int shift) {
    receiver.start(IRS, 1460);
    receiver.scaleWindow(shift);
    return receiver;
  }

  /** Data at places of the peer's stream; the first byte behind the SYN has place 1. */
  private static TcpSegment data(final int from, final int to) {
    final TcpSegment segment = new TcpSegment();
    segment.seq = IRS + from;
    segment.flags = TcpHeader.ACK;
    segment.bytes = ByteBuffer.wrap(ScriptedSegment.stream(from, to - from));
    segment.payloadLength = to - from;
    return segment;
  }

  // ---- RFC 9293 3.10.7.4, table 6

  @ParameterizedTest(name = "window of 5000: {0} +{1} is acceptable: {2}")
  @CsvSource({
    "1, 0, true",
    "0, 0, false",
    "5000, 0, true",
    "5001, 0, true",
    "5002, 0, false",
    "1, 100, true",
    "0, 1, false",
    "0, 2, true",
    "-99, 100, false",
    "-98, 100, true",
    "5000, 100, true",
    "5001, 100, false",
    "5001, 1, false",
    "-1000, 65000, true",
    "2000000000, 100, false",
    "-2000000000, 100, false"
  })
  void openWindow(final int seq, final int length, final boolean acceptable) {
    assertEquals(acceptable, started(0).isAcceptable(IRS + seq, length));
  }

  @ParameterizedTest(name = "closed window: {0} +{1} is acceptable: {2}")
  @CsvSource({
    "5001, 0, true",
    "5000, 0, false",
    "5002, 0, false",
    "5001, 1, true",
    "5000, 1, false",
    "5002, 1, false",
    "4000, 1000, false"
  })
  void closedWindow(final int seq, final int length, final boolean acceptable) {
    started(0).onPayload(data(1, 5001), rtt, 0);
    assertEquals(0, receiver.rcvWnd());
    assertEquals(acceptable, receiver.isAcceptable(IRS + seq, length));
  }

  // ---- Reassembly

  /** Random segments, random reads, a FIN somewhere: what is read is what was sent. */
  @ParameterizedTest(name = "seed {0}")
  @ValueSource(longs = {1, 2, 3, 4, 5, 6})
  void anyOrderGivesTheStream(final long seed) {
    final Random random = new Random(seed);
    for (int life = 0; life < 40; life++) {
      final PacketRing ring = new PacketRing(500 + random.nextInt(5000));
      final Receiver tested =
          new Receiver(ring, TestStack.PLAIN, new ReceiverParts(new Counters()));
      tested.start(IRS, 1460);
      final int end = 1 + random.nextInt(40_000);
      int read = 1;
      boolean finished = false;
      while (!finished) {
        final int next = tested.rcvNxt() - IRS;
        final int from = Math.max(1, next + random.nextInt(3000) - 1000);
        final int to = Math.min(end, from + random.nextInt(1461));
        if (from < to && tested.isAcceptable(IRS + from, to - from)) {
          tested.onPayload(data(from, to), rtt, 0);
        }
        if (random.nextInt(10) == 0) {
          tested.onFin(IRS + end);
        }
        finished = tested.takeFin();
        final byte[] bytes = new byte[random.nextInt(3000)];
        final int count = ring.read(bytes, 0, bytes.length);
        assertArrayEquals(
            ScriptedSegment.stream(read, count), java.util.Arrays.copyOf(bytes, count));
        read += count;
        tested.windowField();
      }
      assertEquals(end, read + ring.length());
      assertTrue(tested.isEnded());
      assertFalse(tested.hasHoles());
    }
  }

  @Test
  void publishesOnlyWhatIsInOrder() {
    started(0);
    assertEquals(0, receiver.onPayload(data(101, 201), rtt, 0));
    assertEquals(0, buffer.length());
    assertTrue(receiver.hasHoles());
    assertEquals(200, receiver.onPayload(data(1, 101), rtt, 0));
    assertEquals(200, buffer.length());
    assertFalse(receiver.hasHoles());
  }

  @Test
  void finIsTakenExactlyOnce() {
    started(0).onFin(IRS + 1);
    assertTrue(receiver.takeFin());
    assertFalse(receiver.takeFin());
    receiver.onFin(IRS + 1);
    receiver.onFin(IRS + 2);
    assertEquals(IRS + 2, receiver.rcvNxt());
  }

  @Test
  void firstFinStands() {
    started(0).onFin(IRS + 101);
    receiver.onFin(IRS + 51);
    receiver.onPayload(data(1, 101), rtt, 0);
    assertTrue(receiver.takeFin());
    assertEquals(IRS + 102, receiver.rcvNxt());
  }

  // ---- Windows

  @Test
  void windowIsNeverLessThanWasOffered() {
    started(0).windowField();
    buffer.capacity(1000);
    assertEquals(CAPACITY, receiver.windowField());
    receiver.onPayload(data(1, 501), rtt, 0);
    assertEquals(CAPACITY - 500, receiver.windowField());
  }

  /** SO_RCVBUF made smaller: what no longer fits is lost, but nothing breaks. */
  @Test
  void offeredDataThatNoLongerFitsIsCutOff() {
    started(0);
    buffer.capacity(1000);
    assertEquals(1000, receiver.onPayload(data(1, 1461), rtt, 0));
    assertEquals(0, receiver.onPayload(data(1001, 1461), rtt, 0));
    assertEquals(1000, buffer.length());
  }

  @Test
  void largerBufferOpensTheWindowAtTheNextSegment() {
    started(0);
    buffer.capacity(20_000);
    assertTrue(receiver.owesWindowUpdate());
    assertEquals(20_000, receiver.windowField());
    assertFalse(receiver.owesWindowUpdate());
  }

  @ParameterizedTest(name = "shift {0}")
  @ValueSource(ints = {0, 1, 7, 10, 14})
  void fieldIsRoundedDown(final int shift) {
    buffer.capacity(300_001);
    started(shift);
    final int field = receiver.windowField();
    assertEquals(Math.min(0xFFFF, 300_001 >> shift), field);
    assertTrue(field << shift <= receiver.rcvWnd());
  }

  // ---- ACKs owed

  @Test
  void everySecondSegmentIsAcknowledged() {
    started(0).onPayload(data(1, 101), rtt, 0);
    assertFalse(receiver.owesAck());
    assertTrue(receiver.acks().mayDelayAck());
    receiver.onPayload(data(101, 201), rtt, 0);
    assertTrue(receiver.owesAck());
    receiver.onAckSent(true);
    assertFalse(receiver.owesAck());
    assertFalse(receiver.acks().mayDelayAck());
  }

  @Test
  void oneAckForEachSegmentOutOfOrder() {
    started(0);
    for (int i = 1; i <= 3; i++) {
      receiver.onPayload(data(100 * i, 100 * i + 50), rtt, 0);
    }
    for (int i = 0; i < 3; i++) {
      assertTrue(receiver.owesAck());
      receiver.onAckSent(true);
    }
    assertFalse(receiver.owesAck());
  }

  @Test
  void dataPaysForAnAckButNotForADuplicate() {
    started(0).oweAck();
    receiver.onAckSent(false);
    assertFalse(receiver.owesAck());
    receiver.acks().oweDuplicateAck();
    receiver.onAckSent(false);
    assertTrue(receiver.owesAck());
    receiver.onAckSent(true);
    assertFalse(receiver.owesAck());
  }
}
