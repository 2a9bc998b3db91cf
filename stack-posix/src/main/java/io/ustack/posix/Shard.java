package io.ustack.posix;

import io.ustack.buffer.LentPackets;
import io.ustack.stack.NetworkStack;
import java.util.concurrent.locks.Lock;

/** One stack of an engine, and how calls reach it. */
abstract class Shard {
  final NetworkStack stack;

  /** What applications hold of its packets. */
  final LentPackets lent;

  final PacketStock stock;

  /** A shard whose stock {@code lock} guards. */
  Shard(final NetworkStack stack, final Lock lock) {
    this.stack = stack;
    lent = stack.lentPackets();
    stock = new PacketStock(this, lock);
  }

  /** Runs the call on the stack and returns when it has run, or when it never will. */
  abstract void call(StackCall call);

  /**
   * Has the stack serve the requests soon; does not wait for it, and never loses them unless the
   * stack is over.
   */
  abstract void ring(Doorbell bell, int requests);
}
