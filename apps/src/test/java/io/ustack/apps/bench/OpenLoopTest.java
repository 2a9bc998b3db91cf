package io.ustack.apps.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ustack.apps.CommandFailure;
import java.util.List;
import java.util.Optional;
import org.HdrHistogram.Histogram;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Requests that are due at fixed times, whatever the server does. */
class OpenLoopTest {
  private static final long MS = 1_000_000;
  private static final long BLOCK_NS = 100 * MS;

  @Test
  void requestsAreDueAtFixedTimes() {
    final Schedule schedule = new Schedule(1000);
    assertFalse(schedule.hasMore());
    schedule.begin(Long.MAX_VALUE - 500_000, 3 * MS); // the clock wraps
    assertTrue(schedule.isDue(Long.MAX_VALUE - 500_000));
    assertEquals(Long.MAX_VALUE - 500_000, schedule.take());
    assertFalse(schedule.isDue(Long.MAX_VALUE));
    assertTrue(schedule.isDue(Long.MIN_VALUE + 600_000));
    assertEquals(Long.MAX_VALUE + 500_000, schedule.take());
    assertEquals(Long.MAX_VALUE + 1_500_000, schedule.take());
    assertFalse(schedule.hasMore());
    schedule.begin(0, 3 * MS);
    assertTrue(schedule.isDue(7 * MS));
  }

  /** A server that stalls beyond the block: whoever became due meanwhile has waited, to the end. */
  @Test
  void whatWasDueDuringAStallHasWaited() throws CommandFailure {
    final Cell cell = Cell.parse("rr-1@1000").orElseThrow();
    try (PipeEnds ends = new PipeEnds(cell)) {
      final Load load = cell.load(ends.client());
      final long[] stallNs = new long[2];
      final LoadLoop loop =
          new LoadLoop(
              load,
              () -> {
                load.step(0);
                final long nowNs = System.nanoTime();
                if (nowNs - stallNs[0] < 0 || nowNs - stallNs[1] >= 0) {
                  ends.service().step(0);
                }
              },
              1);
      stallNs[0] = System.nanoTime();
      stallNs[1] = stallNs[0];
      loop.open();
      stallNs[0] = System.nanoTime() + 50 * MS;
      stallNs[1] = stallNs[0] + 100 * MS;
      final Block block = loop.block(BLOCK_NS);
      assertEquals(100, block.operations());
      assertEquals(100, block.latency().getTotalCount());
      final long waited = block.latency().getCountBetweenValues(10 * MS, 10_000 * MS);
      assertTrue(waited >= 40, () -> waited + " have waited");
      load.close();
    }
  }

  /** A server that stalls for longer than a block waits: those are the slowest, and are told. */
  @Test
  void whatWasNotWaitedForIsTheSlowest() throws CommandFailure {
    final Cell cell = Cell.parse("rr-2@1000").orElseThrow();
    try (PipeEnds ends = new PipeEnds(cell)) {
      final Load load = cell.load(ends.client());
      load.open();
      while (!load.isOpen()) {
        load.step(0);
        ends.service().step(0);
      }
      final long beginNs = System.nanoTime();
      load.begin(beginNs, BLOCK_NS);
      while (load.operations() < 10) {
        load.step(0);
        ends.service().step(0);
      }
      while (System.nanoTime() - beginNs < BLOCK_NS) {
        load.step(0); // two are under way, and nobody can send what becomes due
      }
      final long unanswered = load.end(beginNs + 3000 * MS);
      assertEquals(100 - load.operations(), unanswered);
      assertEquals(100, load.latency().getTotalCount());
      assertEquals(
          unanswered, load.latency().getCountBetweenValues(2800 * MS, 3000 * MS), "as they waited");
      assertTrue(load.end(beginNs + 3000 * MS) <= 2, "what nobody sent is told once");
      load.close();
    }
  }

  @Test
  void oneThatWasNotWaitedForIsADoubt() {
    final Subject subject =
        new Subject(Cell.parse("rr-1@1000").orElseThrow(), "pipe", "inline", "", "17", List.of());
    final Block block =
        new Block(
            10_000, 10_000 * MS, Work.NONE, Work.NONE, 0, new Histogram(1, 10_000 * MS, 3), 1);
    assertTrue(
        CellResult.of(
                subject, null, new Comparison.Measured(List.of(block), List.of(), List.of(), null))
            .doubts()
            .contains("1 requests had no answer when their block ended"));
  }

  /** The other side's block, or whatever was between, is in nobody's latency. */
  @Test
  void whatWaitedWhileItsSideRestedIsNotMeasured() throws CommandFailure {
    try (PipeContender contender = new PipeContender()) {
      for (final String label : new String[] {"rr-3", "cps-3"}) {
        contender.open(Cell.parse(label).orElseThrow());
        contender.block(MS);
        final Block block = contender.block(20 * MS);
        final long answered = block.latency().getTotalCount() - block.unanswered();
        assertEquals(3, block.operations() - answered, label);
        contender.shut();
      }
    }
  }

  @Test
  void aRateThatWasNotKeptIsADoubt() throws CommandFailure {
    final Cell cell = Cell.parse("rr-1@2000").orElseThrow();
    try (PipeContender contender = new PipeContender()) {
      contender.open(cell);
      final Block block = contender.block(BLOCK_NS / 2);
      contender.shut();
      assertEquals(100, block.operations());
      final Subject subject = new Subject(cell, "pipe", "inline", "", "17", List.of());
      final Block half = new Block(50, BLOCK_NS / 2, block.work(), Work.NONE, 0, block.latency());
      final CellResult result =
          CellResult.of(
              subject, null, new Comparison.Measured(List.of(half), List.of(), List.of(), null));
      assertTrue(
          result.doubts().contains("only 1000 of 2000 requests a second"),
          () -> "" + result.doubts());
      assertTrue(result.json().contains("\"ratePerSec\":2000,"), result::json);
    }
  }

  @ParameterizedTest
  @CsvSource({"1,1", "100k,100000", "2M,2000000", "50%,500", "100%,1000", "1%,10"})
  void ratesAreNumbersOrShares(final String text, final long expected) {
    assertEquals(expected, Rate.parse(text).orElseThrow().of(1000));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "0", "0%", "101%", "1G", "-1", "fast", "999M", "1.5k"})
  void whatIsNoRate(final String text) {
    assertEquals(Optional.empty(), Rate.parse(text));
  }
}
