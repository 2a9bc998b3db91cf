package io.ustack.posix;

/**
 * A time as socket options have it, {@code struct timeval}: made once, used for every call. One
 * thread at a time.
 */
public final class TimeValue {
  private long seconds;
  private long microseconds;

  /** 0 seconds. */
  public TimeValue() {}

  /** So long. */
  public TimeValue(final long seconds, final long microseconds) {
    set(seconds, microseconds);
  }

  /** Whole seconds. */
  public long seconds() {
    return seconds;
  }

  /** The rest, 0 to 999999 in a time that is one. */
  public long microseconds() {
    return microseconds;
  }

  /** Sets both. */
  public void set(final long newSeconds, final long newMicroseconds) {
    seconds = newSeconds;
    microseconds = newMicroseconds;
  }

  @Override
  public String toString() {
    return seconds + " s " + microseconds + " us";
  }
}
