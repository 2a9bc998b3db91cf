package io.ustack.apps.bench.stall;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class JvmEventsTest {
  private static List<JvmEvent> events(final String... lines) {
    final JvmEvents events = new JvmEvents();
    Stream.of(lines).forEach(events::add);
    return events.all();
  }

  /** As JDK 17 writes them. */
  @Test
  void aSafepointIsOfTheCollectionThatStandsBeforeIt() {
    assertEquals(
        List.of(
            new JvmEvent(JvmEvent.Kind.COLLECTION, "GenCollectForAllocation", 8000, 8300, 10_000),
            new JvmEvent(JvmEvent.Kind.SAFEPOINT, "Cleanup", 19_000, 19_400, 20_000)),
        events(
            "[9000ns] GC(0) Pause Young (Allocation Failure) 9M->0M(30M) 0.023ms",
            "[10000ns] Safepoint \"GenCollectForAllocation\", Time since last: 180217 ns, Reaching"
                + " safepoint: 300 ns, Cleanup: 311 ns, At safepoint: 27671 ns, Total: 2000 ns",
            "[20000ns] Safepoint \"Cleanup\", Time since last: 7 ns, Reaching safepoint: 400 ns,"
                + " Cleanup: 11 ns, At safepoint: 600 ns, Total: 1000 ns"));
  }

  /** As JDK 25 writes them, with more behind. */
  @Test
  void linesMayGrow() {
    assertEquals(
        List.of(new JvmEvent(JvmEvent.Kind.SAFEPOINT, "ThreadDump", 6261, 89_184, 137_496)),
        events(
            "[137496ns] Safepoint \"ThreadDump\", Time since last: 53780843 ns, Reaching safepoint:"
                + " 82923 ns, At safepoint: 45878 ns, Leaving safepoint: 2434 ns, Total: 131235 ns,"
                + " Threads: 1 runnable, 11 total"));
  }

  @Test
  void aHandshakeKeepsWaitingUntilItIsOver() {
    assertEquals(
        List.of(
            new JvmEvent(
                JvmEvent.Kind.HANDSHAKE, "HandshakeForDeflation", 100_000, 100_000, 190_363)),
        events(
            "[190363ns] Handshake \"HandshakeForDeflation\", Targeted threads: 11, Executed by"
                + " requesting thread: 9, Total completion time: 90363 ns"));
  }

  /** Of JDK 17 and of 25; code that is replaced by better code stops nobody. */
  @Test
  void codeIsThrownAway() {
    assertEquals(
        List.of(
            new JvmEvent(JvmEvent.Kind.DEOPTIMISATION, "T::main", 5, 5, 5),
            new JvmEvent(JvmEvent.Kind.DEOPTIMISATION, "a.B::c", 6, 6, 6)),
        events(
            "[5ns]  113 %     4       T::main @ 77 (491 bytes)   made not entrant",
            "[6ns]   69       4       a.B::c (491 bytes)   made not entrant: uncommon trap",
            "[7ns]    1       3       java.lang.Object::<init> (1 bytes)   made not entrant: not"
                + " used",
            "[8ns]   64 %     3       T::main @ 77 (491 bytes)   made not entrant: OSR"
                + " invalidation of lower level",
            "[9ns]  267       4       T::main (491 bytes)"));
  }

  /** Of JDK 17, which does not say why: C2's code is better than what it replaces. */
  @Test
  void codeBelowTheLastLevelIsReplaced() {
    assertEquals(
        List.of(new JvmEvent(JvmEvent.Kind.DEOPTIMISATION, "a.B::c", 8, 8, 8)),
        events(
            "[7ns]    1       3       java.lang.Object::<init> (1 bytes)   made not entrant",
            "[7ns]   64 %  b  2       T::main @ 77 (491 bytes)   made not entrant",
            "[8ns]    2       3       a.B::c (1 bytes)   made not entrant: uncommon trap"));
  }

  @Test
  void otherLinesArePassedOver() {
    assertEquals(
        List.of(),
        events(
            "",
            "[5ns] Using Serial",
            "[x] Safepoint \"a\", Reaching safepoint: 1 ns, Total: 1 ns",
            "[5ns] Safepoint \"a\", Reaching",
            "GC(0) Pause Young 1ms"));
  }
}
