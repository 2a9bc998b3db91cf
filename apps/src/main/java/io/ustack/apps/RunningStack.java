package io.ustack.apps;

import io.ustack.buffer.MemoryPressure;
import io.ustack.buffer.PressureLevel;
import io.ustack.counter.Counters;
import io.ustack.dpdk.PortWatch;
import io.ustack.dpdk.QueueCounter;
import io.ustack.ethernet.MacAddress;
import io.ustack.link.LinkCapabilities;
import io.ustack.link.LinkDevice;
import io.ustack.posix.Posix;
import io.ustack.stack.NetworkStack;
import io.ustack.stack.StackConfig;
import io.ustack.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Function;
import java.util.function.LongPredicate;

/**
 * A DPDK port, the stacks on it and their sockets: opened together, closed in order. One thread.
 */
public final class RunningStack implements AutoCloseable {
  /** How long the last segments may take to leave. */
  private static final long FAREWELL_NS = TimeUnit.MILLISECONDS.toNanos(200);

  private static final long REST_NS = TimeUnit.MICROSECONDS.toNanos(50);

  private final PortOptions options;
  private final OpenPort port;
  private final List<NetworkStack> shards;
  private final Posix posix;
  private final Clock clock = Clock.SYSTEM;
  private final PortChanges changes;
  private final List<PortWatch> watches = new ArrayList<>();
  private boolean closed;

  private RunningStack(
      final PortOptions options, final OpenPort port, final Invocation invocation) {
    this.options = options;
    this.port = port;
    final StackConfig config =
        StackConfig.of(options.ip())
            .withGateway(options.gateway())
            .withTcp(options.tcp())
            .withRest(options.rest())
            .ofShards(port.links().size());
    shards =
        port.links().stream()
            .map(link -> new NetworkStack(config, link, clock.nanoTime()))
            .toList();
    posix =
        options.mode() == Mode.INLINE
            ? Posix.inline(stack(), clock)
            : Posix.dedicated(shards, clock);
    changes = new PortChanges(port.port(), shards, invocation);
    watches.add(PortWatch.start(port.port(), changes));
    if (port.kernel() != null) {
      watches.add(port.kernel().watch(invocation.stop()));
    }
  }

  /**
   * Starts DPDK and opens the port that the options name. From then on changes of its link are said
   * on standard error, and the command is asked to end when its device is gone.
   *
   * @throws CommandFailure in one line that says what to do
   */
  public static RunningStack open(final PortOptions options, final Invocation invocation)
      throws CommandFailure {
    final OpenPort port = OpenPort.open(options, invocation.ealArguments());
    return new RunningStack(options, port, invocation);
  }

  public Posix posix() {
    return posix;
  }

  /** The first shard. */
  public NetworkStack stack() {
    return shards.get(0);
  }

  /** What all shards have counted, and what was counted on the way to the kernel. */
  public Counters counters() {
    final List<Counters> all = new ArrayList<>();
    shards.forEach(shard -> all.add(shard.counters()));
    if (port.kernel() != null) {
      all.addAll(port.kernel().counters());
    }
    return Counters.sum(all);
  }

  /** What all shards have counted, and how short packets or memory are, one per line. */
  public String statistics() {
    return Statistics.list(counters(), worst(MemoryPressure::level));
  }

  private PressureLevel worst(final Function<MemoryPressure, PressureLevel> level) {
    return shards.stream()
        .map(shard -> level.apply(shard.pressure()))
        .reduce(PressureLevel.NONE, (a, b) -> a.reaches(b) ? a : b);
  }

  /** The clock that the stack runs on. */
  public Clock clock() {
    return clock;
  }

  /** What runs here, in one line: address, port, MAC address, MTU, mode, shards, kernel. */
  public String description() {
    final LinkCapabilities link = port.links().get(0).capabilities();
    return String.format(
            Locale.ROOT,
            "%s on %s (%s)%s, %s, MTU %d, %s",
            options.ip(),
            link.name(),
            port.port().driver(),
            options.vlan() == 0 ? "" : ", VLAN " + options.vlan(),
            MacAddress.format(link.macAddress()),
            link.mtuBytes(),
            options.mode().name().toLowerCase(Locale.ROOT))
        + (shards.size() == 1
            ? ""
            : ", "
                + shards.size()
                + " shards, flows sorted by "
                + (port.sorts() ? "the NIC" : "us"))
        + (port.kernel() == null ? "" : ", kernel behind " + port.kernel().name());
  }

  /**
   * Closes sockets, stacks and port: peers are told, the capture is complete.
   *
   * @return what happened, in one line
   */
  public String finish() {
    close();
    long lostFrames = 0;
    int inUse = 0;
    for (final LinkDevice link : port.links()) {
      lostFrames += link.lostFrames();
      inUse += link.pool().inUse();
    }
    final long others = port.port().counter(QueueCounter.RX_OTHER_VLAN);
    final String sorted =
        port.sortsAsTold() ? "" : "the NIC did not sort flows as it was told, so we did; ";
    final String vlan = others == 0 ? "" : others + " frames of other VLANs dropped; ";
    return sorted
        + vlan
        + Statistics.line(counters(), lostFrames, inUse, worst(MemoryPressure::highest));
  }

  @Override
  public void close() {
    if (closed) {
      return;
    }
    closed = true;
    watches.forEach(PortWatch::close);
    if (options.onStop() == PortOptions.OnStop.RESET) {
      for (final NetworkStack shard : shards) {
        shard.commands().offer(nowNs -> shard.tcp().all().reset(nowNs));
      }
    }
    posix.close();
    run(changes.isGone() ? 0 : options.graceNs(), this::isUnfinished);
    shards.forEach(shard -> shard.tcp().all().reset(clock.nanoTime()));
    run(FAREWELL_NS, this::isAnythingDue);
    shards.forEach(NetworkStack::close);
    port.links().forEach(LinkDevice::close);
  }

  /**
   * Runs the stacks, which are this thread's now, as long as there is reason to, but not longer
   * than that.
   */
  private void run(final long longestNs, final LongPredicate reason) {
    final long startNs = clock.nanoTime();
    long nowNs = startNs;
    while (reason.test(nowNs) && nowNs - startNs < longestNs) {
      int work = 0;
      for (final NetworkStack shard : shards) {
        work += shard.poll(nowNs);
      }
      if (work == 0) {
        LockSupport.parkNanos(REST_NS);
      }
      nowNs = clock.nanoTime();
    }
  }

  /** Whether peers have not acknowledged everything. */
  private boolean isUnfinished(final long nowNs) {
    return isAnythingDue(nowNs)
        || shards.stream().anyMatch(shard -> shard.tcp().all().unfinished() > 0);
  }

  private boolean isAnythingDue(final long nowNs) {
    return shards.stream().anyMatch(shard -> shard.nextDeadlineNs(nowNs) - nowNs <= 0);
  }
}
