package io.ustack.testsupport;

import io.ustack.posix.Posix;
import io.ustack.stack.NetworkStack;
import io.ustack.stack.StackConfig;
import io.ustack.tcp.IsnSource;
import io.ustack.time.ManualClock;
import java.nio.ByteBuffer;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A host in one object: a stack, its socket calls, a clock that only the caller moves and a link
 * whose other end is the caller. One thread.
 *
 * <p>After each call that gives the stack something to do (a socket call, {@link #inject}), {@link
 * #run} lets it do what is due at this moment; {@link #advance} moves the clock, and whatever falls
 * due on the way happens at its own nanosecond. Socket calls never wait: where they would, they
 * give -EAGAIN, and the same call made again later goes on ({@link Posix#stepped}).
 */
public final class TestHost implements AutoCloseable {
  /** The host's MAC address. */
  public static final long MAC = 0x02_00_00_00_00_01L;

  private static final int ETHERNET_HEADER_BYTES = 14;
  private static final short TYPE_IPV4 = 0x0800;

  /** More cycles than this at one moment are a stack that sends to itself without end. */
  private static final int MOST_CYCLES = 2_000;

  private final ManualClock clock;
  private final MemoryLink link;
  private final NetworkStack stack;
  private final Posix posix;
  private final long startNs;

  TestHost(
      final StackConfig config,
      final MemoryLink link,
      final long startNs,
      final IsnSource isnSource) {
    this.link = link;
    this.startNs = startNs;
    clock = new ManualClock(startNs);
    stack = new NetworkStack(config, link, startNs, isnSource);
    posix = Posix.stepped(stack, clock);
    run();
  }

  /** How to make one. */
  public static TestHostBuilder with() {
    return new TestHostBuilder();
  }

  /** The socket calls. */
  public Posix posix() {
    return posix;
  }

  /** The stack, for counters and what else it tells. */
  public NetworkStack stack() {
    return stack;
  }

  /** The link, for its neighbours and its other end. */
  public MemoryLink link() {
    return link;
  }

  /** Nanoseconds since the host started. */
  public long elapsedNs() {
    return clock.nanoTime() - startNs;
  }

  // ---- Frames and packets

  /** A frame arrives at the host; {@link #run} lets the stack see it. */
  public void inject(final byte[] frame) {
    link.inject(frame);
  }

  /** The same for an IPv4 packet, in a frame of the gateway's. */
  public void injectPacket(final byte[] packet) {
    final ByteBuffer frame = ByteBuffer.allocate(ETHERNET_HEADER_BYTES + packet.length);
    MemoryLink.putMac(frame, MAC);
    MemoryLink.putMac(frame, TestHostBuilder.NEIGHBOUR_MAC);
    frame.putShort(TYPE_IPV4).put(packet);
    link.inject(frame.array());
  }

  /** Takes the oldest frame that the host sent; null when there is none. */
  public byte @Nullable [] takeFrame() {
    return link.takeSent();
  }

  /** The same without the Ethernet header. */
  public byte @Nullable [] takePacket() {
    final byte[] frame = link.takeSent();
    return frame == null ? null : Arrays.copyOfRange(frame, ETHERNET_HEADER_BYTES, frame.length);
  }

  // ---- Time

  /** Lets the stack do all that is due now. */
  public void run() {
    for (int cycle = 0; cycle < MOST_CYCLES; cycle++) {
      if (posix.poll() == 0) {
        return;
      }
    }
    throw new IllegalStateException("the stack does not come to rest at " + elapsedNs() + " ns");
  }

  /** Lets so much time pass; what falls due on the way happens then. */
  public void advance(final long ns) {
    final long endNs = clock.nanoTime() + ns;
    while (endNs - clock.nanoTime() > 0) {
      step(endNs - clock.nanoTime());
    }
  }

  /**
   * Moves the clock to the next moment at which the stack has something to do, but by {@code
   * mostNs} at most, and lets it do that.
   */
  public void step(final long mostNs) {
    final long nowNs = clock.nanoTime();
    final long deadlineNs = stack.nextDeadlineNs(nowNs);
    // What is due now and was not done waits for something else: time passes all the same.
    final long stepNs =
        deadlineNs == Long.MAX_VALUE ? mostNs : Math.max(1, Math.min(deadlineNs - nowNs, mostNs));
    clock.advance(Math.min(stepNs, mostNs));
    run();
  }

  /**
   * Closes all descriptors and the stack.
   *
   * @throws IllegalStateException when a bug surfaced inside the stack, or a packet was not given
   *     back to its pool
   */
  @Override
  public void close() {
    posix.close();
    stack.close();
    link.close();
    final Throwable error = stack.errors().first();
    if (error != null) {
      throw new IllegalStateException("an error inside the stack", error);
    }
    if (link.pool().inUse() != 0) {
      throw new IllegalStateException(link.pool().inUse() + " packets were not released");
    }
  }
}
