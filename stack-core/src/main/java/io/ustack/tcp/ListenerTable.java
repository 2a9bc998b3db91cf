package io.ustack.tcp;

import io.ustack.buffer.SipHash;
import org.jspecify.annotations.Nullable;

/**
 * Listeners by port: a few per stack, so a hash of 256 chains. A listener on one address wins over
 * one on all. Those that share a port (SO_REUSEPORT) are a group: the addresses and ports of a
 * connection decide which of them it comes to, under a key that no peer knows.
 */
final class ListenerTable {
  private static final int CHAINS = 256;

  private final TcpListener[][] chains = new TcpListener[CHAINS][0];
  private final long key0;
  private final long key1;

  ListenerTable(final long key0, final long key1) {
    this.key0 = key0;
    this.key1 = key1;
  }

  /** Who a segment from there to here goes to, which is of no connection. */
  @Nullable TcpListener find(
      final int address, final int port, final int remoteAddress, final int remotePort) {
    final TcpListener first = find(address, port);
    return first == null || !first.binding().sharing().port()
        ? first
        : member(first, address, remoteAddress, remotePort);
  }

  /** Linux reuseport_select_sock: the same one as long as the group stays as it is. */
  private TcpListener member(
      final TcpListener first, final int address, final int remoteAddress, final int remotePort) {
    final TcpListener[] chain = chains[first.port() & (CHAINS - 1)];
    int members = 0;
    for (final TcpListener listener : chain) {
      members += isSameGroup(first, listener) ? 1 : 0;
    }
    final long ends = (long) address << 32 | (remoteAddress & 0xFFFF_FFFFL);
    final long hash = SipHash.hash(key0, key1, ends, (long) first.port() << 16 | remotePort);
    int left = (int) (((hash >>> 32) * members) >>> 32);
    for (final TcpListener listener : chain) {
      if (isSameGroup(first, listener) && left-- == 0) {
        return listener;
      }
    }
    return first;
  }

  private static boolean isSameGroup(final TcpListener one, final TcpListener other) {
    return one.port() == other.port() && one.address() == other.address();
  }

  /** The first of those that may have it. */
  @Nullable TcpListener find(final int address, final int port) {
    TcpListener any = null;
    for (final TcpListener listener : chains[port & (CHAINS - 1)]) {
      if (listener.port() == port) {
        if (listener.address() == address) {
          return listener;
        }
        if (listener.address() == 0) {
          any = listener;
        }
      }
    }
    return any;
  }

  void add(final TcpListener listener) {
    final TcpListener[] old = chains[listener.port() & (CHAINS - 1)];
    final TcpListener[] more = new TcpListener[old.length + 1];
    System.arraycopy(old, 0, more, 0, old.length);
    more[old.length] = listener;
    chains[listener.port() & (CHAINS - 1)] = more;
  }

  /** As on Linux the last of a group takes the place of the one that leaves. */
  void remove(final TcpListener listener) {
    final TcpListener[] old = chains[listener.port() & (CHAINS - 1)];
    int at = -1;
    int last = -1;
    for (int i = 0; i < old.length; i++) {
      at = old[i] == listener ? i : at;
      last = isSameGroup(old[i], listener) ? i : last;
    }
    if (at < 0) {
      return;
    }
    final TcpListener[] fewer = new TcpListener[old.length - 1];
    old[at] = old[last];
    System.arraycopy(old, 0, fewer, 0, last);
    System.arraycopy(old, last + 1, fewer, last, fewer.length - last);
    chains[listener.port() & (CHAINS - 1)] = fewer;
  }
}
