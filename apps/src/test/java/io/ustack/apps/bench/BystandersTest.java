package io.ustack.apps.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ustack.time.TimerWheel;
import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;

class BystandersTest {
  private static final long SECOND_NS = 1_000_000_000;
  private static final long START_NS = 5;

  private static final ByteBuffer ONE = ByteBuffer.allocateDirect(1);

  private static Cell cell(final String label) {
    return Cell.parse(label).orElseThrow();
  }

  /** As keep-alives do: spread over two hours, and again two hours later. */
  @Test
  void timersRunAndRunAgain() {
    final TimerWheel wheel = new TimerWheel(START_NS);
    Bystanders.timers(7200, wheel, START_NS);
    assertEquals(7200, wheel.scheduled());
    assertEquals(0, wheel.advance(START_NS + SECOND_NS - 1));
    assertEquals(10, wheel.advance(START_NS + 10 * SECOND_NS));
    assertEquals(7190, wheel.advance(START_NS + 7200 * SECOND_NS));
    assertEquals(7200, wheel.scheduled());
  }

  @Test
  void bothStacksHaveTimers() {
    try (PipeEnds few = new PipeEnds(cell("timers-0"));
        PipeEnds many = new PipeEnds(cell("timers-500"))) {
      assertEquals(500, many.serving().timers().scheduled() - few.serving().timers().scheduled());
      assertEquals(500, many.asking().timers().scheduled() - few.asking().timers().scheduled());
    }
  }

  /** More than a stack remembers unless it is told otherwise. */
  @Test
  void bothStacksKnowTheirNeighbours() {
    try (PipeEnds ends = new PipeEnds(cell("neighbours-3000"))) {
      assertEquals(3000, ends.serving().arp().neighbours());
      assertEquals(3000, ends.asking().arp().neighbours());
      assertEquals(0, ends.serving().link().pool().inUse());
      assertEquals(0, ends.asking().link().pool().inUse());
    }
  }

  /** The last of them takes a connection, and closes it; behind it nobody listens. */
  @Test
  void theServerListensOnEachOfThePorts() {
    try (PipeEnds ends = new PipeEnds(cell("listeners-300"))) {
      final Sockets client = ends.client();
      client.connect(4299);
      final int behind = client.connect(4300);
      int connected = 0;
      int ended = 0;
      for (int i = 0; i < 100; i++) {
        final int ready = client.await(0);
        for (int j = 0; j < ready; j++) {
          final int descriptor = client.ready(j);
          final boolean refused = descriptor == behind;
          connected += !refused && client.isWritable(j) ? 1 : 0;
          ended += !refused && client.receive(descriptor, ONE, 1) == 0 ? 1 : 0;
        }
        ends.service().step(0);
      }
      assertTrue(connected > 0 && ended > 0, connected + " times writable, at its end " + ended);
      assertEquals(0, ends.service().connections());
      assertThrows(IllegalStateException.class, () -> client.receive(behind, ONE, 1));
    }
  }
}
