package io.ustack.apps;

import io.ustack.dpdk.ProcessSignals;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Whether the command is asked to end. A command that runs until then looks at it a few times a
 * second, ends in its own order (peers told, capture complete) and returns; SIGINT and SIGTERM wait
 * for that.
 */
public final class StopSignal {
  private static final long PATIENCE_SECONDS = 14;

  private final CountDownLatch finished = new CountDownLatch(1);
  private volatile boolean requested;
  private volatile @Nullable String failure;
  private volatile int exitCode = 1;

  /** Asks the command to end. Any thread. */
  public void request() {
    requested = true;
  }

  /**
   * Asks the command to end, because it can't go on. Any thread.
   *
   * @param why one line that says what to do
   */
  void fail(final String why) {
    failure = why;
    requested = true;
  }

  /** Why it can't go on; null when it can, or was asked by somebody. */
  @Nullable String failure() {
    return failure;
  }

  public boolean isRequested() {
    return requested;
  }

  /** Ends a command that has nothing to put in order first. */
  public void check() throws CommandFailure {
    if (requested) {
      throw new CommandFailure("interrupted");
    }
  }

  /** The command has ended. */
  void finished(final int code) {
    exitCode = code;
    finished.countDown();
  }

  /**
   * Lets SIGINT, SIGTERM and SIGHUP ask the command to end, and the process end when it has. A
   * second one ends the process at once, and so does a command that does not come to its end within
   * fourteen seconds.
   */
  void watchProcess() {
    Runtime.getRuntime().addShutdownHook(new Thread(this::onShutdown, "ustack-stop"));
  }

  private void onShutdown() {
    if (finished.getCount() == 0) {
      return; // it had ended by itself
    }
    request();
    ProcessSignals.letKill();
    try {
      if (finished.await(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
        // The JVM would say 128 + signal; but to be stopped is how a server ends.
        Runtime.getRuntime().halt(exitCode);
      }
    } catch (final InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
