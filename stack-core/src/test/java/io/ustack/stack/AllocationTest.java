package io.ustack.stack;

import static io.ustack.testing.TestNet.OUR;
import static io.ustack.testing.TestNet.PEER;
import static io.ustack.testing.TestNet.PEER_MAC;
import static io.ustack.testing.TestNet.ipv4ToUs;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ustack.counter.Counter;
import io.ustack.counter.DropReason;
import io.ustack.readiness.Failure;
import io.ustack.readiness.ReadinessObserver;
import io.ustack.testing.Allocation;
import io.ustack.testing.Frames;
import io.ustack.testing.RepeatLink;
import io.ustack.testing.TestNet;
import io.ustack.time.ManualClock;
import io.ustack.udp.DatagramInfo;
import io.ustack.udp.UdpEndpoint;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** DESIGN 7: nothing is allocated per packet after warm-up. */
class AllocationTest {
  private static final int WARM_UP = 20_000;
  private static final int ROUNDS = 20_000;

  private final ManualClock clock = new ManualClock(Long.MAX_VALUE - 1_000_000_000L);
  private final RepeatLink link = new RepeatLink();
  private final NetworkStack stack = new NetworkStack(TestNet.config(), link, clock.nanoTime());

  @BeforeEach
  void meetPeer() {
    arrive(
        Frames.ethernet(
            Frames.BROADCAST_MAC,
            PEER_MAC,
            TestNet.ARP_TYPE,
            Frames.arp(1, PEER_MAC, PEER, 0, OUR)),
        1);
    assertEquals(2, link.sent());
  }

  @AfterEach
  void nothingIsLost() {
    stack.close();
    assertEquals(0, link.pool().inUse());
  }

  private void arrive(final byte[] frame, final int times) {
    link.arrive(frame, times);
    clock.advance(1_000);
    stack.poll(clock.nanoTime());
  }

  @Test
  void aPingAllocatesNothing() {
    final byte[] request = ipv4ToUs(1, Frames.icmp(8, 0, 1, Frames.payload(56)));
    assertEquals(0, Allocation.bytesOfWarmRounds(WARM_UP, ROUNDS, () -> arrive(request, 1)));
    assertEquals(WARM_UP + ROUNDS, stack.counters().value(Counter.ICMP_ECHO_REPLIES_OUT));
  }

  @Test
  void anEchoedDatagramAllocatesNothing() {
    final UdpEndpoint endpoint = stack.udp().bind(0, 7, false, ReadinessObserver.NONE);
    final byte[] datagram = ipv4ToUs(17, Frames.udp(PEER, 9, OUR, 7, Frames.payload(100)));
    final DatagramInfo info = new DatagramInfo();
    final byte[] buffer = new byte[1500];
    final long bytes =
        Allocation.bytesOfWarmRounds(WARM_UP, ROUNDS, () -> echo(endpoint, datagram, info, buffer));
    assertEquals(0, bytes);
    assertEquals(WARM_UP + ROUNDS, stack.counters().value(Counter.UDP_DATAGRAMS_OUT));
  }

  private void echo(
      final UdpEndpoint endpoint,
      final byte[] datagram,
      final DatagramInfo info,
      final byte[] buffer) {
    arrive(datagram, 1);
    final int length = endpoint.receive(buffer, 0, buffer.length, info);
    assertEquals(100, length);
    if (endpoint.sendable(length, info.from(0)) == Failure.NONE) {
      endpoint.send(buffer, 0, length, info);
      endpoint.onSendBufferWritten(clock.nanoTime());
    }
    stack.poll(clock.nanoTime());
  }

  /** What is dropped, answered with an error, or held back by its rate costs as little. */
  @Test
  void refusalsAllocateNothing() {
    final byte[] datagram = ipv4ToUs(17, Frames.udp(PEER, 9, OUR, 99, Frames.payload(100)));
    assertEquals(
        0, Allocation.bytesOfWarmRounds(WARM_UP / 8, ROUNDS / 8, () -> arrive(datagram, 8)));
    assertEquals(WARM_UP + ROUNDS, stack.counters().value(DropReason.UDP_NO_SOCKET));
    assertTrue(stack.counters().value(Counter.ICMP_RATE_LIMITED) > 0);
    assertTrue(stack.counters().value(Counter.ICMP_UNREACHABLE_OUT) > 50);
  }

  /** An ARP flood recycles the entries it fills. */
  @Test
  void aFloodOfRequestsAllocatesNothing() {
    final byte[] request =
        Frames.ethernet(
            Frames.BROADCAST_MAC, PEER_MAC, TestNet.ARP_TYPE, Frames.arp(1, PEER_MAC, 0, 0, OUR));
    final int[] host = {0x0B00_0000};
    final long bytes =
        Allocation.bytesOfWarmRounds(
            WARM_UP,
            ROUNDS,
            () -> {
              host[0] += 7919;
              request[28] = (byte) (host[0] >>> 24);
              request[29] = (byte) (host[0] >>> 16);
              request[30] = (byte) (host[0] >>> 8);
              request[31] = (byte) host[0];
              arrive(request, 1);
            });
    assertEquals(0, bytes);
    assertEquals(1024, stack.arp().neighbours());
  }

  /** A cycle without work: what an idle agent does millions of times. */
  @Test
  void anIdleCycleAllocatesNothing() {
    assertEquals(
        0,
        Allocation.bytesOfWarmRounds(
            WARM_UP, ROUNDS, () -> assertEquals(0, stack.poll(clock.nanoTime()))));
  }
}
