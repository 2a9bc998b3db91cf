package io.ustack.apps.sim;

/**
 * So many bytes, or so many times what is on the way when the line is full and the queue empty.
 *
 * @param amount bytes, or products of bandwidth and round trip
 * @param isProducts which of the two
 */
public record QueueSize(double amount, boolean isProducts) {
  /** In bytes, for a product of so many; a queue holds one frame at least. */
  public int bytes(final double productBytes) {
    final double bytes = isProducts ? amount * productBytes : amount;
    return (int) Math.max(SimSetup.FRAME_BYTES, Math.min(bytes, 1 << 30));
  }
}
