package io.ustack.readiness;

/**
 * Why a call on an endpoint or the endpoint itself failed. The POSIX face maps each to an errno.
 */
public enum Failure {
  /** Nothing failed. */
  NONE,
  /** The address and port are taken: EADDRINUSE. */
  ADDRESS_IN_USE,
  /** Not an address of this stack: EADDRNOTAVAIL. */
  ADDRESS_NOT_AVAILABLE,
  /** No free ephemeral port: EADDRNOTAVAIL, as connect(2) says it. */
  PORTS_EXHAUSTED,
  /** No route: ENETUNREACH. */
  NETWORK_UNREACHABLE,
  /** The link's device is gone: ENETDOWN. */
  NETWORK_DOWN,
  /** Address resolution failed, or an ICMP host unreachable came: EHOSTUNREACH. */
  HOST_UNREACHABLE,
  /** A reset answered our SYN, or an ICMP port unreachable came: ECONNREFUSED. */
  CONNECTION_REFUSED,
  /** The peer reset an established connection: ECONNRESET. */
  CONNECTION_RESET,
  /** We gave up retransmitting: ETIMEDOUT. */
  TIMED_OUT,
  /** A limit of the stack (connections, endpoints) was reached: ENOBUFS. */
  NO_RESOURCES,
  /** The datagram or packet does not fit: EMSGSIZE. */
  MESSAGE_TOO_LONG;

  private static final Failure[] ALL = values();

  /** The one with this ordinal. */
  public static Failure of(final int ordinal) {
    return ALL[ordinal];
  }
}
