package io.ustack.apps.bench;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Base64;
import org.HdrHistogram.Histogram;

/**
 * What one contender did in one block.
 *
 * @param operations requests, connections, bytes or frames, counted by who asks
 * @param elapsedNs how long the one who asks ran
 * @param work of the server's process; where one thread is both ends, of that
 * @param clientWork of the client's process; {@link Work#NONE} where one thread is both ends
 * @param lostFrames frames that either end lost on the way
 * @param latency nanoseconds per operation; empty where there is none
 * @param unanswered how many of those in {@code latency} had no answer when the block ended: what
 *     they have there is a lower bound
 */
record Block(
    long operations,
    long elapsedNs,
    Work work,
    Work clientWork,
    long lostFrames,
    Histogram latency,
    long unanswered) {

  /** A block that left nothing unanswered. */
  Block(
      final long operations,
      final long elapsedNs,
      final Work work,
      final Work clientWork,
      final long lostFrames,
      final Histogram latency) {
    this(operations, elapsedNs, work, clientWork, lostFrames, latency, 0);
  }

  double operationsPerSecond() {
    return operations * 1e9 / Math.max(1, elapsedNs);
  }

  /** What this process asked, and what another one had to do for it. */
  Block servedBy(final Work server, final long lostByServer) {
    return new Block(
        operations, elapsedNs, server, work, lostFrames + lostByServer, latency, unanswered);
  }

  /** The same with more known of the work. */
  Block withWork(final Work known) {
    return new Block(operations, elapsedNs, known, clientWork, lostFrames, latency, unanswered);
  }

  /** The same with frames that were lost. */
  Block withLostFrames(final long frames) {
    return new Block(operations, elapsedNs, work, clientWork, frames, latency, unanswered);
  }

  /** All but the other process's work. */
  Fields fields() {
    return work.fields()
        .with("operations", operations)
        .with("elapsedNs", elapsedNs)
        .with("lostFrames", lostFrames)
        .with("latency", encoded(latency))
        .with("unanswered", unanswered);
  }

  /** What {@link #fields} has written. */
  static Block of(final Fields fields) {
    return new Block(
        fields.number("operations"),
        fields.number("elapsedNs"),
        Work.of(fields),
        Work.NONE,
        fields.number("lostFrames"),
        decoded(fields.text("latency")),
        fields.number("unanswered"));
  }

  private static String encoded(final Histogram latency) {
    final ByteBuffer bytes = ByteBuffer.allocate(latency.getNeededByteBufferCapacity());
    final int length = latency.encodeIntoByteBuffer(bytes);
    return Base64.getEncoder().encodeToString(Arrays.copyOf(bytes.array(), length));
  }

  private static Histogram decoded(final String text) {
    return Histogram.decodeFromByteBuffer(ByteBuffer.wrap(Base64.getDecoder().decode(text)), 1);
  }
}
