/**
 * Packet memory and the byte rings between a socket and its connection.
 *
 * <p>Owns {@link io.ustack.buffer.Packet} (one per buffer of the pool, reused for ever), the pools,
 * the Internet checksum (RFC 1071) and {@link io.ustack.buffer.ByteRing}. Everybody may call it; it
 * calls nobody.
 */
@NullMarked
package io.ustack.buffer;

import org.jspecify.annotations.NullMarked;
