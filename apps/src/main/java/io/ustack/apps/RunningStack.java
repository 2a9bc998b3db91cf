package io.ustack.apps;

import io.ustack.buffer.PacketPool;
import io.ustack.counter.Counters;
import io.ustack.dpdk.DpdkEal;
import io.ustack.dpdk.DpdkException;
import io.ustack.dpdk.DpdkPort;
import io.ustack.dpdk.Offload;
import io.ustack.dpdk.Offloads;
import io.ustack.dpdk.PortConfig;
import io.ustack.ethernet.MacAddress;
import io.ustack.link.LinkCapabilities;
import io.ustack.link.LinkDevice;
import io.ustack.link.PcapTap;
import io.ustack.pcap.PcapngWriter;
import io.ustack.posix.Posix;
import io.ustack.stack.NetworkStack;
import io.ustack.stack.StackConfig;
import io.ustack.time.Clock;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A DPDK port, the stack on it and its sockets: opened together, closed in order. One thread. */
public final class RunningStack implements AutoCloseable {
  /** How long the last segments may take to leave. */
  private static final long FAREWELL_NS = TimeUnit.MILLISECONDS.toNanos(200);

  private final PortOptions options;
  private final String driver;
  private final LinkDevice link;
  private final NetworkStack stack;
  private final Posix posix;
  private final Clock clock = Clock.SYSTEM;
  private boolean closed;

  private RunningStack(final PortOptions options, final String driver, final LinkDevice link) {
    this.options = options;
    this.driver = driver;
    this.link = link;
    final StackConfig config =
        StackConfig.of(options.ip()).withGateway(options.gateway()).withTcp(options.tcp());
    stack = new NetworkStack(config, link, clock.nanoTime());
    posix =
        options.mode() == Mode.INLINE ? Posix.inline(stack, clock) : Posix.dedicated(stack, clock);
  }

  /**
   * Starts DPDK and opens the port that the options name.
   *
   * @throws CommandFailure in one line that says what to do
   */
  public static RunningStack open(final PortOptions options, final List<String> ealArguments)
      throws CommandFailure {
    // First what is easily wrong: DPDK takes a moment to start.
    final OutputStream capture = capture(options.capture());
    final DpdkPort port = openPort(options, ealArguments);
    final LinkDevice link = tapped(options.impairment().around(port.link(0)), capture);
    return new RunningStack(options, port.driver(), link);
  }

  private static @Nullable OutputStream capture(final @Nullable Path file) throws CommandFailure {
    try {
      return file == null ? null : new FileOutputStream(file.toFile());
    } catch (final IOException e) {
      throw new CommandFailure("can't write the capture: " + e.getMessage(), e);
    }
  }

  private static DpdkPort openPort(final PortOptions options, final List<String> ealArguments)
      throws CommandFailure {
    try {
      final DpdkEal eal = DpdkEal.start(ealArguments);
      final PortConfig config =
          PortConfig.of(device(options, eal.portNames(), ealArguments))
              .withMtuBytes(options.mtuBytes())
              .withMacAddress(options.mac())
              .withOffloads(offloads(options))
              .withTransport(options.transport());
      return DpdkPort.open(eal, config);
    } catch (final DpdkException e) {
      final String why = String.valueOf(e.getMessage());
      throw e.isWrongArgument() ? CommandFailure.usage(why, e) : new CommandFailure(why, e);
    }
  }

  /** Who looks at each frame gets each frame. */
  private static Offloads offloads(final PortOptions options) {
    final boolean looks = options.capture() != null || options.impairment().isActive();
    return looks ? options.offloads().with(Offload.GRO, false) : options.offloads();
  }

  private static String device(
      final PortOptions options, final List<String> ports, final List<String> ealArguments)
      throws CommandFailure {
    final String wanted = options.device();
    if (wanted != null) {
      return wanted;
    }
    final List<String> named = DpdkEal.namedPorts(ealArguments);
    if (ports.isEmpty() && !named.isEmpty()) {
      return named.get(0); // it is not there, and opening it finds out why
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

  private static LinkDevice tapped(final LinkDevice link, final @Nullable OutputStream capture)
      throws CommandFailure {
    if (capture == null) {
      return link;
    }
    try {
      final PcapngWriter writer = new PcapngWriter(capture, link.capabilities().name());
      final long epochNs = TimeUnit.MILLISECONDS.toNanos(System.currentTimeMillis());
      return new PcapTap(link, writer, epochNs, Clock.SYSTEM.nanoTime());
    } catch (final IOException e) {
      throw new CommandFailure("can't write the capture: " + e.getMessage(), e);
    }
  }

  public Posix posix() {
    return posix;
  }

  public NetworkStack stack() {
    return stack;
  }

  /** The clock that the stack runs on. */
  public Clock clock() {
    return clock;
  }

  /** What runs here, in one line: address, port, MAC address, MTU, mode. */
  public String description() {
    final LinkCapabilities port = link.capabilities();
    return String.format(
        Locale.ROOT,
        "%s on %s (%s), %s, MTU %d, %s",
        options.ip(),
        port.name(),
        driver,
        MacAddress.format(port.macAddress()),
        port.mtuBytes(),
        options.mode().name().toLowerCase(Locale.ROOT));
  }

  /**
   * Closes sockets, stack and port: peers are told, the capture is complete.
   *
   * @return what happened, in one line
   */
  public String finish() {
    close();
    final PacketPool pool = link.pool();
    final Counters counters = stack.counters();
    return Statistics.line(counters, link.lostFrames(), pool.inUse());
  }

  @Override
  public void close() {
    if (closed) {
      return;
    }
    closed = true;
    posix.close();
    sayFarewell();
    stack.close();
    link.close();
  }

  /**
   * What closing the sockets has made the stack send leaves while there is room; nobody waits for
   * answers.
   */
  private void sayFarewell() {
    final long startNs = clock.nanoTime();
    long nowNs = startNs;
    while (stack.nextDeadlineNs(nowNs) - nowNs <= 0 && nowNs - startNs < FAREWELL_NS) {
      stack.poll(nowNs);
      nowNs = clock.nanoTime();
    }
  }
}
