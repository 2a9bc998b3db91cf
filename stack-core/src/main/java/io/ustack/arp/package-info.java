/**
 * Address resolution (RFC 826): who on the link has an IPv4 address, with RFC 1122 2.3.2's rules
 * for expiry and parked packets and RFC 5227's for announcing and defending our own address.
 *
 * <p>Owns the neighbour cache and the packets that wait for an answer; everything a peer can push
 * into it is bounded. Called by {@code ipv4} to send and by {@code ethernet} with what arrived.
 *
 * <p>DEVIATION: RFC 5227 2.1: our address is announced but not probed for beforehand, which would
 * delay the start by seconds; a conflict is counted and defended. Linux does neither for a
 * configured address.
 */
@NullMarked
package io.ustack.arp;

import org.jspecify.annotations.NullMarked;
