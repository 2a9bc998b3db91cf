package io.ustack.tcp;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.ustack.house.Covers;
import io.ustack.testing.Frames;
import io.ustack.testing.TestNet;
import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** RFC 6093: urgent data is data like any other, and its pointer moves nothing. */
class UrgentTest {
  private static final int POINTER = 18;
  private static final int CHECKSUM = 16;

  private static void inject(final TestStack s, final String text, final int pointer) {
    final ByteBuffer segment =
        ByteBuffer.wrap(
            ScriptedSegment.parse(text)
                .bytes(
                    TestStack.PEER_PORT,
                    TestStack.OUR_PORT,
                    TestStack.PEER_ISN,
                    TestStack.OUR_ISN));
    segment.putShort(POINTER, (short) pointer).putShort(CHECKSUM, (short) 0);
    final long pseudo = Frames.pseudoHeader(6, TestNet.PEER, TestNet.OUR, segment.capacity());
    segment.putShort(
        CHECKSUM, (short) Frames.checksum(segment.array(), 0, segment.capacity(), pseudo));
    s.net.inject(TestNet.ipv4ToUs(TcpHeader.PROTOCOL, segment.array()));
  }

  @ParameterizedTest(name = "pointer {0}")
  @ValueSource(ints = {0, 1, 10, 11, 1000, 65_535})
  @Covers(
      rfc = "RFC 6093",
      what = "urgent data stays in line, the pointer moves nothing",
      by = Receiver.class)
  void everyByteIsReadWhereverThePointerPoints(final int pointer) {
    try (TestStack s = TestStack.established()) {
      inject(s, "PU. 1:11(10) ack 1 win 65535", pointer);
      inject(s, "PU. 11:21(10) ack 1 win 65535", pointer);
      s.script("> . 1:1(0) ack 21");
      assertEquals(20, s.read(1, 100));
      assertEquals(0, s.net.stack.counters().drops());
    }
  }

  @ParameterizedTest(name = "pointer {0}")
  @ValueSource(ints = {0, 1, 65_535})
  @Covers(rfc = "RFC 6093")
  void pointerWithoutDataSaysNothing(final int pointer) {
    try (TestStack s = TestStack.established()) {
      s.events.take();
      inject(s, "U. 1:1(0) ack 1 win 65535", pointer);
      s.silence(1);
      assertEquals(0, s.events.take());
      inject(s, "FU. 1:1(0) ack 1 win 65535", pointer);
      s.script("> . 1:1(0) ack 2").in(TcpState.CLOSE_WAIT);
    }
  }

  /** Old, beyond a hole, and outside the window: each as it would be without. */
  @ParameterizedTest(name = "pointer {0}")
  @ValueSource(ints = {1, 5, 65_535})
  @Covers(rfc = "RFC 6093")
  void segmentsOutOfPlaceAreAsWithout(final int pointer) {
    try (TestStack s = TestStack.established()) {
      inject(s, "P. 1:11(10) ack 1 win 65535", 0);
      inject(s, "PU. 1:11(10) ack 1 win 65535", pointer);
      s.script("> . 1:1(0) ack 11");
      inject(s, "PU. 21:31(10) ack 1 win 65535", pointer);
      s.script("> . 1:1(0) ack 11");
      inject(s, "PU. 200000:200010(10) ack 1 win 65535", pointer);
      s.script("> . 1:1(0) ack 11");
      inject(s, "PU. 11:21(10) ack 1 win 65535", pointer);
      s.script("> . 1:1(0) ack 31");
      assertEquals(30, s.read(1, 100));
    }
  }

  /** What we send has neither the flag nor a pointer. */
  @Test
  void nothingOfOursIsUrgent() {
    try (TestStack s = TestStack.established()) {
      inject(s, "PU. 1:11(10) ack 1 win 65535", 10);
      s.write(1, 10);
      final byte[] frame = s.net.takeFrame();
      final ByteBuffer segment = ByteBuffer.wrap(Frames.tail(frame, Frames.IPV4)).slice();
      assertEquals(0, segment.get(13) & 0x20);
      assertEquals(0, segment.getShort(POINTER));
    }
  }
}
