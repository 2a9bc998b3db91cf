/**
 * Several stacks behind one address: which shard a flow lives on, and how frames get there.
 *
 * <p>Each shard is a {@link io.ustack.stack.NetworkStack} of its own on a {@link
 * io.ustack.shard.ShardLink}, with a thread and a pool of its own. {@link io.ustack.shard.ShardMap}
 * says who owns a flow, by the same Toeplitz hash as a NIC that does receive-side scaling. What no
 * NIC sorts (ARP, ICMP errors), and all flows where the NIC does not, is passed on as copies
 * through {@code FrameRing}s, the only thing that two shards share.
 *
 * <p>Whoever opens the links calls it; of the stack it knows headers, nothing else.
 */
@NullMarked
package io.ustack.shard;

import org.jspecify.annotations.NullMarked;
