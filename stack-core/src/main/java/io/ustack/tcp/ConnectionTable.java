package io.ustack.tcp;

import org.jspecify.annotations.Nullable;

/**
 * Connections by their four-tuple: open addressing with linear probing, never more than half full,
 * no tombstones. The hash is keyed with the stack's secret so that a peer can't aim at one slot.
 */
final class ConnectionTable {
  private static final int INITIAL_SLOTS = 64;

  private final long key;
  private @Nullable TcpConnection[] slots = new TcpConnection[INITIAL_SLOTS];
  private int count;

  ConnectionTable(final long key) {
    this.key = key;
  }

  int count() {
    return count;
  }

  /** The connection between these ends, or null. */
  @Nullable TcpConnection find(
      final int localAddress, final int localPort, final int remoteAddress, final int remotePort) {
    final int mask = slots.length - 1;
    int slot = hash(localAddress, localPort, remoteAddress, remotePort) & mask;
    for (TcpConnection c = slots[slot]; c != null; c = slots[slot]) {
      if (isBetween(c, localAddress, localPort, remoteAddress, remotePort)) {
        return c;
      }
      slot = (slot + 1) & mask;
    }
    return null;
  }

  /** For {@link LookAhead}: reads where {@link #find} will look first. */
  int touch(
      final int localAddress, final int localPort, final int remoteAddress, final int remotePort) {
    final int slot = hash(localAddress, localPort, remoteAddress, remotePort);
    final TcpConnection c = slots[slot & (slots.length - 1)];
    return c == null ? 0 : c.remotePort();
  }

  private static boolean isBetween(
      final TcpConnection c,
      final int localAddress,
      final int localPort,
      final int remoteAddress,
      final int remotePort) {
    return c.remotePort() == remotePort
        && c.remoteAddress() == remoteAddress
        && c.localPort() == localPort
        && c.localAddress() == localAddress;
  }

  /** Adds a connection whose four-tuple is not in the table. */
  void add(final TcpConnection connection) {
    if (2 * (count + 1) > slots.length) {
      grow();
    }
    place(connection);
    count++;
  }

  private void place(final TcpConnection connection) {
    final int mask = slots.length - 1;
    int slot = hash(connection) & mask;
    while (slots[slot] != null) {
      slot = (slot + 1) & mask;
    }
    slots[slot] = connection;
  }

  private void grow() {
    final @Nullable TcpConnection[] old = slots;
    slots = new TcpConnection[2 * old.length];
    for (final TcpConnection connection : old) {
      if (connection != null) {
        place(connection);
      }
    }
  }

  /** Takes a connection out and closes the gap behind it. */
  void remove(final TcpConnection connection) {
    final int mask = slots.length - 1;
    int gap = hash(connection) & mask;
    while (slots[gap] != connection) {
      if (slots[gap] == null) {
        return;
      }
      gap = (gap + 1) & mask;
    }
    count--;
    int next = gap;
    while (true) {
      slots[gap] = null;
      TcpConnection moved;
      do {
        next = (next + 1) & mask;
        moved = slots[next];
        if (moved == null) {
          return;
        }
        // It may move into the gap unless its own slot lies behind the gap.
      } while (((next - hash(moved)) & mask) < ((next - gap) & mask));
      slots[gap] = moved;
      gap = next;
    }
  }

  /** How many slots there are now; a power of two. */
  int slots() {
    return slots.length;
  }

  /** The connection in a slot, from 0 on; null in half of them at least. */
  @Nullable TcpConnection slot(final int slot) {
    return slots[slot];
  }

  /** All connections now, for the rare walk over them. */
  TcpConnection[] toArray() {
    final TcpConnection[] all = new TcpConnection[count];
    int n = 0;
    for (final TcpConnection connection : slots) {
      if (connection != null) {
        all[n++] = connection;
      }
    }
    return all;
  }

  private int hash(final TcpConnection c) {
    return hash(c.localAddress(), c.localPort(), c.remoteAddress(), c.remotePort());
  }

  private int hash(
      final int localAddress, final int localPort, final int remoteAddress, final int remotePort) {
    long h = key ^ (((long) localAddress << 32) | (remoteAddress & 0xFFFF_FFFFL));
    h *= 0x9E37_79B9_7F4A_7C15L;
    h ^= (h >>> 32) ^ (((long) localPort << 16) | remotePort);
    h *= 0xD6E8_FEB8_6659_FD93L;
    return (int) (h >>> 32);
  }
}
