package io.ustack.apps.bench;

import io.ustack.apps.CommandFailure;
import io.ustack.apps.StopSignal;
import java.util.List;

/** A contender that is whole in a process of its own: both ends of a pipe, or a forwarder. */
final class OneProcess implements Contender {
  private final EndProcess end;
  private final String jdk;

  private OneProcess(final EndProcess end) throws CommandFailure {
    this.end = end;
    jdk = end.expectReady(List.of()).text("jdk");
  }

  /**
   * Starts it.
   *
   * @param heapMb of its JVM
   * @param role as {@link BenchEnd} knows it
   */
  static OneProcess start(
      final Build build,
      final StopSignal stop,
      final int heapMb,
      final String role,
      final String cores,
      final Fields settings)
      throws CommandFailure {
    final List<String> command = build.command(heapMb, role, settings);
    final EndProcess end = EndProcess.start(role + " end", cores, List.of(), command, stop);
    boolean complete = false;
    try {
      final OneProcess it = new OneProcess(end);
      complete = true;
      return it;
    } finally {
      if (!complete) {
        end.close();
      }
    }
  }

  @Override
  public void open(final Cell cell) throws CommandFailure {
    end.tell("open " + cell);
    end.expect("open", List.of());
  }

  @Override
  public Block block(final long durationNs) throws CommandFailure {
    end.tell("block " + durationNs);
    return Block.of(end.expect("block", List.of()));
  }

  @Override
  public void shut() throws CommandFailure {
    end.tell("shut");
    end.expect("shut", List.of());
  }

  @Override
  public String jdk() {
    return jdk;
  }

  @Override
  public List<Long> compilerNs() {
    return List.of(end.compilerNs());
  }

  @Override
  public void close() {
    end.close();
  }
}
