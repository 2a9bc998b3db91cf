package io.ustack.apps.replay;

import io.ustack.apps.ConnectionLimits;
import io.ustack.apps.EventLoop;
import io.ustack.apps.Statistics;
import io.ustack.apps.echo.DiscardServer;
import io.ustack.apps.echo.EchoServer;
import io.ustack.apps.http.BuiltinSite;
import io.ustack.apps.http.HttpServer;
import io.ustack.apps.plot.Plot;
import io.ustack.buffer.MemoryPacketPool;
import io.ustack.counter.Counters;
import io.ustack.link.LinkCapabilities;
import io.ustack.link.LinkDevice;
import io.ustack.link.PcapLink;
import io.ustack.link.ReplayPace;
import io.ustack.pcap.CaptureReader;
import io.ustack.pcap.PcapngWriter;
import io.ustack.posix.Posix;
import io.ustack.stack.NetworkStack;
import io.ustack.stack.StackConfig;
import io.ustack.tcp.IsnGenerator;
import io.ustack.tcp.IsnSource;
import io.ustack.testsupport.trace.SegmentTap;
import io.ustack.time.ManualClock;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Plays a capture to a fresh stack. Time is the capture's: the clock jumps from one frame or timer
 * to the next, so that nothing depends on the machine, and hours take moments.
 */
public final class Replay implements AutoCloseable {
  /** What the stack calls itself when neither the caller nor the capture knows better. */
  private static final long USUAL_MAC = 0x02_00_00_00_00_02L;

  private static final int POOL_PACKETS = 512;

  /** Captures made behind offloads have frames as long as an IP packet can be. */
  private static final int LARGEST_FRAME_BYTES = 14 + 65_535;

  /** What can happen at one moment has an end: the pool does. */
  private static final int MOST_TURNS = 1_000_000;

  private static final long START_NS = 0;

  private final ReplayConfig config;
  private final CaptureSurvey survey;
  private final PeerFrames frames;
  private final PcapLink link;
  private final LinkDevice wire;
  private final ManualClock clock = new ManualClock(START_NS);
  private final NetworkStack stack;
  private final Posix posix;
  private final EventLoop loop;
  private final @Nullable SegmentTap tap;
  private final @Nullable WindowWatch windows;
  private final List<HttpServer> webServers = new ArrayList<>();
  private boolean closed;

  private Replay(
      final ReplayConfig config,
      final CaptureSurvey survey,
      final PeerFrames frames,
      final PcapLink link)
      throws IOException {
    this.config = config;
    this.survey = survey;
    this.frames = frames;
    this.link = link;
    final LinkDevice neighbours = new NeighbourLink(link, survey.neighbours());
    tap =
        config.traced() ? new SegmentTap(neighbours, START_NS, ReplayTrace.MOST_CONNECTIONS) : null;
    wire = tap == null ? neighbours : tap;
    final long seed = config.seed();
    final IsnSource isns = survey.isns().before(new IsnGenerator(seed, ~seed));
    final StackConfig stackConfig =
        StackConfig.of(config.subnet())
            .withGateway(gateway(config, survey.neighbours()))
            .withSecret(seed, ~seed);
    stack = new NetworkStack(stackConfig, wire, START_NS, isns);
    posix = Posix.inline(stack, clock);
    loop = new EventLoop(posix, clock);
    windows = config.traced() ? new WindowWatch(posix, loop, ReplayTrace.MOST_CONNECTIONS) : null;
    for (final int port : config.discardPorts()) {
      new DiscardServer(posix, loop, ConnectionLimits.USUAL, port);
    }
    for (final int port : config.echoPorts()) {
      new EchoServer(posix, loop, ConnectionLimits.USUAL, port);
    }
    for (final int port : config.httpPorts()) {
      final BuiltinSite site = new BuiltinSite(() -> Statistics.list(stack.counters()));
      webServers.add(new HttpServer(posix, loop, this::date, site, ConnectionLimits.USUAL, port));
    }
  }

  /** What the clock on the wall showed when the capture was made. */
  private Instant date() {
    return Instant.ofEpochSecond(0, survey.firstTimestampNs() + clock.nanoTime() - START_NS);
  }

  private static PcapLink link(
      final Path capture,
      final LinkCapabilities capabilities,
      final PeerFrames frames,
      final @Nullable PcapngWriter writer)
      throws IOException {
    final MemoryPacketPool pool = new MemoryPacketPool(POOL_PACKETS, LARGEST_FRAME_BYTES);
    try {
      return new PcapLink(capabilities, pool, frames, writer, ReplayPace.AS_CAPTURED, START_NS);
    } catch (final IOException e) {
      throw new IOException(capture + ": " + e.getMessage(), e);
    }
  }

  private static int gateway(final ReplayConfig config, final CapturedNeighbours neighbours) {
    final int gateway =
        config.gateway() == 0 && neighbours.hasRouter()
            ? neighbours.routerAddress()
            : config.gateway();
    neighbours.nameRouter(gateway);
    return gateway;
  }

  /**
   * Opens a capture and the file for the answers.
   *
   * @param answers null when nobody wants them
   * @throws IOException when one is no capture or the other can't be written
   */
  public static Replay open(
      final ReplayConfig config, final Path capture, final @Nullable Path answers)
      throws IOException {
    final CaptureSurvey survey = CaptureSurvey.of(capture, config.subnet());
    final long mac = config.macAddress() != 0 ? config.macAddress() : survey.mac(USUAL_MAC);
    final PeerFrames frames =
        new PeerFrames(CaptureReader.open(capture), config.subnet().address(), mac);
    final LinkCapabilities capabilities =
        new LinkCapabilities("replay", mac, config.mtuBytes(), false);
    @Nullable PcapngWriter writer = null;
    boolean complete = false;
    try {
      writer = answers == null ? null : new PcapngWriter(answers, "ustack");
      final PcapLink link = link(capture, capabilities, frames, writer);
      final Replay replay = new Replay(config, survey, frames, link);
      complete = true;
      return replay;
    } finally {
      if (!complete) {
        frames.close();
        if (writer != null) {
          writer.close();
        }
      }
    }
  }

  /**
   * Plays the capture to its end and lets the clock run on for a while, unless {@code stop} says so
   * earlier.
   */
  public void run(final BooleanSupplier stop) {
    settle();
    while (!link.isExhausted() && !stop.getAsBoolean()) {
      jump(Long.MAX_VALUE);
      settle();
    }
    final long endNs = clock.nanoTime() + config.afterNs();
    while (endNs - clock.nanoTime() > 0 && !stop.getAsBoolean()) {
      jump(endNs - clock.nanoTime());
      settle();
    }
  }

  /** Everything that happens at this moment. */
  private void settle() {
    int turns = 0;
    int events;
    do {
      events = loop.step(0);
      webServers.forEach(HttpServer::closeIdle);
      if (++turns == MOST_TURNS) {
        throw new IllegalStateException("the stack does not come to rest");
      }
    } while (events > 0 || stack.nextDeadlineNs(clock.nanoTime()) - clock.nanoTime() <= 0);
    if (windows != null) {
      windows.look(clock.nanoTime() - START_NS);
    }
  }

  /** On to the next frame or timer, or by {@code mostNs} when both are farther away. */
  private void jump(final long mostNs) {
    final long nowNs = clock.nanoTime();
    final long nextNs = stack.nextDeadlineNs(nowNs);
    final long untilNextNs = nextNs == Long.MAX_VALUE ? mostNs : nextNs - nowNs;
    clock.advance(Math.max(0, Math.min(untilNextNs, mostNs)));
  }

  /**
   * What it all looked like over time.
   *
   * @param title in large letters
   * @throws IllegalStateException unless the configuration asked for it
   */
  public Plot plot(final String title) {
    if (tap == null || windows == null) {
      throw new IllegalStateException("nothing was traced");
    }
    return ReplayPlot.of(new ReplayTrace(tap.connections(), windows), title, elapsedNs());
  }

  /** What the stack has counted. */
  public Counters counters() {
    return stack.counters();
  }

  /** Frames played so far. */
  public long peerFrames() {
    return frames.peerFrames();
  }

  /** Frames left out so far, because the stack stands in for who sent them. */
  public long ownFrames() {
    return frames.ownFrames();
  }

  /** Frames that were longer than any IP packet, or found no buffer. */
  public long lostFrames() {
    return link.lostFrames();
  }

  /** Packets that somebody holds; 0 once closed. */
  public int packetsInUse() {
    return link.pool().inUse();
  }

  /** How long the capture was, and what came after. */
  public long elapsedNs() {
    return clock.nanoTime() - START_NS;
  }

  /** The address that the stack had on the link. */
  public long macAddress() {
    return link.capabilities().macAddress();
  }

  /**
   * Why the replay is not complete: the capture is broken, or the answers could not be written.
   * Null when it is.
   */
  public @Nullable IOException failure() {
    final IOException broken = link.replayFailure();
    return broken != null ? broken : link.captureFailure();
  }

  /** Whether the stack has met a bug of its own. */
  public @Nullable Throwable internalError() {
    return stack.errors().first();
  }

  /**
   * Whether the capture asks the stack anything at all; if not, some addresses that it does ask.
   */
  public Set<Integer> otherAddresses() {
    return survey.framesForUs() > 0 ? Set.of() : survey.otherDestinations();
  }

  /** Releases everything; the answers are complete. Idempotent. */
  public void finish() {
    if (closed) {
      return;
    }
    closed = true;
    posix.close();
    stack.close();
    wire.close();
  }

  @Override
  public void close() {
    finish();
  }
}
