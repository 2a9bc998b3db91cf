package io.ustack.shard;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ustack.buffer.MemoryPacketPool;
import io.ustack.ipv4.Ipv4Subnet;
import io.ustack.stack.NetworkStack;
import io.ustack.stack.StackConfig;
import io.ustack.testing.ScriptLink;
import io.ustack.testing.TestNet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/**
 * DESIGN 3: shards share nothing. No object that one of them writes is within reach of another, but
 * for the rings between them and what wakes them; a counter, a cache or a pool that two had in
 * common would be found.
 */
class ShardIndependenceTest {
  /** Its table is written once, by who makes it. */
  private static final Class<?> CONSTANT = Toeplitz.class;

  private static final Set<Class<?>> KNOWN = Set.of(FrameRing.class, Waker.class, CONSTANT);

  private static NetworkStack stack(final ShardLink link, final int shards) {
    final StackConfig config = StackConfig.of(Ipv4Subnet.parse("10.0.0.1/24"));
    return new NetworkStack(config.ofShards(shards), link, 0);
  }

  private static List<ShardLink> links() {
    return ShardLink.over(
        List.of(
            new ScriptLink(TestNet.OUR_MAC, 1500, 16), new ScriptLink(TestNet.OUR_MAC, 1500, 16)),
        List.of(new MemoryPacketPool(16, 1514)),
        ShardMap.of(3),
        false);
  }

  @Test
  void noTwoShardsWriteTheSameObject() {
    final List<NetworkStack> stacks = links().stream().map(link -> stack(link, 3)).toList();
    for (int one = 0; one < 3; one++) {
      for (int other = 0; other < one; other++) {
        assertEquals(List.of(), SharedObjects.of(stacks.get(one), stacks.get(other), KNOWN));
      }
    }
  }

  /** What is left out above is what they really have in common. */
  @Test
  void theyMeetInTheirRings() {
    final List<NetworkStack> stacks = links().stream().map(link -> stack(link, 3)).toList();
    final List<String> found = SharedObjects.of(stacks.get(0), stacks.get(1), Set.of(CONSTANT));
    assertTrue(found.stream().anyMatch(path -> path.contains(".received[]")), found::toString);
    assertTrue(found.stream().anyMatch(path -> path.contains("ByteRing")), found::toString);
  }

  @Test
  void aPoolOfTwoIsFound() {
    final MemoryPacketPool pool = new MemoryPacketPool(16, 1514);
    final List<ShardLink> links =
        ShardLink.over(
            List.of(new ScriptLink(TestNet.OUR_MAC, 1500, 16)),
            List.of(pool, pool),
            ShardMap.of(3),
            false);
    final List<String> found =
        SharedObjects.of(stack(links.get(1), 3), stack(links.get(2), 3), KNOWN);
    assertFalse(found.isEmpty());
    assertTrue(found.stream().anyMatch(path -> path.contains("MemoryPacketPool")), found::toString);
  }
}
