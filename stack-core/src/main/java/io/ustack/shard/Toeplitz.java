package io.ustack.shard;

/**
 * The Toeplitz hash of receive-side scaling, over the addresses and ports of an IPv4 packet in the
 * order in which they stand in it. Constant, so any thread.
 *
 * <p>The hash is linear: it is the exclusive or of what each input byte adds, which is in a table.
 */
public final class Toeplitz {
  /** What every NIC takes. */
  public static final int KEY_BYTES = 40;

  private static final int INPUT_BYTES = 12;
  private static final int VALUES = 256;

  private final int[] table = new int[INPUT_BYTES * VALUES];

  /**
   * The hash with a key.
   *
   * @param key at least 16 bytes, of which the first 16 count here
   */
  public Toeplitz(final byte[] key) {
    for (int at = 0; at < INPUT_BYTES; at++) {
      final long window = window(key, at);
      for (int value = 0; value < VALUES; value++) {
        table[at * VALUES + value] = part(window, value);
      }
    }
  }

  /** Forty bits of the key from a byte on: what the eight bits of an input byte select of it. */
  private static long window(final byte[] key, final int from) {
    long window = 0;
    for (int i = from; i < from + Integer.BYTES + 1; i++) {
      window = window << Byte.SIZE | (key[i] & 0xFF);
    }
    return window;
  }

  private static int part(final long window, final int value) {
    int hash = 0;
    for (int bit = 0; bit < Byte.SIZE; bit++) {
      if ((value & 0x80 >> bit) != 0) {
        hash ^= (int) (window >>> (Byte.SIZE - bit));
      }
    }
    return hash;
  }

  /**
   * A key of two bytes again and again: both directions of a flow have the same hash, because each
   * 16 bits of the input add the same wherever they stand.
   */
  public static byte[] symmetricKey(final int keyBytes) {
    final byte[] key = new byte[keyBytes];
    for (int i = 0; i < keyBytes; i++) {
      key[i] = (byte) (i % 2 == 0 ? 0x6D : 0x5A);
    }
    return key;
  }

  /** The hash of a packet's ends. */
  public int hash(
      final int source, final int destination, final int sourcePort, final int destinationPort) {
    return word(0, source) ^ word(4, destination) ^ half(8, sourcePort) ^ half(10, destinationPort);
  }

  private int word(final int at, final int value) {
    return half(at, value >>> Short.SIZE) ^ half(at + 2, value);
  }

  private int half(final int at, final int value) {
    return table[at * VALUES + (value >>> Byte.SIZE & 0xFF)]
        ^ table[(at + 1) * VALUES + (value & 0xFF)];
  }
}
