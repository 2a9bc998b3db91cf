package io.ustack.stack;

import static io.ustack.testing.TestNet.ipv4ToUs;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;

import io.ustack.stack.StageTimes.Stage;
import io.ustack.testing.TestNet;
import org.junit.jupiter.api.Test;

class StageTimesTest {
  private static final int UNKNOWN_PROTOCOL = 253;

  private long clockNs;
  private final StageTimes times = new StageTimes(() -> clockNs);

  private void end(final Stage stage, final int durationNs) {
    clockNs += durationNs;
    times.end(stage);
  }

  @Test
  void aStageIsChargedForTheTimeSinceTheOneBefore() {
    end(Stage.APPLICATION, 5);
    end(Stage.INPUT, 7);
    end(Stage.INPUT, 1);
    end(Stage.EMIT, 11);
    times.endCycle(1);
    end(Stage.APPLICATION, 100);
    times.endCycle(3);
    assertEquals(105, times.ns(Stage.APPLICATION));
    assertEquals(8, times.ns(Stage.INPUT));
    assertEquals(11, times.ns(Stage.EMIT));
    assertEquals(0, times.idleNs());
    assertEquals(2, times.cycles());
    assertEquals(0, times.idleCycles());
  }

  @Test
  void aCycleThatFoundNothingIsIdleAsAWhole() {
    end(Stage.APPLICATION, 5);
    end(Stage.RECEIVE, 2);
    times.endCycle(0);
    end(Stage.APPLICATION, 1);
    times.endCycle(1);
    assertEquals(7, times.idleNs());
    assertEquals(1, times.ns(Stage.APPLICATION));
    assertEquals(0, times.ns(Stage.RECEIVE));
    assertEquals(2, times.cycles());
    assertEquals(1, times.idleCycles());
  }

  @Test
  void aRestIsNobodysTime() {
    end(Stage.APPLICATION, 5);
    times.endCycle(1);
    clockNs += 1000;
    times.resume();
    end(Stage.APPLICATION, 2);
    times.endCycle(1);
    clockNs += 1000;
    times.resume();
    end(Stage.APPLICATION, 3);
    times.endCycle(0);
    assertEquals(7, times.ns(Stage.APPLICATION));
    assertEquals(3, times.idleNs());
  }

  @Test
  void aStackChargesAllItsTimeAndEachStageOnce() {
    try (TestNet net = new TestNet().quiet()) {
      final StageTimes ticks = new StageTimes(() -> clockNs++); // each look at the clock is a tick
      net.stack.measure(ticks);
      net.link.inject(ipv4ToUs(UNKNOWN_PROTOCOL, new byte[8]));
      net.stack.poll(net.clock.nanoTime());
      net.stack.poll(net.clock.nanoTime());
      net.stack.measure(null);
      net.stack.poll(net.clock.nanoTime());
      assertEquals(2, ticks.cycles());
      assertEquals(1, ticks.idleCycles());
      assertEquals(9, ticks.idleNs());
      for (final Stage stage : Stage.values()) {
        // The wire and loopback are two bursts, and so two batches of input.
        final boolean twice = stage == Stage.RECEIVE || stage == Stage.INPUT;
        assertEquals(twice ? 2 : 1, ticks.ns(stage), stage.name());
      }
      net.poll();
      assertNotNull(net.link.takeSent(), "the answer's ARP request");
    }
  }
}
