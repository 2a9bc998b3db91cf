package io.ustack.sim;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ustack.counter.Counter;
import io.ustack.ipv4.Ipv4Address;
import io.ustack.ipv4.Ipv4Subnet;
import io.ustack.link.FaultInjector;
import io.ustack.link.Faults;
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
import java.util.HexFormat;

/**
 * A client that connects to a server over a wire with faults, in simulated time. Everything is
 * decided by the seed.
 */
final class NetSim implements AutoCloseable {
  private static final int CLIENT = Ipv4Address.parse("10.1.0.1");
  private static final int SERVER = Ipv4Address.parse("10.1.0.2");
  private static final int PORT = 5001;

  /** Longer than any transfer may take; reached only when TCP is stuck. */
  private static final long LIMIT_NS = 4L * 3600 * 1_000_000_000;

  final ManualClock clock = new ManualClock(-1_000_000_000L);
  final NetworkStack client;
  final NetworkStack server;
  private final PipeLink.Pair pipe;
  private final FaultInjector faultyWire;
  private final TcpListener listener;
  final TcpConnection sending;
  TcpConnection receiving;

  private final long startNs;
  private final MessageDigest sent = sha256();
  private final MessageDigest received = sha256();
  private long sentBytes;
  private long receivedBytes;

  NetSim(final Faults faults, final TcpConfig config, final long seed) {
    pipe = PipeLink.pair();
    faultyWire = new FaultInjector(pipe.a(), faults, faults, seed);
    startNs = clock.nanoTime();
    client = stack(CLIENT, config, faultyWire, seed);
    server = stack(SERVER, config, pipe.b(), seed + 1);
    final TcpBinding binding = server.tcp().bind(0, PORT, false);
    assertNotNull(binding);
    listener = server.tcp().listen(binding, 1, config, ReadinessObserver.NONE);
    sending = client.tcp().connect(null, SERVER, PORT, config, ReadinessObserver.NONE, startNs);
    assertNotNull(sending);
  }

  private NetworkStack stack(
      final int address,
      final TcpConfig config,
      final io.ustack.link.LinkDevice link,
      final long seed) {
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
      throw new AssertionError(e);
    }
  }

  /**
   * Sends {@code totalBytes} from client to server, closes both ends in order, and checks the
   * content.
   */
  void transfer(final long totalBytes) {
    final byte[] chunk = new byte[16 << 10];
    boolean closed = false;
    while (receiving == null || receiving.state() != TcpState.CLOSED || !isClientDone()) {
      if (receiving == null) {
        receiving = listener.accept();
      }
      if (sentBytes < totalBytes) {
        write(chunk, totalBytes);
      } else if (!closed) {
        closed = true;
        sending.shutdownSend(clock.nanoTime());
      }
      if (receiving != null) {
        read(chunk);
        if (receiving.state() == TcpState.CLOSE_WAIT && receiving.receiveBuffer().length() == 0) {
          receiving.close(clock.nanoTime());
        }
      }
      step();
    }
    assertEquals(totalBytes, receivedBytes, "bytes received");
    assertTrue(Arrays.equals(sent.digest(), received.digest()), "the content differs");
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

  private void read(final byte[] chunk) {
    int count = receiving.receiveBuffer().read(chunk, 0, chunk.length);
    while (count > 0) {
      received.update(chunk, 0, count);
      receivedBytes += count;
      receiving.onReceiveBufferRead(clock.nanoTime());
      count = receiving.receiveBuffer().read(chunk, 0, chunk.length);
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
    assertTrue(next != Long.MAX_VALUE, "both ends wait for ever: " + this);
    assertTrue(nowNs - startNs < LIMIT_NS, "no end in sight: " + this);
    clock.advance(Math.max(1, next - nowNs));
  }

  private static long earlier(final long a, final long b) {
    if (a == Long.MAX_VALUE || b == Long.MAX_VALUE) {
      return Math.min(a, b);
    }
    return a - b < 0 ? a : b;
  }

  /** Simulated time since the start, in milliseconds. */
  long elapsedMs() {
    return (clock.nanoTime() - startNs) / 1_000_000;
  }

  long count(final Counter counter) {
    return client.counters().value(counter);
  }

  String contentHash() {
    return HexFormat.of().formatHex(received.digest()).substring(0, 16);
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

  /** Checks that neither end saw a bug and that every packet came back. */
  @Override
  public void close() {
    client.close();
    server.close();
    faultyWire.close();
    pipe.close();
    for (final NetworkStack stack : new NetworkStack[] {client, server}) {
      if (stack.errors().first() != null) {
        throw new AssertionError("a bug surfaced", stack.errors().first());
      }
      assertEquals(0, stack.link().pool().inUse(), "packets lost");
    }
  }
}
