package io.ustack.apps;

import java.io.IOException;

/** What commands have in common that serve peers until somebody stops them. */
final class Serving {
  /** How long a loop rests at most before it looks whether it is to stop. */
  static final int TICK_MS = 100;

  private Serving() {}

  /** Serves with what is open already, and returns when it is to stop. */
  @FunctionalInterface
  interface Service {
    /**
     * Serves.
     *
     * @throws IOException in one line, when it can't
     */
    void serve(RunningStack running, EventLoop loop) throws IOException;
  }

  /**
   * Opens the port that the options name, serves, and says what has happened there.
   *
   * @return the exit code
   */
  static int run(final Invocation invocation, final PortOptions options, final Service service)
      throws CommandFailure {
    try (RunningStack running = RunningStack.open(options, invocation)) {
      serve(running, service);
      invocation.out().println(running.finish());
      return Main.EXIT_OK;
    }
  }

  private static void serve(final RunningStack running, final Service service)
      throws CommandFailure {
    try (EventLoop loop = new EventLoop(running.posix(), running.clock())) {
      service.serve(running, loop);
    } catch (final IOException e) {
      throw new CommandFailure(String.valueOf(e.getMessage()), e);
    }
  }

  /** Says that it serves; whoever waits for a server waits for this line. */
  static void announce(final Invocation invocation, final RunningStack running, final String what) {
    invocation.out().println(what + ", " + running.description() + "; Ctrl-C stops");
  }
}
