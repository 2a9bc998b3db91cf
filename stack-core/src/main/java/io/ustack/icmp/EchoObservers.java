package io.ustack.icmp;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Who pings with which identifier: a handful, looked through from end to end. */
final class EchoObservers {
  private int[] identifiers = new int[4];
  private @Nullable EchoObserver[] observers = new @Nullable EchoObserver[4];
  private int count;

  @Nullable EchoObserver find(final int identifier) {
    final int slot = slot(identifier);
    return slot == count ? null : observers[slot];
  }

  /** Sets, replaces or, with null, removes. */
  void set(final int identifier, final @Nullable EchoObserver observer) {
    final int slot = slot(identifier);
    if (observer == null) {
      remove(slot);
      return;
    }
    if (slot == observers.length) {
      identifiers = Arrays.copyOf(identifiers, 2 * slot);
      observers = Arrays.copyOf(observers, 2 * slot);
    }
    identifiers[slot] = identifier;
    observers[slot] = observer;
    count = Math.max(count, slot + 1);
  }

  private void remove(final int slot) {
    if (slot < count) {
      count--;
      identifiers[slot] = identifiers[count];
      observers[slot] = observers[count];
      observers[count] = null;
    }
  }

  private int slot(final int identifier) {
    int slot = 0;
    while (slot < count && identifiers[slot] != identifier) {
      slot++;
    }
    return slot;
  }
}
