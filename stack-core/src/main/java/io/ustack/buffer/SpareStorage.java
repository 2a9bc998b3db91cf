package io.ustack.buffer;

import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * Arrays that rings have given back and others will take, all of one size, so that a ring which
 * rests and wakes allocates nothing. A stack on which the threads do not get in each other's way;
 * when they do, an array may be missed, and is left to the garbage collector.
 *
 * <p>Any thread, without locks: each place is taken and filled atomically.
 */
final class SpareStorage {
  /** A power of two; half a megabyte of the smallest storage. */
  private static final int PLACES = 256;

  /** Places looked at, in case that others work on the same. */
  private static final int TRIES = 4;

  /** Made when a ring first gives something back: most budgets have rings that never do. */
  private volatile @Nullable AtomicReferenceArray<byte @Nullable []> places;

  /** Where the next array is put, about. */
  private volatile int top;

  /** An array, with whatever is in it; null when there is none. */
  byte @Nullable [] take() {
    final AtomicReferenceArray<byte @Nullable []> here = places;
    if (here == null) {
      return null;
    }
    final int from = top;
    for (int i = 1; i <= TRIES; i++) {
      final int place = (from - i) & (PLACES - 1);
      final byte[] array = here.get(place) == null ? null : here.getAndSet(place, null);
      if (array != null) {
        top = place;
        return array;
      }
    }
    return null;
  }

  /** Gives one back that nobody reads or writes any more. */
  void give(final byte[] array) {
    AtomicReferenceArray<byte @Nullable []> here = places;
    if (here == null) {
      here = new AtomicReferenceArray<>(PLACES);
      places = here;
    }
    final int from = top;
    for (int i = 0; i < TRIES; i++) {
      final int place = (from + i) & (PLACES - 1);
      if (here.compareAndSet(place, null, array)) {
        top = (place + 1) & (PLACES - 1);
        return;
      }
    }
  }
}
