package io.ustack.apps.bench;

import io.ustack.apps.CommandFailure;
import io.ustack.apps.StopSignal;
import io.ustack.apps.bench.stall.JvmEvent;
import io.ustack.apps.bench.stall.JvmLog;
import io.ustack.apps.bench.stall.Stalls;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Client and server in two processes: the server on the first core, the client on the second, where
 * the machine has two and taskset.
 */
final class TwoProcesses implements Contender {
  private static final int HEAP_MB = 512;

  private final Build build;
  private final StopSignal stop;
  private final List<EndProcess> ends = new ArrayList<>();

  /** Of each end, in their order, where somebody looks for stalls. */
  private final List<JvmLog> logs = new ArrayList<>();

  private String jdk = "";

  private TwoProcesses(final Build build, final StopSignal stop) {
    this.build = build;
    this.stop = stop;
  }

  /**
   * Starts both.
   *
   * @param settings of both ends: what {@link Wire#open} asks for
   * @param threads of each that are busy
   * @param serverPrefix what to begin the server's command with; {@code nsenter} and its arguments
   */
  static TwoProcesses start(
      final Build build,
      final StopSignal stop,
      final Fields settings,
      final int threads,
      final List<String> serverPrefix,
      final List<String> clientPrefix)
      throws CommandFailure {
    final TwoProcesses both = new TwoProcesses(build, stop);
    boolean complete = false;
    try {
      both.begin("server", Cores.of(true, threads), serverPrefix, settings);
      both.begin("client", Cores.of(false, threads), clientPrefix, settings);
      complete = true;
      return both;
    } finally {
      if (!complete) {
        both.close();
      }
    }
  }

  private void begin(
      final String role, final String cores, final List<String> prefix, final Fields settings)
      throws CommandFailure {
    final boolean stalls = Boolean.parseBoolean(settings.text(Wire.STALLS));
    final String[] flags = stalls ? new String[] {log().option()} : new String[0];
    final List<String> command = build.command(HEAP_MB, role, settings, flags);
    final EndProcess end = EndProcess.start(role, cores, prefix, command, stop);
    ends.add(end);
    jdk = end.expectReady(ends).text("jdk");
    if (stalls) {
      forget(logs.get(logs.size() - 1));
    }
  }

  private JvmLog log() throws CommandFailure {
    try {
      final JvmLog log = JvmLog.create();
      logs.add(log);
      return log;
    } catch (final IOException e) {
      throw new CommandFailure("can't make a file for a JVM's log: " + e.getMessage(), e);
    }
  }

  private static void forget(final JvmLog log) throws CommandFailure {
    try {
      log.forget();
    } catch (final IOException e) {
      throw new CommandFailure("can't delete a JVM's log: " + e.getMessage(), e);
    }
  }

  private EndProcess server() {
    return ends.get(0);
  }

  private EndProcess client() {
    return ends.get(1);
  }

  @Override
  public void open(final Cell cell) throws CommandFailure {
    server().tell("go");
    client().tell("open " + cell);
    client().expect("open", ends);
    halt();
  }

  private Fields halt() throws CommandFailure {
    server().tell("halt");
    return server().expect("halted", ends);
  }

  @Override
  public Block block(final long durationNs) throws CommandFailure {
    server().tell("go");
    client().tell("block " + durationNs);
    rest(durationNs);
    final Block asked = Block.of(client().expect("block", ends));
    final Fields served = halt();
    final Work work = Work.of(served);
    final Stalls stalls = work.stalls().during(asked.work().stalls());
    return asked.servedBy(work.withStalls(stalls), served.number("lostFrames"));
  }

  /** Who looks whether they are done takes a processor from one of them. */
  private static void rest(final long durationNs) throws CommandFailure {
    try {
      TimeUnit.NANOSECONDS.sleep(durationNs);
    } catch (final InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CommandFailure("interrupted", e);
    }
  }

  @Override
  public void shut() throws CommandFailure {
    server().tell("go");
    client().tell("shut");
    client().expect("shut", ends);
    halt();
    server().tell("clear");
    server().expect("cleared", ends);
  }

  @Override
  public String jdk() {
    return jdk;
  }

  @Override
  public List<Long> compilerNs() {
    return ends.stream().map(EndProcess::compilerNs).toList();
  }

  @Override
  public List<List<JvmEvent>> events() throws CommandFailure {
    final List<List<JvmEvent>> events = new ArrayList<>();
    for (final JvmLog log : logs) {
      try {
        events.add(log.events());
      } catch (final IOException e) {
        throw new CommandFailure("can't read a JVM's log: " + e.getMessage(), e);
      }
    }
    return events;
  }

  @Override
  public void close() {
    ends.forEach(EndProcess::close);
    logs.forEach(JvmLog::close);
  }
}
