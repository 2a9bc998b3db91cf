package io.ustack.apps.live;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ustack.dpdk.DpdkEal;
import io.ustack.dpdk.DpdkException;
import io.ustack.dpdk.DpdkPort;
import io.ustack.dpdk.PortConfig;
import io.ustack.dpdk.Transport;
import io.ustack.ipv4.Ipv4Subnet;
import io.ustack.link.LinkDevice;
import io.ustack.posix.Posix;
import io.ustack.shard.ShardLink;
import io.ustack.shard.ShardMap;
import io.ustack.stack.NetworkStack;
import io.ustack.stack.StackConfig;
import io.ustack.time.Clock;
import java.util.ArrayList;
import java.util.List;

/** A host at one end of a {@link MemifCable}: a port, a shard for each queue, their sockets. */
record MemifHost(DpdkPort port, List<NetworkStack> shards, Posix posix) implements AutoCloseable {
  private static final long DEADLINE_NS = 60_000_000_000L;

  static MemifHost open(
      final DpdkEal eal,
      final String device,
      final int address,
      final int queues,
      final Transport transport)
      throws DpdkException {
    final PortConfig config = PortConfig.of(device).withQueues(queues);
    final DpdkPort port =
        DpdkPort.open(eal, config.withSizes(256, 512, 4095).withTransport(transport));
    final List<LinkDevice> links = new ArrayList<>();
    for (int i = 0; i < queues; i++) {
      links.add(port.link(i));
    }
    final StackConfig stack = StackConfig.of(new Ipv4Subnet(address, 24)).ofShards(queues);
    final List<NetworkStack> shards = new ArrayList<>();
    for (final LinkDevice link :
        queues == 1
            ? links
            : ShardLink.over(links, List.of(), ShardMap.of(queues), /* sorted= */ true)) {
      shards.add(new NetworkStack(stack, link, Clock.SYSTEM.nanoTime()));
    }
    return new MemifHost(port, shards, Posix.dedicated(shards, Clock.SYSTEM));
  }

  void awaitUp() {
    final long startNs = System.nanoTime();
    while (!port.linkState().up()) {
      assertTrue(System.nanoTime() - startNs < DEADLINE_NS, "link stays down");
      Thread.onSpinWait();
    }
  }

  /** Ends everything; nothing has gone wrong inside, and no packet is out. */
  @Override
  public void close() {
    posix.close();
    for (final NetworkStack shard : shards) {
      shard.close();
      shard.link().close();
      assertNull(shard.errors().first());
      assertEquals(0, shard.link().pool().inUse());
    }
  }
}
