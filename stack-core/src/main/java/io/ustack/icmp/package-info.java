/**
 * ICMP (RFC 792) as a host does it (RFC 1122 3.2.2): answers echo requests, says which ports and
 * protocols nobody serves, and takes the news that a packet of ours did not arrive to the transport
 * that sent it.
 *
 * <p>Everything is sent at a bounded rate where a peer could make us send it, echo replies excepted
 * as on Linux. Called by {@code ipv4} with what arrived, by {@code udp} through {@link
 * io.ustack.ipv4.UnreachableSender}, and by applications that ping.
 *
 * <p>Not done yet: "fragmentation needed" (RFC 1191) is counted and changes nothing. Redirects,
 * source quench (RFC 6633), timestamps and parameter problems are dropped.
 */
@NullMarked
package io.ustack.icmp;

import org.jspecify.annotations.NullMarked;
