package io.ustack.apps.bench;

import io.ustack.apps.measure.JsonLine;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * What an idle connection costs.
 *
 * @param bytesPerEnd of heap and direct buffers, for one end of a connection: half of what both
 *     hold
 * @param collectionMs median of the full collections with all of them alive
 * @param baseline the other build
 * @param ratio bytes, ours by the baseline's: below 1 is less; 0 without one
 */
record IdleResult(
    Subject subject,
    double bytesPerEnd,
    double collectionMs,
    int samples,
    @Nullable String baseline,
    double ratio,
    List<String> doubts)
    implements Result {
  private static final double WIDEST = 0.01;

  /** One side, as its process has said it. */
  static IdleResult of(final Subject subject, final Fields weight) {
    final long[] bytes = numbers(weight.text("bytes"));
    final long[] milliseconds = numbers(weight.text("collectionMs"));
    final double ends = 2.0 * subject.cell().connections();
    final List<String> doubts = new ArrayList<>();
    if (bytes[bytes.length - 1] - bytes[0] > WIDEST * bytes[bytes.length / 2]) {
      doubts.add("full collections do not agree about what is alive");
    }
    return new IdleResult(
        subject,
        bytes[bytes.length / 2] / ends,
        milliseconds[milliseconds.length / 2],
        bytes.length,
        null,
        0,
        doubts);
  }

  private static long[] numbers(final String text) {
    return Arrays.stream(text.split(",", -1)).mapToLong(Long::parseLong).sorted().toArray();
  }

  /** The same beside another build. */
  IdleResult beside(final String name, final IdleResult other) {
    final List<String> all = new ArrayList<>(doubts);
    all.addAll(other.doubts);
    return new IdleResult(
        subject, bytesPerEnd, collectionMs, samples, name, bytesPerEnd / other.bytesPerEnd, all);
  }

  @Override
  public String line() {
    final String line =
        String.format(
            Locale.ROOT,
            "%-5s %-12s %8.0f bytes per idle connection END (heap and direct buffers)"
                + "  full collection %.0f ms%s",
            subject.wire(),
            subject.cell(),
            bytesPerEnd,
            collectionMs,
            baseline == null ? "" : String.format(Locale.ROOT, "  %.2f x %s", ratio, baseline));
    return marked(line);
  }

  @Override
  public String json() {
    final JsonLine json = new JsonLine();
    json.text("cell", subject.cell().toString())
        .text("wire", subject.wire())
        .text("mode", subject.mode())
        .whole("conns", subject.cell().connections())
        .number("bytesPerConnectionEnd", bytesPerEnd, 1)
        .number("fullCollectionMs", collectionMs, 0)
        .text("baseline", baseline);
    if (baseline == null) {
      json.none("ratioToBaseline");
    } else {
      json.number("ratioToBaseline", ratio, 4);
    }
    return json.whole("blocks", samples)
        .text("jdk", subject.jdk())
        .flag("trusted", isTrusted())
        .texts("doubts", doubts)
        .toString();
  }
}
