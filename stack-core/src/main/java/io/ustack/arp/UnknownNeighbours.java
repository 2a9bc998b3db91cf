package io.ustack.arp;

import org.jspecify.annotations.Nullable;

/**
 * The neighbours whose MAC address is asked for, whoever has been asked for longest in front. One
 * that exists answers within a moment, so where there are too many the first is the one to give up:
 * invented addresses push out each other, not who came last.
 */
final class UnknownNeighbours {
  private @Nullable Neighbour first;
  private @Nullable Neighbour last;
  private int count;

  int count() {
    return count;
  }

  @Nullable Neighbour first() {
    return first;
  }

  /** Puts it at the end; it is not in the list. */
  void add(final Neighbour neighbour) {
    neighbour.isUnknown = true;
    neighbour.previousUnknown = last;
    neighbour.nextUnknown = null;
    if (last == null) {
      first = neighbour;
    } else {
      last.nextUnknown = neighbour;
    }
    last = neighbour;
    count++;
  }

  /** Takes it out, if it is in. */
  void remove(final Neighbour neighbour) {
    if (!neighbour.isUnknown) {
      return;
    }
    neighbour.isUnknown = false;
    final Neighbour previous = neighbour.previousUnknown;
    final Neighbour next = neighbour.nextUnknown;
    if (previous == null) {
      first = next;
    } else {
      previous.nextUnknown = next;
    }
    if (next == null) {
      last = previous;
    } else {
      next.previousUnknown = previous;
    }
    neighbour.previousUnknown = null;
    neighbour.nextUnknown = null;
    count--;
  }
}
