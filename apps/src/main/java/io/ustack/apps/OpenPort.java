package io.ustack.apps;

import io.ustack.buffer.MemoryPacketPool;
import io.ustack.buffer.PacketPool;
import io.ustack.dpdk.DpdkEal;
import io.ustack.dpdk.DpdkException;
import io.ustack.dpdk.DpdkPort;
import io.ustack.dpdk.Offload;
import io.ustack.dpdk.Offloads;
import io.ustack.dpdk.PortConfig;
import io.ustack.dpdk.Transport;
import io.ustack.ipv4.Ipv4Address;
import io.ustack.link.LinkDevice;
import io.ustack.link.PcapTap;
import io.ustack.pcap.PcapngWriter;
import io.ustack.shard.ShardLink;
import io.ustack.shard.ShardMap;
import io.ustack.shard.Toeplitz;
import io.ustack.time.Clock;
import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The port that options name, opened: a link for each shard. Closing all links closes the port.
 *
 * @param port as DPDK has it
 * @param wires one per shard, in their order
 * @param sorts whether the NIC gives each shard its flows; else the shards do among themselves
 * @param kernel the way to the kernel, if there is one, around the wires
 */
record OpenPort(
    DpdkPort port, List<? extends LinkDevice> wires, boolean sorts, @Nullable KernelPort kernel) {
  /** A process at the other end of a memif decides how many queues it has: one is safe. */
  private static final String MEMIF = "net_memif";

  /** Of a shard that has no queue of its own. */
  private static final int POOL_PACKETS = 4096;

  private static final int ETHERNET_HEADER_BYTES = 14;

  private static final Pattern PCI_ADDRESS =
      Pattern.compile("[0-9a-f]{4}:[0-9a-f]{2}:[0-9a-f]{2}[.][0-7]");

  private static final Path PCI_DEVICES = Path.of("/sys/bus/pci/devices");

  /** The one that people allow to keep DPDK from all others. */
  private static final String NO_PCI_DEVICE = "0000:00:00.0";

  /** What the stacks use: one per shard, in their order. */
  List<? extends LinkDevice> links() {
    return kernel == null ? wires : kernel.paths();
  }

  /** Whether, as far as has been seen, the NIC sorts as it was told, if it was. */
  boolean sortsAsTold() {
    return !sorts
        || wires.stream().noneMatch(link -> link instanceof ShardLink shard && !shard.isSorted());
  }

  /**
   * Starts DPDK and opens the port.
   *
   * @throws CommandFailure in one line that says what to do
   */
  static OpenPort open(final PortOptions options, final List<String> ealArguments)
      throws CommandFailure {
    // First what is easily wrong: DPDK takes a moment to start.
    final FileOutputStream capture = capture(options.capture());
    final DpdkEal eal = start(ealArguments);
    final DpdkPort port = openPort(eal, options, ealArguments);
    final List<LinkDevice> queues = new ArrayList<>();
    for (int i = 0; i < port.config().queues(); i++) {
      final FileOutputStream into = i == 0 ? capture : capture(numbered(options.capture(), i));
      queues.add(tapped(options.impairment().around(port.link(i)), into));
    }
    final ShardMap map = options.shards() == 1 ? null : map(port, options.shards());
    final List<? extends LinkDevice> wires = map == null ? queues : shared(port, queues, map);
    return new OpenPort(
        port,
        wires,
        map == null || sorts(port, options.shards()),
        kernel(eal, options, port, wires, map));
  }

  /** Whether each shard has a queue, into which the NIC sorts its flows. */
  private static boolean sorts(final DpdkPort port, final int shards) {
    return port.config().queues() == shards && port.sortingEntries() > 0;
  }

  private static ShardMap map(final DpdkPort port, final int shards) {
    return new ShardMap(
        new Toeplitz(Toeplitz.symmetricKey(Toeplitz.KEY_BYTES)),
        sorts(port, shards) ? port.sortingEntries() : ShardMap.DEFAULT_ENTRIES,
        shards);
  }

  private static List<ShardLink> shared(
      final DpdkPort port, final List<LinkDevice> queues, final ShardMap map) {
    final List<PacketPool> pools = new ArrayList<>();
    for (int i = queues.size(); i < map.shards(); i++) {
      pools.add(new MemoryPacketPool(POOL_PACKETS, port.mtuBytes() + ETHERNET_HEADER_BYTES));
    }
    return ShardLink.over(queues, pools, map, sorts(port, map.shards()));
  }

  private static @Nullable KernelPort kernel(
      final DpdkEal eal,
      final PortOptions options,
      final DpdkPort port,
      final List<? extends LinkDevice> wires,
      final @Nullable ShardMap map)
      throws CommandFailure {
    final String name = options.kernel().device();
    if (name == null) {
      return null;
    }
    try {
      return KernelPort.open(eal, options, name, port, wires, map);
    } catch (final DpdkException e) {
      wires.forEach(LinkDevice::close);
      throw failure(e);
    }
  }

  private static @Nullable FileOutputStream capture(final @Nullable Path file)
      throws CommandFailure {
    try {
      return file == null ? null : new FileOutputStream(file.toFile(), true);
    } catch (final IOException e) {
      throw new CommandFailure("can't write the capture: " + e.getMessage(), e);
    }
  }

  /** The file of another queue: {@code all.pcapng} becomes {@code all-1.pcapng}. */
  static @Nullable Path numbered(final @Nullable Path file, final int queue) {
    if (file == null) {
      return null;
    }
    final String name = String.valueOf(file.getFileName());
    final int dot = name.lastIndexOf('.');
    final int end = dot <= 0 ? name.length() : dot;
    return file.resolveSibling(name.substring(0, end) + "-" + queue + name.substring(end));
  }

  private static DpdkEal start(final List<String> ealArguments) throws CommandFailure {
    try {
      return DpdkEal.start(ealArguments);
    } catch (final DpdkException e) {
      throw failure(e);
    }
  }

  private static DpdkPort openPort(
      final DpdkEal eal, final PortOptions options, final List<String> ealArguments)
      throws CommandFailure {
    try {
      final String device = device(options, eal.portNames(), ealArguments);
      final PortConfig config =
          PortConfig.of(device)
              .withQueues(queues(options, device, eal.mostQueues(device)))
              .withMtuBytes(options.mtuBytes())
              .withMacAddress(options.mac())
              .withVlan(options.vlan())
              .withOffloads(offloads(options))
              .withPoolPackets(options.packets())
              .withTransport(options.transport());
      eal.claimAddress(device, address(options));
      final boolean rings = options.transport() == Transport.RING;
      return DpdkPort.open(eal, rings ? config.withRingEntries(options.ringEntries()) : config);
    } catch (final DpdkException e) {
      throw failure(e);
    }
  }

  private static String address(final PortOptions options) {
    final String address = Ipv4Address.format(options.ip().address());
    return options.vlan() == 0 ? address : address + " in VLAN " + options.vlan();
  }

  private static CommandFailure failure(final DpdkException e) {
    final String why = String.valueOf(e.getMessage());
    return e.isWrongArgument() ? CommandFailure.usage(why, e) : new CommandFailure(why, e);
  }

  /**
   * A PCI address that is not there would else be no more than missing from a list. One that is
   * there may lead to a port with another name, or to something that is no NIC.
   */
  private static Optional<String> missing(final List<String> all, final List<String> named) {
    return named.stream()
        .filter(name -> PCI_ADDRESS.matcher(name).matches() && !name.equals(NO_PCI_DEVICE))
        .filter(name -> !all.contains(name))
        .filter(name -> !Files.isDirectory(PCI_DEVICES.resolve(name)))
        .findFirst();
  }

  /** Who looks at each frame gets each frame. */
  private static Offloads offloads(final PortOptions options) {
    final boolean looks = options.capture() != null || options.impairment().isActive();
    return looks ? options.offloads().with(Offload.GRO, false) : options.offloads();
  }

  private static int queues(final PortOptions options, final String device, final int most) {
    if (options.queues() != 0) {
      return options.queues();
    }
    return most < options.shards() || device.startsWith(MEMIF) ? 1 : options.shards();
  }

  private static String device(
      final PortOptions options, final List<String> all, final List<String> ealArguments)
      throws CommandFailure {
    final String wanted = options.device();
    if (wanted != null) {
      return wanted;
    }
    final List<String> ports = withoutKernels(options, all);
    final List<String> named = withoutKernels(options, DpdkEal.namedPorts(ealArguments));
    if (ports.isEmpty() && named.isEmpty() && !all.isEmpty()) {
      throw new CommandFailure(
          all.get(0)
              + " leads to the kernel, and there is no other port: name the wire's behind --, too");
    }
    if (ports.isEmpty() && !named.isEmpty()) {
      return named.get(0); // it is not there, and opening it finds out why
    }
    final Optional<String> missing = missing(all, named);
    if (missing.isPresent()) {
      return missing.get(); // the same
    }
    if (ports.isEmpty()) {
      throw new CommandFailure(
          "DPDK found no port: name one behind --, as in -- --no-huge --no-pci --vdev=net_tap0, or"
              + " give it a NIC (dpdk-setup/bind-nic.sh)");
    }
    if (ports.size() > 1) {
      throw new CommandFailure(
          "DPDK found several ports, choose with --device: " + String.join(", ", ports));
    }
    return ports.get(0);
  }

  private static List<String> withoutKernels(final PortOptions options, final List<String> ports) {
    return ports.stream().filter(port -> !port.equals(options.kernel().device())).toList();
  }

  private static LinkDevice tapped(final LinkDevice link, final @Nullable FileOutputStream capture)
      throws CommandFailure {
    if (capture == null) {
      return link;
    }
    try {
      if (capture.getChannel().size() > 0) {
        capture.getChannel().truncate(0); // what was there before; the port is open now
      }
      final PcapngWriter writer = new PcapngWriter(capture, link.capabilities().name());
      final long epochNs = TimeUnit.MILLISECONDS.toNanos(System.currentTimeMillis());
      return new PcapTap(link, writer, epochNs, Clock.SYSTEM.nanoTime());
    } catch (final IOException e) {
      throw new CommandFailure("can't write the capture: " + e.getMessage(), e);
    }
  }
}
