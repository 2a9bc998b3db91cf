package io.ustack.apps.load;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LoadPlanTest {
  private static final int CONNECTIONS = 1_000_000;

  private static LoadPlan plan(final long requests) {
    return new LoadPlan(
        LoadPlan.Kind.RR, 1, 7, CONNECTIONS, requests, 0, 0, ByteBuffer.allocate(1), 1, 1);
  }

  /** Nothing is lost, and nobody has two more than another. */
  @ParameterizedTest
  @ValueSource(longs = {64, 65, 127, 128, 5_000_000_001L, Long.MAX_VALUE})
  void threadsShareAllThereIs(final long requests) {
    final int threads = 64;
    long sum = 0;
    int connections = 0;
    for (int i = 0; i < threads; i++) {
      final LoadPlan share = plan(requests).share(i, threads);
      assertTrue(share.requests() >= requests / threads, share::toString);
      assertTrue(share.requests() - requests / threads <= 1, share::toString);
      assertTrue(share.connections() >= CONNECTIONS / threads, share::toString);
      sum += share.requests();
      connections += share.connections();
    }
    assertEquals(requests, sum);
    assertEquals(CONNECTIONS, connections);
  }
}
