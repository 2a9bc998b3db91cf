/**
 * Packet scripts: system calls, segments and times in packetdrill's notation, run on a {@link
 * io.ustack.testsupport.TestHost} in no time. {@link io.ustack.testsupport.script.PacketScript} is
 * the way in, {@code docs/testing.md} the description of the notation and of what is ours in it.
 *
 * <p>Text becomes {@code Step}s (ScriptParser, with Cursor for what is inside a line); ScriptRun
 * takes them one by one: calls go to SystemCalls, segments through SegmentWire, asserts to
 * Expression. Whatever differs is a {@link io.ustack.testsupport.script.ScriptFailure} that names
 * the line.
 */
@NullMarked
package io.ustack.testsupport.script;

import org.jspecify.annotations.NullMarked;
