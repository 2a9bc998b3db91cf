package io.ustack.apps.plot;

import io.ustack.apps.plot.Curve.Look;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Panels below each other over one axis of time.
 *
 * @param title in large letters
 * @param subtitle under it, as what the title leaves open
 * @param endX where the axis ends
 * @param unitX of the axis, as {@code s}
 */
public record Plot(String title, String subtitle, double endX, String unitX, List<Panel> panels) {
  private static final int WIDTH = 860;
  private static final int LEFT = 70;
  private static final int RIGHT = WIDTH - 20;
  private static final int HEAD = 72;
  private static final int PANEL = 190;
  private static final int BETWEEN = 44;
  private static final int FOOT = 42;
  private static final int TICKS_X = 10;
  private static final int TICKS_Y = 5;

  /** About what a letter takes. */
  private static final double LETTER = 6.6;

  private static final double SWATCH = 18;
  private static final double CROSS = 2.5;

  /** Steps that nobody sees. */
  private static final double LEAST_STEP = 0.3;

  /** The whole file. */
  public String svg() {
    final int height = HEAD + panels.size() * (PANEL + BETWEEN) - BETWEEN + FOOT;
    final Svg svg = new Svg(WIDTH, height, title);
    svg.text(LEFT, 24, "start", "title", title);
    svg.text(LEFT, 42, "start", "small", subtitle);
    final Axis x = Axis.exact(endX, LEFT, RIGHT, TICKS_X);
    int top = HEAD;
    for (final Panel panel : panels) {
      draw(svg, panel, x, top);
      top += PANEL + BETWEEN;
    }
    svg.text((LEFT + RIGHT) / 2.0, height - 8.0, "middle", "", "time, " + unitX);
    return svg.finish();
  }

  private static void draw(final Svg svg, final Panel panel, final Axis x, final int top) {
    final int foot = top + PANEL;
    final Axis y = Axis.round(panel.largestY(), foot, top, TICKS_Y);
    final StringBuilder grid = new StringBuilder();
    for (int i = 0; i < x.ticks(); i++) {
      final double at = x.at(x.tick(i));
      grid.append("M %s %d V %d ".formatted(Svg.number(at), top, foot));
      svg.text(at, foot + 15.0, "middle", "small", x.label(i));
    }
    for (int i = 0; i < y.ticks(); i++) {
      final double at = y.at(y.tick(i));
      grid.append("M %d %s H %d ".formatted(LEFT, Svg.number(at), RIGHT));
      svg.text(LEFT - 6.0, at + 4, "end", "small", y.label(i));
    }
    svg.path(grid.toString().strip(), "grid");
    svg.rectangle(LEFT, top, RIGHT - LEFT, PANEL, "frame");
    svg.upright(18, (top + foot) / 2.0, panel.unit());
    svg.text(LEFT, top - 6.0, "start", "head", panel.title());
    legend(svg, panel, top - 6.0);
    for (final Curve curve : panel.curves()) {
      final String data = data(curve, x, y);
      if (!data.isEmpty()) {
        svg.path(data, kind(curve));
      }
    }
  }

  /** From the right: what does not fit beside the panel's title is left out. */
  private static void legend(final Svg svg, final Panel panel, final double foot) {
    final Map<String, Curve> entries = new LinkedHashMap<>();
    for (final Curve curve : panel.curves()) {
      entries.putIfAbsent(curve.look() + curve.name(), curve);
    }
    double width = 0;
    for (final Curve curve : entries.values()) {
      width += SWATCH + 6 + curve.name().length() * LETTER + 12;
    }
    double at = Math.max(LEFT + panel.title().length() * LETTER + 20, RIGHT - width);
    for (final Curve curve : entries.values()) {
      final double entry = SWATCH + 6 + curve.name().length() * LETTER;
      if (at + entry > RIGHT + 10) {
        svg.text(at, foot, "start", "small", "…");
        return;
      }
      final double middle = foot - 4;
      svg.path(
          curve.look() == Look.CROSSES
              ? cross(at + SWATCH / 2, middle)
              : "M %s %s h %s".formatted(Svg.number(at), Svg.number(middle), Svg.number(SWATCH)),
          kind(curve));
      svg.text(at + SWATCH + 6, foot, "start", "small", curve.name());
      at += entry + 12;
    }
  }

  private static String kind(final Curve curve) {
    final String colour = "c c" + curve.colour();
    return switch (curve.look()) {
      case STEPS -> colour;
      case DASHES -> colour + " dash";
      case CROSSES -> "c alarm";
    };
  }

  private static String data(final Curve curve, final Axis x, final Axis y) {
    return curve.look() == Look.CROSSES ? crosses(curve, x, y) : steps(curve, x, y);
  }

  private static String steps(final Curve curve, final Axis x, final Axis y) {
    final StringBuilder data = new StringBuilder();
    double height = Double.NaN;
    for (int i = 0; i < curve.count(); i++) {
      final double next = y.at(curve.y(i));
      final String place = Svg.number(x.at(curve.x(i)));
      if (i == 0) {
        data.append("M ").append(place).append(' ').append(Svg.number(next));
        height = next;
      } else if (Math.abs(next - height) >= LEAST_STEP) {
        data.append(" H ").append(place).append(" V ").append(Svg.number(next));
        height = next;
      } else if (i == curve.count() - 1) {
        data.append(" H ").append(place);
      }
    }
    return data.toString();
  }

  /** Of crosses on the same pixel one is enough. */
  private static String crosses(final Curve curve, final Axis x, final Axis y) {
    final StringBuilder data = new StringBuilder();
    long last = Long.MIN_VALUE;
    for (int i = 0; i < curve.count(); i++) {
      final double across = x.at(curve.x(i));
      final double down = y.at(curve.y(i));
      final long pixel = Math.round(across) << 20 | Math.round(down);
      if (pixel != last) {
        data.append(data.isEmpty() ? "" : " ").append(cross(across, down));
        last = pixel;
      }
    }
    return data.toString();
  }

  private static String cross(final double x, final double y) {
    return "M %s %s l 5 5 m 0 -5 l -5 5".formatted(Svg.number(x - CROSS), Svg.number(y - CROSS));
  }
}
