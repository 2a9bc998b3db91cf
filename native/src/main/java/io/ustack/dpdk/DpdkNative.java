package io.ustack.dpdk;

/**
 * The hot calls: primitives only, no Java object crosses, frames lie in shared direct memory.
 * Handles are addresses that C gave out. The library registers these when {@link NativeLibrary}
 * loads it.
 */
final class DpdkNative {
  private DpdkNative() {}

  /** Receives up to {@code max} frames into the queue's receive array; returns how many. */
  static native int rx(long queue, int max);

  /**
   * Sends the first {@code count} frames of the queue's transmit array; returns how many were
   * taken, counted from the first.
   */
  static native int tx(long queue, int count);

  /**
   * Takes up to {@code count} buffers out of the pool and leaves their indices in its index array;
   * returns how many.
   */
  static native int alloc(long pool, int count);

  /** Gives back the first {@code count} buffers of the pool's index array. */
  static native int free(long pool, int count);
}
