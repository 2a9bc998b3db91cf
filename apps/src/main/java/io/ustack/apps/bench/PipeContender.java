package io.ustack.apps.bench;

import io.ustack.apps.CommandFailure;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Client and server in lockstep on one thread, over the pipe: what both ends together cost, without
 * a second core, a NIC or a scheduler. The pipe sums and checks every checksum in Java, so a DPDK
 * port costs less than this.
 */
final class PipeContender implements Contender {
  private static final int STEPS_PER_LOOK = 100;

  /** What the cells have in common that lose nothing and have nobody standing by. */
  private @Nullable PipeEnds whole;

  /** What those have that lose frames. */
  private @Nullable PipeEnds lossy;

  private @Nullable PipeEnds open;
  private @Nullable LoadLoop loop;

  private PipeEnds ends(final Cell cell) {
    if (cell.kind().hasBystanders()) {
      return new PipeEnds(cell);
    }
    if (cell.lossy()) {
      lossy = lossy == null ? new PipeEnds(cell) : lossy;
      return lossy;
    }
    whole = whole == null ? new PipeEnds(cell) : whole;
    return whole;
  }

  @Override
  public void open(final Cell cell) throws CommandFailure {
    final PipeEnds ends = ends(cell);
    open = ends;
    final Load load = cell.load(ends.client());
    final BenchService service = ends.service();
    loop =
        new LoadLoop(
            load,
            () -> {
              load.step(0);
              service.step(0);
            },
            STEPS_PER_LOOK);
    loop.open();
  }

  private LoadLoop loop() {
    return Objects.requireNonNull(loop, "no cell is open");
  }

  /** Those of the cell that is open. */
  PipeEnds ends() {
    return Objects.requireNonNull(open, "no cell is open");
  }

  @Override
  public Block block(final long durationNs) {
    return loop().block(durationNs);
  }

  @Override
  public void shut() {
    loop().close();
    final PipeEnds ends = ends();
    ends.service().clear();
    if (ends != whole && ends != lossy) {
      ends.close();
    }
  }

  @Override
  public void close() {
    if (whole != null) {
      whole.close();
    }
    if (lossy != null) {
      lossy.close();
    }
  }
}
