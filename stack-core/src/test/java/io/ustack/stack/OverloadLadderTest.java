package io.ustack.stack;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.ustack.buffer.Packet;
import io.ustack.counter.Counter;
import io.ustack.testing.LogLines;
import io.ustack.testing.TestNet;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import org.junit.jupiter.api.Test;

class OverloadLadderTest {
  private final Deque<Packet> held = new ArrayDeque<>();

  private void hold(final TestNet net, final int packets) {
    while (held.size() < packets) {
      held.add(net.link.pool().allocate());
    }
    while (held.size() > packets) {
      held.remove().release();
    }
    net.poll();
  }

  /** However often the level changes, the log has a line a second, and in the end what is true. */
  @Test
  void theLogHasALineASecond() {
    try (LogLines log = new LogLines(OverloadLadder.class.getName());
        TestNet net = new TestNet()) {
      hold(net, 1600);
      assertEquals(
          List.of("memory pressure: cookies, packets 1600 of 2048, buffers 0 of 0 KiB"),
          log.lines.stream().map(line -> line.replaceAll("of \\d+ KiB", "of 0 KiB")).toList());
      for (int i = 0; i < 100; i++) {
        hold(net, 1900);
        hold(net, 0);
        net.advance(TestNet.MS);
      }
      assertEquals(1, log.lines.size());
      net.advance(TestNet.SECOND);
      net.poll();
      assertEquals(2, log.lines.size());
      assertEquals("memory pressure: none", log.lines.get(1).replaceAll(",.*", ""));
      net.advance(10 * TestNet.SECOND);
      assertEquals(2, log.lines.size());
      assertEquals(101, net.count(Counter.PRESSURE_RISES));
    }
  }
}
