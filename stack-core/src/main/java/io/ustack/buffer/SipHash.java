package io.ustack.buffer;

/**
 * SipHash-2-4 (Aumasson and Bernstein, 2012) over a few 64-bit words: a keyed hash that a peer
 * without the key can neither predict nor steer into collisions. Hash tables over peers' addresses,
 * initial sequence numbers (RFC 6528) and port selection (RFC 6056) use it.
 *
 * <p>A word counts as its eight bytes in little-endian order, so the results are those of the
 * reference implementation.
 */
public final class SipHash {
  private SipHash() {}

  /** The hash of one word. */
  public static long hash(final long key0, final long key1, final long word) {
    return hash(key0, key1, word, 0, 1);
  }

  /** The hash of two words: room for a TCP four-tuple. */
  public static long hash(final long key0, final long key1, final long word0, final long word1) {
    return hash(key0, key1, word0, word1, 2);
  }

  private static long hash(
      final long key0, final long key1, final long word0, final long word1, final int words) {
    long v0 = key0 ^ 0x736f6d6570736575L;
    long v1 = key1 ^ 0x646f72616e646f6dL;
    long v2 = key0 ^ 0x6c7967656e657261L;
    long v3 = key1 ^ 0x7465646279746573L;
    final int blocks = words + 1;
    for (int block = 0; block < blocks + 2; block++) {
      // The words, then the length in bytes in the top byte, then four rounds without input.
      final long message =
          block == words ? (long) words << 59 : block == 0 ? word0 : block == 1 ? word1 : 0;
      if (block == blocks) {
        v2 ^= 0xff;
      }
      v3 ^= message;
      for (int round = 0; round < 2; round++) {
        v0 += v1;
        v1 = Long.rotateLeft(v1, 13) ^ v0;
        v0 = Long.rotateLeft(v0, 32);
        v2 += v3;
        v3 = Long.rotateLeft(v3, 16) ^ v2;
        v0 += v3;
        v3 = Long.rotateLeft(v3, 21) ^ v0;
        v2 += v1;
        v1 = Long.rotateLeft(v1, 17) ^ v2;
        v2 = Long.rotateLeft(v2, 32);
      }
      v0 ^= message;
    }
    return v0 ^ v1 ^ v2 ^ v3;
  }
}
