package io.ustack.buffer;

/**
 * How short packets or memory are, named after what is done about it. Each level does what those
 * before it do, too.
 */
public enum PressureLevel {
  /** There is enough. */
  NONE,
  /** New handshakes are not kept: SYNs are answered with cookies (RFC 4987). */
  COOKIES,
  /**
   * Windows do not grow, what came out of order is forgotten, packets are neither lent nor kept.
   */
  WINDOWS,
  /** Connections that hold something and do not move are reset, those without a socket first. */
  SHEDDING,
  /** SYNs are dropped, and whoever holds most is reset, moving or not. */
  REFUSING;

  private static final PressureLevel[] ALL = values();

  /** Whether this is {@code other} or worse. */
  public boolean reaches(final PressureLevel other) {
    return ordinal() >= other.ordinal();
  }

  static PressureLevel of(final int ordinal) {
    return ALL[ordinal];
  }
}
