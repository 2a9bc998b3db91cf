/**
 * A stack in a test's hands: {@link io.ustack.testing.TestNet} on a manual clock, {@link
 * io.ustack.testing.ScriptLink} below it, and {@link io.ustack.testing.Frames} to write to it.
 */
package io.ustack.testing;
