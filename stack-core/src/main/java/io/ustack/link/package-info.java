/**
 * The edge of the stack: {@link io.ustack.link.LinkDevice} and the links that need no native code,
 * and the pull side of transmission ({@link io.ustack.link.Emitter}, {@link
 * io.ustack.link.ReadyList}, {@link io.ustack.link.TransmitBatch}).
 *
 * <p>Frames are Ethernet without the frame check sequence. May call {@code buffer}, {@code
 * counter}, {@code time} and {@code pcap}.
 */
@NullMarked
package io.ustack.link;

import org.jspecify.annotations.NullMarked;
