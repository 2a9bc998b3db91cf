package io.ustack.apps;

import io.ustack.apps.plot.PlotFile;
import io.ustack.apps.replay.Replay;
import io.ustack.apps.replay.ReplayConfig;
import io.ustack.ethernet.MacAddress;
import io.ustack.ipv4.Ipv4Address;
import io.ustack.ipv4.Ipv4Subnet;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code ustack replay}: a capture's frames into a fresh stack. */
@Command(
    name = "replay",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Plays the frames of a capture (pcap or pcapng) to a fresh stack, and writes what it answers."
          + " The clock is the capture's: the same capture, options and seed give the same answers,"
          + " byte by byte. Needs neither root nor DPDK.",
      "The stack stands in for the host that has the address of --ip: that host's own frames are"
          + " left out, and its MAC address and initial sequence numbers are taken from the"
          + " capture, so that what its peers acknowledged then fits now."
    },
    customSynopsis =
        "ustack replay CAPTURE --ip=ADDRESS/PREFIX [--out=FILE] [--plot=FILE] [OPTIONS]",
    footer = {
      "",
      "Example:",
      "  ./ustack replay session.pcap --ip 10.99.0.2/24 --echo 7 --out answers.pcapng"
    })
final class ReplayCommand implements Callable<Integer> {
  private final Invocation invocation;

  @Spec
  @SuppressWarnings("NullAway.Init")
  private CommandSpec spec;

  @Parameters(index = "0", paramLabel = "CAPTURE", description = "The capture.")
  @SuppressWarnings("NullAway.Init")
  private Path capture;

  @Option(
      names = "--ip",
      required = true,
      paramLabel = "ADDRESS/PREFIX",
      converter = Converters.Host.class,
      description = "Whom the stack stands in for, as in 10.99.0.2/24.")
  @SuppressWarnings("NullAway.Init")
  private Ipv4Subnet ip;

  @Option(
      names = "--out",
      paramLabel = "FILE",
      description = "Write what the stack sends to FILE, as pcapng.")
  private @Nullable Path answers;

  @Option(
      names = "--listen",
      paramLabel = "PORTS",
      split = ",",
      converter = Converters.TransportPort.class,
      description = "TCP ports that take connections and read, as in 80,443.")
  private List<Integer> listen = List.of();

  @Option(
      names = "--echo",
      paramLabel = "PORTS",
      split = ",",
      converter = Converters.TransportPort.class,
      description = "TCP and UDP ports that send back what they read.")
  private List<Integer> echo = List.of();

  @Option(
      names = "--http",
      paramLabel = "PORTS",
      split = ",",
      converter = Converters.TransportPort.class,
      description = "TCP ports that serve the built-in page, as ustack http does without --root.")
  private List<Integer> http = List.of();

  @Option(
      names = "--gateway",
      paramLabel = "ADDRESS",
      converter = Converters.Address.class,
      description =
          "Where packets go that leave the subnet. Default: back to whoever brought such packets.")
  private int gateway;

  @Option(
      names = "--mac",
      paramLabel = "MAC",
      converter = Converters.Mac.class,
      description = "The stack's MAC address, instead of what the capture tells.")
  private long mac;

  @Option(
      names = "--mtu",
      paramLabel = "BYTES",
      defaultValue = "1500",
      description = "Largest IP packet to send. Default: ${DEFAULT-VALUE}.")
  private int mtuBytes;

  @Option(
      names = "--seed",
      paramLabel = "N",
      defaultValue = "1",
      description = "Behind everything that is random otherwise. Default: ${DEFAULT-VALUE}.")
  private long seed;

  @Option(
      names = "--after",
      paramLabel = "SECONDS",
      converter = Converters.Seconds.class,
      defaultValue = "1",
      description = "How long the clock runs on after the last frame. Default: ${DEFAULT-VALUE}.")
  private long afterNs;

  @Option(
      names = "--plot",
      paramLabel = "FILE",
      description = "Draw sequence numbers and congestion windows over time, as SVG.")
  private @Nullable Path plot;

  ReplayCommand(final Invocation invocation) {
    this.invocation = invocation;
  }

  @Override
  public Integer call() throws CommandFailure {
    check();
    final ReplayConfig config =
        new ReplayConfig(
            ip, gateway, mac, mtuBytes, seed, listen, echo, http, afterNs, plot != null);
    final PlotFile plotFile = plot == null ? null : PlotFile.at("--plot", plot);
    try (Replay replay = Replay.open(config, capture, answers)) {
      replay.run(invocation.stop()::isRequested);
      replay.finish();
      report(replay);
      if (plotFile != null) {
        plotFile.write(replay.plot("replay of " + capture.getFileName()));
      }
      return exitCode(replay);
    } catch (final NoSuchFileException e) {
      throw new CommandFailure("there is no file " + e.getFile(), e);
    } catch (final AccessDeniedException e) {
      throw new CommandFailure("no permission to read " + e.getFile(), e);
    } catch (final IOException e) {
      throw new CommandFailure(String.valueOf(e.getMessage()), e);
    }
  }

  private void check() {
    if (!invocation.ealArguments().isEmpty()) {
      throw new ParameterException(
          spec.commandLine(), "replay uses no DPDK and takes no arguments behind --");
    }
    if (mtuBytes < 576 || mtuBytes > 65_535) {
      throw new ParameterException(
          spec.commandLine(),
          "Invalid value for option '--mtu': " + mtuBytes + " is not between 576 and 65535");
    }
    if (answers != null && Files.exists(answers) && isSame(answers, capture)) {
      throw new ParameterException(spec.commandLine(), "--out would overwrite the capture");
    }
    if (plot != null && answers != null && isOnePlace(plot, answers)) {
      throw new ParameterException(spec.commandLine(), "--plot would overwrite --out");
    }
    if (plot != null && Files.exists(plot) && isSame(plot, capture)) {
      throw new ParameterException(spec.commandLine(), "--plot would overwrite the capture");
    }
  }

  private static boolean isOnePlace(final Path one, final Path other) {
    return one.toAbsolutePath().normalize().equals(other.toAbsolutePath().normalize());
  }

  private static boolean isSame(final Path a, final Path b) {
    try {
      return Files.isSameFile(a, b);
    } catch (final IOException e) {
      return false;
    }
  }

  private void report(final Replay replay) {
    invocation
        .out()
        .printf(
            Locale.ROOT,
            "replayed %d frames as %s (%s), %d of its own left out, %.6f s%n",
            replay.peerFrames(),
            ip,
            MacAddress.format(replay.macAddress()),
            replay.ownFrames(),
            replay.elapsedNs() / 1e9);
    if (!replay.otherAddresses().isEmpty()) {
      invocation
          .out()
          .println(
              "nothing in it is for "
                  + Ipv4Address.format(ip.address())
                  + "; packets go to "
                  + replay.otherAddresses().stream()
                      .map(Ipv4Address::format)
                      .collect(Collectors.joining(", ")));
    }
    invocation.out().print(Statistics.list(replay.counters()));
    invocation
        .out()
        .println(Statistics.line(replay.counters(), replay.lostFrames(), replay.packetsInUse()));
  }

  private int exitCode(final Replay replay) throws CommandFailure {
    final Throwable bug = replay.internalError();
    if (bug != null) {
      throw new CommandFailure(
          "the stack has met a bug of its own, please report it with the capture: " + bug, bug);
    }
    final IOException failure = replay.failure();
    if (failure != null) {
      throw new CommandFailure(
          capture + ": " + failure.getMessage() + "; what came before is replayed", failure);
    }
    return Main.EXIT_OK;
  }
}
