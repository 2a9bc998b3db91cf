/**
 * Whole stacks on a manual clock that share a bottleneck in memory: {@link
 * io.ustack.testsupport.sim.NetSim}. Whatever the path does, the bytes that arrive are the bytes
 * that were sent. Everything follows from the seed, so results can be kept as snapshots, and a
 * change in the behaviour of TCP shows up as a difference in review.
 *
 * <p>Applications and tests call it; it calls stack-core.
 */
@NullMarked
package io.ustack.testsupport.sim;

import org.jspecify.annotations.NullMarked;
