package io.ustack.arp;

import org.jspecify.annotations.Nullable;

/**
 * The neighbours, by IPv4 address: a hash table with open addressing and a fixed number of entries.
 *
 * <p>When it is full an entry makes room that nobody has sent to for a while; one that is in use
 * does not yield to a newcomer that merely spoke to us, so a flood of requests from invented
 * addresses displaces only itself.
 */
final class ArpCache {
  /** A neighbour that was sent to within this time is in use. */
  static final long IN_USE_NS = 60_000_000_000L;

  /** Entries looked at to find room for a newcomer. */
  private static final int SEARCH = 16;

  private final Arp arp;
  private final @Nullable Neighbour[] table;
  private final @Nullable Neighbour[] entries;
  private final int shift;
  private int size;
  private int hand;

  ArpCache(final Arp arp, final int capacity) {
    this.arp = arp;
    final int bits = 33 - Integer.numberOfLeadingZeros(Math.max(1, capacity - 1));
    table = new @Nullable Neighbour[1 << bits];
    entries = new @Nullable Neighbour[capacity];
    shift = 32 - bits;
  }

  int size() {
    return size;
  }

  /** The entry at a position from 0 to {@link #size()}. */
  Neighbour entry(final int position) {
    final Neighbour neighbour = entries[position];
    if (neighbour == null) {
      throw new IllegalStateException("no neighbour at " + position);
    }
    return neighbour;
  }

  @Nullable Neighbour find(final int address) {
    for (int slot = home(address); ; slot = next(slot)) {
      final Neighbour neighbour = table[slot];
      if (neighbour == null || neighbour.address == address) {
        return neighbour;
      }
    }
  }

  /** Whether a {@link #victim} must go before something can be added. */
  boolean isFull() {
    return size == entries.length;
  }

  /** A new entry for an address that has none; the cache is not full. */
  Neighbour add(final int address, final long nowNs) {
    Neighbour neighbour = entries[size];
    if (neighbour == null) {
      neighbour = new Neighbour(arp);
      entries[size] = neighbour;
    }
    neighbour.become(address);
    neighbour.confirmedNs = nowNs;
    neighbour.position = size++;
    int slot = home(address);
    while (table[slot] != null) {
      slot = next(slot);
    }
    table[slot] = neighbour;
    return neighbour;
  }

  /** Takes an entry out; from now on it stands for nobody. */
  void remove(final Neighbour neighbour) {
    int hole = home(neighbour.address);
    while (table[hole] != neighbour) {
      hole = next(hole);
    }
    // Close the gap: whoever sits behind it and wanted to sit at or before it moves up.
    for (int slot = next(hole); ; slot = next(slot)) {
      final Neighbour follower = table[slot];
      if (follower == null) {
        break;
      }
      final int wish = home(follower.address);
      if (((slot - wish) & (table.length - 1)) >= ((slot - hole) & (table.length - 1))) {
        table[hole] = follower;
        hole = slot;
      }
    }
    table[hole] = null;
    neighbour.become(Neighbour.NOBODY);
    final Neighbour last = entry(--size);
    entries[neighbour.position] = last;
    last.position = neighbour.position;
    entries[size] = neighbour;
    neighbour.position = size;
  }

  /**
   * The best of a few entries to give up for a newcomer.
   *
   * @param wanted whether we want to send to the newcomer; else those in use stay
   * @return null when all of those few are more important
   */
  @Nullable Neighbour victim(final boolean wanted, final long nowNs) {
    final int search = Math.min(size, SEARCH);
    Neighbour best = null;
    for (int i = 0; i < search; i++) {
      hand = hand + 1 < size ? hand + 1 : 0;
      final Neighbour candidate = entry(hand);
      final boolean inUse = candidate.used && nowNs - candidate.lastUsedNs < IN_USE_NS;
      if (candidate.parked.count() > 0 || (inUse && !wanted)) {
        continue;
      }
      if (best == null || idleNs(candidate, nowNs) > idleNs(best, nowNs)) {
        best = candidate;
      }
    }
    return best;
  }

  /** For how long nobody sent to it; longer than anything for one that nobody ever sent to. */
  private static long idleNs(final Neighbour neighbour, final long nowNs) {
    return neighbour.used
        ? nowNs - neighbour.lastUsedNs
        : (nowNs - neighbour.confirmedNs) + Long.MAX_VALUE / 2;
  }

  private int home(final int address) {
    return (address * 0x9E37_79B9) >>> shift;
  }

  private int next(final int slot) {
    return (slot + 1) & (table.length - 1);
  }
}
