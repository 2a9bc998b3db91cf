/**
 * What happened, in numbers: one {@link io.ustack.counter.Counters} per shard, written by its stack
 * thread, read by anybody.
 *
 * <p>Everything that a peer can cause ends in a {@link io.ustack.counter.Counter} or a {@link
 * io.ustack.counter.DropReason}.
 */
@NullMarked
package io.ustack.counter;

import org.jspecify.annotations.NullMarked;
