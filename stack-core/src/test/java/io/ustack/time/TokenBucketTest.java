package io.ustack.time;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ustack.house.Covers;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TokenBucketTest {
  private static final long MS = 1_000_000;
  private static final long SECOND = 1_000 * MS;

  private static int drain(final TokenBucket bucket, final long nowNs) {
    int taken = 0;
    while (bucket.take(nowNs)) {
      taken++;
    }
    return taken;
  }

  @ParameterizedTest
  @ValueSource(longs = {0, Long.MAX_VALUE - 5 * MS, -5 * MS})
  @Covers(rfc = "RFC 1812", clause = "4.3.2.8", what = "rate limit", by = TokenBucket.class)
  void givesABurstAndThenARate(final long startNs) {
    final TokenBucket bucket = new TokenBucket(1000, 50, startNs);
    assertEquals(50, drain(bucket, startNs));
    assertFalse(bucket.take(startNs + MS - 1));
    assertTrue(bucket.take(startNs + MS));
    assertFalse(bucket.take(startNs + MS));
    assertEquals(9, drain(bucket, startNs + 10 * MS));
    assertEquals(50, drain(bucket, startNs + 10 * MS + 100 * SECOND));
  }

  /** Parts of an interval are not lost between two looks. */
  @Test
  void givesTheWholeRateHoweverOftenItIsAsked() {
    final SplittableRandom random = new SplittableRandom(1);
    final TokenBucket bucket = new TokenBucket(1000, 50, 0);
    drain(bucket, 0);
    long nowNs = 0;
    int taken = 0;
    while (nowNs < 10 * SECOND) {
      nowNs += random.nextLong(MS / 3);
      taken += drain(bucket, nowNs);
    }
    assertEquals(nowNs / MS, taken);
  }
}
