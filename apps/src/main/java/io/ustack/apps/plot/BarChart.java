package io.ustack.apps.plot;

import java.util.List;

/**
 * Groups of horizontal bars below each other, each group with an axis of its own that begins at 0.
 *
 * @param title in large letters
 * @param subtitle under it
 */
public record BarChart(String title, String subtitle, List<Group> groups) {
  private static final int WIDTH = 860;
  private static final int LEFT = 150;
  private static final int RIGHT = 420;
  private static final int HEAD = 72;
  private static final int ROW = 24;
  private static final int BAR = 14;
  private static final int AXIS = 30;
  private static final int BETWEEN = 34;
  private static final int TICKS = 6;
  private static final double WHISKER = 4;

  /**
   * Bars over one axis.
   *
   * @param title what the bars are
   * @param mark a value that is drawn as a line through all of them; NaN: none
   */
  public record Group(String title, double mark, List<Bar> bars) {
    private boolean hasAxis() {
      return bars.stream().anyMatch(Bar::isDrawn);
    }

    private int height() {
      return bars.size() * ROW + (hasAxis() ? AXIS : 0);
    }

    private double longest() {
      return bars.stream().filter(Bar::isDrawn).mapToDouble(Bar::upper).max().orElse(1);
    }
  }

  /** The whole file. */
  public String svg() {
    final int height = HEAD + groups.stream().mapToInt(group -> group.height() + BETWEEN).sum();
    final Svg svg = new Svg(WIDTH, height, title);
    svg.text(20, 24, "start", "title", title);
    svg.text(20, 42, "start", "small", subtitle);
    int top = HEAD;
    for (final Group group : groups) {
      draw(svg, group, top);
      top += group.height() + BETWEEN;
    }
    return svg.finish();
  }

  private static void draw(final Svg svg, final Group group, final int top) {
    svg.text(20, top - 6.0, "start", "head", group.title());
    final Axis axis = Axis.round(group.longest(), LEFT, RIGHT, TICKS);
    final int foot = top + group.bars().size() * ROW;
    if (group.hasAxis()) {
      grid(svg, group, axis, top, foot);
    }
    for (int i = 0; i < group.bars().size(); i++) {
      draw(svg, group.bars().get(i), axis, top + i * ROW);
    }
  }

  private static void grid(
      final Svg svg, final Group group, final Axis axis, final int top, final int foot) {
    final StringBuilder grid = new StringBuilder();
    for (int i = 0; i < axis.ticks(); i++) {
      final double at = axis.at(axis.tick(i));
      grid.append("M %s %d V %d ".formatted(Svg.number(at), top, foot));
      svg.text(at, foot + 15.0, "middle", "small", axis.label(i));
    }
    svg.path(grid.toString().strip(), "grid");
    if (!Double.isNaN(group.mark())) {
      svg.path("M %s %d V %d".formatted(Svg.number(axis.at(group.mark())), top, foot), "c c5");
    }
  }

  private static void draw(final Svg svg, final Bar bar, final Axis axis, final int top) {
    final double foot = top + (ROW + BAR) / 2.0;
    final double middle = top + ROW / 2.0;
    svg.text(LEFT - 8.0, middle + 4, "end", "", bar.label());
    double behind = LEFT + 8.0;
    if (bar.isDrawn()) {
      final double end = axis.at(bar.value());
      svg.rectangle(LEFT, foot - BAR, end - LEFT, BAR, bar.doubted() ? "c alarm dash" : "c c0");
      svg.path(whisker(axis.at(bar.lower()), axis.at(bar.upper()), middle), "c c1");
      behind = Math.max(end, axis.at(bar.upper())) + 8;
    }
    svg.text(
        behind, middle + 4, "start", "small", bar.words() + (bar.doubted() ? "  NOT TRUSTED" : ""));
  }

  private static String whisker(final double from, final double to, final double middle) {
    return "M %s %s v %s m 0 -%s H %s m 0 -%s v %s"
        .formatted(
            Svg.number(from),
            Svg.number(middle - WHISKER),
            Svg.number(2 * WHISKER),
            Svg.number(WHISKER),
            Svg.number(to),
            Svg.number(WHISKER),
            Svg.number(2 * WHISKER));
  }
}
