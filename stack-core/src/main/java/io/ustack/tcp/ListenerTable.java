package io.ustack.tcp;

import org.jspecify.annotations.Nullable;

/**
 * Listeners by port: a few per stack, so a hash of 256 chains. A listener on one address wins over
 * one on all.
 */
final class ListenerTable {
  private static final int CHAINS = 256;

  private final TcpListener[][] chains = new TcpListener[CHAINS][0];

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

  void remove(final TcpListener listener) {
    final TcpListener[] old = chains[listener.port() & (CHAINS - 1)];
    int at = 0;
    while (at < old.length && old[at] != listener) {
      at++;
    }
    if (at == old.length) {
      return;
    }
    final TcpListener[] fewer = new TcpListener[old.length - 1];
    System.arraycopy(old, 0, fewer, 0, at);
    System.arraycopy(old, at + 1, fewer, at, fewer.length - at);
    chains[listener.port() & (CHAINS - 1)] = fewer;
  }
}
