package io.ustack.apps.bench;

import io.ustack.apps.CommandFailure;
import io.ustack.apps.StopSignal;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** A process of the bench, which is told a line and says a line: a {@link BenchEnd}. */
final class EndProcess implements AutoCloseable {
  /** No core of its own. */
  static final String ANY_CORE = "";

  /** A process that a signal ended has this and the signal's number for an exit code. */
  private static final int SIGNALLED = 128;

  private static final Path TASKSET = Path.of("/usr/bin/taskset");
  private static final long LOOK_MS = 2;
  private static final long PATIENCE_MS = 1000;
  private static final long STARTING_MOST_SECONDS = 60;

  private final String name;
  private final Process process;
  private final BufferedReader from;
  private final OutputStream to;
  private final StopSignal stop;

  private EndProcess(final String name, final Process process, final StopSignal stop) {
    this.name = name;
    this.process = process;
    this.stop = stop;
    from = process.inputReader(StandardCharsets.UTF_8);
    to = process.getOutputStream();
  }

  /**
   * Starts one.
   *
   * @param name as complaints call it
   * @param cores that it runs on, as taskset has them, where the machine has two and taskset
   * @param prefix what to begin the command with; {@code nsenter} and its arguments
   */
  static EndProcess start(
      final String name,
      final String cores,
      final List<String> prefix,
      final List<String> command,
      final StopSignal stop)
      throws CommandFailure {
    final List<String> whole = new ArrayList<>(prefix);
    final boolean choice = Runtime.getRuntime().availableProcessors() > 1;
    if (!cores.equals(ANY_CORE) && choice && Files.exists(TASKSET)) {
      whole.addAll(List.of(TASKSET.toString(), "-c", cores));
    }
    whole.addAll(command);
    final ProcessBuilder builder =
        new ProcessBuilder(whole).redirectError(ProcessBuilder.Redirect.INHERIT);
    try {
      return new EndProcess(name, builder.start(), stop);
    } catch (final IOException e) {
      throw new CommandFailure("can't start the " + name + ": " + e.getMessage(), e);
    }
  }

  void tell(final String order) throws CommandFailure {
    try {
      to.write((order + "\n").getBytes(StandardCharsets.UTF_8));
      to.flush();
    } catch (final IOException e) {
      throw failure();
    }
  }

  /**
   * The next line, unless this process or another has ended, or somebody wants the bench to end.
   *
   * @param others without whom this one would wait for ever
   */
  String hear(final List<EndProcess> others) throws CommandFailure {
    return hear(others, Long.MAX_VALUE);
  }

  private String hear(final List<EndProcess> others, final long mostNs) throws CommandFailure {
    final long beginNs = System.nanoTime();
    try {
      while (!from.ready()) {
        stop.check();
        if (System.nanoTime() - beginNs > mostNs) {
          throw new CommandFailure(
              "the %s has said nothing for %.0f s: %s".formatted(name, mostNs / 1e9, command()));
        }
        for (final EndProcess each : others) {
          each.checkAlive();
        }
        checkAlive();
        TimeUnit.MILLISECONDS.sleep(LOOK_MS);
      }
      final String line = from.readLine();
      if (line == null) {
        throw failure();
      }
      return line;
    } catch (final IOException e) {
      throw failure();
    } catch (final InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CommandFailure("interrupted", e);
    }
  }

  /**
   * Hears a line that begins with {@code word}; the rest of it. What comes before is not the end's:
   * a JVM may have something to say, too.
   */
  Fields expect(final String word, final List<EndProcess> others) throws CommandFailure {
    return expect(word, others, Long.MAX_VALUE);
  }

  /** The same, if it comes within so long. */
  Fields expect(final String word, final List<EndProcess> others, final long mostNs)
      throws CommandFailure {
    String line = hear(others, mostNs);
    while (!line.startsWith(word)) {
      line = hear(others, mostNs);
    }
    return Fields.parse(line);
  }

  /** Hears that the end has started, which does not take for ever. */
  Fields expectReady(final List<EndProcess> others) throws CommandFailure {
    return expect(BenchEnd.READY, others, TimeUnit.SECONDS.toNanos(STARTING_MOST_SECONDS));
  }

  private String command() {
    return process.info().command().orElse("nobody knows the command");
  }

  /** CPU time that its JIT compilers have used so far. */
  long compilerNs() {
    // What enters a process namespace for it stays its parent.
    return Stream.concat(Stream.of(process.toHandle()), process.descendants())
        .mapToLong(each -> Work.compilerNs(ThreadTimes.of(each.pid())))
        .sum();
  }

  private void checkAlive() throws CommandFailure {
    if (!process.isAlive()) {
      throw failure();
    }
  }

  private CommandFailure failure() {
    // One that ends by itself is let: its exit code says why.
    process.onExit().completeOnTimeout(process, PATIENCE_MS, TimeUnit.MILLISECONDS).join();
    process.destroyForcibly();
    final int code = process.onExit().join().exitValue();
    return new CommandFailure(
        code > SIGNALLED
            ? "the " + name + " was killed by signal " + (code - SIGNALLED)
            : "the " + name + " has ended with exit code " + code);
  }

  @Override
  public void close() {
    process.destroyForcibly();
    process.onExit().join();
  }
}
