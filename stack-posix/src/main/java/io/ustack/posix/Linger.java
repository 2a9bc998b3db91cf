package io.ustack.posix;

/**
 * Whether and for how long close(2) waits, {@code struct linger}: made once, used for every call.
 * One thread at a time.
 */
public final class Linger {
  private int onOff;
  private int seconds;

  /** Off. */
  public Linger() {}

  /** On when {@code onOff} is not 0, for so long. */
  public Linger(final int onOff, final int seconds) {
    set(onOff, seconds);
  }

  /** 0 when it is off. */
  public int onOff() {
    return onOff;
  }

  /** How long close waits at most; with 0 it resets the connection. */
  public int seconds() {
    return seconds;
  }

  /** Sets both. */
  public void set(final int newOnOff, final int newSeconds) {
    onOff = newOnOff;
    seconds = newSeconds;
  }

  @Override
  public String toString() {
    return onOff == 0 ? "off" : seconds + " s";
  }
}
