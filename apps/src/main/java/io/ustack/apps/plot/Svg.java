package io.ustack.apps.plot;

/** Elements of an SVG, one a line. Text is escaped; coordinates have a tenth of a pixel. */
final class Svg {
  /** What colours mean is said once, and again for dark screens. */
  private static final String STYLE =
      """
      <style>
      text { font: 12px system-ui, "Segoe UI", Helvetica, Arial, sans-serif; fill: #24292f }
      .title { font-size: 16px; font-weight: 600 } .head { font-weight: 600 } .small { font-size: 11px }
      .page { fill: #ffffff } .grid { stroke: #d0d7de; fill: none } .frame { stroke: #8c959f; fill: none }
      .c { fill: none; stroke-width: 1.5; stroke-linejoin: round } .dash { stroke-width: 1; stroke-dasharray: 4 3 }
      .c0 { stroke: #0072b2 } .c1 { stroke: #d98200 } .c2 { stroke: #009e73 }
      .c3 { stroke: #a2559a } .c4 { stroke: #3aa0d8 } .c5 { stroke: #6e7781 } .alarm { stroke: #cf222e; stroke-width: 1.2 }
      @media (prefers-color-scheme: dark) {
        text { fill: #c9d1d9 } .page { fill: #0d1117 } .grid { stroke: #30363d } .frame { stroke: #6e7681 }
        .c0 { stroke: #58a6ff } .c1 { stroke: #f0a63c } .c2 { stroke: #3fc79a }
        .c3 { stroke: #d59ad0 } .c4 { stroke: #79c8f0 } .c5 { stroke: #9ea7b3 } .alarm { stroke: #ff7b72 }
      }
      </style>
      """;

  private final StringBuilder text = new StringBuilder(1 << 15);

  /** A page; its title is what screen readers say. */
  Svg(final int width, final int height, final String title) {
    text.append("<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"").append(width);
    text.append("\" height=\"").append(height).append("\" viewBox=\"0 0 ").append(width);
    text.append(' ').append(height).append("\" role=\"img\">\n<title>").append(escape(title));
    text.append("</title>\n").append(STYLE);
    rectangle(0, 0, width, height, "page");
  }

  void rectangle(
      final double x, final double y, final double width, final double height, final String kind) {
    text.append("<rect x=\"").append(number(x)).append("\" y=\"").append(number(y));
    text.append("\" width=\"").append(number(width)).append("\" height=\"").append(number(height));
    text.append("\" class=\"").append(kind).append("\"/>\n");
  }

  /** Straight lines and steps, as {@code M 0 0 H 5 V 7}. */
  void path(final CharSequence data, final String kind) {
    text.append("<path d=\"").append(data).append("\" class=\"").append(kind).append("\"/>\n");
  }

  /**
   * A line of text whose foot is at {@code y}.
   *
   * @param anchor start, middle or end: which part of it is at {@code x}
   */
  void text(
      final double x, final double y, final String anchor, final String kind, final String words) {
    text.append("<text x=\"").append(number(x)).append("\" y=\"").append(number(y));
    text.append("\" text-anchor=\"").append(anchor).append("\" class=\"").append(kind);
    text.append("\">").append(escape(words)).append("</text>\n");
  }

  /** The same, read from below to above, with its middle at the place. */
  void upright(final double x, final double y, final String words) {
    text.append("<text transform=\"translate(").append(number(x)).append(' ').append(number(y));
    text.append(") rotate(-90)\" text-anchor=\"middle\">").append(escape(words));
    text.append("</text>\n");
  }

  /** The whole file. */
  String finish() {
    return text + "</svg>\n";
  }

  /** With one digit behind the point, where it is not 0; never as {@code 1E7} or {@code NaN}. */
  static String number(final double value) {
    if (!(Math.abs(value) < 1e9)) {
      throw new IllegalArgumentException("no place on a page: " + value);
    }
    final long tenths = Math.round(value * 10);
    final String whole = (tenths < 0 ? "-" : "") + Math.abs(tenths) / 10;
    return tenths % 10 == 0 ? (tenths == 0 ? "0" : whole) : whole + "." + Math.abs(tenths) % 10;
  }

  /** XML 1.0 2.4; characters that XML knows not at all become question marks. */
  static String escape(final String words) {
    final StringBuilder escaped = new StringBuilder(words.length());
    words
        .codePoints()
        .forEach(
            c -> {
              switch (c) {
                case '&' -> escaped.append("&amp;");
                case '<' -> escaped.append("&lt;");
                case '>' -> escaped.append("&gt;");
                case '"' -> escaped.append("&quot;");
                default -> escaped.appendCodePoint(isXml(c) ? c : '?');
              }
            });
    return escaped.toString();
  }

  private static boolean isXml(final int c) {
    return c == '\t'
        || c == '\n'
        || (c >= 0x20 && c <= 0xD7FF)
        || (c >= 0xE000 && c <= 0xFFFD)
        || c >= 0x10000;
  }
}
