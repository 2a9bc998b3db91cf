package io.ustack.apps.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.stream.LongStream;
import org.HdrHistogram.Histogram;
import org.junit.jupiter.api.Test;

/** The slowest requests of a block are those that had no answer when it ended. */
class BlockLatencyTest {
  private static final long US = 1000;
  private static final long SECOND = 1_000_000_000;

  /** The clock wraps in the block. */
  private static final long BEGIN = Long.MAX_VALUE - 5 * US;

  private final BlockLatency latency = new BlockLatency();

  private static long at(final long sinceBeginNs) {
    return BEGIN + sinceBeginNs;
  }

  private long end(final long... sinceNs) {
    return latency.end(at(1000 * US), LongStream.of(sinceNs));
  }

  @Test
  void whoHasWaitedForLongerThanTheOthersIsRecorded() {
    latency.begin(BEGIN);
    for (int i = 0; i < 999; i++) {
      latency.answered(BEGIN, at(10 * US));
    }
    latency.answered(at(-1), at(500 * US)); // of the block before
    assertEquals(2, end(BEGIN, at(900 * US), at(995 * US), at(-1)));
    final Histogram recorded = latency.histogram();
    assertEquals(1001, recorded.getTotalCount());
    assertEquals(1, recorded.getCountBetweenValues(99 * US, 101 * US));
    assertTrue(recorded.valuesAreEquivalent(1000 * US, recorded.getMaxValue()));
    assertTrue(recorded.valuesAreEquivalent(10 * US, recorded.getValueAtPercentile(50)));
  }

  @Test
  void whereNobodyWasAnsweredEverybodyCounts() {
    latency.begin(BEGIN);
    assertEquals(2, end(BEGIN, at(999 * US)));
    assertEquals(2, latency.histogram().getTotalCount());
  }

  @Test
  void anAgeBeyondTheHistogramIsItsEnd() {
    latency.begin(0);
    assertEquals(1, latency.end(200 * SECOND, LongStream.of(0)));
    assertTrue(latency.histogram().getMaxValue() >= 100 * SECOND);
  }

  /** By the loads themselves: the server is gone for ten seconds, as they see it. */
  @Test
  void loadsSayWhatWaits() {
    for (final String label : new String[] {"rr-3", "cps-3"}) {
      final Cell cell = Cell.parse(label).orElseThrow();
      try (PipeEnds ends = new PipeEnds(cell)) {
        final Load load = cell.load(ends.client());
        load.open();
        load.begin(System.nanoTime(), SECOND);
        while (load.operations() < 300) {
          load.step(0);
          ends.service().step(0);
        }
        final long answered = load.latency().getTotalCount();
        assertEquals(3, load.end(System.nanoTime() + 10 * SECOND), label);
        assertEquals(answered + 3, load.latency().getTotalCount(), label);
        assertEquals(3, load.latency().getCountBetweenValues(9 * SECOND, 20 * SECOND), label);
        load.close();
      }
    }
  }

  @Test
  void aBlockCarriesThem() {
    final Histogram none = new Histogram(3);
    final Load load =
        new Load() {
          @Override
          public void open() {}

          @Override
          public boolean isOpen() {
            return true;
          }

          @Override
          public void begin(final long nowNs, final long durationNs) {}

          @Override
          public long end(final long nowNs) {
            none.recordValue(7);
            return 7;
          }

          @Override
          public void step(final int timeoutMs) {}

          @Override
          public long operations() {
            return 0;
          }

          @Override
          public Histogram latency() {
            return none;
          }

          @Override
          public void close() {}
        };
    final Block block = new LoadLoop(load, () -> {}, 1).block(1);
    assertEquals(7, block.unanswered());
    assertEquals(1, block.latency().getTotalCount());
  }
}
