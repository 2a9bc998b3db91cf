package io.ustack.testsupport.sim;

import io.ustack.counter.Counter;
import io.ustack.ipv4.Ipv4Address;
import io.ustack.ipv4.Ipv4Subnet;
import io.ustack.link.FaultInjector;
import io.ustack.link.Faults;
import io.ustack.link.LinkDevice;
import io.ustack.link.PipeLink;
import io.ustack.readiness.ReadinessObserver;
import io.ustack.stack.NetworkStack;
import io.ustack.stack.StackConfig;
import io.ustack.tcp.TcpBinding;
import io.ustack.tcp.TcpConfig;
import io.ustack.tcp.TcpConnection;
import io.ustack.tcp.TcpListener;
import io.ustack.tcp.TcpState;
import io.ustack.time.ManualClock;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A client that connects to a server over a wire with faults, in simulated time. Everything is
 * decided by the seed.
 */
public final class NetSim implements AutoCloseable {
  private static final int CLIENT = Ipv4Address.parse("10.1.0.1");
  private static final int SERVER = Ipv4Address.parse("10.1.0.2");
  private static final int PORT = 5001;

  /** Longer than any transfer may take; reached only when TCP is stuck. */
  private static final long LIMIT_NS = 4L * 3600 * 1_000_000_000;

  private final ManualClock clock = new ManualClock(-1_000_000_000L);
  private final NetworkStack client;
  private final NetworkStack server;
  private final PipeLink.Pair pipe;
  private final FaultInjector faultyWire;
  private final TcpListener listener;
  private final TcpConnection sending;
  private @Nullable TcpConnection receiving;

  private final long startNs;
  private final MessageDigest sent = sha256();
  private final MessageDigest received = sha256();
  private long sentBytes;
  private long receivedBytes;

  /**
   * A connection that is being opened.
   *
   * @param faults what happens to frames, in both directions
   * @param config of both ends
   */
  public NetSim(final Faults faults, final TcpConfig config, final long seed) {
    pipe = PipeLink.pair();
    faultyWire = new FaultInjector(pipe.a(), faults, faults, seed);
    startNs = clock.nanoTime();
    client = stack(CLIENT, config, faultyWire, seed);
    server = stack(SERVER, config, pipe.b(), seed + 1);
    final TcpBinding binding = Objects.requireNonNull(server.tcp().bind(0, PORT, false));
    listener =
        Objects.requireNonNull(server.tcp().listen(binding, 1, config, ReadinessObserver.NONE));
    sending =
        Objects.requireNonNull(
            client.tcp().connect(null, SERVER, PORT, config, ReadinessObserver.NONE, startNs));
  }

  private NetworkStack stack(
      final int address, final TcpConfig config, final LinkDevice link, final long seed) {
    final StackConfig stackConfig =
        StackConfig.of(new Ipv4Subnet(address, 24)).withTcp(config).withSecret(seed, 7);
    return new NetworkStack(
        stackConfig,
        link,
        clock.nanoTime(),
        // Just under 2^32, so that the numbers wrap early in the transfer.
        (local, localPort, remote, remotePort, nowNs) -> -5000);
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (final NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  /**
   * Sends {@code totalBytes} from client to server, closes both ends in order, and checks the
   * content.
   *
   * @throws IllegalStateException when it does not come to an end, or the content differs
   */
  public void transfer(final long totalBytes) {
    final byte[] chunk = new byte[16 << 10];
    boolean closed = false;
    while (!isServerDone() || !isClientDone()) {
      if (receiving == null) {
        receiving = listener.accept();
      }
      if (sentBytes < totalBytes) {
        write(chunk, totalBytes);
      } else if (!closed) {
        closed = true;
        sending.shutdownSend(clock.nanoTime());
      }
      final TcpConnection accepted = receiving;
      if (accepted != null) {
        read(accepted, chunk);
        if (accepted.state() == TcpState.CLOSE_WAIT && accepted.receiveBuffer().length() == 0) {
          accepted.close(clock.nanoTime());
        }
      }
      step();
    }
    require(totalBytes == receivedBytes, "bytes are missing");
    require(Arrays.equals(sent.digest(), received.digest()), "the content differs");
  }

  private void require(final boolean holds, final String otherwise) {
    if (!holds) {
      throw new IllegalStateException(otherwise + ": " + this);
    }
  }

  private boolean isServerDone() {
    return receiving != null && receiving.state() == TcpState.CLOSED;
  }

  private boolean isClientDone() {
    return sending.state() == TcpState.TIME_WAIT || sending.state() == TcpState.CLOSED;
  }

  private void write(final byte[] chunk, final long totalBytes) {
    final int want = (int) Math.min(chunk.length, totalBytes - sentBytes);
    for (int i = 0; i < want; i++) {
      final long at = sentBytes + i;
      chunk[i] = (byte) ((at * 0x9E37_79B9L) >>> 13);
    }
    final int taken = sending.sendBuffer().write(chunk, 0, want);
    if (taken > 0) {
      sent.update(chunk, 0, taken);
      sentBytes += taken;
      sending.onSendBufferWritten(clock.nanoTime());
    }
  }

  private void read(final TcpConnection from, final byte[] chunk) {
    int count = from.receiveBuffer().read(chunk, 0, chunk.length);
    while (count > 0) {
      received.update(chunk, 0, count);
      receivedBytes += count;
      from.onReceiveBufferRead(clock.nanoTime());
      count = from.receiveBuffer().read(chunk, 0, chunk.length);
    }
  }

  /** One duty cycle of each stack, and a jump to the next moment at which something can happen. */
  private void step() {
    final long nowNs = clock.nanoTime();
    final int work = client.poll(nowNs) + server.poll(nowNs);
    if (work > 0) {
      return;
    }
    final long next = earlier(client.nextDeadlineNs(nowNs), server.nextDeadlineNs(nowNs));
    require(next != Long.MAX_VALUE, "both ends wait for ever");
    require(nowNs - startNs < LIMIT_NS, "no end in sight");
    clock.advance(Math.max(1, next - nowNs));
  }

  private static long earlier(final long a, final long b) {
    if (a == Long.MAX_VALUE || b == Long.MAX_VALUE) {
      return Math.min(a, b);
    }
    return a - b < 0 ? a : b;
  }

  /** Simulated time since the start, in milliseconds. */
  public long elapsedMs() {
    return (clock.nanoTime() - startNs) / 1_000_000;
  }

  /** What the client's stack counted. */
  public long count(final Counter counter) {
    return client.counters().value(counter);
  }

  @Override
  public String toString() {
    return "client "
        + sending.state()
        + " sent "
        + sentBytes
        + ", server "
        + (receiving == null ? "none" : receiving.state())
        + " received "
        + receivedBytes;
  }

  /**
   * Releases everything.
   *
   * @throws IllegalStateException when an end saw a bug, or a packet was not given back
   */
  @Override
  public void close() {
    client.close();
    server.close();
    faultyWire.close();
    pipe.close();
    for (final NetworkStack stack : new NetworkStack[] {client, server}) {
      if (stack.errors().first() != null) {
        throw new IllegalStateException("a bug surfaced", stack.errors().first());
      }
      require(stack.link().pool().inUse() == 0, "packets were not released");
    }
  }
}
