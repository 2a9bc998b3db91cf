package io.ustack.ipv4;

/**
 * With whom a socket shares its port (socket(7)): both must agree.
 *
 * @param address SO_REUSEADDR: with those that set it, as long as they do not listen
 * @param port SO_REUSEPORT: with those that set it, listening or not; what comes is spread among
 *     them
 */
public record PortSharing(boolean address, boolean port) {
  /** With nobody. */
  public static final PortSharing NONE = new PortSharing(false, false);

  /** SO_REUSEADDR only. */
  public static final PortSharing ADDRESS = new PortSharing(true, false);

  private static final PortSharing PORT = new PortSharing(false, true);
  private static final PortSharing BOTH = new PortSharing(true, true);

  /** One of the four, which are made once. */
  public static PortSharing of(final boolean address, final boolean port) {
    if (port) {
      return address ? BOTH : PORT;
    }
    return address ? ADDRESS : NONE;
  }

  /** Both in a number, for {@link #ofBits}. */
  public byte bits() {
    return (byte) ((address ? 1 : 0) | (port ? 2 : 0));
  }

  /** What gave these {@link #bits}. */
  public static PortSharing ofBits(final int bits) {
    return of((bits & 1) != 0, (bits & 2) != 0);
  }

  /**
   * Whether this socket may have what the other one has, too (Linux inet_bind_conflict).
   *
   * @param listens whether the other one does
   */
  public boolean agreesWith(final PortSharing other, final boolean listens) {
    return (address && other.address && !listens) || (port && other.port);
  }
}
