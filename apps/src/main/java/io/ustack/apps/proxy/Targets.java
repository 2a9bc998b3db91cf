package io.ustack.apps.proxy;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** The targets of a proxy, and whose turn it is. */
public final class Targets {
  /** As many as fit the set of those that a connection has tried. */
  public static final int MOST = Long.SIZE;

  private final List<Target> targets;
  private final Balance balance;
  private int turn;

  /**
   * 1 to {@link #MOST} targets, all taken to be up.
   *
   * @throws IllegalArgumentException for another number
   */
  public Targets(
      final List<TargetAddress> addresses, final Balance balance, final Thresholds thresholds) {
    if (addresses.isEmpty() || addresses.size() > MOST) {
      throw new IllegalArgumentException(addresses.size() + " targets are not 1 to " + MOST);
    }
    targets = addresses.stream().map(address -> new Target(address, thresholds)).toList();
    this.balance = balance;
  }

  /**
   * The target for the next connection; null when none is left that is up.
   *
   * @param tried the targets not to take, a bit each, see {@link #bit}
   */
  @Nullable Target next(final long tried) {
    Target best = null;
    int at = 0;
    for (int i = 0; i < targets.size(); i++) {
      final int index = (turn + i) % targets.size();
      final Target target = targets.get(index);
      if (target.isUp() && (tried & 1L << index) == 0 && isBetter(target, best)) {
        best = target;
        at = index;
      }
    }
    turn = best == null ? turn : (at + 1) % targets.size();
    return best;
  }

  private boolean isBetter(final Target target, final @Nullable Target best) {
    return best == null || (balance == Balance.LEAST_CONNECTIONS && target.open() < best.open());
  }

  /** The bit of a target. */
  long bit(final Target target) {
    return 1L << targets.indexOf(target);
  }

  /** All of them, in the order in which they were named. */
  public List<Target> all() {
    return targets;
  }
}
