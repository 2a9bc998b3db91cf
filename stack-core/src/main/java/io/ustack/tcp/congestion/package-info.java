/**
 * Congestion control: how much of a connection may be in the network, and how fast it enters.
 *
 * <p>{@link io.ustack.tcp.congestion.CongestionControl} is the door for algorithms of others, found
 * by {@link java.util.ServiceLoader}. Algorithms see a {@link
 * io.ustack.tcp.congestion.CongestionWindow} and an {@link io.ustack.tcp.congestion.AckSample},
 * never the connection. What was lost and what to send again is not decided here but in {@code
 * io.ustack.tcp}. Everything in bytes and nanoseconds; stack thread only.
 */
@NullMarked
package io.ustack.tcp.congestion;

import org.jspecify.annotations.NullMarked;
