package io.ustack.kernel;

import static io.ustack.testing.TestNet.ARP_TYPE;
import static io.ustack.testing.TestNet.FAR;
import static io.ustack.testing.TestNet.IPV4_TYPE;
import static io.ustack.testing.TestNet.OUR;
import static io.ustack.testing.TestNet.OUR_MAC;
import static io.ustack.testing.TestNet.PEER;
import static io.ustack.testing.TestNet.PEER_MAC;
import static io.ustack.testing.TestNet.ipv4ToUs;
import static io.ustack.testing.TestNet.toUs;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.ustack.buffer.MemoryPacketPool;
import io.ustack.buffer.Packet;
import io.ustack.ipv4.Ipv4Subnet;
import io.ustack.shard.ShardLink;
import io.ustack.shard.ShardMap;
import io.ustack.testing.Frames;
import io.ustack.testing.ScriptLink;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * Three shards, two of them with a queue of the wire, and one queue to the kernel, which the first
 * shard has: whatever the kernel and the wire have for each other meets at the shard that the flow
 * belongs to.
 */
class KernelPathShardsTest {
  private static final int SHARDS = 3;
  private static final int SYN = 0x02;
  private static final int ACK = 0x10;

  private final List<MemoryPacketPool> pools =
      List.of(
          new MemoryPacketPool(256, 1514),
          new MemoryPacketPool(256, 1514),
          new MemoryPacketPool(256, 1514));
  private final ScriptLink queue0 = new ScriptLink(OUR_MAC, 1500, pools.get(0));
  private final ScriptLink queue1 = new ScriptLink(OUR_MAC, 1500, pools.get(1));
  private final ScriptLink kernel = new ScriptLink(OUR_MAC, 1500, pools.get(0));
  private final ShardMap map = ShardMap.of(SHARDS);
  private final List<KernelPath> paths = paths();

  private List<KernelPath> paths() {
    final List<ShardLink> wires =
        ShardLink.over(List.of(queue0, queue1), List.of(pools.get(2)), map, false);
    final List<ShardLink> kernels =
        ShardLink.over(List.of(kernel), List.of(pools.get(1), pools.get(2)), map, false);
    final List<KernelPath> all = new ArrayList<>();
    for (int i = 0; i < SHARDS; i++) {
      all.add(
          new KernelPath(
              wires.get(i),
              kernels.get(i),
              new Ipv4Subnet(OUR, 24),
              KernelRules.parse("tcp/22"),
              1000,
              100,
              0));
    }
    return all;
  }

  @AfterEach
  void nothingIsLeft() {
    paths.forEach(KernelPath::close);
    pools.forEach(pool -> assertEquals(0, pool.inUse()));
  }

  /** Runs all shards a few times; gives what their stacks got, in the order of the shards. */
  private List<byte[]> run() {
    final List<byte[]> received = new ArrayList<>();
    final Packet[] frames = new Packet[32];
    for (int round = 0; round < 3; round++) {
      for (final KernelPath path : paths) {
        final int count = path.receive(frames, 32, 5);
        for (int i = 0; i < count; i++) {
          final byte[] bytes = new byte[frames[i].length()];
          frames[i].bytes().get(frames[i].offset(), bytes);
          received.add(bytes);
          frames[i].release();
        }
      }
    }
    return received;
  }

  private static void assertSent(final ScriptLink link, final byte[]... expected) {
    final List<byte[]> sent = new ArrayList<>();
    for (byte[] frame = link.takeSent(); frame != null; frame = link.takeSent()) {
      sent.add(frame);
    }
    assertArrayEquals(expected, sent.toArray(byte[][]::new));
  }

  private int portOf(final int shard) {
    int port = 40_000;
    while (map.owner(FAR, OUR, 443, port) != shard) {
      port++;
    }
    return port;
  }

  private static byte[] answer(final int port) {
    return toUs(
        IPV4_TYPE,
        Frames.ipv4(6, FAR, OUR, Frames.tcp(FAR, 443, OUR, port, 1, 2, SYN | ACK, 9, new byte[0])));
  }

  /** Wherever the answer arrives, the shard of the flow has seen the question. */
  @Test
  void whatTheKernelBeginsComesBackThroughEachShardAndQueue() {
    for (int shard = 0; shard < SHARDS; shard++) {
      final int port = portOf(shard);
      final byte[] syn =
          Frames.ethernet(
              PEER_MAC,
              OUR_MAC,
              IPV4_TYPE,
              Frames.ipv4(6, OUR, FAR, Frames.tcp(OUR, port, FAR, 443, 1, 0, SYN, 9, new byte[0])));
      kernel.inject(syn);
      assertEquals(List.of(), run());
      assertSent(shard == 1 ? queue1 : queue0, syn);
      for (final ScriptLink queue : List.of(queue0, queue1)) {
        queue.inject(answer(port));
        assertEquals(List.of(), run());
        assertSent(kernel, answer(port));
      }
      queue0.inject(answer(port + 1));
      assertEquals(1, run().size());
    }
  }

  @Test
  void rulesHoldOnEachShardAndQueue() {
    for (int port = 1000; port < 1020; port++) {
      final byte[] segment =
          ipv4ToUs(6, Frames.tcp(PEER, port, OUR, 22, 1, 0, SYN, 9, new byte[0]));
      (port % 2 == 0 ? queue0 : queue1).inject(segment);
      assertEquals(List.of(), run());
      assertSent(kernel, segment);
    }
  }

  /** Each shard hears the kernel's question and the wire's answer; each goes on once. */
  @Test
  void addressResolutionPassesOnce() {
    final byte[] request =
        Frames.ethernet(
            Frames.BROADCAST_MAC, OUR_MAC, ARP_TYPE, Frames.arp(1, OUR_MAC, OUR, 0, PEER));
    kernel.inject(request);
    run();
    assertSent(queue0, request);
    assertSent(queue1);
    final byte[] reply = toUs(ARP_TYPE, Frames.arp(2, PEER_MAC, PEER, OUR_MAC, OUR));
    queue1.inject(reply);
    assertEquals(SHARDS, run().size());
    assertSent(kernel, reply);
  }
}
