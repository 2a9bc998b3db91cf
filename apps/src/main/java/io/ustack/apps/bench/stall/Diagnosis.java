package io.ustack.apps.bench.stall;

import io.ustack.stack.StageTimes.Stage;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Blames one cause for a stall: the first of these that explains at least a third of it.
 *
 * <ol>
 *   <li>The JVM had stopped all threads: for a garbage collection, or another operation.
 *   <li>The thread waited for a processor; half of that time or longer compilers of its JVM ran.
 *       What of either is more than the stall, by a third, was before it, too, and proves nothing.
 *   <li>The JVM was on the way to a safepoint, or had a handshake to make. That comes later,
 *       because both also wait for a thread that has no processor.
 *   <li>The thread neither ran nor waited and was not taken off its processor: somebody below the
 *       kernel had that. Kernels notice this late, so what is more than the stall is of one before.
 *       A kernel that counts no switches can't tell that from a thread that waits or sleeps.
 *   <li>Compiled code was thrown away.
 *   <li>The stack's timers.
 *   <li>Work: many frames came, and each took at most twice what a frame usually takes.
 * </ol>
 */
public final class Diagnosis {
  /** Fewer are no reason. */
  private static final int MANY_FRAMES = 16;

  private final List<JvmEvent> events;
  private final double frameNs;

  /**
   * Of the stalls of one thread.
   *
   * @param stalls all of them
   * @param events of the thread's JVM, from before the stalls and after them
   */
  public Diagnosis(final Stalls stalls, final List<JvmEvent> events) {
    this.events = events;
    frameNs = (double) stalls.busyNs() / Math.max(1, stalls.frames());
  }

  /**
   * A cause.
   *
   * @param detail which one of its kind; empty where there is only one
   */
  public record Verdict(Cause cause, String detail) {
    /** For people and programs. */
    public String label() {
      return detail.isEmpty() ? cause.label() : cause.label() + ", " + detail;
    }
  }

  /** Who is to blame. */
  public Verdict of(final Stall stall) {
    final Map<String, Long> stopped = new TreeMap<>();
    final Map<String, Long> around = new TreeMap<>();
    long collectedNs = 0;
    boolean thrownAway = false;
    for (final JvmEvent event : events) {
      final long stoppedNs = event.stoppedNs(stall.beginNs(), stall.endNs());
      final long aroundNs = event.aroundNs(stall.beginNs(), stall.endNs());
      switch (event.kind()) {
        case COLLECTION -> collectedNs += stoppedNs;
        case SAFEPOINT -> {
          stopped.merge(event.name(), stoppedNs, Long::sum);
          around.merge(event.name(), aroundNs, Long::sum);
        }
        case HANDSHAKE -> around.merge(event.name(), aroundNs, Long::sum);
        case DEOPTIMISATION -> thrownAway |= event.isIn(stall.beginNs(), stall.endNs());
      }
    }
    final long least = stall.ns() / 3;
    if (collectedNs >= least) {
      return new Verdict(Cause.COLLECTION, "");
    }
    if (longest(stopped) >= least) {
      return new Verdict(Cause.SAFEPOINT, name(stopped));
    }
    if (fits(stall.delayNs(), stall)) {
      return delayed(stall);
    }
    if (longest(around) >= least) {
      return new Verdict(Cause.SAFEPOINT, name(around));
    }
    return within(stall, least, thrownAway);
  }

  /** Explains a third of it, and can lie within it. */
  private static boolean fits(final long ns, final Stall stall) {
    final long least = stall.ns() / 3;
    return ns >= least && ns <= stall.ns() + least;
  }

  private static Verdict delayed(final Stall stall) {
    return stall.compilerNs() >= Math.min(stall.ns(), stall.delayNs()) / 2
            && stall.compilerNs() <= stall.ns() + stall.ns() / 3
        ? new Verdict(Cause.JIT, "compilers")
        : new Verdict(Cause.SCHEDULER, "");
  }

  private Verdict within(final Stall stall, final long least, final boolean thrownAway) {
    if (stall.switches() == 0 && fits(stall.awayNs(), stall)) {
      return new Verdict(Cause.HYPERVISOR, "");
    }
    if (thrownAway) {
      return new Verdict(Cause.JIT, "deoptimisation");
    }
    if (stall.stage() == Stage.TIMERS.ordinal() && stall.stageNs() >= 2 * least) {
      return new Verdict(Cause.TIMER, "");
    }
    if (stall.frames() >= MANY_FRAMES && stall.ns() <= 2 * frameNs * stall.frames()) {
      return new Verdict(Cause.WORK, "");
    }
    return new Verdict(Cause.UNKNOWN, where(stall, least));
  }

  private static String where(final Stall stall, final long least) {
    if (stall.delayNs() >= least) {
      return "when it waited";
    }
    if (stall.awayNs() < least) {
      return "on the processor";
    }
    if (stall.switches() == Stall.NOT_KNOWN) {
      return "";
    }
    return stall.switches() > 0 ? "asleep" : "on the processor";
  }

  private static long longest(final Map<String, Long> ns) {
    return ns.values().stream().mapToLong(Long::longValue).max().orElse(0);
  }

  private static String name(final Map<String, Long> ns) {
    return ns.entrySet().stream()
        .max(Map.Entry.comparingByValue())
        .map(Map.Entry::getKey)
        .orElse("");
  }
}
