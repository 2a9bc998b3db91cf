package io.ustack.apps;

import io.ustack.dpdk.Offloads;
import io.ustack.dpdk.Transport;
import io.ustack.ipv4.Ipv4Address;
import io.ustack.ipv4.Ipv4Subnet;
import io.ustack.stack.Rest;
import io.ustack.tcp.TcpConfig;
import java.nio.file.Path;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

/** The options of every command that opens a port; the same everywhere. */
public final class PortOptions {
  private static final int MOST_SHARDS = 64;

  @Spec(Spec.Target.MIXEE)
  @SuppressWarnings("NullAway.Init")
  private CommandSpec command;

  @Option(
      names = "--ip",
      required = true,
      paramLabel = "ADDRESS/PREFIX",
      converter = Converters.Host.class,
      description = "Our address and its subnet, as in 10.99.0.2/24.")
  @SuppressWarnings("NullAway.Init")
  private Ipv4Subnet ip;

  @Option(
      names = "--gateway",
      paramLabel = "ADDRESS",
      converter = Converters.Address.class,
      description = "Where packets go that leave the subnet. Without it they go nowhere.")
  private int gateway;

  @Option(
      names = "--mac",
      paramLabel = "MAC",
      converter = Converters.Mac.class,
      description = "The port's MAC address instead of its own.")
  private long mac;

  @Option(
      names = "--mtu",
      paramLabel = "BYTES",
      description = "Largest IP packet, 576 to 9600, instead of the port's own.")
  private int mtuBytes;

  @Option(
      names = "--vlan",
      paramLabel = "ID",
      converter = Converters.Vlan.class,
      description =
          "The 802.1Q VLAN that the port is in, 1 to 4094: what is sent gets its tag, what has"
              + " another or none is dropped. Default: none, and tagged frames are dropped.")
  private int vlan;

  @Option(
      names = "--offload",
      paramLabel = "NAME=on|off,...",
      converter = OffloadSwitches.class,
      description =
          "Switch what the port may do for us, by ethtool's names: rx and tx (checksums), tso, gso"
              + " and gro (trains of segments, cut and made below the stack), rxvlan and txvlan"
              + " (tags of --vlan), scatter (frames longer than 2 KB arrive in pieces). What is off"
              + " the shim does; on refuses a port that can't; ustack doctor shows what a port can."
              + " Default: what it has in hardware, but for scatter.")
  private Offloads offloads = Offloads.AUTO;

  @Option(
      names = "--device",
      paramLabel = "NAME",
      description =
          "Which port, as DPDK calls it (net_tap0, 0000:00:05.0), where there are several.")
  private @Nullable String device;

  @Option(
      names = "--mode",
      paramLabel = "MODE",
      converter = Converters.ModeName.class,
      defaultValue = "inline",
      description =
          "Who runs the stack: inline (the application's thread, fastest) or dedicated (a thread of"
              + " its own). Default: ${DEFAULT-VALUE}.")
  private Mode mode = Mode.INLINE;

  @Option(
      names = "--shards",
      paramLabel = "N",
      defaultValue = "1",
      description =
          "Stacks behind the address, 1 to 64, each with a thread; several need --mode dedicated."
              + " Default: ${DEFAULT-VALUE}.")
  private int shards = 1;

  @Option(
      names = "--queues",
      paramLabel = "N",
      description =
          "Queue pairs of the port, at most one per shard. Default: one per shard where the port"
              + " has so many, else one; of a memif one.")
  private int queues;

  @Option(
      names = "--packets",
      paramLabel = "N",
      defaultValue = "8191",
      description =
          "Packets in the pool of each queue, 64 to 4194304; a power of two less one fits memory"
              + " best, and a NIC holds up to 2048 of them. Default: ${DEFAULT-VALUE}.")
  private int packets = 8191;

  @Option(
      names = "--transport",
      paramLabel = "KIND",
      converter = TransportName.class,
      defaultValue = "direct",
      description =
          "Who moves frames: direct (the stack's thread) or ring (a core of its own, which needs -l"
              + " with two cores behind --). Default: ${DEFAULT-VALUE}.")
  private Transport transport = Transport.DIRECT;

  @Option(
      names = "--rest",
      paramLabel = "HOW",
      converter = RestName.class,
      defaultValue = "long",
      description =
          "How long an idle stack sleeps at most before it looks at its port: never (it takes a"
              + " core), short (0.1 ms), long (a sixteenth of the silence so far, up to 1 ms, and"
              + " 5 ms after a second). Default: ${DEFAULT-VALUE}.")
  private Rest rest = Rest.LONG;

  @Option(
      names = "--on-stop",
      paramLabel = "HOW",
      converter = OnStopName.class,
      defaultValue = "close",
      description =
          "What becomes of connections at the end: close (what was written still leaves, for as"
              + " long as --grace says, then they are reset) or reset (at once). Default:"
              + " ${DEFAULT-VALUE}.")
  private OnStop onStop = OnStop.CLOSE;

  @Option(
      names = "--grace",
      paramLabel = "SECONDS",
      converter = Converters.Grace.class,
      defaultValue = "2",
      description =
          "How long closing may wait for peers to acknowledge, 0 to 5. Default: ${DEFAULT-VALUE}.")
  private long graceNs;

  @Option(
      names = "--ring-entries",
      paramLabel = "FRAMES",
      defaultValue = "2048",
      description =
          "How many frames may wait for the stack, and how many for the port, with --transport"
              + " ring, 64 to 1048576. Default: ${DEFAULT-VALUE}.")
  private int ringEntries = 2048;

  @Option(
      names = "--tcp-profile",
      paramLabel = "SYSTEM",
      converter = Converters.TcpProfile.class,
      defaultValue = "linux",
      description =
          "Whose numbers TCP has: linux or freebsd (docs/operations.md). Default:"
              + " ${DEFAULT-VALUE}.")
  private TcpConfig tcp = TcpConfig.DEFAULT;

  @Option(
      names = "--capture",
      paramLabel = "FILE",
      description = "Write every frame to FILE, as pcapng with nanoseconds.")
  private @Nullable Path capture;

  @Mixin
  @SuppressWarnings("NullAway.Init")
  private KernelOptions kernel;

  @Mixin
  @SuppressWarnings("NullAway.Init")
  private ImpairmentOptions impairment;

  /** {@code rx=off,tx=on}. */
  static final class OffloadSwitches implements ITypeConverter<Offloads> {
    @Override
    public Offloads convert(final String text) {
      try {
        return Offloads.parse(text);
      } catch (final IllegalArgumentException e) {
        throw new TypeConversionException(e.getMessage());
      }
    }
  }

  /** {@code direct} or {@code ring}. */
  static final class TransportName implements ITypeConverter<Transport> {
    @Override
    public Transport convert(final String text) {
      for (final Transport transport : Transport.values()) {
        if (transport.name().toLowerCase(Locale.ROOT).equals(text)) {
          return transport;
        }
      }
      throw new TypeConversionException("'" + text + "' is neither direct nor ring");
    }
  }

  /** What becomes of connections at the end. */
  enum OnStop {
    CLOSE,
    RESET
  }

  /** {@code close} or {@code reset}. */
  static final class OnStopName implements ITypeConverter<OnStop> {
    @Override
    public OnStop convert(final String text) {
      for (final OnStop way : OnStop.values()) {
        if (way.name().toLowerCase(Locale.ROOT).equals(text)) {
          return way;
        }
      }
      throw new TypeConversionException("'" + text + "' is neither close nor reset");
    }
  }

  /** {@code never}, {@code short} or {@code long}. */
  static final class RestName implements ITypeConverter<Rest> {
    @Override
    public Rest convert(final String text) {
      for (final Rest rest : Rest.values()) {
        if (rest.name().toLowerCase(Locale.ROOT).equals(text)) {
          return rest;
        }
      }
      throw new TypeConversionException("'" + text + "' is neither never nor short nor long");
    }
  }

  /** Checks what picocli can't: options against each other. */
  void check() {
    if (gateway != 0
        && (gateway == ip.address()
            || !ip.contains(gateway)
            || ip.isBroadcast(gateway)
            || ip.isNetwork(gateway))) {
      throw wrong("the gateway " + Ipv4Address.format(gateway) + " is not another host of " + ip);
    }
    if (mtuBytes != 0 && (mtuBytes < 576 || mtuBytes > 9600)) {
      throw wrong("Invalid value for option '--mtu': " + mtuBytes + " is not between 576 and 9600");
    }
    if (shards < 1 || shards > MOST_SHARDS) {
      throw wrong(
          "Invalid value for option '--shards': "
              + shards
              + " is not between 1 and "
              + MOST_SHARDS);
    }
    if (shards > 1 && mode != Mode.DEDICATED) {
      throw wrong("several shards have threads of their own: --shards needs --mode dedicated");
    }
    if (queues < 0 || queues > shards) {
      throw wrong(
          "Invalid value for option '--queues': "
              + queues
              + " is not between 1 and the number of shards, "
              + shards);
    }
    if (ringEntries < 64 || ringEntries > 1 << 20) {
      throw wrong(
          "Invalid value for option '--ring-entries': "
              + ringEntries
              + " is not between 64 and 1048576");
    }
    if (packets < 64 || packets > 1 << 22) {
      throw wrong(
          "Invalid value for option '--packets': " + packets + " is not between 64 and 4194304");
    }
    final String complaint = kernel.complaint(device);
    if (complaint != null) {
      throw wrong(complaint);
    }
    impairment.check(command);
  }

  private ParameterException wrong(final String message) {
    return new ParameterException(command.commandLine(), message);
  }

  Ipv4Subnet ip() {
    return ip;
  }

  int gateway() {
    return gateway;
  }

  long mac() {
    return mac;
  }

  int mtuBytes() {
    return mtuBytes;
  }

  /** 0 for none. */
  int vlan() {
    return vlan;
  }

  Offloads offloads() {
    return offloads;
  }

  @Nullable String device() {
    return device;
  }

  Mode mode() {
    return mode;
  }

  int shards() {
    return shards;
  }

  /** 0 for as many as suit. */
  int queues() {
    return queues;
  }

  /** Of each queue's pool. */
  int packets() {
    return packets;
  }

  Transport transport() {
    return transport;
  }

  OnStop onStop() {
    return onStop;
  }

  long graceNs() {
    return graceNs;
  }

  Rest rest() {
    return rest;
  }

  int ringEntries() {
    return ringEntries;
  }

  TcpConfig tcp() {
    return tcp;
  }

  @Nullable Path capture() {
    return capture;
  }

  KernelOptions kernel() {
    return kernel;
  }

  ImpairmentOptions impairment() {
    return impairment;
  }
}
