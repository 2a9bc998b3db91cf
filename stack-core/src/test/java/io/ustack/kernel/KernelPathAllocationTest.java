package io.ustack.kernel;

import static io.ustack.testing.TestNet.OUR;
import static io.ustack.testing.TestNet.OUR_MAC;
import static io.ustack.testing.TestNet.PEER;
import static io.ustack.testing.TestNet.PEER_MAC;
import static io.ustack.testing.TestNet.ipv4ToUs;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ustack.buffer.MemoryPacketPool;
import io.ustack.buffer.Packet;
import io.ustack.counter.Counter;
import io.ustack.counter.DropReason;
import io.ustack.ipv4.Ipv4Subnet;
import io.ustack.testing.Allocation;
import io.ustack.testing.Frames;
import io.ustack.testing.RepeatLink;
import io.ustack.testing.TestNet;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** DESIGN 7: nothing is allocated per packet after warm-up. */
class KernelPathAllocationTest {
  private static final int WARM_UP = 20_000;
  private static final int ROUNDS = 20_000;

  private final MemoryPacketPool pool = new MemoryPacketPool(256, 1514);
  private final RepeatLink wire = new RepeatLink(pool);
  private final RepeatLink kernel = new RepeatLink(pool);
  private final KernelPath path =
      new KernelPath(
          wire,
          kernel,
          new Ipv4Subnet(OUR, 24),
          KernelRules.parse("tcp/22,from/203.0.113.0/24"),
          1_000_000,
          1000,
          0);
  private final Packet[] burst = new Packet[32];
  private long nowNs;

  @AfterEach
  void nothingIsLeft() {
    path.close();
    assertEquals(0, pool.inUse());
  }

  private void poll() {
    nowNs += 10_000;
    final int count = path.receive(burst, burst.length, nowNs);
    for (int i = 0; i < count; i++) {
      burst[i].release();
    }
  }

  private void assertNothing(final byte[] frame, final int times) {
    assertEquals(
        0,
        Allocation.bytesOfWarmRounds(
            WARM_UP / times,
            ROUNDS / times,
            () -> {
              wire.arrive(frame, times);
              poll();
            }));
  }

  private static byte[] tcp(final int port) {
    return ipv4ToUs(6, Frames.tcp(PEER, 9, OUR, port, 1, 0, 0x10, 500, new byte[10]));
  }

  @Test
  void passingOnAllocatesNothing() {
    assertNothing(tcp(22), 1);
    assertTrue(path.counters().value(Counter.FRAMES_TO_KERNEL) >= ROUNDS);
  }

  @Test
  void keepingAllocatesNothing() {
    assertNothing(tcp(80), 1);
    assertEquals(0, kernel.sent());
  }

  @Test
  void copyingAllocatesNothing() {
    assertNothing(
        Frames.ethernet(OUR_MAC, PEER_MAC, TestNet.ARP_TYPE, Frames.arp(2, PEER_MAC, PEER, 0, OUR)),
        1);
    assertTrue(kernel.sent() >= ROUNDS);
  }

  @Test
  void refusingAllocatesNothing() {
    assertNothing(ipv4ToUs(47, new byte[10]), 32);
    assertTrue(path.counters().value(DropReason.KERNEL_RATE_LIMITED) > 0);
  }

  /** The kernel opens one connection after the other, more than are remembered. */
  @Test
  void rememberingAllocatesNothing() {
    final byte[] syn =
        Frames.ethernet(
            PEER_MAC,
            OUR_MAC,
            TestNet.IPV4_TYPE,
            Frames.ipv4(6, OUR, PEER, Frames.tcp(OUR, 1, PEER, 443, 1, 0, 0x02, 500, new byte[0])));
    final int[] connections = {0};
    final long bytes =
        Allocation.bytesOfWarmRounds(
            WARM_UP,
            ROUNDS,
            () -> {
              connections[0]++;
              syn[Frames.IPV4] = (byte) (connections[0] >>> 8);
              syn[Frames.IPV4 + 1] = (byte) connections[0];
              kernel.arrive(syn, 1);
              poll();
            });
    assertEquals(0, bytes);
    assertTrue(path.counters().value(Counter.KERNEL_FLOWS_FORGOTTEN) > 0);
    assertEquals(wire.sent(), connections[0]);
  }
}
