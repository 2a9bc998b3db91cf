package io.ustack.shard;

/**
 * Which shard owns a flow: the lower bits of the hash of its packets choose an entry of the
 * indirection table, whose entries name the shards in turn. Constant, so any thread.
 */
public final class ShardMap {
  /** Entries of the table where no NIC has another. */
  public static final int DEFAULT_ENTRIES = 128;

  private static final int MOST_ENTRIES = 1 << 16;

  private final Toeplitz hash;
  private final int mask;
  private final int shards;

  /**
   * The map of so many shards.
   *
   * @param entries of the table: a power of two, not below {@code shards} [1 to 65536]
   */
  public ShardMap(final Toeplitz hash, final int entries, final int shards) {
    if (Integer.bitCount(entries) != 1
        || entries > MOST_ENTRIES
        || shards < 1
        || shards > entries) {
      throw new IllegalArgumentException(
          "ShardMap: " + shards + " shards in a table of " + entries + " entries");
    }
    this.hash = hash;
    mask = entries - 1;
    this.shards = shards;
  }

  /** With the symmetric key and the usual table. */
  public static ShardMap of(final int shards) {
    return new ShardMap(
        new Toeplitz(Toeplitz.symmetricKey(Toeplitz.KEY_BYTES)), DEFAULT_ENTRIES, shards);
  }

  /** How many shards there are. */
  public int shards() {
    return shards;
  }

  /** The shard, from 0, where packets between these ends arrive. */
  public int owner(
      final int source, final int destination, final int sourcePort, final int destinationPort) {
    return (hash.hash(source, destination, sourcePort, destinationPort) & mask) % shards;
  }
}
