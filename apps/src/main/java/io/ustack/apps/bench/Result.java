package io.ustack.apps.bench;

import java.util.List;

/** What was measured, to be printed. */
interface Result {
  /** What speaks against it. */
  List<String> doubts();

  /** Whether nothing speaks against it. */
  default boolean isTrusted() {
    return doubts().isEmpty();
  }

  /** One readable line, {@link #marked}. */
  String line();

  /** One JSON object on one line. */
  String json();

  /** A line with what speaks against the result behind it. */
  default String marked(final String line) {
    return isTrusted() ? line : line + "  NOT TRUSTED: " + String.join("; ", doubts());
  }
}
