/**
 * Two whole stacks on a manual clock over an impaired in-memory wire: whatever the wire does, the
 * bytes that arrive are the bytes that were sent. The results are kept as snapshots, so that a
 * change in the behaviour of TCP shows up as a difference in review.
 */
package io.ustack.sim;
