package io.ustack.link;

/**
 * What happens to frames in one direction of a {@link FaultInjector}. Start from {@link #NONE} and
 * add: {@code Faults.NONE.withLoss(0.01).withDelay(10_000_000, 0)}.
 *
 * <p>Each fault is independent of the others: only {@link Reordering} reorders, jitter does not.
 * Probabilities are per frame, from 0 to 1.
 *
 * @param loss probability that a frame vanishes
 * @param duplication probability that a frame comes twice
 * @param marking probability that an ECN-capable packet is marked as having met congestion (RFC
 *     3168 5); others are never touched
 */
public record Faults(
    double loss,
    double duplication,
    double marking,
    Corruption corruption,
    Reordering reordering,
    Delay delay,
    Line line) {

  /** Nothing happens: frames pass at once, in order and unharmed. */
  public static final Faults NONE =
      new Faults(
          0,
          0,
          0,
          new Corruption(0, 1, false),
          new Reordering(0, 0),
          new Delay(0, 0),
          new Line(0, 0, 0));

  public Faults {
    checkProbability(loss);
    checkProbability(duplication);
    checkProbability(marking);
  }

  /**
   * Flipped bits.
   *
   * @param probability that a frame is hit
   * @param bits how many; a single one is always found by a checksum, several may cancel out
   * @param anywhere false: only what a checksum protects, IPv4 behind the Ethernet header. On a
   *     real wire the frame check sequence catches damage; what gets past it happened in between,
   *     and ARP has no checksum of its own. True: any byte of any frame
   */
  public record Corruption(double probability, int bits, boolean anywhere) {
    public Corruption {
      checkProbability(probability);
      checkNotNegative(bits - 1L);
    }
  }

  /**
   * Frames held back, so that later ones overtake them.
   *
   * @param probability that a frame is held back
   * @param heldBackNs how long
   */
  public record Reordering(double probability, long heldBackNs) {
    public Reordering {
      checkProbability(probability);
      checkNotNegative(heldBackNs);
    }
  }

  /**
   * How long every frame takes.
   *
   * @param fixedNs at least
   * @param jitterNs at most so much more, evenly distributed; frames stay in order
   */
  public record Delay(long fixedNs, long jitterNs) {
    public Delay {
      checkNotNegative(fixedNs);
      checkNotNegative(jitterNs);
    }
  }

  /**
   * A line of limited speed behind a queue.
   *
   * @param bitsPerSecond speed, counted in frame bytes; 0 is no limit
   * @param queueBytes at most 1 GiB that wait for the line; a frame that finds no room is dropped,
   *     one on an idle line never is
   * @param markBytes an ECN-capable packet that finds more than so many bytes waiting is marked: a
   *     step, as data centres have it; 0 is never
   */
  public record Line(long bitsPerSecond, int queueBytes, int markBytes) {
    public Line {
      checkNotNegative(bitsPerSecond);
      checkNotNegative(queueBytes);
      checkNotNegative(markBytes);
      checkNotNegative((1L << 30) - queueBytes);
    }
  }

  private static void checkProbability(final double value) {
    if (!(value >= 0 && value <= 1)) {
      throw new IllegalArgumentException("a probability is from 0 to 1, not " + value);
    }
  }

  private static void checkNotNegative(final long value) {
    if (value < 0) {
      throw new IllegalArgumentException("out of range");
    }
  }

  /** These, and frames vanish. */
  public Faults withLoss(final double probability) {
    return new Faults(probability, duplication, marking, corruption, reordering, delay, line);
  }

  /** These, and frames come twice. */
  public Faults withDuplication(final double probability) {
    return new Faults(loss, probability, marking, corruption, reordering, delay, line);
  }

  /** These, and ECN-capable packets are marked. */
  public Faults withMarking(final double probability) {
    return new Faults(loss, duplication, probability, corruption, reordering, delay, line);
  }

  /** These, and one bit is flipped of what a checksum protects. */
  public Faults withCorruption(final double probability) {
    return with(new Corruption(probability, 1, false));
  }

  /** These, and bits are flipped. */
  public Faults with(final Corruption newCorruption) {
    return new Faults(loss, duplication, marking, newCorruption, reordering, delay, line);
  }

  /** These, and frames are held back by {@code heldBackNs}. */
  public Faults withReordering(final double probability, final long heldBackNs) {
    return new Faults(
        loss,
        duplication,
        marking,
        corruption,
        new Reordering(probability, heldBackNs),
        delay,
        line);
  }

  /** These, and every frame takes {@code fixedNs} and up to {@code jitterNs} more. */
  public Faults withDelay(final long fixedNs, final long jitterNs) {
    return new Faults(
        loss, duplication, marking, corruption, reordering, new Delay(fixedNs, jitterNs), line);
  }

  /**
   * These, on a line of {@code bitsPerSecond} with a queue of {@code queueBytes} in front of it; it
   * marks from where it did.
   */
  public Faults withLine(final long bitsPerSecond, final int queueBytes) {
    return new Faults(
        loss,
        duplication,
        marking,
        corruption,
        reordering,
        delay,
        new Line(bitsPerSecond, queueBytes, line.markBytes()));
  }

  /** These, and the queue in front of the line marks from so many bytes on. */
  public Faults withMarkingFrom(final int markBytes) {
    return new Faults(
        loss,
        duplication,
        marking,
        corruption,
        reordering,
        delay,
        new Line(line.bitsPerSecond(), line.queueBytes(), markBytes));
  }
}
