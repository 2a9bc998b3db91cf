package io.ustack.apps;

import io.ustack.apps.load.LoadPlan;
import io.ustack.apps.load.LoadRun;
import io.ustack.apps.load.LoadTally;
import io.ustack.apps.load.LoadWatch;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code ustack load}: asks a server as fast as it answers, or at a rate. */
@Command(
    name = "load",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Asks a TCP server as fast as it answers, or at a fixed rate, and counts.",
      "  rr    requests on connections that stay open, each when the last is answered",
      "  cps   a connection for each request: connect, request, answer, reset",
      "  bulk  streams to the server, of which counts what it acknowledges; bulk-down: from it",
      "Exit code 0 when all that was begun went well, else 1."
    },
    customSynopsis =
        "ustack load rr|cps|bulk|bulk-down --ip=ADDRESS/PREFIX -s ADDRESS [-p PORT] [OPTIONS]"
            + " [-- EAL ARGUMENTS]",
    footer = {
      "",
      "With --rate requests are due at fixed times, whatever became of those before, and latency"
          + " counts from there. What fails is counted, and its connection opened anew.",
      "What speaks against the figures stands behind them, NOT TRUSTED: less than a second, clocks"
          + " that disagree, a hypervisor or others on the processor that this load was waiting"
          + " for. What the JVM compiles at first is in them; it is less of half a minute than of"
          + " ten seconds.",
      "",
      "Example, against ./ustack echo in another process:",
      "  sudo ./ustack load rr --ip 10.99.0.1/24 -s 10.99.0.2 -p 9000 -c 64 -n 1000000 -- \\",
      "      --no-huge -m 512 --no-pci --vdev=net_memif0,role=client,socket=/run/echo.sock"
    })
final class LoadCommand implements Callable<Integer> {
  private static final int STREAM_BYTES = 64 << 10;
  private static final long DEFAULT_NS = 10_000_000_000L;

  private final Invocation invocation;

  @Spec
  @SuppressWarnings("NullAway.Init")
  private CommandSpec spec;

  @Parameters(
      index = "0",
      paramLabel = "rr|cps|bulk|bulk-down",
      converter = Converters.LoadKind.class,
      description = "What connections do.")
  private LoadPlan.Kind kind = LoadPlan.Kind.RR;

  @Option(
      names = {"-s", "--server"},
      required = true,
      paramLabel = "ADDRESS",
      converter = Converters.Address.class,
      description = "Whom to ask.")
  private int server;

  @Option(
      names = {"-p", "--port"},
      paramLabel = "N",
      converter = Converters.TransportPort.class,
      defaultValue = "7",
      description = "The server's TCP port. Default: ${DEFAULT-VALUE}.")
  private int port;

  @Option(
      names = {"-c", "--conns"},
      paramLabel = "N",
      converter = Converters.Connections.class,
      defaultValue = "64",
      description = "Connections at once. Default: ${DEFAULT-VALUE}.")
  private int connections;

  @Option(
      names = {"-n", "--requests"},
      paramLabel = "N",
      description =
          "End after so many requests, the failed ones among them; a connection that was lost or"
              + " refused without one counts as one, as long as one is left to begin. Earlier when"
              + " no connection opens at all.")
  private @Nullable Long requests;

  @Option(
      names = "--seconds",
      paramLabel = "SECONDS",
      converter = Converters.Seconds.class,
      description = "End after so long. Default: 10 where -n is not given.")
  private @Nullable Long durationNs;

  @Option(
      names = {"-t", "--threads"},
      paramLabel = "N",
      defaultValue = "1",
      description =
          "Threads that share connections and requests, 1 to 64, but no more than either; several"
              + " need --mode dedicated. Default: ${DEFAULT-VALUE}.")
  private int threads;

  @Option(
      names = "--rate",
      paramLabel = "N",
      converter = Converters.PerSecond.class,
      description = "Requests that become due each second, as in 50000 or 50k (rr and cps).")
  private double rate;

  @Option(
      names = "--size",
      paramLabel = "BYTES",
      defaultValue = "64",
      description = "Of a request, 1 to 1048576. Default: ${DEFAULT-VALUE}.")
  private int size;

  @Option(
      names = "--request",
      paramLabel = "TEXT",
      description = "The request instead of bytes; \\r, \\n and \\\\ stand for what they do in C.")
  private @Nullable String request;

  @Option(
      names = "--answer",
      paramLabel = "BYTES",
      description =
          "How long an answer is; one that is longer has failed, and its connection with it."
              + " Default: as long as a request.")
  private @Nullable Integer answer;

  @Option(
      names = "--timeout",
      paramLabel = "SECONDS",
      converter = Converters.Seconds.class,
      defaultValue = "5",
      description = "For an answer, or a connection to open. Default: ${DEFAULT-VALUE}.")
  private long timeoutNs;

  @Option(
      names = "--json",
      description =
          "The result as a JSON object on one line, with how often what failed for which reason.")
  private boolean json;

  @Mixin
  @SuppressWarnings("NullAway.Init")
  private PortOptions options;

  LoadCommand(final Invocation invocation) {
    this.invocation = invocation;
  }

  @Override
  public Integer call() throws CommandFailure {
    options.check();
    final LoadPlan plan = plan();
    try (RunningStack running = RunningStack.open(options, invocation)) {
      if (!json) {
        invocation.out().println("load: " + running.description());
      }
      final LoadTally tally = threads == 1 ? run(running, plan) : runThreads(running, plan);
      invocation
          .out()
          .println(json ? tally.json(plan) : "load: " + tally.line(plan.kind().isStream()));
      if (invocation.stop().isRequested() && tally.failures() == 0) {
        return Main.EXIT_INTERRUPTED;
      }
      return tally.isGood() ? Main.EXIT_OK : Main.EXIT_FAILURE;
    }
  }

  private LoadPlan plan() {
    final boolean stream = kind.isStream();
    refuse(requests != null && requests < 1, "-n " + requests + " is less than 1");
    refuse(threads < 1 || threads > 64, "-t " + threads + " is not 1 to 64");
    refuse(threads > 1 && options.mode() == Mode.INLINE, "several threads want --mode dedicated");
    refuse(threads > connections, "-t " + threads + " is more than -c " + connections);
    refuse(
        requests != null && threads > requests, "-t " + threads + " is more than -n " + requests);
    refuse(size < 1 || size > 1 << 20, "--size " + size + " is not 1 to 1048576");
    refuse(answer != null && answer < 1, "--answer " + answer + " is less than 1");
    refuse(stream && (rate > 0 || requests != null), "--rate and -n are for rr and cps");
    refuse(request != null && request.isEmpty(), "--request is empty");
    final ByteBuffer bytes = bytes(stream);
    return new LoadPlan(
        kind,
        server,
        port,
        connections,
        requests == null ? 0 : requests,
        durationNs != null ? durationNs : requests != null ? 0 : DEFAULT_NS,
        rate,
        bytes,
        answer == null ? bytes.limit() : answer,
        timeoutNs);
  }

  private void refuse(final boolean wrong, final String why) {
    if (wrong) {
      throw new ParameterException(spec.commandLine(), why);
    }
  }

  private ByteBuffer bytes(final boolean stream) {
    final byte[] text = request == null ? new byte[stream ? STREAM_BYTES : size] : unescaped();
    return ByteBuffer.allocateDirect(text.length).put(text).flip();
  }

  private byte[] unescaped() {
    return String.valueOf(request)
        .replace("\\\\", "\0")
        .replace("\\r", "\r")
        .replace("\\n", "\n")
        .replace('\0', '\\')
        .getBytes(StandardCharsets.UTF_8);
  }

  private LoadTally run(final RunningStack running, final LoadPlan plan) {
    try (EventLoop loop = new EventLoop(running.posix(), running.clock());
        LoadRun load = new LoadRun(running.posix(), loop, plan, running.clock())) {
      final LoadWatch watch = new LoadWatch();
      while (!load.isOver() && !invocation.stop().isRequested()) {
        load.step(LoadRun.TICK_MS);
      }
      final LoadTally tally = load.tally();
      tally.doubted(watch.doubts());
      return tally;
    }
  }

  private LoadTally runThreads(final RunningStack running, final LoadPlan plan)
      throws CommandFailure {
    final ExecutorService pool = Executors.newFixedThreadPool(threads);
    try {
      final List<Future<LoadTally>> parts = new ArrayList<>();
      for (int i = 0; i < threads; i++) {
        final LoadPlan share = plan.share(i, threads);
        parts.add(pool.submit(() -> run(running, share)));
      }
      final LoadTally all = new LoadTally();
      for (final Future<LoadTally> part : parts) {
        all.add(part.get());
      }
      return all;
    } catch (final ExecutionException e) {
      throw new CommandFailure(String.valueOf(e.getMessage()), e);
    } catch (final InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CommandFailure("interrupted", e);
    } finally {
      pool.shutdownNow();
    }
  }
}
