package io.ustack.apps.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ustack.apps.bench.stall.StallWatch;
import io.ustack.ipv4.Ipv4Subnet;
import io.ustack.link.PipeLink;
import io.ustack.posix.Posix;
import io.ustack.stack.NetworkStack;
import io.ustack.stack.StackConfig;
import io.ustack.stack.StageTimes;
import io.ustack.stack.StageTimes.Stage;
import io.ustack.time.ManualClock;
import org.junit.jupiter.api.Test;

class WireTest {
  private static final int ADDRESS = 0x0a000001;

  private final ManualClock clock = new ManualClock(7);
  private final NetworkStack stack =
      new NetworkStack(StackConfig.of(new Ipv4Subnet(ADDRESS, 8)), PipeLink.pair().a(), 7);
  private final StageTimes times = new StageTimes(clock);
  private final Sockets sockets = new PosixSockets(Posix.inline(stack, clock), ADDRESS);

  @Test
  void theRestBetweenBlocksIsChargedToNoStage() {
    stack.measure(times);
    final Wire.End end = new Wire.End(sockets, 0, 1, () -> 0, times, null);
    clock.advance(1_000_000_000);
    end.begin();
    clock.advance(5);
    stack.poll(clock.nanoTime()); // announces its address
    assertEquals(5, times.ns(Stage.APPLICATION));
  }

  /** A watch looks for compilers among all threads first, which allocates. */
  @Test
  void whatAWatchDoesFirstIsNoWork() {
    final StallWatch watch = StallWatch.own(times, () -> 0);
    final long alone = leastAllocated(new Wire.End(sockets, 0, 1, () -> 0, null, null));
    final long watched = leastAllocated(new Wire.End(sockets, 0, 1, () -> 0, null, watch));
    assertTrue(watched <= alone + 1000, watched + " bytes, and without a watch " + alone);
  }

  private static long leastAllocated(final Wire.End end) {
    long least = Long.MAX_VALUE;
    for (int i = 0; i < 20; i++) {
      least = Math.min(least, end.meter().get().allocatedBytes());
    }
    return least;
  }
}
