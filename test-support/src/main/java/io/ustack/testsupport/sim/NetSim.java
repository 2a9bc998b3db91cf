package io.ustack.testsupport.sim;

import io.ustack.ipv4.Ipv4Address;
import io.ustack.ipv4.Ipv4Subnet;
import io.ustack.link.FaultCounts;
import io.ustack.link.FaultInjector;
import io.ustack.link.Faults;
import io.ustack.link.LinkCapabilities;
import io.ustack.link.LinkDevice;
import io.ustack.link.PipeLink;
import io.ustack.readiness.ReadinessObserver;
import io.ustack.stack.NetworkStack;
import io.ustack.stack.StackConfig;
import io.ustack.tcp.TcpBinding;
import io.ustack.tcp.TcpConfig;
import io.ustack.tcp.TcpListener;
import io.ustack.testsupport.trace.SegmentTap;
import io.ustack.time.ManualClock;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;

/**
 * Clients that send to one server over a path that they share, in simulated time. Each client is a
 * stack of its own, so counters tell of one flow. Everything is decided by the seed.
 */
public final class NetSim implements AutoCloseable {
  /** The most flows. */
  public static final int MOST_FLOWS = 64;

  private static final int SERVER = Ipv4Address.parse("10.1.0.1");
  private static final int FIRST_CLIENT = Ipv4Address.parse("10.1.1.1");
  private static final int PREFIX = 16;
  private static final long SERVER_MAC = 0x02_00_00_00_00_01L;
  private static final long FIRST_CLIENT_MAC = 0x02_00_00_00_01_01L;
  private static final int MTU_BYTES = 1500;
  private static final int PIPE_BYTES = 1 << 18;
  private static final int FIRST_PORT = 5001;

  /** Longer than any transfer may take; reached only when TCP is stuck. */
  private static final long LIMIT_NS = 4L * 3600 * 1_000_000_000;

  private final ManualClock clock = new ManualClock(-1_000_000_000L);
  private final long startNs = clock.nanoTime();
  private final long seed;
  private final SharedPath path;
  private final List<PipeLink.Pair> pipes = new ArrayList<>();
  private final List<SimFlow> flows = new ArrayList<>();
  private final FaultInjector bottleneck;

  /** All that hold frames back, the bottleneck among them. */
  private final List<FaultInjector> injectors = new ArrayList<>();

  private final NetworkStack server;
  private long sampleNs = Long.MAX_VALUE;
  private long nextSampleNs;

  /** Somebody has frames to send, and a full link took none of them. */
  private boolean isHeldUp;

  /** Clients that have not connected yet. */
  public NetSim(final SharedPath path, final List<FlowPlan> plans, final long seed) {
    if (plans.isEmpty() || plans.size() > MOST_FLOWS) {
      throw new IllegalArgumentException("1 to " + MOST_FLOWS + " flows, not " + plans.size());
    }
    this.path = path;
    this.seed = seed;
    for (int i = 0; i < plans.size(); i++) {
      pipes.add(pipe(i));
    }
    final Junction junction =
        new Junction(
            pipes.stream().map(PipeLink.Pair::b).toList(),
            FIRST_CLIENT_MAC,
            new LinkCapabilities("server", SERVER_MAC, MTU_BYTES, false));
    bottleneck =
        new FaultInjector(
            junction, path.towardsServer(), path.towardsClients(), seed, path.heldFrames());
    injectors.add(bottleneck);
    server = stack(SERVER, TcpConfig.DEFAULT, bottleneck, seed + 1);
    for (int i = 0; i < plans.size(); i++) {
      flows.add(flow(i, plans.get(i)));
    }
  }

  private PipeLink.Pair pipe(final int index) {
    return PipeLink.pair(
        new LinkCapabilities("client", FIRST_CLIENT_MAC + index, MTU_BYTES, false),
        new LinkCapabilities("port", SERVER_MAC, MTU_BYTES, false),
        2 * path.heldFrames() + 1024,
        PIPE_BYTES);
  }

  private SimFlow flow(final int index, final FlowPlan plan) {
    LinkDevice link = pipes.get(index).a();
    if (plan.roundTripNs() > 0) {
      final long halfNs = plan.roundTripNs() / 2;
      final Faults there = Faults.NONE.withDelay(halfNs, path.jitterNs());
      final Faults back = Faults.NONE.withDelay(plan.roundTripNs() - halfNs, 0);
      final FaultInjector way =
          new FaultInjector(link, back, there, seed + 1000L * index, path.heldFrames());
      injectors.add(way);
      link = way;
    }
    final SegmentTap tap = new SegmentTap(link, startNs, 1);
    final int port = FIRST_PORT + index;
    final TcpBinding binding = Objects.requireNonNull(server.tcp().bind(0, port, false));
    final TcpListener listener =
        Objects.requireNonNull(
            server.tcp().listen(binding, 1, plan.config(), ReadinessObserver.NONE));
    final NetworkStack client =
        stack(FIRST_CLIENT + index, plan.config(), tap, seed + 1000L * index);
    return new SimFlow(plan, port, client, listener, tap, startNs);
  }

  private NetworkStack stack(
      final int address, final TcpConfig config, final LinkDevice link, final long secret) {
    return new NetworkStack(
        StackConfig.of(new Ipv4Subnet(address, PREFIX)).withTcp(config).withSecret(secret, 7),
        link,
        startNs,
        // Just under 2^32, so that the numbers wrap early in the transfer.
        (local, localPort, remote, remotePort, nowNs) -> -5000);
  }

  /** From now on the flows' windows and round trips are noted so often. */
  public void sampleEvery(final long intervalNs) {
    sampleNs = intervalNs;
    nextSampleNs = clock.nanoTime();
  }

  /** The flows, in the order of their plans. */
  public List<SimFlow> flows() {
    return Collections.unmodifiableList(flows);
  }

  /** What the shared path did to data so far. */
  public FaultCounts path() {
    return bottleneck.inboundCounts();
  }

  /** Simulated time since the start. */
  public long elapsedNs() {
    return clock.nanoTime() - startNs;
  }

  /**
   * Runs until every flow has sent what it has, closed, and both ends agree on that.
   *
   * @throws IllegalStateException when it does not come to that end, or other bytes arrive than
   *     were sent
   */
  public void runToEnd() {
    run(LIMIT_NS);
    for (final SimFlow flow : flows) {
      require(flow.isOver() && flow.isComplete(), "no end in sight");
    }
  }

  /** Runs until so much time has passed since the start, or every flow is over. */
  public void run(final long untilNs) {
    final long endNs = startNs + untilNs;
    while (endNs - clock.nanoTime() > 0 && !isOver()) {
      final long nowNs = clock.nanoTime();
      for (final SimFlow flow : flows) {
        flow.drive(SERVER, nowNs);
      }
      step(endNs);
    }
  }

  /** Whether every flow is over: nothing happens any more. */
  public boolean isOver() {
    for (final SimFlow flow : flows) {
      if (!flow.isOver()) {
        return false;
      }
    }
    return true;
  }

  /** One duty cycle of each stack, and a jump to the next moment at which something can happen. */
  private void step(final long endNs) {
    final long nowNs = clock.nanoTime();
    int work = 0;
    for (final SimFlow flow : flows) {
      work += flow.client().poll(nowNs);
    }
    work += server.poll(nowNs);
    if (work > 0) {
      isHeldUp = false;
      return;
    }
    long next = nextEventNs(nowNs);
    if (next - nowNs <= 0) {
      // A full link, which may have room after all, now that the other end has had its turn. If it
      // has not, waiting for it in nanoseconds would take for ever.
      next = isHeldUp ? nextChangeNs(nowNs) : nowNs;
      isHeldUp = true;
    }
    require(next != Long.MAX_VALUE, "everybody waits for ever");
    advance(Math.min(Math.max(1, next - nowNs), endNs - nowNs));
  }

  private long nextEventNs(final long nowNs) {
    long next = server.nextDeadlineNs(nowNs);
    for (final SimFlow flow : flows) {
      next = earlier(next, flow.client().nextDeadlineNs(nowNs));
      if (!flow.hasStarted()) {
        next = earlier(next, flow.startNs());
      }
    }
    return next;
  }

  /** When a timer is due, a frame leaves a line or a flow starts: what may end a standstill. */
  private long nextChangeNs(final long nowNs) {
    long next = server.nextTimerNs();
    for (final FaultInjector injector : injectors) {
      next = earlier(next, injector.nextDueNs(nowNs));
    }
    for (final SimFlow flow : flows) {
      next = earlier(next, flow.client().nextTimerNs());
      if (!flow.hasStarted()) {
        next = earlier(next, flow.startNs());
      }
    }
    return next;
  }

  /** Until the jump is over nothing changes: samples on the way show what there is now. */
  private void advance(final long byNs) {
    final long toNs = clock.nanoTime() + byNs;
    while (sampleNs != Long.MAX_VALUE && toNs - nextSampleNs > 0) {
      for (final SimFlow flow : flows) {
        flow.sample(nextSampleNs);
      }
      nextSampleNs += sampleNs;
    }
    clock.advance(byNs);
  }

  private static long earlier(final long a, final long b) {
    if (a == Long.MAX_VALUE || b == Long.MAX_VALUE) {
      return Math.min(a, b);
    }
    return a - b < 0 ? a : b;
  }

  private void require(final boolean holds, final String otherwise) {
    if (!holds) {
      throw new IllegalStateException(otherwise + ": " + flows);
    }
  }

  /**
   * Releases everything.
   *
   * @throws IllegalStateException when a stack met a bug, or a packet was not given back
   */
  @Override
  public void close() {
    for (final SimFlow flow : flows) {
      flow.client().close();
    }
    server.close();
    flows.forEach(flow -> flow.link().close());
    bottleneck.close();
    pipes.forEach(PipeLink.Pair::close);
    flows.forEach(flow -> checkErrors(flow.client()));
    checkErrors(server);
    for (final PipeLink.Pair pipe : pipes) {
      require(pipe.a().pool().inUse() == 0, "packets of a client were not released");
      require(pipe.b().pool().inUse() == 0, "packets of the server were not released");
    }
  }

  private static void checkErrors(final NetworkStack stack) {
    final Throwable first = stack.errors().first();
    if (first != null) {
      throw new IllegalStateException("a stack met a bug of its own", first);
    }
  }
}
