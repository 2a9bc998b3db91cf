package io.ustack.apps.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.HdrHistogram.Histogram;
import org.junit.jupiter.api.Test;

class GrowthChartTest {
  private final GrowthChart chart = new GrowthChart();

  private void add(final String label, final long nsPerOp, final String... doubts) {
    final Cell cell = Cell.parse(label).orElseThrow();
    final Work work = new Work(1000 * nsPerOp, 0, 0, 0, Map.of());
    final Block block = new Block(1000, 1_000_000_000, work, Work.NONE, 0, new Histogram(3));
    chart.add(
        CellResult.of(
            new Subject(cell, "pipe", "inline", "", "17.0.1", List.of()),
            null,
            new Comparison.Measured(
                Collections.nCopies(8, block), List.of(), List.of(doubts), null)));
  }

  @Test
  void cellsOfOneKindAreUnderEachOther() {
    add("rr-64", 700);
    add("rr-100000", 7000);
    add("listeners-60000", 3000);
    final String svg = chart.svg();
    assertTrue(
        svg.contains(">pipe, rr: CPU ns per request by how many connections there are<"), svg);
    assertTrue(
        svg.contains(">pipe, listeners: CPU ns per connection by how many listeners there are<"),
        svg);
    assertTrue(svg.contains(">100,000<"), svg);
    assertTrue(svg.contains(">60,000<"), svg);
    assertTrue(svg.contains(">7,000 ns, 1,000 requests/s<"), svg);
    assertEquals(3, svg.split("class=\"c c0\"", -1).length - 1, "bars");
    assertEquals(2, svg.split("class=\"head\"", -1).length - 1, "groups");
    assertEquals(10.0, width(svg, 1) / width(svg, 0), 0.1, "a bar is as long as its cost");
  }

  private static double width(final String svg, final int index) {
    final String bar =
        svg.lines().filter(line -> line.contains("c c0")).skip(index).findFirst().orElseThrow();
    return Double.parseDouble(bar.replaceFirst(".* width=\"", "").replaceFirst("\".*", ""));
  }

  @Test
  void whatIsNotTrustedIsSeen() {
    add("timers-0", 700, "a busy machine");
    final String svg = chart.svg();
    assertTrue(svg.contains(">700 ns, 1,000 requests/s  NOT TRUSTED<"), svg);
    assertTrue(svg.contains("class=\"c alarm dash\""), svg);
  }
}
