/**
 * The demonstration: ustack on one end of a cable, the Linux kernel on the other, each in a network
 * namespace of its own that lives exactly as long as the program. {@link
 * io.ustack.apps.demo.LinuxNamespace} and {@link io.ustack.apps.demo.Cable} build that world, and
 * the live tests use them too; {@link io.ustack.apps.demo.Demo} is the story told in it.
 */
@NullMarked
package io.ustack.apps.demo;

import org.jspecify.annotations.NullMarked;
