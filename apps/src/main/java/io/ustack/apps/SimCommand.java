package io.ustack.apps;

import io.ustack.apps.plot.PlotFile;
import io.ustack.apps.sim.QueueSize;
import io.ustack.apps.sim.SimPlot;
import io.ustack.apps.sim.SimReport;
import io.ustack.apps.sim.SimSetup;
import io.ustack.counter.Counter;
import io.ustack.tcp.TcpConfig;
import io.ustack.testsupport.sim.FlowPlan;
import io.ustack.testsupport.sim.NetSim;
import io.ustack.testsupport.sim.SimFlow;
import java.math.BigDecimal;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code ustack sim}: congestion control over a simulated bottleneck. */
@Command(
    name = "sim",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Lets flows share a bottleneck in simulated time and says what each of them got: whole stacks"
          + " on a clock of their own, so that a minute takes a moment. The same options and seed"
          + " give the same bytes. Needs neither root nor DPDK.",
      "SIZE is a number of bytes (60000, 64k, 1.5M; k and M are powers of ten) or a multiple of"
          + " what fits on the line (0.5x: half of rate x round trip)."
    },
    customSynopsis = "ustack sim [--cc=NAMES] [--rate=RATE] [--rtt=MS] [--plot=FILE] [OPTIONS]",
    footer = {
      "",
      "Example:",
      "  ./ustack sim --cc cubic,bbr --rate 10M --rtt 40 --queue 2x --seconds 30 --plot two.svg"
    })
final class SimCommand implements Callable<Integer> {
  private static final long USUAL_DURATION_NS = 10_000_000_000L;
  private static final long LONGEST_DURATION_NS = 100_000_000_000_000L;

  /** So often it is asked whether somebody has pressed Ctrl-C. */
  private static final long SLICE_NS = 100_000_000;

  /** Samples of a plot that is about so many pixels wide. */
  private static final int SAMPLES = 1000;

  private static final int MOST_FLOWS = NetSim.MOST_FLOWS;

  private final Invocation invocation;

  @Spec
  @SuppressWarnings("NullAway.Init")
  private CommandSpec spec;

  @Option(
      names = "--cc",
      paramLabel = "NAMES",
      split = ",",
      defaultValue = "cubic",
      converter = Converters.Algorithm.class,
      description =
          "Congestion control, as in cubic,reno,bbr: one for each flow. Default: ${DEFAULT-VALUE}.")
  private List<String> algorithms = List.of();

  @Option(
      names = "--flows",
      paramLabel = "N",
      description = "How many, instead of one for each of --cc or --rtt; both are used in turn.")
  private @Nullable Integer flows;

  @Option(
      names = "--rate",
      paramLabel = "RATE",
      defaultValue = "10M",
      converter = Converters.Rate.class,
      description = "Bits per second of the bottleneck: 500k, 10M, 1G. Default: ${DEFAULT-VALUE}.")
  private long bitsPerSecond;

  @Option(
      names = "--rtt",
      paramLabel = "MS",
      split = ",",
      defaultValue = "40",
      converter = Converters.Milliseconds.class,
      description =
          "Round trip with an empty queue; several, as in 20,80, are used in turn. Default:"
              + " ${DEFAULT-VALUE}.")
  private List<Long> roundTripsNs = List.of();

  @Option(
      names = "--queue",
      paramLabel = "SIZE",
      defaultValue = "1x",
      converter = Converters.Size.class,
      description = "What the queue in front of the line holds. Default: ${DEFAULT-VALUE}.")
  @SuppressWarnings("NullAway.Init")
  private QueueSize queue;

  @Option(
      names = "--mark",
      paramLabel = "SIZE",
      converter = Converters.Size.class,
      description = "From so much on the queue marks packets, and TCP uses ECN.")
  private @Nullable QueueSize mark;

  @Option(
      names = "--loss",
      paramLabel = "PERCENT",
      defaultValue = "0",
      converter = Converters.Percent.class,
      description = "Data that vanish by chance. Default: ${DEFAULT-VALUE}.")
  private double loss;

  @Option(
      names = "--seconds",
      paramLabel = "SECONDS",
      converter = Converters.Seconds.class,
      description = "How long, in simulated time. Default: 10, or with --bytes to the end.")
  private @Nullable Long durationNs;

  @Option(
      names = "--bytes",
      paramLabel = "SIZE",
      converter = Converters.Size.class,
      description = "What each flow sends before it closes. Default: without end.")
  private @Nullable QueueSize bytes;

  @Option(
      names = "--gap",
      paramLabel = "SECONDS",
      converter = Converters.Seconds.class,
      description = "Each flow starts so long after the one before. Default: all at once.")
  private long gapNs;

  @Option(names = "--no-sack", description = "Without selective acknowledgments.")
  private boolean noSack;

  @Option(names = "--no-timestamps", description = "Without timestamps.")
  private boolean noTimestamps;

  @Option(
      names = "--tcp-profile",
      paramLabel = "SYSTEM",
      converter = Converters.TcpProfile.class,
      defaultValue = "linux",
      description =
          "Whose numbers TCP has, but for its buffers: linux or freebsd. Default:"
              + " ${DEFAULT-VALUE}.")
  private TcpConfig tcp = TcpConfig.DEFAULT;

  @Option(
      names = "--seed",
      paramLabel = "N",
      defaultValue = "1",
      description = "Behind everything that is random. Default: ${DEFAULT-VALUE}.")
  private long seed;

  @Option(
      names = "--plot",
      paramLabel = "FILE",
      description = "Draw windows, sequence numbers and round trips over time, as SVG.")
  private @Nullable Path plot;

  SimCommand(final Invocation invocation) {
    this.invocation = invocation;
  }

  @Override
  public Integer call() throws CommandFailure {
    final SimSetup setup = setup();
    final PlotFile file = plot == null ? null : PlotFile.at("--plot", plot);
    try (NetSim sim = setup.open()) {
      final long untilNs = untilNs();
      // Without an end in time the samples are as coarse as the default's.
      sim.sampleEvery(Math.max(1, Math.min(untilNs, USUAL_DURATION_NS) / SAMPLES));
      run(sim, untilNs);
      invocation.out().print(SimReport.of(setup, sim));
      if (file != null) {
        file.write(SimPlot.of(setup, sim));
      }
      return exitCode(setup, sim);
    }
  }

  private SimSetup setup() {
    if (!invocation.ealArguments().isEmpty()) {
      throw wrong("sim uses no DPDK and takes no arguments behind --");
    }
    if (algorithms.isEmpty() || roundTripsNs.isEmpty()) {
      throw wrong("--cc and --rtt name one flow at least");
    }
    requireLast("--cc");
    requireLast("--rtt");
    final int count =
        flows == null ? Math.max(algorithms.size(), roundTripsNs.size()) : flows.intValue();
    if (count < 1 || count > MOST_FLOWS) {
      throw wrong("Invalid value for option '--flows': not between 1 and " + MOST_FLOWS);
    }
    if (bytes != null && bytes.isProducts()) {
      throw wrong("Invalid value for option '--bytes': a number of bytes, as in 500k");
    }
    requireStarts(count);
    final SimSetup setup =
        new SimSetup(
            algorithms,
            roundTripsNs,
            count,
            bitsPerSecond,
            queue,
            mark,
            loss,
            bytes == null ? FlowPlan.ENDLESS : (long) bytes.amount(),
            gapNs,
            seed,
            tcp.with()
                .sack(tcp.sack() && !noSack)
                .timestamps(tcp.timestamps() && !noTimestamps)
                .build());
    final String complaint = setup.complaint();
    if (complaint != null) {
      throw wrong(complaint);
    }
    return setup;
  }

  /** Splitting drops what is empty at the end, and only there. */
  private void requireLast(final String option) {
    final OptionSpec given = spec.commandLine().getParseResult().matchedOption(option);
    if (given != null && given.originalStringValues().stream().anyMatch(v -> v.endsWith(","))) {
      throw wrong("Invalid value for option '" + option + "': nothing behind the last comma");
    }
  }

  /** A flow that starts after the end is none. */
  private void requireStarts(final int count) {
    final long untilNs = untilNs();
    if (gapNs > 0 && count - 1 > (untilNs - 1) / gapNs) {
      throw wrong(
          "Invalid value for option '--gap': of %d flows only %d start within %s s"
              .formatted(
                  count,
                  (untilNs - 1) / gapNs + 1,
                  BigDecimal.valueOf(untilNs, 9).stripTrailingZeros().toPlainString()));
    }
  }

  private ParameterException wrong(final String message) {
    return new ParameterException(spec.commandLine(), message);
  }

  private long untilNs() {
    if (durationNs != null) {
      return Math.min(durationNs, LONGEST_DURATION_NS);
    }
    return bytes == null ? USUAL_DURATION_NS : LONGEST_DURATION_NS;
  }

  private void run(final NetSim sim, final long untilNs) throws CommandFailure {
    while (sim.elapsedNs() < untilNs && !sim.isOver()) {
      invocation.stop().check();
      sim.run(Math.min(untilNs, sim.elapsedNs() + SLICE_NS));
    }
  }

  private static int exitCode(final SimSetup setup, final NetSim sim) throws CommandFailure {
    for (int i = 0; i < sim.flows().size(); i++) {
      final SimFlow flow = sim.flows().get(i);
      if (flow.hasFailed()) {
        throw new CommandFailure("a connection has broken: " + flow);
      }
      if (flow.count(Counter.TCP_CONGESTION_CONTROL_FAILURES) > 0) {
        throw new CommandFailure(
            setup.algorithm(i) + " has failed in flow " + (i + 1) + ", where reno went on");
      }
    }
    return Main.EXIT_OK;
  }
}
