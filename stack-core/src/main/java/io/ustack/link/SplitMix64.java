package io.ustack.link;

/**
 * Steele, Lea and Flood, "Fast Splittable Pseudorandom Number Generators" (2014): 64 bits of state,
 * one seed, the same numbers on every machine. For simulations, not for secrets.
 */
final class SplitMix64 {
  private long state;

  SplitMix64(final long seed) {
    state = seed;
  }

  long next() {
    state += 0x9E3779B97F4A7C15L;
    long mixed = (state ^ (state >>> 30)) * 0xBF58476D1CE4E5B9L;
    mixed = (mixed ^ (mixed >>> 27)) * 0x94D049BB133111EBL;
    return mixed ^ (mixed >>> 31);
  }

  /** True with the given probability; draws nothing for 0. */
  boolean happens(final double probability) {
    return probability > 0 && (next() >>> 11) < (long) (probability * (1L << 53));
  }

  /** A number from 0 to {@code bound - 1}; the bias is below {@code bound / 2^63}. */
  long below(final long bound) {
    return (next() >>> 1) % bound;
  }
}
