package io.ustack.posix;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;

import io.ustack.buffer.ByteRing;
import java.util.Arrays;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;

/**
 * The storage grows, and wraps, under a reader: what is published is what was written. The first
 * number counts wrong bytes.
 */
@JCStressTest
@Outcome(id = "0, 1", expect = ACCEPTABLE, desc = "before anything new came")
@Outcome(id = "0, 2", expect = ACCEPTABLE, desc = "the first part was there")
@Outcome(id = "0, 3", expect = ACCEPTABLE, desc = "all was there")
@State
public class RingGrowthRace {
  private static final int PART = 1500;
  private final ByteRing ring = new ByteRing(4 * PART);
  private final byte[] in = new byte[3 * PART];

  /** One part is inside, and its storage begins in the middle. */
  public RingGrowthRace() {
    ring.write(new byte[1000], 0, 1000);
    ring.discard(1000);
    write(1);
  }

  private void write(final int value) {
    final byte[] part = new byte[PART];
    Arrays.fill(part, (byte) value);
    ring.write(part, 0, PART);
  }

  /** Who writes: the second part needs larger storage. */
  @Actor
  public void write() {
    write(2);
    write(3);
  }

  /** Who reads. */
  @Actor
  public void read(final II_Result seen) {
    final int count = ring.read(in, 0, in.length);
    for (int i = 0; i < count; i++) {
      seen.r1 += in[i] == 1 + i / PART ? 0 : 1;
    }
    seen.r2 = count / PART;
  }
}
