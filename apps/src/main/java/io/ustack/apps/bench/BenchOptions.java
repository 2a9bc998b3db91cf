package io.ustack.apps.bench;

import io.ustack.apps.Mode;
import io.ustack.dpdk.Transport;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.TypeConversionException;

/** Which cells {@code bench} measures, where, beside whom, and how long. */
final class BenchOptions {
  private static final int USUAL_SECONDS = 5;
  private static final List<Cell> USUAL = cells("rr-1,rr-64,cps,bulk-1");
  private static final List<Cell> ALL =
      cells(
          "rr-1,rr-64,rr-1000,rr-10000,rr1k-1,rr1k-64,rr1k-1000,rr1k-10000,cps,bulk-1,bulk-8,"
              + "bulk-down-1,bulk-down-8,rr-64-loss,bulk-1-loss,idle-10000,forward");

  /** Where cost may grow; the first of a kind is what the others are to be like. */
  private static final List<Cell> GROWTH =
      cells(
          "rr-64,rr-1000,rr-10000,rr-100000,timers-0,timers-1000,timers-100000,"
              + "neighbours-0,neighbours-1000,neighbours-100000,"
              + "listeners-0,listeners-1000,listeners-60000");

  @Option(
      names = "--wire",
      split = ",",
      converter = WireConverter.class,
      description = "pipe, memif or both; without it both, where there is DPDK")
  private List<Place> wires = List.of();

  @Option(
      names = "--cells",
      split = ",",
      converter = CellConverter.class,
      description = "what to measure (rr-1,rr-64,cps,bulk-1)")
  private List<Cell> cells = List.of();

  @Option(
      names = "--seconds",
      description = "measured seconds per cell, 1..3600 (" + USUAL_SECONDS + ")")
  private @Nullable Integer seconds;

  @Option(
      names = "--quick",
      description =
          "all cells, with as few and as short blocks as can be trusted; as root --kernel, too")
  private boolean quick;

  @Option(
      names = "--grow",
      description =
          "instead of the usual cells those that show how cost grows, over the pipe; --chart then"
              + " draws the cost of an operation")
  private boolean grow;

  @Option(
      names = "--kernel",
      description =
          "beside each cell over memif the same through NIO on the kernel's TCP, over a veth"
              + " (root)")
  private boolean kernel;

  @Option(names = "--tso", description = "the kernel's veth carries segments uncut")
  private boolean tso;

  @Option(
      names = "--compare",
      paramLabel = "BUILD",
      description =
          "beside each cell the same of another build: a checkout, its apps/target/ustack.jar, or"
              + " a JDK's directory, which runs this build")
  private @Nullable Path compared;

  @Option(
      names = "--rate",
      paramLabel = "R",
      converter = RateConverter.class,
      description =
          "rr cells in an open loop: R requests a second (100k) are due at fixed times, or R%% of"
              + " what the closed loop does; latency counts from then")
  private @Nullable Rate rate;

  @Option(
      names = "--mode",
      converter = ModeConverter.class,
      description = "who runs the stacks over memif: inline or dedicated (inline)")
  private @Nullable Mode mode;

  @Option(
      names = "--transport",
      converter = TransportConverter.class,
      description = "between DPDK and the stacks over memif: direct or ring (direct)")
  private @Nullable Transport transport;

  @Option(
      names = "--account",
      description =
          "with each cell over memif what the stages of the duty cycle cost at both ends; a look at"
              + " the clock per stage is in it")
  private boolean account;

  @Option(
      names = "--stalls",
      description =
          "with each cell over memif what kept both ends from their work for more than 50 us: the"
              + " JVM, the scheduler, the hypervisor, timers; a look at the clock per step is in"
              + " it")
  private boolean stalls;

  @Option(names = "--java", paramLabel = "HOME", description = "the JDK of whatever is measured")
  private @Nullable Path java;

  private static List<Cell> cells(final String labels) {
    return Stream.of(labels.split(",", -1)).map(label -> Cell.parse(label).orElseThrow()).toList();
  }

  /** Whether nobody has said where to measure. */
  boolean leavesChoice() {
    return wires.isEmpty();
  }

  int seconds() {
    return seconds == null ? USUAL_SECONDS : seconds;
  }

  /**
   * What they say together.
   *
   * @param dpdk whether there is DPDK; without it the usual wires and cells are those that need
   *     none
   * @throws ParameterException when they make no sense
   */
  BenchPlan plan(final CommandSpec spec, final boolean dpdk) {
    check(spec);
    final List<Place> places =
        !wires.isEmpty()
            ? wires
            : dpdk && !grow ? List.of(Place.PIPE, Place.MEMIF) : List.of(Place.PIPE);
    final List<Cell> usual =
        (grow ? GROWTH : quick ? ALL : USUAL)
            .stream().filter(cell -> dpdk || !cell.isOn(Place.NULL)).toList();
    final boolean root = System.getProperty("user.name", "").equals("root");
    final boolean memif = places.contains(Place.MEMIF);
    try {
      final Build build = java == null ? Build.own() : Build.own().on(java);
      return new BenchPlan(
          places,
          cells.isEmpty() ? usual : cells,
          quick && seconds == null ? Comparison.Pace.QUICK : Comparison.Pace.ofSeconds(seconds()),
          build,
          compared == null ? null : build.beside(compared),
          kernel || (quick && root && memif && compared == null),
          tso,
          rate,
          mode == null ? Mode.INLINE : mode,
          transport == null ? Transport.DIRECT : transport,
          account,
          stalls,
          grow);
    } catch (final IllegalArgumentException e) {
      throw new ParameterException(spec.commandLine(), String.valueOf(e.getMessage()), e);
    }
  }

  private void check(final CommandSpec spec) {
    final boolean memif = wires.isEmpty() ? !grow : wires.contains(Place.MEMIF);
    refuse(spec, grow && memif, "--grow is for the pipe");
    refuse(spec, grow && quick, "--grow and --quick: each has cells of its own");
    refuse(spec, grow && rate != null, "--grow is for closed loops, without --rate");
    refuse(spec, seconds() < 1 || seconds() > 3600, "--seconds " + seconds() + " is not 1..3600");
    refuse(spec, kernel && !memif, "--kernel wants --wire memif");
    refuse(spec, tso && !kernel && !(quick && memif), "--tso wants --kernel");
    refuse(spec, cells.isEmpty() && isGiven(spec, "--cells"), "--cells has no cell");
    refuse(spec, isEmpty(compared), "--compare has no build");
    refuse(spec, isEmpty(java), "--java has no directory");
    refuse(spec, kernel && compared != null, "--compare and --kernel: one baseline at a time");
    refuse(spec, mode != null && !memif, "--mode wants --wire memif: the pipe has one thread");
    refuse(spec, transport != null && !memif, "--transport wants --wire memif");
    refuse(spec, account && !memif, "--account wants --wire memif");
    refuse(spec, account && mode == Mode.DEDICATED, "--account wants --mode inline");
    refuse(spec, stalls && !memif, "--stalls wants --wire memif");
    refuse(spec, stalls && mode == Mode.DEDICATED, "--stalls wants --mode inline");
    refuse(spec, stalls && compared != null, "--stalls and --compare: a build at a time");
    refuse(
        spec,
        rate != null
            && !cells.isEmpty()
            && cells.stream().noneMatch(cell -> cell.kind().isRequests()),
        "--rate wants cells rr-N or rr1k-N");
  }

  private static boolean isGiven(final CommandSpec spec, final String option) {
    return spec.commandLine().getParseResult().hasMatchedOption(option);
  }

  private static boolean isEmpty(final @Nullable Path path) {
    return path != null && path.toString().isEmpty();
  }

  private static void refuse(final CommandSpec spec, final boolean wrong, final String complaint) {
    if (wrong) {
      throw new ParameterException(spec.commandLine(), complaint);
    }
  }

  static final class CellConverter implements ITypeConverter<Cell> {
    @Override
    public Cell convert(final String text) {
      return Cell.parse(text)
          .orElseThrow(
              () ->
                  new TypeConversionException(
                      "'"
                          + text
                          + "' is none of rr-N, rr1k-N, cps, bulk-N, bulk-down-N (each also with"
                          + " -loss), idle-N, timers-N, neighbours-N, listeners-N, forward"));
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

  static final class ModeConverter implements ITypeConverter<Mode> {
    @Override
    public Mode convert(final String text) {
      return switch (text) {
        case "inline" -> Mode.INLINE;
        case "dedicated" -> Mode.DEDICATED;
        default ->
            throw new TypeConversionException("'" + text + "' is neither inline nor dedicated");
      };
    }
  }

  static final class TransportConverter implements ITypeConverter<Transport> {
    @Override
    public Transport convert(final String text) {
      return switch (text) {
        case "direct" -> Transport.DIRECT;
        case "ring" -> Transport.RING;
        default -> throw new TypeConversionException("'" + text + "' is neither direct nor ring");
      };
    }
  }

  static final class RateConverter implements ITypeConverter<Rate> {
    @Override
    public Rate convert(final String text) {
      return Rate.parse(text)
          .orElseThrow(
              () ->
                  new TypeConversionException(
                      "'" + text + "' is no rate: 1 to 100M a second, or 1% to 100%"));
    }
  }
}
