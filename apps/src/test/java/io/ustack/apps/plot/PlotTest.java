package io.ustack.apps.plot;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ustack.apps.plot.Curve.Look;
import io.ustack.apps.plot.SvgDocument.Point;
import io.ustack.testsupport.trace.Samples;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Where things lie on the page: a panel is 770 pixels wide from 70 on, and 190 high from 72. */
final class PlotTest {
  private static final double LEFT = 70;
  private static final double RIGHT = 840;
  private static final double TOP = 72;
  private static final double FOOT = TOP + 190;

  private static SvgDocument draw(final double endX, final Curve... curves) {
    final Panel panel = new Panel("window", "kB", List.of(curves));
    return SvgDocument.parse(new Plot("title", "subtitle", endX, "s", List.of(panel)).svg());
  }

  private static Curve curve(final Look look, final double[] x, final double... y) {
    return new Curve("curve", look, 0, x, y);
  }

  private static double[] times(final double... x) {
    return x;
  }

  @Test
  void aValueHoldsUntilTheNextOne() {
    // The largest value is 80: ticks at every 20, and the axis ends at 80.
    final SvgDocument svg = draw(10, curve(Look.STEPS, times(0, 5, 10), 20, 80, 40));
    assertEquals(
        List.of(
            new Point(LEFT, FOOT - 190 * 0.25),
            new Point(455, FOOT - 190 * 0.25),
            new Point(455, TOP),
            new Point(RIGHT, TOP),
            new Point(RIGHT, FOOT - 190 * 0.5)),
        svg.points("c c0", 1));
  }

  @Test
  void axesHaveRoundTicksWithTheirUnits() {
    final SvgDocument svg = draw(2.5, curve(Look.STEPS, times(0, 2.5), 0.3, 1.1));
    final List<String> texts = svg.texts();
    final List<String> expected =
        List.of(
            "title",
            "subtitle",
            "0",
            "0.5",
            "1",
            "1.5",
            "2",
            "2.5",
            "0",
            "0.5",
            "1",
            "1.5",
            "kB",
            "window",
            "curve",
            "time, s");
    assertEquals(expected, texts);
  }

  @Test
  void aCrossForEachUnlessOneIsThereAlready() {
    final double[] times = times(1, 1, 1.0001, 5, 5);
    final SvgDocument svg = draw(10, curve(Look.CROSSES, times, 50, 50, 50, 50, 100));
    assertEquals(
        List.of(
            new Point(147 - 2.5, FOOT - 95 - 2.5),
            new Point(455 - 2.5, FOOT - 95 - 2.5),
            new Point(455 - 2.5, TOP - 2.5)),
        svg.points("c alarm", 1));
  }

  @Test
  void manySamplesAreAsManyStepsAsThereArePixels() {
    final Samples samples = new Samples();
    for (int i = 0; i <= 100_000; i++) {
      samples.add(i * 1_000_000L, i);
    }
    final Curve line = Curve.of("line", Look.STEPS, 0, samples, 1e-9, 1);
    assertEquals(100_001, line.count());
    assertEquals(0.001, line.x(1));
    final List<Point> points = draw(100, line).points("c c0", 1);
    assertTrue(points.size() > 1000 && points.size() < 1400, "" + points.size());
    assertEquals(new Point(LEFT, FOOT), points.get(0));
    assertEquals(RIGHT, points.get(points.size() - 1).x());
    assertEquals(TOP, points.get(points.size() - 1).y(), 0.5);
    for (final Point point : points) {
      final double share = (point.x() - LEFT) / (RIGHT - LEFT);
      assertEquals(FOOT - share * 190, point.y(), 0.5, "on the diagonal: " + point);
    }
  }

  @Test
  void aFlatLineReachesItsEnd() {
    final SvgDocument svg = draw(10, curve(Look.STEPS, times(2, 4, 9), 1, 1, 1));
    assertEquals(
        List.of(new Point(LEFT + 154, TOP), new Point(LEFT + 693, TOP)), svg.points("c c0", 1));
  }

  @Test
  void nothingToDrawIsStillAPlot() {
    final SvgDocument svg = draw(0, curve(Look.STEPS, times()), curve(Look.CROSSES, times()));
    assertEquals("860", svg.root().getAttribute("width"));
    assertTrue(svg.texts().contains("time, s"));
  }

  @Test
  void namesOfOthersStayText() {
    final String name = "<script>alert(\"1\")</script> & \u0000\u001b]]>\ud800";
    final Panel panel =
        new Panel(name, name, List.of(new Curve(name, Look.DASHES, 7, times(1), times(1))));
    final String svg = new Plot(name, name, 1, name, List.of(panel)).svg();
    final SvgDocument document = SvgDocument.parse(svg);
    assertEquals(0, document.elements("script").size());
    assertTrue(document.texts().contains("<script>alert(\"1\")</script> & ??]]>?"));
    assertEquals(1, document.points("c c1 dash", 1).size(), "colours begin again");
  }

  @Test
  void aLegendThatDoesNotFitIsCut() {
    final List<Curve> curves = new ArrayList<>();
    for (int i = 0; i < 30; i++) {
      curves.add(new Curve("flow number " + i, Look.STEPS, i, times(1), times(1)));
    }
    final List<String> texts = draw(1, curves.toArray(Curve[]::new)).texts();
    assertTrue(texts.contains("flow number 0") && texts.contains("…"));
    assertFalse(texts.contains("flow number 29"));
  }

  @Test
  void nothingOfOthersIsLoaded() {
    final String svg = new Plot("t", "s", 1, "s", List.of()).svg();
    assertFalse(svg.replace("http://www.w3.org/2000/svg", "").contains("http"));
    assertFalse(svg.contains("url(") || svg.contains("@import") || svg.contains("href"));
    assertTrue(svg.contains("prefers-color-scheme: dark"));
  }

  @Test
  void numbersAreShortAndNeverInPowersOfTen() {
    assertEquals("0", Svg.number(-0.04));
    assertEquals("-0.1", Svg.number(-0.05 - 1e-9));
    assertEquals("12345678", Svg.number(12_345_678.01));
    assertEquals("7.5", Svg.number(7.45001));
    assertThrows(IllegalArgumentException.class, () -> Svg.number(Double.NaN));
    assertThrows(IllegalArgumentException.class, () -> Svg.number(1e12));
  }

  @Test
  void unitsMakeNumbersReadable() {
    assertEquals(new Unit("bytes", 1), Unit.ofBytes(9_999));
    assertEquals(new Unit("kB", 1e-3), Unit.ofBytes(10_000));
    assertEquals(new Unit("MB", 1e-6), Unit.ofBytes(3_000_000));
    assertEquals(new Unit("µs", 1e-3), Unit.ofTime(1_999_999));
    assertEquals(new Unit("ms", 1e-6), Unit.ofTime(2_000_000));
    assertEquals(new Unit("s", 1e-9), Unit.ofTime(2_000_000_000L));
  }
}
