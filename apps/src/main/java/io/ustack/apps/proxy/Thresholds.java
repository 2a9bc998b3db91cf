package io.ustack.apps.proxy;

/**
 * When a target counts as down, and as up again.
 *
 * @param fall so many failures in a row take it down
 * @param rise so many successes in a row bring it back
 */
public record Thresholds(int fall, int rise) {
  /** Down after three, up after two. */
  public static final Thresholds USUAL = new Thresholds(3, 2);

  public Thresholds {
    if (fall < 1 || rise < 1) {
      throw new IllegalArgumentException("thresholds must be at least 1");
    }
  }
}
