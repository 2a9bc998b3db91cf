/**
 * Packet memory and the byte rings between a socket and its connection.
 *
 * <p>Owns {@link io.ustack.buffer.Packet} (one per buffer of the pool, reused for ever), the pools,
 * the Internet checksum (RFC 1071), {@link io.ustack.buffer.ByteRing}, and words that share no
 * cache line ({@link io.ustack.buffer.SpacedLongs}). Everybody may call it; it calls nobody.
 */
@NullMarked
package io.ustack.buffer;

import org.jspecify.annotations.NullMarked;
