package io.ustack.apps;

import io.ustack.link.FaultInjector;
import io.ustack.link.Faults;
import io.ustack.link.LinkDevice;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/**
 * A worse wire, for tests: hidden, because nobody should serve from behind it. The faults happen in
 * both directions.
 */
final class ImpairmentOptions {
  @Option(names = "--loss", hidden = true, paramLabel = "PERCENT", description = "Lose frames.")
  private double lossPercent;

  @Option(names = "--delay", hidden = true, paramLabel = "MS", description = "Delay frames.")
  private double delayMs;

  @Option(names = "--fault-seed", hidden = true, paramLabel = "N", description = "Which frames.")
  private long seed = 1;

  void check(final CommandSpec command) {
    if (!(lossPercent >= 0 && lossPercent <= 100 && delayMs >= 0 && delayMs <= 10_000)) {
      throw new ParameterException(
          command.commandLine(), "--loss is a percentage, --delay milliseconds up to 10000");
    }
  }

  /** Whether there are faults. */
  boolean isActive() {
    return lossPercent != 0 || delayMs != 0;
  }

  /** The link, or the link behind an injector of faults. */
  LinkDevice around(final LinkDevice link) {
    if (!isActive()) {
      return link;
    }
    final Faults faults =
        Faults.NONE.withLoss(lossPercent / 100).withDelay(Math.round(delayMs * 1e6), 0);
    return new FaultInjector(link, faults, faults, seed);
  }
}
