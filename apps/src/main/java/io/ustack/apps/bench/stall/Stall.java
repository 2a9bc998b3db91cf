package io.ustack.apps.bench.stall;

import java.util.Arrays;
import java.util.stream.Collectors;

/**
 * A gap between two looks of a busy loop at the clock that was longer than it should be, and what
 * could be seen of it from its thread. What the kernel counts is since the last stall, or since the
 * beginning of the block: that is when it was asked before.
 *
 * @param beginNs the look before it, System.nanoTime
 * @param ns how long it was
 * @param sinceNs the time in which the kernel counted what follows; the gap is its end
 * @param cpuNs of the thread
 * @param delayNs that the thread could have run and waited for a processor
 * @param switches how often it was put on one; {@link #NOT_KNOWN} where the kernel counts neither
 *     that nor the delay
 * @param compilerNs CPU time of the JIT compilers
 * @param stage of the stack's duty cycle that took most of it, by its number; behind the last: a
 *     cycle that found nothing to do
 * @param stageNs how long that stage was
 * @param frames that were received in the gap
 */
public record Stall(
    long beginNs,
    long ns,
    long sinceNs,
    long cpuNs,
    long delayNs,
    long switches,
    long compilerNs,
    int stage,
    long stageNs,
    long frames) {
  /** Of switches: the kernel does not say. */
  static final long NOT_KNOWN = -1;

  /** Numbers that it consists of. */
  static final int NUMBERS = 10;

  /** The one whose numbers stand there, in the order of the components. */
  static Stall of(final long[] n, final int at) {
    return new Stall(
        n[at],
        n[at + 1],
        n[at + 2],
        n[at + 3],
        n[at + 4],
        n[at + 5],
        n[at + 6],
        (int) n[at + 7],
        n[at + 8],
        n[at + 9]);
  }

  /** The look behind it. */
  long endNs() {
    return beginNs + ns;
  }

  /** Time in which the thread neither ran nor waited for a processor. */
  long awayNs() {
    return sinceNs - cpuNs - delayNs;
  }

  /** One word. */
  String text() {
    return Arrays.stream(
            new long[] {
              beginNs, ns, sinceNs, cpuNs, delayNs, switches, compilerNs, stage, stageNs, frames
            })
        .mapToObj(String::valueOf)
        .collect(Collectors.joining(","));
  }

  /** What {@link #text} has written. */
  static Stall parse(final String text) {
    return of(Arrays.stream(text.split(",", -1)).mapToLong(Long::parseLong).toArray(), 0);
  }
}
