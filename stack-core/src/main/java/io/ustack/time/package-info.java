/**
 * Time: the clock that a duty cycle reads once, and the timer wheel that it advances.
 *
 * <p>Nothing in stack-core reads a clock; time comes in as {@code long nowNs}, monotonic
 * nanoseconds of arbitrary origin. Compare deadlines by difference, never with {@code <}.
 */
@NullMarked
package io.ustack.time;

import org.jspecify.annotations.NullMarked;
