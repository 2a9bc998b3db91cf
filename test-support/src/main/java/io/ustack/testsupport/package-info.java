/**
 * The doors for test harnesses outside: a whole stack in one object, on a clock that only the
 * caller moves and a link whose other end is the caller.
 *
 * <p>{@link io.ustack.testsupport.TestHost} is the way in; {@code docs/testing.md} has a worked
 * example. Nothing here sleeps, reads a clock or starts a thread: the same calls give the same
 * frames at the same nanosecond. Applications and harnesses call it; it calls stack-posix and
 * stack-core.
 */
@NullMarked
package io.ustack.testsupport;

import org.jspecify.annotations.NullMarked;
