package io.ustack.apps.bench.stall;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class StallsTest {
  private static final long FROM_NS = Math.subtractExact(Long.MAX_VALUE, 100);

  private static Stall at(final long beginNs, final long ns) {
    return new Stall(beginNs, ns, 3, 4, 5, 6, 7, 2, 10, 11);
  }

  private static Stalls stalls(final long more, final Stall... all) {
    return new Stalls(FROM_NS, FROM_NS + 300, 12, 13, List.of(all), more);
  }

  @Test
  void theyTravel() {
    final Stalls sent = stalls(3, at(-1, 2), at(FROM_NS, 90_000));
    assertEquals(sent, Stalls.parse(sent.text()));
    assertEquals(stalls(0), Stalls.parse(stalls(0).text()));
    assertEquals(Stalls.NONE, Stalls.parse(""));
  }

  @Test
  void ofSeveralBlocks() {
    final Stalls later = new Stalls(1, 2, 100, 200, List.of(at(1, 1)), 5);
    assertEquals(
        new Stalls(FROM_NS, 2, 112, 213, List.of(at(FROM_NS, 7), at(1, 1)), 8),
        stalls(3, at(FROM_NS, 7)).plus(later));
    assertEquals(later, Stalls.NONE.plus(later));
  }

  /** The server begins before the client and ends after it. */
  @Test
  void thoseOfTheOthersTime() {
    final Stalls client = stalls(0);
    final Stall first = at(FROM_NS, 90);
    final Stall last = at(FROM_NS + 299, 90);
    final Stalls server =
        new Stalls(0, 0, 7, 8, List.of(at(FROM_NS - 1, 90), first, last, at(FROM_NS + 300, 90)), 1);
    assertEquals(
        new Stalls(FROM_NS, FROM_NS + 300, 7, 8, List.of(first, last), 0), server.during(client));
    final Stalls full = new Stalls(0, 0, 7, 8, List.of(first, last), 1);
    assertEquals(
        new Stalls(FROM_NS, FROM_NS + 300, 7, 8, List.of(first, last), 1), full.during(client));
  }

  @Test
  void byTheirCauses() {
    final Stall waited = new Stall(0, 90_000, 100_000, 10_000, 90_000, 1, 0, 0, 0, 0);
    final Stall longer = new Stall(0, 200_000, 200_000, 10_000, 190_000, 1, 0, 0, 0, 0);
    final Stall unknown = new Stall(0, 60_000, 60_000, 60_000, 0, 0, 0, 0, 0, 0);
    final StallTable table = StallTable.of(stalls(2, unknown, waited, longer), List.of());
    assertEquals(
        Map.of(
            "scheduler",
            new StallTable.Sum(2, 290_000, 200_000),
            "not known, on the processor",
            new StallTable.Sum(1, 60_000, 60_000)),
        table.sums());
    assertEquals(
        List.of(
            "",
            "        scheduler                          2       0.290 ms  longest      200 us",
            "        not known, on the processor        1       0.060 ms  longest       60 us",
            "        2 more in full tables, of causes unknown"),
        table.text().lines().toList());
    assertEquals(
        List.of("", "        none"), StallTable.of(stalls(0), List.of()).text().lines().toList());
  }
}
