package io.ustack.testsupport.sim;

import io.ustack.counter.Counter;
import io.ustack.link.LinkDevice;
import io.ustack.readiness.Failure;
import io.ustack.readiness.ReadinessObserver;
import io.ustack.stack.NetworkStack;
import io.ustack.tcp.TcpConnection;
import io.ustack.tcp.TcpInfo;
import io.ustack.tcp.TcpListener;
import io.ustack.tcp.TcpState;
import io.ustack.testsupport.trace.ConnectionTrace;
import io.ustack.testsupport.trace.Samples;
import io.ustack.testsupport.trace.SegmentTap;
import java.util.Arrays;
import java.util.Objects;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/** One connection of a {@link NetSim}: who writes, who reads, and what became of it. */
public final class SimFlow {
  /** What is sent, again and again. Its length is a prime: no segment size divides it. */
  private static final byte[] PATTERN = pattern();

  private final FlowPlan plan;
  private final int port;
  private final NetworkStack client;
  private final TcpListener listener;
  private final SegmentTap tap;
  private final long originNs;
  private final TcpInfo info = new TcpInfo();
  private final Samples window = new Samples();
  private final Samples roundTrip = new Samples();
  private final byte[] chunk = new byte[16 << 10];
  private @Nullable TcpConnection sending;
  private @Nullable TcpConnection receiving;
  private boolean isShut;
  private long sentBytes;
  private long receivedBytes;
  private long lastByteNs;

  SimFlow(
      final FlowPlan plan,
      final int port,
      final NetworkStack client,
      final TcpListener listener,
      final SegmentTap tap,
      final long originNs) {
    this.plan = plan;
    this.port = port;
    this.client = client;
    this.listener = listener;
    this.tap = tap;
    this.originNs = originNs;
  }

  private static byte[] pattern() {
    final byte[] pattern = new byte[65_521];
    new Random(1).nextBytes(pattern);
    return pattern;
  }

  // ---- What NetSim drives

  NetworkStack client() {
    return client;
  }

  LinkDevice link() {
    return tap;
  }

  /** What the applications at both ends do when they get to run. */
  void drive(final int serverAddress, final long nowNs) {
    if (sending == null && nowNs - startNs() >= 0) {
      sending =
          Objects.requireNonNull(
              client
                  .tcp()
                  .connect(
                      null, serverAddress, port, plan.config(), ReadinessObserver.NONE, nowNs));
    }
    if (receiving == null) {
      receiving = listener.accept();
    }
    if (sending != null) {
      write(sending, nowNs);
    }
    if (receiving != null) {
      read(receiving, nowNs);
    }
  }

  private void write(final TcpConnection to, final long nowNs) {
    if (sentBytes < plan.bytes()) {
      if (fill(to)) {
        to.onSendBufferWritten(nowNs);
      }
    } else if (!isShut && to.state().isSynchronized()) {
      // Before the handshake is over, CLOSE gives the connection up (RFC 9293 3.10.4).
      isShut = true;
      to.shutdownSend(nowNs);
    }
  }

  /** Writes what the send buffer has room for; whether that was anything. */
  private boolean fill(final TcpConnection to) {
    final long before = sentBytes;
    int want;
    int taken;
    do {
      final int at = (int) (sentBytes % PATTERN.length);
      want = (int) Math.min(PATTERN.length - at, plan.bytes() - sentBytes);
      taken = to.sendBuffer().write(PATTERN, at, want);
      sentBytes += taken;
    } while (taken == want && sentBytes < plan.bytes());
    return sentBytes > before;
  }

  private void read(final TcpConnection from, final long nowNs) {
    int count = from.receiveBuffer().read(chunk, 0, chunk.length);
    while (count > 0) {
      check(count);
      receivedBytes += count;
      lastByteNs = nowNs;
      from.onReceiveBufferRead(nowNs);
      count = from.receiveBuffer().read(chunk, 0, chunk.length);
    }
    if (from.state() == TcpState.CLOSE_WAIT) {
      from.close(nowNs);
    }
  }

  private void check(final int count) {
    for (int i = 0; i < count; ) {
      final int at = (int) ((receivedBytes + i) % PATTERN.length);
      final int length = Math.min(count - i, PATTERN.length - at);
      if (!Arrays.equals(chunk, i, i + length, PATTERN, at, at + length)) {
        throw new IllegalStateException(
            "not the bytes that were sent, from " + (receivedBytes + i) + " on: " + this);
      }
      i += length;
    }
  }

  /** Nothing will happen any more: both ends have closed, or the sender has given up. */
  boolean isOver() {
    return sending != null
        && (hasFailed()
            || (isClosed(sending) && receiving != null && receiving.state() == TcpState.CLOSED));
  }

  private static boolean isClosed(final TcpConnection end) {
    return end.state() == TcpState.TIME_WAIT || end.state() == TcpState.CLOSED;
  }

  /** When it connects, on the clock of the simulation. */
  long startNs() {
    return originNs + plan.startNs();
  }

  boolean hasStarted() {
    return sending != null;
  }

  /** Takes the samples of a moment; later ones follow. */
  void sample(final long nowNs) {
    if (sending != null && sending.state().isSynchronized() && !isClosed(sending)) {
      sending.info(info, nowNs);
      window.add(nowNs - originNs, info.sndCwndBytes);
      roundTrip.add(nowNs - originNs, info.rttNs);
    }
  }

  // ---- What can be told of it

  /** What it was to do. */
  public FlowPlan plan() {
    return plan;
  }

  /** Bytes that the receiver's application has read. */
  public long receivedBytes() {
    return receivedBytes;
  }

  /** Whether all bytes have arrived. */
  public boolean isComplete() {
    return receivedBytes == plan.bytes();
  }

  /** Whether the connection broke, as on a path that lets nothing through. */
  public boolean hasFailed() {
    return sending != null && sending.failure() != Failure.NONE;
  }

  /**
   * From its start to its last byte, or to {@code nowNs} since the simulation's start when it is
   * not complete.
   */
  public long durationNs(final long nowNs) {
    final long endNs = isComplete() && receivedBytes > 0 ? lastByteNs - originNs : nowNs;
    return Math.max(0, endNs - plan.startNs());
  }

  /** What the client's stack, which has this connection alone, counted. */
  public long count(final Counter counter) {
    return client.counters().value(counter);
  }

  /** What the sender thinks now; the object is filled anew by the next call. */
  public TcpInfo info(final long nowNs) {
    if (sending == null) {
      info.clear();
    } else {
      sending.info(info, nowNs);
    }
    return info;
  }

  /** The congestion window in bytes; empty without {@link NetSim#sampleEvery}. */
  public Samples window() {
    return window;
  }

  /** The smoothed round trip in nanoseconds; empty without {@link NetSim#sampleEvery}. */
  public Samples roundTrip() {
    return roundTrip;
  }

  /** Segments as they passed the client's link; null before the first one. */
  public @Nullable ConnectionTrace trace() {
    return tap.connections().isEmpty() ? null : tap.connections().get(0);
  }

  @Override
  public String toString() {
    return "client "
        + (sending == null ? "none" : sending.state())
        + " sent "
        + sentBytes
        + ", server "
        + (receiving == null ? "none" : receiving.state())
        + " received "
        + receivedBytes;
  }
}
