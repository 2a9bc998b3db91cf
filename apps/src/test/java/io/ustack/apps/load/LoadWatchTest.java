package io.ustack.apps.load;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;

final class LoadWatchTest {
  private static final long SECOND_NS = 1_000_000_000;

  @Test
  void saysWhatSpeaksAgainstIt() {
    assertEquals(List.of(), LoadWatch.doubts(SECOND_NS, 0.05, List.of()));
    assertEquals(
        List.of("it took less than a second"), LoadWatch.doubts(SECOND_NS - 1, 0, List.of()));
    assertEquals(
        List.of("it waited for a processor 6 % of the time", "fog"),
        LoadWatch.doubts(SECOND_NS, 0.06, List.of("fog")));
  }

  @Test
  void nothingIsNoFigure() {
    final LoadTally tally = new LoadTally();
    assertTrue(tally.line(true).endsWith("  NOT TRUSTED: nothing came of it"), tally.line(true));
    final String json = tally.json(LoadRunTest.plan(LoadPlan.Kind.RR, 1, 1, 0));
    assertTrue(json.contains("\"p50Us\":null,"), json);
    assertTrue(json.endsWith(",\"trusted\":false,\"doubts\":[\"nothing came of it\"]}"), json);
    tally.failed("ECONNREFUSED");
    assertTrue(tally.line(true).endsWith(" (failed: 1 x ECONNREFUSED)"), tally.line(true));
  }

  @Test
  void itStandsBehindTheFiguresOfAllThreads() {
    final LoadTally one = new LoadTally();
    final LoadTally other = new LoadTally();
    one.succeeded(1);
    other.doubted(List.of("fog", "hail"));
    one.doubted(List.of("rain", "fog"));
    one.add(other);
    assertTrue(one.line(false).endsWith(" us  NOT TRUSTED: rain; fog; hail"), one.line(false));
    assertTrue(one.isGood());
    final String json = one.json(LoadRunTest.plan(LoadPlan.Kind.RR, 1, 1, 0));
    assertTrue(json.endsWith(",\"trusted\":false,\"doubts\":[\"rain\",\"fog\",\"hail\"]}"), json);
  }
}
