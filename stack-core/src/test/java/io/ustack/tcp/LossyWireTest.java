package io.ustack.tcp;

import io.ustack.house.Covers;
import io.ustack.tcp.LossyWire.Setup;
import org.junit.jupiter.api.Test;

/** Loss recovery over bad wires: everything arrives, and what must hold holds after each step. */
class LossyWireTest {
  private static void run(final int seeds, final Setup setup) {
    for (int seed = 0; seed < seeds; seed++) {
      try {
        new LossyWire(seed, setup).run();
      } catch (final AssertionError | RuntimeException e) {
        throw new AssertionError("seed " + seed + " of " + setup + ": " + e.getMessage(), e);
      }
    }
  }

  @Test
  void withSackAndTimestamps() {
    run(300, new Setup(true, true, false, false, 0.3));
  }

  @Test
  void withSack() {
    run(300, new Setup(true, false, false, false, 0.3));
  }

  @Test
  void withTimestampsAlone() {
    run(200, new Setup(false, true, false, false, 0.3));
  }

  @Test
  void withNeither() {
    run(200, new Setup(false, false, false, false, 0.3));
  }

  @Test
  @Covers(rfc = "RFC 2018", clause = "5, RFC 6675 3 and 4")
  void aPeerThatLies() {
    run(200, new Setup(true, true, true, false, 0.2));
    run(200, new Setup(true, false, true, false, 0.2));
    run(100, new Setup(false, false, true, false, 0.2));
  }

  @Test
  @Covers(rfc = "RFC 2018", clause = "8")
  void aPeerThatThrowsAwayWhatItReported() {
    run(200, new Setup(true, true, false, true, 0.2));
    run(200, new Setup(true, false, true, true, 0.2));
  }
}
