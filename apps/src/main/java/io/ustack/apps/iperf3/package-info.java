/**
 * A server for the clients of iperf3, for the {@code iperf3} command: its control connection, TCP
 * and UDP streams in either direction and both at once, and its results. One test at a time;
 * whoever comes meanwhile is told that it is busy. What a client may ask for is bounded.
 */
@NullMarked
package io.ustack.apps.iperf3;

import org.jspecify.annotations.NullMarked;
