package io.ustack.apps.bench;

import io.ustack.apps.CommandFailure;
import io.ustack.apps.Invocation;
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
      "Figures of one run on a shared machine are noise: repeat, and compare ratios.",
      "",
      "Example: ustack bench --wire pipe --cells rr-1,rr-64 --seconds 10"
    },
    mixinStandardHelpOptions = true)
public final class BenchCommand implements Callable<Integer> {
  enum Wire {
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
  private List<Wire> wires = List.of();

  @Option(
      names = "--cells",
      split = ",",
      defaultValue = "rr-1,rr-64,cps,bulk",
      converter = CellConverter.class,
      description = "what to measure (${DEFAULT-VALUE})")
  private List<Cell> cells = List.of();

  @Option(
      names = "--seconds",
      defaultValue = "5",
      description = "measured seconds per cell, 1..3600 (${DEFAULT-VALUE})")
  private int seconds;

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
    if (wires.contains(Wire.PIPE)) {
      for (final Cell cell : cells) {
        try (PipeBench bench = new PipeBench()) {
          final CellResult result = bench.run(cell, seconds);
          out.println(json ? result.json() : result.line());
          out.flush();
        }
      }
    }
    return wires.contains(Wire.MEMIF)
        ? MemifBench.run(cells, seconds, json, out, invocation.stop())
        : 0;
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
      for (final Cell cell : Cell.values()) {
        if (cell.label().equals(text)) {
          return cell;
        }
      }
      throw new TypeConversionException("'" + text + "' is none of rr-1, rr-64, cps, bulk");
    }
  }

  static final class WireConverter implements ITypeConverter<Wire> {
    @Override
    public Wire convert(final String text) {
      return switch (text.toLowerCase(Locale.ROOT)) {
        case "pipe" -> Wire.PIPE;
        case "memif" -> Wire.MEMIF;
        default -> throw new TypeConversionException("'" + text + "' is neither pipe nor memif");
      };
    }
  }
}
