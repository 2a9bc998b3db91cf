package io.ustack.apps.bench;

import io.ustack.apps.CommandFailure;
import io.ustack.apps.Invocation;
import io.ustack.apps.StopSignal;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

/** {@code ustack bench}. */
@Command(
    name = "bench",
    description = "Measures the stack: request/response, connections per second, bulk.",
    footer = {
      "",
      "Wires: pipe (both ends in lockstep on one thread, needs no DPDK), memif (two processes",
      "over net_memif, needs root or a user who may start DPDK).",
      "Cells: rr-N and rr1k-N (requests and answers of 64 and 1000 bytes on N connections), cps",
      "(connect, 64 bytes there and back, reset), bulk-N and bulk-down-N (N streams to and from",
      "the server).",
      "A cell is measured in blocks of 0.2 s, with --kernel in turn with the kernel's; a figure is",
      "the median over them. What speaks against it, as others on the processors, lost frames or",
      "quartiles that are far apart, stands behind it: NOT TRUSTED.",
      "",
      "Example: ustack bench --wire pipe --cells rr-1,rr-64 --seconds 10"
    },
    mixinStandardHelpOptions = true)
public final class BenchCommand implements Callable<Integer> {
  /** Where ustack is measured. */
  enum Place {
    PIPE,
    MEMIF
  }

  private final Invocation invocation;

  @Spec private CommandSpec spec = CommandSpec.create();

  @Option(
      names = "--wire",
      split = ",",
      defaultValue = "pipe,memif",
      converter = WireConverter.class,
      description = "pipe, memif or both (${DEFAULT-VALUE})")
  private List<Place> wires = List.of();

  @Option(
      names = "--cells",
      split = ",",
      defaultValue = "rr-1,rr-64,cps,bulk-1",
      converter = CellConverter.class,
      description = "what to measure (${DEFAULT-VALUE})")
  private List<Cell> cells = List.of();

  @Option(
      names = "--seconds",
      defaultValue = "5",
      description = "measured seconds per cell, 1..3600 (${DEFAULT-VALUE})")
  private int seconds;

  @Option(
      names = "--kernel",
      description =
          "beside each cell over memif the same through NIO on the kernel's TCP, over a veth"
              + " (root)")
  private boolean kernel;

  @Option(names = "--tso", description = "the kernel's veth carries segments uncut")
  private boolean tso;

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

  public BenchCommand(final Invocation invocation) {
    this.invocation = invocation;
  }

  @Override
  public Integer call() throws IOException, InterruptedException, CommandFailure {
    if (seconds < 1 || seconds > 3600) {
      throw new ParameterException(spec.commandLine(), "--seconds " + seconds + " is not 1..3600");
    }
    if (kernel && !wires.contains(Place.MEMIF)) {
      throw new ParameterException(spec.commandLine(), "--kernel wants --wire memif");
    }
    if (tso && !kernel) {
      throw new ParameterException(spec.commandLine(), "--tso wants --kernel");
    }
    final PrintWriter out = spec.commandLine().getOut();
    if (sockets || neighbours || transports) {
      if (sockets) {
        benchSockets(out);
      }
      if (neighbours) {
        final Neighbours.Result result = new Neighbours().run(seconds);
        out.println(json ? result.json() : result.line());
      }
      if (transports) {
        final TransportCost.Result result = TransportCost.run(seconds);
        out.println(json ? result.json() : result.line());
      }
      return 0;
    }
    try {
      for (final Place place : wires) {
        benchCells(place, out);
      }
    } catch (final CommandFailure e) {
      if (!invocation.stop().isRequested()) {
        throw e;
      }
    }
    return 0;
  }

  private void benchCells(final Place place, final PrintWriter out) throws CommandFailure {
    final StopSignal stop = invocation.stop();
    final boolean compared = kernel && place == Place.MEMIF;
    try (Contender baseline = compared ? KernelContender.start(stop, tso) : null;
        Contender contender = contender(place)) {
      final Comparison comparison =
          new Comparison(contender, baseline, Comparison.Pace.ofSeconds(seconds), stop);
      for (final Cell cell : cells) {
        final CellResult result =
            CellResult.of(
                cell,
                place.name().toLowerCase(Locale.ROOT),
                "inline",
                compared ? KernelContender.NAME : null,
                comparison.run(cell));
        out.println(json ? result.json() : result.line());
        out.flush();
      }
    }
  }

  private Contender contender(final Place place) throws CommandFailure {
    if (place == Place.PIPE) {
      return new PipeContender();
    }
    final String socket = "ustack-bench-" + ProcessHandle.current().pid();
    return TwoProcesses.start(invocation.stop(), Wire.MEMIF, socket, List.of(), List.of());
  }

  private void benchSockets(final PrintWriter out) {
    for (final int connections : new int[] {1, 64}) {
      final EpollCost.Result result = new EpollCost(connections).run(seconds);
      out.println(json ? result.json() : result.line());
      out.flush();
    }
    final HandOver.Result result = new HandOver().run(seconds);
    out.println(json ? result.json() : result.line());
    out.flush();
  }

  static final class CellConverter implements ITypeConverter<Cell> {
    @Override
    public Cell convert(final String text) {
      return Cell.parse(text)
          .orElseThrow(
              () ->
                  new TypeConversionException(
                      "'" + text + "' is none of rr-N, rr1k-N, cps, bulk-N, bulk-down-N"));
    }
  }

  static final class WireConverter implements ITypeConverter<Place> {
    @Override
    public Place convert(final String text) {
      return switch (text.toLowerCase(Locale.ROOT)) {
        case "pipe" -> Place.PIPE;
        case "memif" -> Place.MEMIF;
        default -> throw new TypeConversionException("'" + text + "' is neither pipe nor memif");
      };
    }
  }
}
