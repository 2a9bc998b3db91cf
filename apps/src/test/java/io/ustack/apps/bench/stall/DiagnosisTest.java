package io.ustack.apps.bench.stall;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.ustack.stack.StageTimes.Stage;
import java.util.List;
import org.junit.jupiter.api.Test;

class DiagnosisTest {
  /** Just before the clock wraps: its origin is arbitrary. */
  private static final long BEGIN_NS = Math.subtractExact(Long.MAX_VALUE, 30_000);

  private static final long NS = 90_000;
  private static final long SINCE_NS = 5_000_000;
  private static final int IDLE = Stage.values().length;

  private static Stall stall(final long delayNs, final long switches, final long awayNs) {
    return stall(delayNs, switches, awayNs, 0, IDLE, 0, 0);
  }

  private static Stall stall(
      final long delayNs,
      final long switches,
      final long awayNs,
      final long compilerNs,
      final int stage,
      final long stageNs,
      final long frames) {
    return new Stall(
        BEGIN_NS,
        NS,
        SINCE_NS,
        SINCE_NS - delayNs - awayNs,
        delayNs,
        switches,
        compilerNs,
        stage,
        stageNs,
        frames);
  }

  private static String blamed(final Stall stall, final JvmEvent... events) {
    final Stalls stalls = new Stalls(0, 0, 1_000_000, 1000, List.of(stall), 0);
    return new Diagnosis(stalls, List.of(events)).of(stall).label();
  }

  /** With all threads stopped for so long, in the middle of the stall. */
  private static JvmEvent event(
      final JvmEvent.Kind kind, final String name, final long reachingNs, final long stoppedNs) {
    final long begin = BEGIN_NS + 20_000 + reachingNs;
    return new JvmEvent(kind, name, BEGIN_NS + 20_000, begin, begin + stoppedNs);
  }

  @Test
  void aCollection() {
    final Stall asleep = stall(0, 1, 60_000);
    assertEquals(
        "GC pause", blamed(asleep, event(JvmEvent.Kind.COLLECTION, "SerialGCCollect", 0, 30_000)));
    assertEquals(
        "not known, asleep",
        blamed(asleep, event(JvmEvent.Kind.COLLECTION, "SerialGCCollect", 0, 29_000)));
  }

  @Test
  void anotherSafepointByItsName() {
    final Stall asleep = stall(0, 1, 60_000);
    final JvmEvent cleanup = event(JvmEvent.Kind.SAFEPOINT, "Cleanup", 0, 40_000);
    assertEquals("safepoint, Cleanup", blamed(asleep, cleanup));
    assertEquals(
        "safepoint, Cleanup",
        blamed(asleep, event(JvmEvent.Kind.SAFEPOINT, "Short", 0, 35_000), cleanup));
    final JvmEvent later =
        new JvmEvent(
            JvmEvent.Kind.SAFEPOINT,
            "Cleanup",
            BEGIN_NS + NS - 10_000,
            BEGIN_NS + NS - 10_000,
            BEGIN_NS + NS + 40_000);
    assertEquals("not known, asleep", blamed(asleep, later));
  }

  /** The safepoint waits for the thread, which waits for a processor. */
  @Test
  void theSchedulerEvenThoughASafepointWaited() {
    final JvmEvent late = event(JvmEvent.Kind.SAFEPOINT, "Cleanup", 40_000, 1000);
    assertEquals("scheduler", blamed(stall(60_000, 1, 0), late));
    assertEquals("safepoint, Cleanup", blamed(stall(0, 0, 0), late));
    assertEquals("scheduler", blamed(stall(30_000, 1, 0)));
    assertEquals("not known, on the processor", blamed(stall(29_000, 1, 0)));
  }

  @Test
  void aHandshake() {
    final JvmEvent handshake = event(JvmEvent.Kind.HANDSHAKE, "Deoptimize", 0, 40_000);
    assertEquals("safepoint, Deoptimize", blamed(stall(0, 1, 60_000), handshake));
    assertEquals("scheduler", blamed(stall(60_000, 1, 0), handshake));
  }

  @Test
  void compilersThatHadTheProcessor() {
    assertEquals("JIT, compilers", blamed(stall(60_000, 1, 0, 30_000, IDLE, 0, 0)));
    assertEquals("scheduler", blamed(stall(60_000, 1, 0, 29_000, IDLE, 0, 0)));
    assertEquals("not known, on the processor", blamed(stall(0, 0, 0, 60_000, IDLE, 0, 0)));
  }

  /** What the kernel counts for a stall begins before it. */
  @Test
  void whatIsMoreThanTheStallWasPartlyBefore() {
    assertEquals("scheduler", blamed(stall(120_000, 1, 0)));
    assertEquals("not known, when it waited", blamed(stall(121_000, 1, 0)));
    assertEquals("timer", blamed(stall(121_000, 1, 0, 0, Stage.TIMERS.ordinal(), 60_000, 0)));
    assertEquals("JIT, compilers", blamed(stall(60_000, 1, 0, 120_000, IDLE, 0, 0)));
    assertEquals("scheduler", blamed(stall(60_000, 1, 0, 121_000, IDLE, 0, 0)));
  }

  @Test
  void codeThatWasThrownAway() {
    assertEquals(
        "JIT, deoptimisation",
        blamed(stall(0, 0, 0), event(JvmEvent.Kind.DEOPTIMISATION, "a.B::c", 0, 0)));
    assertEquals(
        "not known, on the processor",
        blamed(stall(0, 0, 0), event(JvmEvent.Kind.DEOPTIMISATION, "a.B::c", 80_000, 0)));
  }

  /** What is away for longer than the stall was away before it. */
  @Test
  void theHypervisor() {
    assertEquals("hypervisor", blamed(stall(0, 0, 80_000)));
    assertEquals("not known, asleep", blamed(stall(0, 1, 80_000)));
    assertEquals("not known, on the processor", blamed(stall(0, 0, 2_000_000)));
  }

  @Test
  void nobodyIsBlamedForWhatTheKernelDoesNotCount() {
    assertEquals("not known", blamed(stall(0, Stall.NOT_KNOWN, 80_000)));
    assertEquals("not known, on the processor", blamed(stall(0, Stall.NOT_KNOWN, 29_000)));
  }

  @Test
  void timersOfTheStack() {
    final int timers = Stage.TIMERS.ordinal();
    assertEquals("timer", blamed(stall(0, 0, 0, 0, timers, 60_000, 0)));
    assertEquals("not known, on the processor", blamed(stall(0, 0, 0, 0, timers, 59_000, 0)));
    assertEquals(
        "not known, on the processor", blamed(stall(0, 0, 0, 0, Stage.INPUT.ordinal(), 80_000, 0)));
  }

  /** A frame usually takes 1 us here. */
  @Test
  void manyFrames() {
    final int input = Stage.INPUT.ordinal();
    assertEquals("work", blamed(stall(0, 0, 0, 0, input, 40_000, 45)));
    assertEquals("not known, on the processor", blamed(stall(0, 0, 0, 0, input, 40_000, 44)));
    final Stall few = stall(0, 0, 0, 0, input, 40_000, 15);
    final Stalls slow = new Stalls(0, 0, 1_000_000, 10, List.of(few), 0);
    assertEquals("not known, on the processor", new Diagnosis(slow, List.of()).of(few).label());
  }
}
