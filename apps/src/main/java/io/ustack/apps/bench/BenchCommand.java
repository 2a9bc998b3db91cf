package io.ustack.apps.bench;

import io.ustack.apps.CommandFailure;
import io.ustack.apps.Invocation;
import io.ustack.apps.StopSignal;
import io.ustack.apps.plot.PlotFile;
import io.ustack.dpdk.DpdkEal;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Set;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code ustack bench}. */
@Command(
    name = "bench",
    description = "Measures the stack: request/response, connections per second, bulk, memory.",
    footer = {
      "",
      "Wires: pipe (both ends in lockstep on one thread, needs no DPDK), memif (two",
      "processes over net_memif, needs root or a user who may start DPDK).",
      "Cells: rr-N and rr1k-N (requests and answers of 64 and 1000 bytes on N",
      "connections), cps (connect, 64 bytes there and back, reset), bulk-N and",
      "bulk-down-N (N streams to and from the server). With -loss behind it, as in",
      "rr-64-loss, the pipe loses one frame in a hundred. idle-N: what an idle",
      "connection weighs, over the pipe. forward: frames received, addresses swapped,",
      "sent, over net_null; beside testpmd's macswap where that is installed.",
      "What lies about while others work, over the pipe: timers-N (rr-64 while N",
      "timers run in both stacks), neighbours-N (cps while both know N neighbours),",
      "listeners-N (cps while the server listens on N ports more). --grow: these and",
      "rr-N from few to many.",
      "A cell is measured in blocks of 0.2 s, in turn with the baseline's; a figure is",
      "the median over them. What speaks against it, as others on the processors, lost",
      "frames or quartiles that are far apart, stands behind it: NOT TRUSTED.",
      "",
      "Examples: ustack bench --wire pipe --cells rr-1,rr-64 --seconds 10",
      "          ustack bench --quick --chart now.svg",
      "          ustack bench --cells rr-64 --wire memif --rate 50%% --seconds 300",
      "          ustack bench --wire pipe --compare ../before",
      "          ustack bench --grow --seconds 2 --chart growth.svg"
    },
    mixinStandardHelpOptions = true)
public final class BenchCommand implements Callable<Integer> {
  private static final String PARTS = "--sockets, --neighbours and --transports";
  private static final Set<String> WITH_PARTS =
      Set.of("--sockets", "--neighbours", "--transports", "--seconds", "--json");

  private final Invocation invocation;

  @Spec private CommandSpec spec = CommandSpec.create();
  @Mixin private BenchOptions options = new BenchOptions();

  @Option(
      names = "--sockets",
      description =
          "instead of cells: what sockets cost, epoll beside a callback inside the stack"
              + " and how long DEDICATED takes to hand over")
  private boolean sockets;

  @Option(
      names = "--neighbours",
      description = "instead of cells: what a stack costs while another one works on another core")
  private boolean neighbours;

  @Option(
      names = "--transports",
      description =
          "instead of cells: what a frame costs with --transport ring beside direct (root)")
  private boolean transports;

  @Option(names = "--json", description = "one JSON object per line")
  private boolean json;

  @Option(names = "--chart", paramLabel = "FILE", description = "draws this run's results, an SVG")
  private @Nullable Path chartFile;

  private final BenchChart chart = new BenchChart();
  private final GrowthChart growth = new GrowthChart();

  public BenchCommand(final Invocation invocation) {
    this.invocation = invocation;
  }

  @Override
  public Integer call() throws CommandFailure {
    refuseWhatIsNotUsed();
    final boolean dpdk = DpdkEal.class.getResource("libustack.so") != null;
    final BenchPlan plan = options.plan(spec, dpdk);
    if (!dpdk && options.leavesChoice()) {
      invocation
          .err()
          .println(
              "ustack bench: built without DPDK, memif and forward are left out (sudo"
                  + " dpdk-setup/install.sh, then ./ustack build)");
    }
    if (sockets || neighbours || transports) {
      benchParts();
      return 0;
    }
    final PlotFile file = chartFile == null ? null : PlotFile.at("--chart", chartFile);
    try {
      new BenchRun(plan, invocation.stop(), this::print).run();
    } catch (final IllegalArgumentException e) {
      throw new ParameterException(spec.commandLine(), String.valueOf(e.getMessage()), e);
    }
    if (file != null) {
      file.write(plan.grow() ? growth.svg() : chart.svg());
    }
    return 0;
  }

  private void refuseWhatIsNotUsed() {
    if (!invocation.ealArguments().isEmpty()) {
      throw new ParameterException(
          spec.commandLine(), "bench has EAL arguments of its own and takes none behind --");
    }
    if (sockets || neighbours || transports) {
      for (final OptionSpec option : spec.commandLine().getParseResult().matchedOptions()) {
        if (!WITH_PARTS.contains(option.longestName())) {
          throw new ParameterException(
              spec.commandLine(), option.longestName() + " is for cells, not for " + PARTS);
        }
      }
    }
  }

  private void print(final Result result) {
    chart.add(result);
    growth.add(result);
    say(result);
  }

  private void say(final Result result) {
    final PrintWriter out = spec.commandLine().getOut();
    out.println(json ? result.json() : result.line());
    out.flush();
  }

  private void benchParts() throws CommandFailure {
    final int seconds = options.seconds();
    final StopSignal stop = invocation.stop();
    if (sockets) {
      for (final int connections : new int[] {1, 64}) {
        say(new EpollCost(connections).run(seconds, stop));
      }
      say(new HandOver().run(seconds, stop));
    }
    if (neighbours) {
      say(new Neighbours().run(seconds, stop));
    }
    if (transports) {
      say(TransportCost.run(seconds, stop));
    }
  }
}
