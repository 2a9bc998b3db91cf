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

  private final PipeEnds whole = new PipeEnds(false);
  private @Nullable PipeEnds lossy;
  private PipeEnds open = whole;
  private @Nullable LoadLoop loop;

  private PipeEnds ends(final boolean withLoss) {
    if (!withLoss) {
      return whole;
    }
    if (lossy == null) {
      lossy = new PipeEnds(true);
    }
    return lossy;
  }

  @Override
  public void open(final Cell cell) throws CommandFailure {
    final PipeEnds ends = ends(cell.lossy());
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

  @Override
  public Block block(final long durationNs) {
    return loop().block(durationNs);
  }

  @Override
  public void shut() {
    loop().close();
    open.service().clear();
  }

  @Override
  public void close() {
    whole.close();
    if (lossy != null) {
      lossy.close();
    }
  }
}
