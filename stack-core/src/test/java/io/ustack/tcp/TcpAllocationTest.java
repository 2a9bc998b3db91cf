package io.ustack.tcp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ustack.buffer.Packet;
import io.ustack.counter.Counter;
import io.ustack.ipv4.Ipv4Address;
import io.ustack.ipv4.Ipv4Subnet;
import io.ustack.link.ForwardingLink;
import io.ustack.link.LinkDevice;
import io.ustack.link.PipeLink;
import io.ustack.readiness.ReadinessObserver;
import io.ustack.stack.NetworkStack;
import io.ustack.stack.StackConfig;
import io.ustack.testing.Allocation;
import io.ustack.time.ManualClock;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * DESIGN 7, rule 3: nothing is allocated per segment once everything is warm. Two stacks over a
 * pipe; the wire of one of them can swap and lose frames.
 */
class TcpAllocationTest {
  private static final int CLIENT = Ipv4Address.parse("10.1.0.1");
  private static final int SERVER = Ipv4Address.parse("10.1.0.2");
  private static final TcpConfig CONFIG = TcpConfig.DEFAULT.withBuffers(1 << 16, 1 << 16);

  private final ManualClock clock = new ManualClock(0);
  private final PipeLink.Pair pipe = PipeLink.pair();
  private final BadWire wire = new BadWire(pipe.b());
  private final NetworkStack client = stack(CLIENT, pipe.a());
  private final NetworkStack server = stack(SERVER, wire);
  private final TcpConnection sending;
  private final TcpConnection receiving;
  private final byte[] chunk = new byte[1 << 15];

  TcpAllocationTest() {
    final TcpBinding binding = server.tcp().bind(0, 80, false);
    assertNotNull(binding);
    final TcpListener listener = server.tcp().listen(binding, 1, CONFIG, ReadinessObserver.NONE);
    sending =
        client.tcp().connect(null, SERVER, 80, CONFIG, ReadinessObserver.NONE, clock.nanoTime());
    run(5);
    assertNotNull(listener);
    receiving = listener.accept();
    assertNotNull(receiving);
  }

  private NetworkStack stack(final int address, final LinkDevice link) {
    final StackConfig config =
        StackConfig.of(new Ipv4Subnet(address, 24)).withTcp(CONFIG).withSecret(1, 2);
    return new NetworkStack(config, link, clock.nanoTime());
  }

  /** Received frames in pairs, the second before the first, or one of sixteen lost. */
  private static final class BadWire extends ForwardingLink {
    boolean swaps;
    boolean loses;
    private int received;

    BadWire(final LinkDevice link) {
      super(link);
    }

    @Override
    public int receive(final Packet[] frames, final int max, final long nowNs) {
      int count = link.receive(frames, max, nowNs);
      for (int i = 1; swaps && i < count; i += 2) {
        final Packet first = frames[i - 1];
        frames[i - 1] = frames[i];
        frames[i] = first;
      }
      for (int i = 0; loses && i < count; i++) {
        if (++received % 16 == 0) {
          frames[i].release();
          frames[i] = frames[--count];
        }
      }
      return count;
    }

    @Override
    public int transmit(final Packet[] frames, final int count, final long nowNs) {
      return link.transmit(frames, count, nowNs);
    }
  }

  private void run(final int cycles) {
    for (int i = 0; i < cycles; i++) {
      clock.advance(1_000_000);
      client.poll(clock.nanoTime());
      server.poll(clock.nanoTime());
    }
  }

  private void drain(final TcpConnection c) {
    int count = c.receiveBuffer().read(chunk, 0, chunk.length);
    while (count > 0) {
      count = c.receiveBuffer().read(chunk, 0, chunk.length);
    }
    c.onReceiveBufferRead(clock.nanoTime());
  }

  private void feed(final TcpConnection c, final int bytes) {
    c.sendBuffer().write(chunk, 0, bytes);
    c.onSendBufferWritten(clock.nanoTime());
  }

  private void transfer() {
    feed(sending, chunk.length);
    run(3);
    drain(receiving);
  }

  @AfterEach
  void nothingSurfaced() {
    assertEquals(null, client.errors().first());
    assertEquals(null, server.errors().first());
    client.close();
    server.close();
    wire.close();
    pipe.close();
  }

  private long segments() {
    return client.counters().value(Counter.TCP_SEGMENTS_OUT);
  }

  @Test
  void bulkInOrder() {
    assertEquals(0, Allocation.bytesOfWarmRounds(3000, 1000, this::transfer));
    assertTrue(segments() > 20_000, () -> "" + segments());
    assertEquals(0, client.counters().value(Counter.TCP_RETRANSMITTED_SEGMENTS));
  }

  @Test
  void requestAndResponse() {
    final Runnable round =
        () -> {
          feed(sending, 64);
          run(1);
          drain(receiving);
          feed(receiving, 64);
          run(1);
          drain(sending);
        };
    assertEquals(0, Allocation.bytesOfWarmRounds(3000, 1000, round));
    assertTrue(segments() > 3000);
  }

  /** A silence puts both ends to sleep; what they need when they wake is there. */
  @Test
  void requestAndResponseAfterSilence() {
    sending.observer(new Sleeper(sending));
    receiving.observer(new Sleeper(receiving));
    final Runnable round =
        () -> {
          feed(sending, 64);
          run(1);
          drain(receiving);
          feed(receiving, 64);
          run(2);
          drain(sending);
          run(1600);
          assertEquals(0, client.tcp().bufferBytes() + server.tcp().bufferBytes(), "asleep");
        };
    assertEquals(0, Allocation.bytesOfWarmRounds(60, 30, round));
    assertTrue(segments() > 90);
  }

  /** An application that lets the stack have what its connection does not need. */
  private record Sleeper(TcpConnection connection) implements ReadinessObserver {
    @Override
    public void onReadiness(final int bits) {
      // It looks for itself.
    }

    @Override
    public void onIdle() {
      connection.sendBuffer().sleep();
    }
  }

  @Test
  void outOfOrder() {
    wire.swaps = true;
    assertEquals(0, Allocation.bytesOfWarmRounds(3000, 1000, this::transfer));
    assertTrue(server.counters().value(Counter.TCP_OUT_OF_ORDER_SEGMENTS) > 5000);
  }

  @Test
  void fastRetransmission() {
    wire.loses = true;
    assertEquals(0, Allocation.bytesOfWarmRounds(3000, 1000, this::transfer));
    assertTrue(client.counters().value(Counter.TCP_FAST_RETRANSMITS) > 100);
  }

  @Test
  void losses() {
    wire.loses = true;
    final Runnable round =
        () -> {
          feed(sending, 1000);
          run(60);
          drain(receiving);
        };
    assertEquals(0, Allocation.bytesOfWarmRounds(500, 200, round));
    assertTrue(client.counters().value(Counter.TCP_RETRANSMITTED_SEGMENTS) > 20);
  }

  @Test
  void windowProbes() {
    final Runnable round =
        () -> {
          for (int i = 0; i < 4; i++) {
            feed(sending, chunk.length);
            run(20);
          }
          run(900);
          drain(receiving);
          run(300);
          drain(receiving);
        };
    assertEquals(0, Allocation.bytesOfWarmRounds(60, 30, round));
    assertTrue(client.counters().value(Counter.TCP_WINDOW_PROBES_OUT) > 90);
  }
}
