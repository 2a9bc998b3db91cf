/**
 * Ethernet II frames (RFC 894): the header, MAC addresses, and the two ends of the stack at a link.
 *
 * <p>{@link io.ustack.ethernet.EthernetInput} decides by destination and type who gets a received
 * frame; {@link io.ustack.ethernet.EthernetOutput} puts the header in front and adds the frame to
 * the link's transmit batch. VLAN tags and IPv6 are counted and dropped. Called by {@code arp},
 * {@code ipv4} and {@code stack}; knows nothing of what it carries.
 */
@NullMarked
package io.ustack.ethernet;

import org.jspecify.annotations.NullMarked;
