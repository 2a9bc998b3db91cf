/**
 * One shard put together: {@link io.ustack.stack.NetworkStack} wires the layers over a link and
 * runs the duty cycle, {@link io.ustack.stack.StackAgent} gives it a thread of its own, {@link
 * io.ustack.stack.CommandQueue} is how other threads reach it.
 *
 * <p>The top of stack-core: it may call everything, and nothing below calls it.
 */
@NullMarked
package io.ustack.stack;

import org.jspecify.annotations.NullMarked;
