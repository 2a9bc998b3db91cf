/**
 * {@code ustack bench}: how fast the stack is, measured on the public API.
 *
 * <p>Two wires: the in-memory pipe, where client and server run in lockstep on one thread (CPU time
 * and allocation per operation), and {@code net_memif} between two processes (rates and latency).
 * No result is a test; docs/performance.md keeps the figures and the commands that made them.
 */
@NullMarked
package io.ustack.apps.bench;

import org.jspecify.annotations.NullMarked;
