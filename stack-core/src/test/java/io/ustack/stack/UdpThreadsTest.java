package io.ustack.stack;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ustack.counter.DropReason;
import io.ustack.ipv4.Ipv4Subnet;
import io.ustack.link.PipeLink;
import io.ustack.readiness.ReadinessObserver;
import io.ustack.testing.TestNet;
import io.ustack.time.Clock;
import io.ustack.udp.DatagramInfo;
import io.ustack.udp.UdpEndpoint;
import java.nio.ByteBuffer;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Four threads: two stacks, and an application on each that waits when it can't go on. */
@Timeout(120)
class UdpThreadsTest {
  private static final int DATAGRAMS = 30_000;
  private static final int LENGTH = 400;
  private static final int PORT = 7;

  /** An application's end: an endpoint, and how it waits for it. */
  private static final class Socket implements ReadinessObserver {
    private final NetworkStack stack;
    private final UdpEndpoint endpoint;
    private final Semaphore ready = new Semaphore(0);
    private final DatagramInfo info = new DatagramInfo();
    private final ByteBuffer buffer = ByteBuffer.allocate(LENGTH);
    private final Command written;

    Socket(final NetworkStack stack) {
      this.stack = stack;
      endpoint = stack.udp().bind(0, PORT, false, this);
      assertNotNull(endpoint);
      // Room for three datagrams: who sends is often held up.
      endpoint.sendCapacity(1);
      written = endpoint::onSendBufferWritten;
    }

    @Override
    public void onReadiness(final int bits) {
      ready.release();
    }

    void send(final int address, final int number) throws InterruptedException {
      buffer.putInt(0, number);
      while (!endpoint.send(buffer, 0, LENGTH, info.to(address, PORT))) {
        await();
      }
      assertTrue(stack.commands().offer(written));
    }

    int receive() throws InterruptedException {
      int length = endpoint.receive(buffer, 0, LENGTH, info);
      while (length == UdpEndpoint.NOTHING) {
        await();
        length = endpoint.receive(buffer, 0, LENGTH, info);
      }
      assertEquals(LENGTH, length);
      return buffer.getInt(0);
    }

    private void await() throws InterruptedException {
      assertTrue(ready.tryAcquire(30, TimeUnit.SECONDS), "a wake-up was lost");
      ready.drainPermits();
    }
  }

  @Test
  void nothingIsLostAndNobodySleepsForEver() throws Exception {
    try (PipeLink.Pair pipe = PipeLink.pair();
        NetworkStack a = new NetworkStack(TestNet.config(), pipe.a(), System.nanoTime());
        NetworkStack b =
            new NetworkStack(
                StackConfig.of(new Ipv4Subnet(TestNet.PEER, 24)), pipe.b(), System.nanoTime())) {
      final Socket client = new Socket(a);
      final Socket server = new Socket(b);
      final StackAgent agentA = new StackAgent(a, Clock.SYSTEM);
      final StackAgent agentB = new StackAgent(b, Clock.SYSTEM);
      agentA.start();
      agentB.start();
      final CompletableFuture<Void> echo = CompletableFuture.runAsync(() -> echo(server));
      // The first finds the peer's address; then at most 16 are on their way.
      client.send(TestNet.PEER, 0);
      assertEquals(0, client.receive());
      int received = 1;
      for (int sent = 1; received < DATAGRAMS; ) {
        while (sent < DATAGRAMS && sent - received < 16) {
          client.send(TestNet.PEER, sent++);
        }
        assertEquals(received++, client.receive());
      }
      echo.get(30, TimeUnit.SECONDS);
      agentA.stop();
      agentB.stop();
      // All there is to drop is the other's announcements.
      assertEquals(a.counters().value(DropReason.ARP_NOT_FOR_US), a.counters().drops());
      assertEquals(b.counters().value(DropReason.ARP_NOT_FOR_US), b.counters().drops());
    }
  }

  private static void echo(final Socket server) {
    try {
      for (int number = 0; number < DATAGRAMS; number++) {
        assertEquals(number, server.receive());
        server.send(TestNet.OUR, number);
      }
    } catch (final InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}
