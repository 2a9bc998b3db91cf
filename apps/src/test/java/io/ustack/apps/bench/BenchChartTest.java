package io.ustack.apps.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Collections;
import java.util.List;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class BenchChartTest {
  private final BenchChart chart = new BenchChart();

  private void add(final String cell, final int ours, final @Nullable String baseline) {
    final Block our = new Block(ours, 1_000_000_000, Work.NONE, Work.NONE, 0, new Histogram(3));
    final Block their = new Block(100, 1_000_000_000, Work.NONE, Work.NONE, 0, new Histogram(3));
    chart.add(
        CellResult.of(
            new Subject(
                Cell.parse(cell).orElseThrow(), "memif", "inline", "direct", "17.0.1", List.of()),
            baseline,
            new Comparison.Measured(
                Collections.nCopies(8, our),
                baseline == null ? List.of() : Collections.nCopies(8, their),
                cell.equals("cps") ? List.of("a busy machine") : List.of(),
                null)));
  }

  @Test
  void ratiosAreBarsAndFiguresAreLabels() {
    add("rr-64", 600, "kernel-nio");
    add("rr-1", 1234567, null);
    final String svg = chart.svg();
    assertTrue(svg.contains(">times kernel-nio<"), svg);
    assertTrue(svg.contains(">memif rr-64<"), svg);
    assertTrue(svg.contains(">6.00 x: 600 requests/s<"), svg);
    assertTrue(svg.contains(">without a baseline<"), svg);
    assertTrue(svg.contains(">1,234,567 requests/s<"), svg);
    assertTrue(svg.contains("JDK 17.0.1"), svg);
    assertEquals(1, svg.split("class=\"c c0\"", -1).length - 1, "bars");
    assertFalse(svg.contains("NOT TRUSTED"), svg);
  }

  @Test
  void whatIsNotTrustedIsSeen() {
    add("cps", 300, "kernel-nio");
    final String svg = chart.svg();
    assertTrue(svg.contains(">3.00 x: 300 connections/s  NOT TRUSTED<"), svg);
    assertTrue(svg.contains("class=\"c alarm dash\""), svg);
    assertFalse(svg.contains("class=\"c c0\""), svg);
  }
}
