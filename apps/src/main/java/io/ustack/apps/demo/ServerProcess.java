package io.ustack.apps.demo;

import io.ustack.apps.CommandFailure;
import io.ustack.apps.JvmOptions;
import io.ustack.apps.Main;
import io.ustack.apps.OwnJvm;
import java.io.Closeable;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * A command of ustack in a process of its own, in a namespace: the very command that a person would
 * type.
 */
public final class ServerProcess implements Closeable {
  /** How the first line of a server ends. */
  static final String SERVING = "; Ctrl-C stops";

  private static final int PATIENCE_SECONDS = 15;

  private final Process process;
  private final Path log;

  private ServerProcess(final Process process, final Path log) {
    this.process = process;
    this.log = log;
  }

  /**
   * Starts {@code ustack ARGUMENTS...} with the JVM and the classes of this process.
   *
   * @param directory where its output goes, into the file server.log
   */
  public static ServerProcess start(
      final LinuxNamespace namespace, final Path directory, final List<String> arguments)
      throws CommandFailure {
    return start(namespace, directory, List.of("-Xmx512m"), arguments);
  }

  /** As above, with flags of the JVM. */
  public static ServerProcess start(
      final LinuxNamespace namespace,
      final Path directory,
      final List<String> flags,
      final List<String> arguments)
      throws CommandFailure {
    final List<String> all = new ArrayList<>(JvmOptions.of(Runtime.version().feature()));
    all.addAll(flags);
    final List<String> command = OwnJvm.command(Main.class, all.toArray(String[]::new));
    command.addAll(arguments);
    final Path log = directory.resolve("server.log");
    final Process process =
        Tool.start(
            namespace.inside(command.toArray(String[]::new)),
            ProcessBuilder.Redirect.to(log.toFile()));
    return new ServerProcess(process, log);
  }

  public boolean isAlive() {
    return process.isAlive();
  }

  /**
   * Whether it has said that it listens; a stack on a thread of its own answers pings before that.
   */
  public boolean isServing() {
    return output().contains(SERVING);
  }

  /** Everything that it has printed so far. */
  public String output() {
    try {
      return Files.readString(log, StandardCharsets.UTF_8).strip();
    } catch (final IOException e) {
      return String.valueOf(e.getMessage());
    }
  }

  /** The processes that it consists of. */
  public List<ProcessHandle> processes() {
    return process.descendants().toList();
  }

  /** The CPU time that it has used, as far as the system tells. */
  public Duration cpuTime() {
    return process
        .descendants()
        .flatMap(each -> each.info().totalCpuDuration().stream())
        .reduce(Duration.ZERO, Duration::plus);
  }

  /**
   * Asks it to end, with SIGTERM, and waits for that.
   *
   * @return its exit code
   * @throws CommandFailure when it does not
   */
  public int stop() throws CommandFailure {
    requestStop();
    return awaitEnd();
  }

  /** Sends SIGTERM and does not wait. */
  public void requestStop() {
    // nsenter forks, and the signal is meant for who runs inside.
    process.descendants().forEach(ProcessHandle::destroy);
  }

  /**
   * Waits until it has ended.
   *
   * @return its exit code
   * @throws CommandFailure when it does not
   */
  public int awaitEnd() throws CommandFailure {
    try {
      if (process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
        return process.exitValue();
      }
    } catch (final InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    throw new CommandFailure("the server does not end: " + output());
  }

  /** Kills it, if it still runs. */
  @Override
  public void close() {
    Tool.kill(process);
  }
}
