package io.ustack.apps.doctor;

/**
 * One line of a diagnosis.
 *
 * @param grade how bad it is
 * @param text what was found and, when it is not good, what to do
 */
public record Finding(Grade grade, String text) {
  /** How bad a finding is. */
  public enum Grade {
    /** As it should be. */
    OK("ok"),
    /** In the way of some uses, not of all. */
    NOTE("note"),
    /** ustack can't run on DPDK like this. */
    MISSING("MISSING");

    private final String word;

    Grade(final String word) {
      this.word = word;
    }
  }

  static Finding ok(final String text) {
    return new Finding(Grade.OK, text);
  }

  static Finding note(final String text) {
    return new Finding(Grade.NOTE, text);
  }

  static Finding missing(final String text) {
    return new Finding(Grade.MISSING, text);
  }

  @Override
  public String toString() {
    return String.format("%-8s %s", grade.word, text);
  }
}
