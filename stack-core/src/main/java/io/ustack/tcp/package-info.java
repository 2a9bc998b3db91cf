/**
 * TCP (RFC 9293), one noun per file.
 *
 * <p>{@link io.ustack.tcp.Tcp} receives segments from IPv4 and finds their connection; {@link
 * io.ustack.tcp.TcpConnection} follows RFC 9293 3.10.7 clause by clause and asks {@link
 * io.ustack.tcp.Sender} (the SND variables, RFC 6298, 5681, 6582) and {@link
 * io.ustack.tcp.Receiver} (the RCV variables, reassembly, the planning of ACKs). Nothing is sent
 * while a segment is being processed: a connection that has something to say joins the ready list
 * and is asked through {@link io.ustack.tcp.TcpConnection#emit}.
 *
 * <p>The socket engine calls {@code Tcp}, {@code TcpListener} and {@code TcpConnection}, on the
 * stack thread; only the two {@link io.ustack.buffer.PacketRing}s of a connection may be touched
 * from another thread.
 */
@NullMarked
package io.ustack.tcp;

import org.jspecify.annotations.NullMarked;
