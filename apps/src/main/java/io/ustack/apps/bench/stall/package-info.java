/**
 * What keeps a thread that never rests from its work, and whose fault it is: the JVM's, the
 * scheduler's, the hypervisor's, or its own. {@link io.ustack.apps.bench.stall.StallWatch} is on
 * the thread, everything else comes after the measurement. Only the bench uses it; nothing here
 * knows about packets.
 */
@NullMarked
package io.ustack.apps.bench.stall;

import org.jspecify.annotations.NullMarked;
