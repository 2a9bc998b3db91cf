package io.ustack.udp;

import io.ustack.readiness.Failure;

/**
 * Why a datagram of ours did not arrive, as far as somebody said. Filled in anew by each {@link
 * EndpointErrors#take}.
 */
public final class ErrorInfo {
  Failure failure = Failure.NONE;
  boolean local;
  int type;
  int code;
  int mtuBytes;
  int reporter;
  int address;
  int port;
  int lengthBytes;

  /** What it means. */
  public Failure failure() {
    return failure;
  }

  /** Whether this stack refused it; else an ICMP error came. */
  public boolean isLocal() {
    return local;
  }

  /** The ICMP type, 0 of a local error. */
  public int type() {
    return type;
  }

  /** The ICMP code, 0 of a local error. */
  public int code() {
    return code;
  }

  /** Of MESSAGE_TOO_LONG what would have passed, else 0. */
  public int mtuBytes() {
    return mtuBytes;
  }

  /** Whose ICMP message it was; 0 of a local error. */
  public int reporter() {
    return reporter;
  }

  /** Where the datagram was going. */
  public int address() {
    return address;
  }

  /** The port it was going to. */
  public int port() {
    return port;
  }

  /** How much of the datagram was quoted, which may be more than was copied. */
  public int lengthBytes() {
    return lengthBytes;
  }
}
