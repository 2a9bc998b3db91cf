package io.ustack.apps.proxy;

/** Which target the next client gets. */
public enum Balance {
  /** The one with the fewest clients; among equals the one whose turn it is. */
  LEAST_CONNECTIONS,
  /** One after the other. */
  ROUND_ROBIN
}
