package io.ustack.apps;

/**
 * What the peers of a server may take.
 *
 * @param connections open at a time; further ones wait in the listener's backlog
 * @param idleNs a connection that makes no progress for so long is closed
 */
public record ConnectionLimits(int connections, long idleNs) {
  /** Ten thousand connections, a minute. */
  public static final ConnectionLimits USUAL = new ConnectionLimits(10_000, 60_000_000_000L);

  public ConnectionLimits {
    if (connections < 1 || idleNs < 1) {
      throw new IllegalArgumentException("limits must be at least 1");
    }
  }
}
