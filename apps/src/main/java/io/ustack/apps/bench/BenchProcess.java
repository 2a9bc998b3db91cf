package io.ustack.apps.bench;

import io.ustack.dpdk.DpdkException;
import java.io.IOException;

/**
 * What the two processes of the bench have in common: each ends when its standard input does, which
 * is when the bench ends, however it ends; and says in one line why it can't go on.
 */
final class BenchProcess {
  private BenchProcess() {}

  /** What the process is there for. */
  interface Work {
    void run() throws DpdkException;
  }

  static void run(final Work work) {
    final Thread watcher = new Thread(BenchProcess::exitWithParent, "parent-watch");
    watcher.setDaemon(true);
    watcher.start();
    try {
      work.run();
    } catch (final DpdkException | IllegalStateException e) {
      System.err.println("ustack bench: " + e.getMessage());
      System.exit(1);
    }
  }

  private static void exitWithParent() {
    try {
      while (System.in.read() >= 0) {
        // Nothing is ever said; only the end counts.
      }
    } catch (final IOException e) {
      // The same as the end.
    }
    Runtime.getRuntime().halt(0);
  }
}
