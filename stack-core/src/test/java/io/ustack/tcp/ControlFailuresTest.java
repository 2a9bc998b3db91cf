package io.ustack.tcp;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.ustack.counter.Counter;
import io.ustack.counter.Counters;
import io.ustack.testing.LogLines;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is logged of exceptions that are not ours. */
class ControlFailuresTest {
  private static final String GOES_ON =
      ", and reno goes on in its place; further failures of it are only counted";

  /** Says neither what it is nor where it was thrown, and throws or is silent instead. */
  @SuppressWarnings("OverrideThrowableToString") // getMessage() can't make it null
  private static final class Silent extends RuntimeException {
    private static final long serialVersionUID = 1;
    private final boolean throwing;

    Silent(final boolean throwing) {
      super("nobody reads this");
      this.throwing = throwing;
    }

    @Override
    public String toString() {
      return said(null);
    }

    @Override
    public StackTraceElement[] getStackTrace() {
      return said(null);
    }

    private <T> T said(final T words) {
      if (throwing) {
        throw new IllegalStateException("no words");
      }
      return words;
    }
  }

  private final LogLines log = new LogLines(ControlFailures.class.getName());
  private final Counters counters = new Counters();
  private final ControlFailures failures = new ControlFailures(counters);

  @AfterEach
  void unwatch() {
    log.close();
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void whatSaysNothingIsNamedByItsClass(final boolean throwing) {
    failures.accept("foreign", new Silent(throwing));
    failures.accept("foreign", new Silent(throwing));
    assertEquals(
        List.of("congestion control foreign has thrown " + Silent.class.getName() + GOES_ON),
        log.lines);
    assertEquals(2, counters.value(Counter.TCP_CONGESTION_CONTROL_FAILURES));
  }

  @Test
  void linesAreNotEndedByWhatIsThrown() {
    final RuntimeException thrown =
        new RuntimeException("one\r\ntwo\u001b[2J\u0085three\u2028four\u202efive");
    thrown.setStackTrace(new StackTraceElement[] {new StackTraceElement("a\nB", "c", "B.java", 7)});
    failures.accept("foreign", thrown);
    assertEquals(
        List.of(
            "congestion control foreign has thrown java.lang.RuntimeException: "
                + "one\\u000d\\u000atwo\\u001b[2J\\u0085three\\u2028four\\u202efive"
                + " at a\\u000aB.c(B.java:7)"
                + GOES_ON),
        log.lines);
  }
}
