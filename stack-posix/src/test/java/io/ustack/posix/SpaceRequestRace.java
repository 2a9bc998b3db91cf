package io.ustack.posix;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import io.ustack.buffer.ByteRing;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.ZZ_Result;

/** A full ring: the writer who finds no room is told of the room that the reader makes. */
@JCStressTest
@Outcome(id = "false, true", expect = ACCEPTABLE, desc = "told")
@Outcome(id = "true, false", expect = ACCEPTABLE, desc = "seen")
@Outcome(id = "true, true", expect = ACCEPTABLE, desc = "seen and told")
@Outcome(id = "false, false", expect = FORBIDDEN, desc = "the writer sleeps beside room")
@State
public class SpaceRequestRace {
  private static final byte[] DATA = new byte[8];
  private final ByteRing ring = new ByteRing(DATA.length);

  /** Full. */
  public SpaceRequestRace() {
    ring.write(DATA, 0, DATA.length);
  }

  /** Who writes. */
  @Actor
  public void write(final ZZ_Result seen) {
    ring.requestSpace();
    seen.r1 = ring.isRoomy();
  }

  /** Who reads. */
  @Actor
  public void read(final ZZ_Result seen) {
    ring.discard(DATA.length);
    seen.r2 = ring.takeSpaceRequest();
  }
}
