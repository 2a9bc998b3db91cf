/**
 * DPDK ports as links: EAL start, packet memory, bursts.
 *
 * <p>Owns the native boundary. Four calls are hot and cross JNI once per burst ({@code
 * DpdkNative}); everything else is cold and goes through JNA to the same library ({@code
 * DpdkCalls}). Applications start with {@link io.ustack.dpdk.DpdkEal}, open a {@link
 * io.ustack.dpdk.DpdkPort} and give its {@link io.ustack.dpdk.DpdkLink} to a stack. Checksums (RFC
 * 1071) are this package's work, see {@link io.ustack.link.LinkDevice}, and so are the tags of a
 * port's VLAN (802.1Q).
 */
@NullMarked
package io.ustack.dpdk;

import org.jspecify.annotations.NullMarked;
