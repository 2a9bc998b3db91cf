package io.ustack.buffer;

/**
 * When the levels of {@link MemoryPressure} begin, as shares of the packets of the pool and of the
 * memory for buffers that are in use. What is out of the bounds in brackets is an {@link
 * IllegalArgumentException} that names it.
 *
 * @param cookies above this share {@link PressureLevel#COOKIES} begins [above 0]
 * @param windows the same of {@link PressureLevel#WINDOWS} [at least {@code cookies}]
 * @param shedding the same of {@link PressureLevel#SHEDDING}; [at least {@code windows}, up to 2]
 * @param slack a level ends when so much less is in use than where it began [0 to below {@code
 *     cookies}]
 * @param reserve the share of the packets that data may not use: it is for ACKs, RSTs, ARP and
 *     ICMP, and for what arrives. When half of it is gone, {@link PressureLevel#REFUSING} begins [0
 *     to 0.5]
 * @param overdraft so much more than all memory, of which connections have their smallest buffers,
 *     begins {@link PressureLevel#REFUSING}; at least a mebibyte [0 or more]
 * @param stalledNs a connection on which nothing has moved for so long may be reset [0 to 1 h]
 */
public record PressureLimits(
    double cookies,
    double windows,
    double shedding,
    double slack,
    double reserve,
    double overdraft,
    long stalledNs) {
  private static final long HOUR_NS = 3_600_000_000_000L;

  /** What stacks have that are told nothing else. */
  public static final PressureLimits DEFAULT =
      new PressureLimits(0.75, 0.875, 0.9375, 0.0625, 0.0625, 0.25, 10_000_000_000L);

  public PressureLimits {
    check("cookies", cookies, cookies > 0 && cookies <= 2, "above 0, up to 2");
    check("windows", windows, windows >= cookies && windows <= 2, "from cookies to 2");
    check("shedding", shedding, shedding >= windows && shedding <= 2, "from windows to 2");
    check("slack", slack, slack >= 0 && slack < cookies, "0 to below cookies");
    check("reserve", reserve, reserve >= 0 && reserve <= 0.5, "0 to 0.5");
    check("overdraft", overdraft, overdraft >= 0, "0 or more");
    check("stalledNs", (double) stalledNs, stalledNs >= 0 && stalledNs <= HOUR_NS, "0 to an hour");
  }

  private static void check(
      final String name, final double value, final boolean possible, final String bounds) {
    if (!possible) {
      throw new IllegalArgumentException(
          "PressureLimits: " + name + " is " + value + ", not " + bounds);
    }
  }
}
