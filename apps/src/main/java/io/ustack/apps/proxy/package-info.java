/**
 * A proxy for TCP and a relay for UDP, for the {@code proxy} command: clients on the one side,
 * several targets on the other, over the same stack and on one thread. It is written on the public
 * socket calls only, and shows what they are for: non-blocking connect, half-closed connections,
 * back-pressure both ways, resets passed on.
 */
@NullMarked
package io.ustack.apps.proxy;

import org.jspecify.annotations.NullMarked;
