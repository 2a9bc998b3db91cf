package io.ustack.dpdk;

/**
 * The state of a port's medium.
 *
 * @param up whether frames can pass
 * @param speedMbps megabits per second, -1 where the driver does not know
 * @param fullDuplex whether both directions work at once
 */
public record LinkState(boolean up, long speedMbps, boolean fullDuplex) {
  private static final long GIGA = 1000;

  /** {@code link down}, {@code link up, 10 Gbit/s}. */
  @Override
  public String toString() {
    if (!up) {
      return "link down";
    }
    if (speedMbps <= 0) {
      return "link up";
    }
    return "link up, "
        + (speedMbps % GIGA == 0 ? speedMbps / GIGA + " Gbit/s" : speedMbps + " Mbit/s");
  }
}
