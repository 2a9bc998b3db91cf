package io.ustack.apps.load;

import io.ustack.apps.measure.ProcessorWait;
import io.ustack.apps.measure.Witness;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;

/**
 * Looks whether the machine let a load be what it was meant to be. Who else used the processors is
 * no doubt, as that may be the server; that they kept this load's own threads waiting is.
 */
public final class LoadWatch {
  private static final long SHORTEST_NS = TimeUnit.SECONDS.toNanos(1);
  private static final double WAITED_MOST = 0.05;

  private final long beginNs = System.nanoTime();
  private final Witness witness = new Witness();
  private final ProcessorWait wait = new ProcessorWait();

  /** From now on, by the thread that asks. */
  public LoadWatch() {
    witness.begin();
  }

  /** What speaks against the figures of the time since, once. */
  public List<String> doubts() {
    witness.end();
    return doubts(System.nanoTime() - beginNs, wait.share(), witness.ofTheMachine());
  }

  static List<String> doubts(
      final long elapsedNs, final double waited, final List<String> ofTheMachine) {
    final List<String> doubts = new ArrayList<>();
    if (elapsedNs < SHORTEST_NS) {
      doubts.add("it took less than a second");
    }
    if (waited > WAITED_MOST) {
      doubts.add(
          String.format(
              Locale.ROOT, "it waited for a processor %.0f %% of the time", 100 * waited));
    }
    doubts.addAll(ofTheMachine);
    return doubts;
  }
}
