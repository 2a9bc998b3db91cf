package io.ustack.apps.bench;

import io.ustack.apps.measure.Witness;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Looks at the machine, and at the compilers of this process, while a part is measured in it. */
final class PartWatch {
  /** As long as the witness is asked about at least: the kernel counts in ticks. */
  static final long LOOK_NS = TimeUnit.MILLISECONDS.toNanos(100);

  private final Witness witness = new Witness();
  private final List<String> doubts;
  private long beginNs;
  private long compilersBeginNs;
  private long lookedNs;
  private long compilingNs;

  /** From now on, while so many threads of this process are busy. */
  PartWatch(final int busyThreads) {
    doubts = Cores.doubts(busyThreads);
  }

  private static long compilersNs() {
    return Work.compilerNs(ThreadTimes.now());
  }

  /** What is measured begins, for {@link #LOOK_NS} at least. */
  void begin() {
    witness.begin();
    compilersBeginNs = compilersNs();
    beginNs = System.nanoTime();
  }

  /** It has ended. */
  void end() {
    lookedNs += System.nanoTime() - beginNs;
    // A compiler's thread may have ended, and what it had used is gone with it.
    compilingNs += Math.max(0, compilersNs() - compilersBeginNs);
    witness.end();
  }

  /** What speaks against what was measured so far. */
  List<String> doubts() {
    final List<String> all = new ArrayList<>(doubts);
    all.addAll(witness.doubts());
    if (compilingNs > CellResult.COMPILING_MOST * lookedNs) {
      all.add("the code was still being compiled");
    }
    return all;
  }
}
