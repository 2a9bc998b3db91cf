package io.ustack.posix;

import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What one epoll set watches: a hash table whose entries are the watches themselves. As Linux's
 * {@code epoll_filefd} the key is the pollable and the descriptor that it was added by, so that
 * copies of a descriptor are watched apart. Under the topology lock.
 */
final class InterestList {
  private static final int SMALLEST = 8;
  private static final int GOLDEN = 0x9E37_79B9;

  private @Nullable Watch[] buckets = new @Nullable Watch[SMALLEST];
  private int size;

  /** The watch of what {@code descriptor} names; null when there is none. Expected O(1). */
  @Nullable Watch find(final Pollable pollable, final int descriptor) {
    Watch watch = buckets[bucket(pollable, descriptor)];
    while (watch != null && (watch.pollable != pollable || watch.descriptor != descriptor)) {
      watch = watch.nextInBucket;
    }
    return watch;
  }

  /** Takes in a watch that is not there. */
  void add(final Watch watch) {
    if (size == buckets.length) {
      grow();
    }
    insert(watch);
    size++;
  }

  /** Lets go of a watch that is there. */
  void remove(final Watch gone) {
    final int bucket = bucket(gone.pollable, gone.descriptor);
    Watch watch = buckets[bucket];
    if (watch == gone) {
      buckets[bucket] = gone.nextInBucket;
    }
    while (watch != null && watch.nextInBucket != gone) {
      watch = watch.nextInBucket;
    }
    if (watch != null) {
      watch.nextInBucket = gone.nextInBucket;
    }
    gone.nextInBucket = null;
    size--;
  }

  /** Lets go of all, one after the other. */
  void clear(final Consumer<Watch> each) {
    for (Watch watch : buckets) {
      while (watch != null) {
        final Watch next = watch.nextInBucket;
        each.accept(watch);
        watch = next;
      }
    }
    buckets = new @Nullable Watch[SMALLEST];
    size = 0;
  }

  /** How many sets stand below one another among what is watched; looks at everything. */
  int levelsBelow() {
    int most = 0;
    for (final Watch head : buckets) {
      for (Watch watch = head; watch != null; watch = watch.nextInBucket) {
        if (watch.pollable instanceof EpollSet nested) {
          most = Math.max(most, 1 + nested.interest().levelsBelow());
        }
      }
    }
    return most;
  }

  private int bucket(final Pollable pollable, final int descriptor) {
    final int hash = (System.identityHashCode(pollable) + descriptor) * GOLDEN;
    return hash >>> Integer.numberOfLeadingZeros(buckets.length - 1);
  }

  private void insert(final Watch watch) {
    final int bucket = bucket(watch.pollable, watch.descriptor);
    watch.nextInBucket = buckets[bucket];
    buckets[bucket] = watch;
  }

  private void grow() {
    final @Nullable Watch[] old = buckets;
    buckets = new @Nullable Watch[old.length * 2];
    for (Watch watch : old) {
      while (watch != null) {
        final Watch next = watch.nextInBucket;
        insert(watch);
        watch = next;
      }
    }
  }
}
