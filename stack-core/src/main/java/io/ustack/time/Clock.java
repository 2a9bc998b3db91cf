package io.ustack.time;

/** A monotonic clock. Whoever runs a stack owns one and reads it once per duty cycle. */
@FunctionalInterface
public interface Clock {
  /** Monotonic nanoseconds of arbitrary origin; only differences mean anything. */
  long nanoTime();

  /** The clock of the JVM. */
  Clock SYSTEM = System::nanoTime;
}
