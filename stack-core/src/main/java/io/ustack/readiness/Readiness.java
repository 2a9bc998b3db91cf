package io.ustack.readiness;

/** The moments at which an endpoint's readiness is raised; bits. */
public final class Readiness {
  /** Data arrived, the peer's FIN arrived, or a connection waits to be accepted. */
  public static final int READABLE = 1;

  /** The connection completed, or room to send appeared. */
  public static final int WRITABLE = 1 << 1;

  /** The peer will send nothing more. */
  public static final int READ_CLOSED = 1 << 2;

  /** Both directions are over. */
  public static final int CLOSED = 1 << 3;

  /** The endpoint failed: reset, timed out, refused, unreachable. */
  public static final int FAILED = 1 << 4;

  /** Data left, or was acknowledged, of an endpoint with a bound for what was not sent. */
  public static final int SENT = 1 << 5;

  private Readiness() {}
}
