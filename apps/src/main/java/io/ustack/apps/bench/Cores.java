package io.ustack.apps.bench;

import java.util.List;

/**
 * Which cores the two processes of a contender have: the server the first, the client the second.
 * With four or more each has another one, for whoever works beside it: a thread that runs the
 * stack, or an lcore. With fewer they share.
 */
final class Cores {
  private static final int PLENTY = 4;
  private static final int COUNT = Runtime.getRuntime().availableProcessors();

  private Cores() {}

  private static int first(final boolean server) {
    return server || COUNT < 2 ? 0 : 1;
  }

  private static int second(final boolean server) {
    return COUNT >= PLENTY ? first(server) + 2 : COUNT - 1 - first(server);
  }

  /**
   * For taskset.
   *
   * @param threads of the process that are busy and not lcores, which find their core themselves
   */
  static String of(final boolean server, final int threads) {
    return threads > 1 && COUNT >= PLENTY
        ? first(server) + "," + second(server)
        : Integer.toString(first(server));
  }

  /** What speaks against figures of so many busy threads on this machine. */
  static List<String> doubts(final int busyThreads) {
    return busyThreads > COUNT
        ? List.of(
            busyThreads
                + " busy threads share "
                + COUNT
                + (COUNT == 1 ? " processor" : " processors"))
        : List.of();
  }

  /** The EAL's options for one lcore beside the process: on the other core. */
  static List<String> eal(final boolean server) {
    return COUNT < 2
        ? List.of("--lcores", "0@0,1@0")
        : List.of("--lcores", "0@" + first(server) + ",1@" + second(server));
  }
}
