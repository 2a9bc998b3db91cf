package io.ustack.apps.bench;

import io.ustack.apps.CommandFailure;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The client's end of a wire, whose server is in another process: it counts what it asks. */
final class AskingEnd implements Contender {
  private final Wire.End end;
  private @Nullable LoadLoop loop;

  AskingEnd(final Wire.End end) {
    this.end = end;
  }

  @Override
  public void open(final Cell cell) throws CommandFailure {
    final Load load = cell.load(end.sockets());
    loop = new LoadLoop(load, end.watched(() -> load.step(end.waitMs())), end.stepsPerLook());
    loop.open();
  }

  private LoadLoop loop() {
    return Objects.requireNonNull(loop, "no cell is open");
  }

  @Override
  public Block block(final long durationNs) {
    final long lost = end.lostFrames().getAsLong();
    final StageMeter stages = new StageMeter(end.stages());
    end.begin();
    final Block block = loop().block(durationNs);
    return block
        .withWork(end.seen(stages.in(block.work())))
        .withLostFrames(end.lostFrames().getAsLong() - lost);
  }

  @Override
  public void shut() {
    loop().close();
  }

  @Override
  public void close() {
    end.sockets().close();
  }
}
