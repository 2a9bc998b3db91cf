/**
 * UDP (RFC 768) as a host does it (RFC 1122 4.1): endpoints with a port, and queues of datagrams
 * between them and an application that may be another thread.
 *
 * <p>Called by {@code ipv4} with what arrived and by the socket engine; sends along {@link
 * io.ustack.ipv4.Path}s. Says "port unreachable" through {@link io.ustack.ipv4.UnreachableSender}.
 *
 * <p>Not done yet: datagrams larger than the MTU, multicast.
 */
@NullMarked
package io.ustack.udp;

import org.jspecify.annotations.NullMarked;
