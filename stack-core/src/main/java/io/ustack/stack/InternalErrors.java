package io.ustack.stack;

import io.ustack.counter.Counter;
import io.ustack.counter.Counters;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Bugs of ours that surfaced while a shard ran: counted as INTERNAL_ERRORS and logged once per
 * class of exception, because a stack that stops, or one that fills a disk with stack traces, is
 * worse than one connection that went wrong.
 */
public final class InternalErrors {
  private static final Logger LOG = System.getLogger(InternalErrors.class.getName());

  private final Counters counters;
  private final List<Class<?>> logged = new ArrayList<>();
  private volatile @Nullable Throwable first;

  InternalErrors(final Counters counters) {
    this.counters = counters;
  }

  /** The first error, or null while there was none. Any thread. */
  public @Nullable Throwable first() {
    return first;
  }

  /**
   * Counts an error, and logs it unless one of its class was logged before. Stack thread only.
   *
   * @param doing what the stack was at, for the log
   */
  public void report(final String doing, final Throwable error) {
    counters.increment(Counter.INTERNAL_ERRORS);
    if (first == null) {
      first = error;
    }
    // A log line may need memory, too.
    if (!(error instanceof OutOfMemoryError) && !logged.contains(error.getClass())) {
      logged.add(error.getClass());
      LOG.log(
          Level.ERROR,
          "internal error while " + doing + "; further errors of this class are only counted",
          error);
    }
  }
}
