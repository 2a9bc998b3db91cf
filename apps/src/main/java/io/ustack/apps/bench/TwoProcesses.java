package io.ustack.apps.bench;

import io.ustack.apps.CommandFailure;
import io.ustack.apps.OwnJvm;
import io.ustack.apps.StopSignal;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.HdrHistogram.Histogram;

/**
 * Client and server in two processes: the server on the first core, the client on the second, where
 * the machine has two and taskset.
 */
final class TwoProcesses implements Contender {
  /** A process that a signal ended has this and the signal's number for an exit code. */
  private static final int SIGNALLED = 128;

  private static final Path TASKSET = Path.of("/usr/bin/taskset");

  private static final long LOOK_MS = 2;

  private final StopSignal stop;
  private final List<End> ends = new ArrayList<>();

  private TwoProcesses(final StopSignal stop) {
    this.stop = stop;
  }

  /**
   * Starts both.
   *
   * @param address of the wire: what both find each other by
   * @param serverPrefix what to begin the server's command with; {@code nsenter} and its arguments
   */
  static TwoProcesses start(
      final StopSignal stop,
      final Wire wire,
      final String address,
      final List<String> serverPrefix,
      final List<String> clientPrefix)
      throws CommandFailure {
    final TwoProcesses both = new TwoProcesses(stop);
    boolean complete = false;
    try {
      both.begin(End.start("server", 0, serverPrefix, wire, address));
      both.begin(End.start("client", 1, clientPrefix, wire, address));
      complete = true;
      return both;
    } finally {
      if (!complete) {
        both.close();
      }
    }
  }

  private void begin(final End end) throws CommandFailure {
    ends.add(end);
    expect(end, "ready");
  }

  private End server() {
    return ends.get(0);
  }

  private End client() {
    return ends.get(1);
  }

  private void expect(final End end, final String word) throws CommandFailure {
    final String line = hear(end);
    if (!line.equals(word)) {
      throw new IllegalStateException(end.name + " said '" + line + "', not '" + word + "'");
    }
  }

  /** The next line of an end, unless one of them has ended or somebody wants the bench to end. */
  private String hear(final End end) throws CommandFailure {
    try {
      while (!end.from.ready()) {
        if (stop.isRequested()) {
          throw new CommandFailure("interrupted");
        }
        for (final End each : ends) {
          each.checkAlive();
        }
        TimeUnit.MILLISECONDS.sleep(LOOK_MS);
      }
      return end.from.readLine();
    } catch (final IOException e) {
      throw end.failure();
    } catch (final InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CommandFailure("interrupted", e);
    }
  }

  @Override
  public void open(final Cell cell) throws CommandFailure {
    server().tell("go");
    client().tell("open " + cell);
    expect(client(), "open");
    halt();
  }

  private String[] halt() throws CommandFailure {
    server().tell("halt");
    return hear(server()).split(" ", -1);
  }

  @Override
  public Block block(final long durationNs) throws CommandFailure {
    server().tell("go");
    client().tell("block " + durationNs);
    final String[] asked = hear(client()).split(" ", -1);
    final String[] served = halt();
    return new Block(
        Long.parseLong(asked[0]),
        Long.parseLong(asked[1]),
        Long.parseLong(served[0]),
        Long.parseLong(served[1]),
        Long.parseLong(asked[2]) + Long.parseLong(served[2]),
        decoded(asked[3]));
  }

  private static Histogram decoded(final String text) {
    return Histogram.decodeFromByteBuffer(ByteBuffer.wrap(Base64.getDecoder().decode(text)), 1);
  }

  @Override
  public void shut() throws CommandFailure {
    server().tell("go");
    client().tell("shut");
    expect(client(), "shut");
    halt();
  }

  @Override
  public void close() {
    ends.forEach(End::close);
  }

  /** One of the processes. */
  private static final class End {
    private final String name;
    private final Process process;
    private final BufferedReader from;
    private final OutputStream to;

    private End(final String name, final Process process) {
      this.name = name;
      this.process = process;
      from = process.inputReader(StandardCharsets.UTF_8);
      to = process.getOutputStream();
    }

    static End start(
        final String name,
        final int core,
        final List<String> prefix,
        final Wire wire,
        final String address)
        throws CommandFailure {
      final List<String> command = new ArrayList<>(prefix);
      if (Runtime.getRuntime().availableProcessors() > 1 && Files.exists(TASKSET)) {
        command.addAll(List.of(TASKSET.toString(), "-c", Integer.toString(core)));
      }
      command.addAll(
          OwnJvm.command(
              BenchEnd.class, "-XX:+UseSerialGC", "-XX:-UsePerfData", "-Xms512m", "-Xmx512m"));
      command.addAll(List.of(name, wire.name(), address));
      final ProcessBuilder builder =
          new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT);
      try {
        return new End(name, builder.start());
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

    void checkAlive() throws CommandFailure {
      if (!process.isAlive()) {
        throw failure();
      }
    }

    CommandFailure failure() {
      process.destroyForcibly();
      final int code = process.onExit().join().exitValue();
      return new CommandFailure(
          code > SIGNALLED
              ? "the " + name + " was killed by signal " + (code - SIGNALLED)
              : "the " + name + " has ended with exit code " + code);
    }

    void close() {
      process.destroyForcibly();
      process.onExit().join();
    }
  }
}
