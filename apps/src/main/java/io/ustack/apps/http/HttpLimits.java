package io.ustack.apps.http;

/**
 * What peers may take.
 *
 * @param connections open at a time; further ones wait in the listener's backlog
 * @param idleNs a connection that makes no progress for so long is closed
 */
public record HttpLimits(int connections, long idleNs) {
  /** Ten thousand connections, a minute. */
  public static final HttpLimits USUAL = new HttpLimits(10_000, 60_000_000_000L);

  public HttpLimits {
    if (connections < 1 || idleNs < 1) {
      throw new IllegalArgumentException("limits must be at least 1");
    }
  }
}
