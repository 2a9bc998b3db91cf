package io.ustack.posix;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import io.ustack.buffer.MemoryPacketPool;
import io.ustack.buffer.PacketPool;
import io.ustack.ipv4.Ipv4Subnet;
import io.ustack.link.LinkDevice;
import io.ustack.shard.ShardLink;
import io.ustack.shard.ShardMap;
import io.ustack.stack.NetworkStack;
import io.ustack.stack.StackConfig;
import java.util.ArrayList;
import java.util.List;

/** The stacks of a host that share one link and one address; the first of them runs the link. */
final class ShardedHost implements AutoCloseable {
  private final List<ShardLink> links;
  final List<NetworkStack> stacks = new ArrayList<>();

  ShardedHost(final String subnet, final LinkDevice link, final int shards, final long startNs) {
    final List<PacketPool> pools = new ArrayList<>();
    for (int i = 1; i < shards; i++) {
      pools.add(new MemoryPacketPool(1024, 1514));
    }
    links = ShardLink.over(List.of(link), pools, ShardMap.of(shards), false);
    final StackConfig config =
        StackConfig.of(Ipv4Subnet.parse(subnet)).withSecret(1, 2).ofShards(shards);
    for (final ShardLink each : links) {
      stacks.add(new NetworkStack(config, each, startNs));
    }
  }

  /** Closes everything, and sees that every packet came home and that nothing went wrong inside. */
  @Override
  public void close() {
    stacks.forEach(NetworkStack::close);
    links.forEach(ShardLink::close);
    for (final NetworkStack stack : stacks) {
      assertNull(stack.errors().first(), "internal error");
      assertEquals(0, stack.link().pool().inUse(), "packets not released");
    }
  }
}
