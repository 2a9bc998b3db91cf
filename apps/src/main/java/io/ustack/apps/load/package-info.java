/**
 * {@code ustack load}: a client that asks a server as fast as it answers, or at a fixed rate, over
 * connections of this stack, and counts.
 *
 * <p>A {@link io.ustack.apps.load.LoadPlan} says what, a {@link io.ustack.apps.load.LoadRun} does
 * it on one thread, and a {@link io.ustack.apps.load.LoadTally} says what came of it. Nothing of
 * what a server does ends a run: it is counted, and the connection opened anew.
 *
 * <p>{@code bench} has loads of its own, which run on the kernel's sockets as well and end with the
 * first thing that goes wrong: its server is its own, and what fails there is a fault.
 */
@NullMarked
package io.ustack.apps.load;

import org.jspecify.annotations.NullMarked;
