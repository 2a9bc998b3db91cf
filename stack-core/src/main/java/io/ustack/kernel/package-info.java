/**
 * The exception path: what of a wire's traffic is the kernel's, so that ssh, routing daemons and
 * whatever else runs on the host go on working on the interface that the stack has taken over.
 *
 * <p>A {@link io.ustack.kernel.KernelPath} is a link around two others: the wire, and one whose far
 * end is the kernel (a tap). The kernel's end has the stack's own MAC and IPv4 address. {@link
 * io.ustack.kernel.KernelRules} says which traffic to that address is the kernel's, {@code
 * KernelFlows} remembers what the kernel itself began, and {@code FrameSorter} reads frames by
 * them. What is for neither (another address, EtherType or protocol) is the kernel's as well,
 * within a rate.
 *
 * <p>Whoever opens the links calls it; of the stack it knows headers, nothing else.
 */
@NullMarked
package io.ustack.kernel;

import org.jspecify.annotations.NullMarked;
