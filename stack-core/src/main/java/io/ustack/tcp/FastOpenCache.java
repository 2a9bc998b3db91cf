package io.ustack.tcp;

import io.ustack.buffer.SipHash;
import org.jspecify.annotations.Nullable;

/**
 * What we know as a client of servers that do fast open (RFC 7413 4.1.3): their cookie, their MSS,
 * and whether something on the way swallows such SYNs. Bounded: two servers that share a place take
 * it from each other, and the one that lost asks for a cookie again. One per stack.
 */
final class FastOpenCache {
  private static final int PLACES = 1024;

  /** How long a server is spared after its first swallowed SYN, doubled with each (Linux). */
  private static final long PAUSE_NS = 60_000_000_000L;

  private static final int MAX_DOUBLINGS = 10;

  private final long key0;
  private final long key1;
  private final @Nullable Entry[] entries = new Entry[PLACES];

  /** A cache whose places nobody can aim at, by 128 secret bits. */
  FastOpenCache(final long key0, final long key1) {
    this.key0 = key0;
    this.key1 = key1;
  }

  /** One server. */
  static final class Entry {
    private final int address;
    private @Nullable FastOpenCookie cookie;
    private int mss = Tcp.DEFAULT_MSS;
    private int losses;
    private long lastLossNs;

    private Entry(final int address) {
      this.address = address;
    }
  }

  private int place(final int server) {
    return (int) SipHash.hash(key0, key1, server) & (PLACES - 1);
  }

  private @Nullable Entry find(final int server) {
    final Entry entry = entries[place(server)];
    return entry != null && entry.address == server ? entry : null;
  }

  private Entry make(final int server) {
    final Entry known = find(server);
    if (known != null) {
      return known;
    }
    final Entry entry = new Entry(server);
    entries[place(server)] = entry;
    return entry;
  }

  /**
   * What a SYN to the server carries: its cookie or a request for one.
   *
   * @return null when fast open has failed there not long ago
   */
  @Nullable FastOpenCookie cookie(final int server, final long nowNs) {
    final Entry entry = find(server);
    if (entry == null) {
      return FastOpenCookie.REQUEST;
    }
    if (entry.losses > 0
        && nowNs - entry.lastLossNs < PAUSE_NS << Math.min(entry.losses - 1, MAX_DOUBLINGS)) {
      return null;
    }
    return entry.cookie == null ? FastOpenCookie.REQUEST : entry.cookie;
  }

  /** The MSS that the server named with its cookie. */
  int mss(final int server) {
    final Entry entry = find(server);
    return entry == null ? Tcp.DEFAULT_MSS : entry.mss;
  }

  /** The server gave a cookie. */
  void onCookie(final int server, final FastOpenCookie cookie, final int mss) {
    final Entry entry = make(server);
    entry.cookie = cookie;
    entry.mss = mss == 0 ? Tcp.DEFAULT_MSS : Math.max(mss, Tcp.MIN_MSS);
    entry.losses = 0;
  }

  /** The server took the data of a SYN. */
  void onDataTaken(final int server) {
    final Entry entry = find(server);
    if (entry != null) {
      entry.losses = 0;
    }
  }

  /** Only the SYN without option and data came through (RFC 7413 4.1.3.1). */
  void onSynSwallowed(final int server, final long nowNs) {
    final Entry entry = make(server);
    entry.losses++;
    entry.lastLossNs = nowNs;
  }
}
