/**
 * {@code ustack bench}: how fast the stack is, measured on the public API.
 *
 * <p>A cell is always measured in a process of its own ({@code BenchEnd}), which the bench tells
 * what to do: the in-memory pipe, where client and server run in lockstep on one thread (CPU time
 * and allocation per operation), two processes over {@code net_memif} or over the kernel's veth
 * (rates and latency), a forwarder over {@code net_null}, and idle connections that are weighed. No
 * result is a test; docs/performance.md keeps the figures and the commands that made them.
 */
@NullMarked
package io.ustack.apps.bench;

import org.jspecify.annotations.NullMarked;
