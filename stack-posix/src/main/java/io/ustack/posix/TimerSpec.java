package io.ustack.posix;

/** {@code struct itimerspec}: when a timer expires next, and how often after that. */
public final class TimerSpec {
  /** Nanoseconds until it expires; 0 when it is not armed. */
  public long valueNs;

  /** Nanoseconds between expirations; 0 when it expires once. */
  public long intervalNs;
}
