package io.ustack.apps.bench;

import io.ustack.apps.measure.JsonLine;
import java.util.List;

/** What a part of the stack costs, measured by itself and not in a {@link Cell}. */
record PartResult(String text, String json, List<String> doubts) implements Result {
  /**
   * One.
   *
   * @param figures the members of its JSON object, to which whether it is trusted is added
   */
  static PartResult of(final String text, final JsonLine figures, final List<String> doubts) {
    return new PartResult(
        text, figures.flag("trusted", doubts.isEmpty()).texts("doubts", doubts).toString(), doubts);
  }

  @Override
  public String line() {
    return marked(text);
  }
}
