package io.ustack.apps;

import org.jspecify.annotations.Nullable;

/**
 * Connections in the order of their last progress, the most idle first: with one timeout for all,
 * only the front has to be looked at.
 */
final class IdleList {
  private @Nullable ServedConnection first;
  private @Nullable ServedConnection last;

  /** Adds a connection, or moves it to the end: it has made progress. */
  void touch(final ServedConnection connection, final long nowNs) {
    connection.progressNs = nowNs;
    if (connection == last) {
      return;
    }
    remove(connection);
    connection.moreIdle = last;
    if (last == null) {
      first = connection;
    } else {
      last.lessIdle = connection;
    }
    last = connection;
  }

  /** Takes a connection out, if it is in. */
  void remove(final ServedConnection connection) {
    final ServedConnection before = connection.moreIdle;
    final ServedConnection after = connection.lessIdle;
    if (before != null) {
      before.lessIdle = after;
    } else if (first == connection) {
      first = after;
    }
    if (after != null) {
      after.moreIdle = before;
    } else if (last == connection) {
      last = before;
    }
    connection.moreIdle = null;
    connection.lessIdle = null;
  }

  /** The connection that has made no progress for longest; null when there is none. */
  @Nullable ServedConnection mostIdle() {
    return first;
  }
}
