package io.ustack.tcp;

import io.ustack.buffer.SipHash;
import org.jspecify.annotations.Nullable;

/**
 * Listeners by address and port: a hash of chains that is doubled before they get longer than one
 * on average, so a SYN finds its own among tens of thousands in the time it takes among a few. No
 * peer has a say in which there are.
 *
 * <p>A listener on one address wins over one on all. Those that share a port (SO_REUSEPORT) are a
 * group: the addresses and ports of a connection decide which of them it comes to, under a key that
 * no peer knows.
 */
final class ListenerTable {
  private static final int SMALLEST = 16;

  private @Nullable ListenerGroup[] chains = new @Nullable ListenerGroup[SMALLEST];
  private int groups;
  private final long key0;
  private final long key1;

  ListenerTable(final long key0, final long key1) {
    this.key0 = key0;
    this.key1 = key1;
  }

  /** Who a segment from there to here goes to, which is of no connection. */
  @Nullable TcpListener find(
      final int address, final int port, final int remoteAddress, final int remotePort) {
    final ListenerGroup own = group(address, port);
    final ListenerGroup group = own == null ? group(0, port) : own;
    if (group == null || !group.isShared()) {
      return group == null ? null : group.first();
    }
    final long ends = (long) address << 32 | (remoteAddress & 0xFFFF_FFFFL);
    return group.member(SipHash.hash(key0, key1, ends, (long) port << 16 | remotePort));
  }

  private @Nullable ListenerGroup group(final int address, final int port) {
    ListenerGroup group = chains[chain(address, port)];
    while (group != null && (group.port != port || group.address != address)) {
      group = group.next;
    }
    return group;
  }

  /** Fibonacci hashing: ports or addresses at even distances don't meet in a few chains. */
  private int chain(final int address, final int port) {
    final long mixed = ((long) address << 16 | port) * 0x9E37_79B9_7F4A_7C15L;
    return (int) (mixed >>> 32) >>> Integer.numberOfLeadingZeros(chains.length - 1);
  }

  void add(final TcpListener listener) {
    final ListenerGroup group = group(listener.address(), listener.port());
    if (group != null) {
      group.add(listener);
      return;
    }
    if (groups == chains.length) {
      grow();
    }
    link(new ListenerGroup(listener));
    groups++;
  }

  private void link(final ListenerGroup group) {
    final int chain = chain(group.address, group.port);
    group.next = chains[chain];
    chains[chain] = group;
  }

  private void grow() {
    final @Nullable ListenerGroup[] old = chains;
    chains = new @Nullable ListenerGroup[2 * old.length];
    for (ListenerGroup group : old) {
      while (group != null) {
        final ListenerGroup next = group.next;
        link(group);
        group = next;
      }
    }
  }

  void remove(final TcpListener listener) {
    final ListenerGroup group = group(listener.address(), listener.port());
    if (group == null) {
      return;
    }
    group.remove(listener);
    if (group.isEmpty()) {
      unlink(group);
      groups--;
    }
  }

  private void unlink(final ListenerGroup gone) {
    final int chain = chain(gone.address, gone.port);
    final ListenerGroup first = chains[chain];
    if (first == gone) {
      chains[chain] = gone.next;
      return;
    }
    for (ListenerGroup group = first; group != null; group = group.next) {
      if (group.next == gone) {
        group.next = gone.next;
        return;
      }
    }
  }

  int chains() {
    return chains.length;
  }

  /** How many groups a look-up passes at most. */
  int longestChain() {
    int longest = 0;
    for (final ListenerGroup first : chains) {
      int length = 0;
      for (ListenerGroup group = first; group != null; group = group.next) {
        length++;
      }
      longest = Math.max(longest, length);
    }
    return longest;
  }
}
