package io.ustack.testsupport.trace;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class StreamTraceTest {
  private final StreamTrace stream = new StreamTrace();

  private static List<Long> values(final Samples samples) {
    final List<Long> values = new ArrayList<>();
    for (int i = 0; i < samples.count(); i++) {
      values.add(samples.value(i));
    }
    return values;
  }

  @Test
  void countsFromTheFirstByteOverTheWrap() {
    stream.onSegment(1, -101, 0, true); // SYN; the first byte is -100
    stream.onSegment(2, -100, 60, false);
    stream.onSegment(3, -40, 60, false);
    stream.onSegment(4, 20, 60, false);
    stream.onAcknowledgment(5, 20);
    stream.onAcknowledgment(6, 20);
    stream.onAcknowledgment(7, -40); // an old one
    stream.onAcknowledgment(8, 81); // with the FIN, which is no byte
    assertEquals(List.of(60L, 120L, 180L), values(stream.sent()));
    assertEquals(3, stream.sent().atNs(1));
    assertEquals(List.of(120L, 180L), values(stream.acknowledged()));
    assertEquals(List.of(), values(stream.repeated()));
    assertEquals(180, stream.bytes());
  }

  @Test
  void whatPassesAgainIsMarkedWhereItBegins() {
    stream.onSegment(1, 1000, 100, false); // no SYN seen: this is the first byte
    stream.onSegment(2, 1200, 100, false);
    stream.onSegment(3, 1100, 100, false); // a hole is filled: below the newest byte
    stream.onSegment(4, 1250, 100, false); // half of it is new
    assertEquals(List.of(100L, 300L, 350L), values(stream.sent()));
    assertEquals(List.of(100L, 250L), values(stream.repeated()));
  }

  @Test
  void fourGigabytesAndMore() {
    long sent = 0;
    for (int i = 0; i < 10; i++) {
      stream.onSegment(i, (int) sent, 1 << 30, false);
      sent += 1L << 30;
    }
    assertEquals(10L << 30, stream.bytes());
    stream.onAcknowledgment(11, (int) sent);
    assertEquals(10L << 30, stream.acknowledged().last(0));
  }

  @Test
  void portsThatAreUsedAgainGoOnCounting() {
    stream.onSegment(1, 99, 0, true);
    stream.onSegment(2, 100, 50, false);
    stream.onSegment(3, 700_000, 0, true);
    stream.onSegment(4, 700_001, 10, false);
    stream.onAcknowledgment(5, 700_011);
    assertEquals(List.of(50L, 60L), values(stream.sent()));
    assertEquals(60, stream.acknowledged().last(0));
    assertEquals(0, stream.repeated().count());
  }

  @Test
  void anAcknowledgmentOfNothingKnownIsNone() {
    stream.onAcknowledgment(1, 5);
    assertEquals(0, stream.acknowledged().count());
    assertEquals(-1, stream.acknowledged().last(-1));
  }

  @Test
  void samplesAreBoundedAndKeepTheWholeTime() {
    final Samples samples = new Samples();
    final int many = 1_000_000;
    for (int i = 0; i < many; i++) {
      samples.add(i, 2L * i);
    }
    assertEquals(many, samples.offered());
    assertTrue(samples.count() <= 1 << 17 && samples.count() > 1 << 15, "" + samples.count());
    assertEquals(0, samples.atNs(0));
    final int last = samples.count() - 1;
    assertTrue(samples.atNs(last) > many - 100);
    for (int i = 0; i < last; i++) {
      assertEquals(8, samples.atNs(i + 1) - samples.atNs(i));
      assertEquals(2 * samples.atNs(i), samples.value(i));
    }
  }
}
