/**
 * IPv4 (RFC 791) as a host does it (RFC 1122 3): addresses, the header, the way in to the transport
 * protocols and the way out along a {@link io.ustack.ipv4.Path}.
 *
 * <p>Transports know a path, never a header. Called by {@code icmp}, {@code udp}, {@code tcp} and
 * {@code stack}; calls {@code arp} and {@code ethernet} to send.
 *
 * <p>Not done yet: fragments are counted and dropped, nothing is fragmented, options are skipped
 * unread, path MTU discovery takes no news from ICMP, and there is no multicast.
 */
@NullMarked
package io.ustack.ipv4;

import org.jspecify.annotations.NullMarked;
