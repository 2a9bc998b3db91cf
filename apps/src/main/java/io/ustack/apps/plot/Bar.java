package io.ustack.apps.plot;

/**
 * A bar, and what stands beside it.
 *
 * @param label in front of it
 * @param value how long it is; NaN: there is none, only what stands beside it
 * @param lower where its whisker begins
 * @param upper where it ends
 * @param words behind it
 * @param doubted whether it is to be seen that it can't be trusted
 */
public record Bar(
    String label, double value, double lower, double upper, String words, boolean doubted) {
  boolean isDrawn() {
    return !Double.isNaN(value);
  }
}
