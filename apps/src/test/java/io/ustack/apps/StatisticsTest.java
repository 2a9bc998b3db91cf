package io.ustack.apps;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.ustack.buffer.PressureLevel;
import io.ustack.counter.Counter;
import io.ustack.counter.Counters;
import io.ustack.counter.DropReason;
import org.junit.jupiter.api.Test;

final class StatisticsTest {
  private final Counters counters = new Counters();

  StatisticsTest() {
    counters.add(Counter.FRAMES_IN, 7);
    counters.drop(DropReason.TCP_SYN_PRESSURE);
  }

  @Test
  void theListHasWhatIsNotZero() {
    final String list = "FRAMES_IN 7\nDROP_TCP_SYN_PRESSURE 1\n";
    assertEquals(list, Statistics.list(counters));
    assertEquals(list, Statistics.list(counters, PressureLevel.NONE));
    assertEquals("PRESSURE WINDOWS\n" + list, Statistics.list(counters, PressureLevel.WINDOWS));
  }

  @Test
  void theLineTellsOfPressureWhereThereWasSome() {
    final String line =
        "frames: 7 in, 0 out, 3 lost by the link; dropped: 1 (TCP_SYN_PRESSURE 1); packets in use:"
            + " 0";
    assertEquals(line, Statistics.line(counters, 3, 0, PressureLevel.NONE));
    assertEquals(
        line + "; memory pressure: up to SHEDDING",
        Statistics.line(counters, 3, 0, PressureLevel.SHEDDING));
  }
}
