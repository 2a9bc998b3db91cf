package io.ustack.tcp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ustack.house.Covers;
import io.ustack.house.Rfc9293;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** RFC 6528 3: ISN = M + F(four-tuple, secret). */
class IsnGeneratorTest {
  private static final int LOCAL = 0x0A630002;
  private static final int REMOTE = 0x0A630001;

  private final IsnGenerator generator = new IsnGenerator(1, 2);

  private int isn(final long nowNs) {
    return generator.isn(LOCAL, 80, REMOTE, 40_000, nowNs);
  }

  @Test
  @Covers(
      rfc = "RFC 9293",
      clause = "3.4.1, RFC 6528",
      what = "initial sequence numbers",
      by = {IsnGenerator.class, TcpConnection.class})
  @Rfc9293("MUST-8")
  void clockAndSecretHashAdd() {
    final int first = isn(0);
    assertEquals(first, isn(3_999), "M ticks every 4 microseconds");
    assertEquals(first + 1, isn(4_000));
    assertEquals(first + 250_000, isn(1_000_000_000L));
    assertEquals(first - 1, isn(-1), "a clock may begin below 0");
  }

  @Test
  void runsOnAcrossTheWrapOfSequenceNumbers() {
    int before = isn(0);
    for (long ns = 0; ns < 20_000_000_000_000L; ns += 50_000_000_000L) {
      final int now = isn(ns);
      assertTrue(Seq.geq(now, before), "never back");
      before = now;
    }
  }

  @Test
  @Rfc9293({"MUST-9", "SHLD-1"})
  void everyPartOfTheTupleAndTheSecretCounts() {
    final Set<Integer> all = new HashSet<>();
    all.add(isn(0));
    all.add(generator.isn(LOCAL + 1, 80, REMOTE, 40_000, 0));
    all.add(generator.isn(LOCAL, 81, REMOTE, 40_000, 0));
    all.add(generator.isn(LOCAL, 80, REMOTE + 1, 40_000, 0));
    all.add(generator.isn(LOCAL, 80, REMOTE, 40_001, 0));
    all.add(new IsnGenerator(1, 3).isn(LOCAL, 80, REMOTE, 40_000, 0));
    all.add(new IsnGenerator(2, 2).isn(LOCAL, 80, REMOTE, 40_000, 0));
    assertEquals(7, all.size());
  }

  /** Ends may not be exchanged, nor bits pass from one port to the other. */
  @Test
  void partsOfTheTupleDoNotRunIntoEachOther() {
    assertNotEquals(isn(0), generator.isn(REMOTE, 80, LOCAL, 40_000, 0));
    assertNotEquals(isn(0), generator.isn(LOCAL, 40_000, REMOTE, 80, 0));
    assertNotEquals(generator.isn(0xFFFF_FFFF, 1, 0, 0, 0), generator.isn(0, 1, 0xFFFF_FFFF, 0, 0));
  }

  @Test
  @Rfc9293("SHLD-1")
  void differencesBetweenTuplesSpreadOverTheWholeSpace() {
    final boolean[] seen = new boolean[64];
    for (int port = 0; port < 2000; port++) {
      seen[generator.isn(LOCAL, 80, REMOTE, port, 0) >>> 26] = true;
    }
    for (final boolean part : seen) {
      assertTrue(part);
    }
  }
}
