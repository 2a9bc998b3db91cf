package io.ustack.apps.proxy;

import io.ustack.apps.ConnectionLimits;

/**
 * What a {@link Proxy} goes by, besides its targets.
 *
 * @param limits of the clients
 * @param connectMs after which a target that says nothing has failed
 * @param checkNs between two health checks of a target
 */
public record ProxySettings(ConnectionLimits limits, int connectMs, long checkNs) {
  /** The usual limits, 2 s to connect, 2 s between checks. */
  public static final ProxySettings USUAL =
      new ProxySettings(ConnectionLimits.USUAL, 2000, 2_000_000_000L);

  public ProxySettings {
    if (connectMs < 1 || checkNs < 1) {
      throw new IllegalArgumentException("times must be more than 0");
    }
  }
}
