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

  /** A heap in which nothing happens may agree with itself by chance. */
  private static final long LEAST_NOISE_BYTES = 1024;

  /**
   * One side, as its process has said it.
   *
   * @param ofTime what speaks against the time that collections took
   */
  static IdleResult of(final Subject subject, final Fields weight, final List<String> ofTime) {
    final long[] bytes = numbers(weight.text("bytes"));
    final long[] milliseconds = numbers(weight.text("collectionMs"));
    final long middle = bytes[bytes.length / 2];
    final List<String> doubts = new ArrayList<>();
    if (spread(bytes) > WIDEST * middle) {
      doubts.add("full collections do not agree about what is alive");
    }
    final String empty = weight.text("empty");
    final long noise = empty.isEmpty() ? 0 : Math.max(LEAST_NOISE_BYTES, spread(numbers(empty)));
    if (empty.isEmpty()) {
      doubts.add("a build that measures the empty heap with what its threads had set aside");
    } else if (noise > WIDEST * middle) {
      doubts.add("they weigh %d bytes, and the empty heap varies by %d".formatted(middle, noise));
    }
    ofTime.forEach(doubt -> doubts.add("the time: " + doubt));
    return new IdleResult(
        subject,
        middle / (2.0 * subject.cell().connections()),
        milliseconds[milliseconds.length / 2],
        bytes.length,
        null,
        0,
        doubts);
  }

  private static long spread(final long[] sorted) {
    return sorted[sorted.length - 1] - sorted[0];
  }

  private static long[] numbers(final String text) {
    return Arrays.stream(text.split(",", -1)).mapToLong(Long::parseLong).sorted().toArray();
  }

  /** The same beside another build. */
  IdleResult beside(final String name, final IdleResult other) {
    final List<String> all = new ArrayList<>(doubts);
    other.doubts.forEach(doubt -> all.add(name + ": " + doubt));
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
