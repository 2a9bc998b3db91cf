/**
 * What passed a link, connection by connection, as series over time: for plots, and for whoever
 * wants to see more than counters say. {@link io.ustack.testsupport.trace.SegmentTap} stands around
 * a link and watches; it changes nothing.
 *
 * <p>Applications and tests call it; it calls stack-core.
 */
@NullMarked
package io.ustack.testsupport.trace;

import org.jspecify.annotations.NullMarked;
