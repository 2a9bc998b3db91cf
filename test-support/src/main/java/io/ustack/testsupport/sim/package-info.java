/**
 * Two whole stacks on a manual clock over an impaired in-memory wire: whatever the wire does, the
 * bytes that arrive are the bytes that were sent. Results can be kept as snapshots, so that a
 * change in the behaviour of TCP shows up as a difference in review.
 *
 * <p>Applications and tests call it; it calls stack-core.
 */
@NullMarked
package io.ustack.testsupport.sim;

import org.jspecify.annotations.NullMarked;
