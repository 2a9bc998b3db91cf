package io.ustack.apps.demo;

import io.ustack.apps.CommandFailure;
import io.ustack.apps.StopSignal;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** Programs of the system, run to their end. */
public final class Tool {
  private static final long LOOK_AT_STOP_MS = 50;

  /**
   * What became of a program.
   *
   * @param exitCode its own
   * @param output standard output and standard error, without white space around it
   */
  public record Outcome(int exitCode, String output) {
    public boolean ok() {
      return exitCode == 0;
    }
  }

  private final StopSignal stop;

  /** Programs that are ended when {@code stop} is requested. */
  public Tool(final StopSignal stop) {
    this.stop = stop;
  }

  /**
   * Runs a program that has to succeed.
   *
   * @return its output
   * @throws CommandFailure when it does not, with what it said
   */
  public String check(final int seconds, final List<String> command) throws CommandFailure {
    final Outcome outcome = run(seconds, command);
    if (!outcome.ok()) {
      throw new CommandFailure("'" + String.join(" ", command) + "' failed: " + outcome.output());
    }
    return outcome.output();
  }

  /**
   * Runs a program.
   *
   * @param seconds after which it is killed
   * @throws CommandFailure when it is not there, takes too long, or when the whole command is to
   *     stop
   */
  public Outcome run(final int seconds, final List<String> command) throws CommandFailure {
    final Process process = start(command, ProcessBuilder.Redirect.PIPE);
    // Read along, or a program that says much would wait for ever.
    final CompletableFuture<String> output =
        CompletableFuture.supplyAsync(() -> read(process.getInputStream()));
    final int exitCode = await(process, seconds, command);
    return new Outcome(exitCode, output.join().strip());
  }

  private static String read(final InputStream stream) {
    try (stream) {
      return new String(stream.readAllBytes(), StandardCharsets.ISO_8859_1);
    } catch (final IOException e) {
      return String.valueOf(e.getMessage());
    }
  }

  /** Starts a program with nothing to read and its output going to {@code output}. */
  static Process start(final List<String> command, final ProcessBuilder.Redirect output)
      throws CommandFailure {
    try {
      return new ProcessBuilder(command)
          .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
          .redirectErrorStream(true)
          .redirectOutput(output)
          .start();
    } catch (final IOException e) {
      throw new CommandFailure(
          "can't run "
              + command.get(0)
              + " (dpdk-setup/install.sh net installs what is missing): "
              + e.getMessage(),
          e);
    }
  }

  private int await(final Process process, final int seconds, final List<String> command)
      throws CommandFailure {
    final long deadlineNs = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
    try {
      while (!process.waitFor(LOOK_AT_STOP_MS, TimeUnit.MILLISECONDS)) {
        if (stop.isRequested()) {
          throw new CommandFailure("interrupted");
        }
        if (System.nanoTime() - deadlineNs >= 0) {
          throw new CommandFailure(
              "'" + String.join(" ", command) + "' was not done after " + seconds + " s");
        }
      }
      return process.exitValue();
    } catch (final InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CommandFailure("interrupted", e);
    } finally {
      kill(process);
    }
  }

  /** Ends a process and those it has started. */
  static void kill(final Process process) {
    if (process.isAlive()) { // else its output would be closed before it is read
      process.descendants().forEach(ProcessHandle::destroyForcibly);
      process.destroyForcibly();
    }
  }
}
