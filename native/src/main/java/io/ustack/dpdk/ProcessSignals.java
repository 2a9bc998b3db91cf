package io.ustack.dpdk;

import com.sun.jna.Function;
import com.sun.jna.Pointer;

/** What signals do to this process. */
public final class ProcessSignals {
  private static final int[] ENDING = {1, 2, 15}; // SIGHUP, SIGINT, SIGTERM

  private ProcessSignals() {}

  /**
   * From now on SIGHUP, SIGINT and SIGTERM kill the process, as they do with a program that takes
   * no care of them. For a process that is ending: the JVM ignores them then.
   */
  public static void letKill() {
    try {
      final Function signal = Function.getFunction("c", "signal");
      for (final int number : ENDING) {
        signal.invokePointer(new Object[] {number, Pointer.NULL}); // SIG_DFL
      }
    } catch (final UnsatisfiedLinkError e) {
      // Another C library than glibc: a second signal is ignored, as the JVM does.
      System.getLogger(ProcessSignals.class.getName()).log(System.Logger.Level.DEBUG, "signal", e);
    }
  }
}
