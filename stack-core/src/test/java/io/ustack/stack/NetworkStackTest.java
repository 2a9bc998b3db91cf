package io.ustack.stack;

import static io.ustack.testing.TestNet.ARP_TYPE;
import static io.ustack.testing.TestNet.OUR;
import static io.ustack.testing.TestNet.OUR_MAC;
import static io.ustack.testing.TestNet.PEER;
import static io.ustack.testing.TestNet.PEER_MAC;
import static io.ustack.testing.TestNet.SECOND;
import static io.ustack.testing.TestNet.fromUs;
import static io.ustack.testing.TestNet.ipv4ToUs;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ustack.buffer.Packet;
import io.ustack.counter.Counter;
import io.ustack.counter.DropReason;
import io.ustack.ipv4.Path;
import io.ustack.ipv4.TransportProtocol;
import io.ustack.readiness.Failure;
import io.ustack.readiness.ReadinessObserver;
import io.ustack.tcp.TcpConfig;
import io.ustack.testing.BrokenLink;
import io.ustack.testing.ExpectedErrors;
import io.ustack.testing.Frames;
import io.ustack.testing.ScriptLink;
import io.ustack.testing.TestNet;
import io.ustack.time.ManualClock;
import io.ustack.udp.DatagramInfo;
import io.ustack.udp.UdpEndpoint;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class NetworkStackTest {
  private static final int EXPERIMENT = 253;

  private final List<String> happened = new ArrayList<>();

  /** Takes packets of the experiment; the second of them breaks it when it should. */
  private final class Experiment implements TransportProtocol {
    private final RuntimeException broken;
    private int seen;

    Experiment(final RuntimeException broken) {
      this.broken = broken;
    }

    @Override
    public int protocol() {
      return EXPERIMENT;
    }

    @Override
    public void input(
        final Packet packet, final int source, final int destination, final long nowNs) {
      happened.add("frame");
      if (++seen == 2 && broken != null) {
        throw broken;
      }
      packet.release();
    }

    @Override
    public void onUnreachable(
        final Failure failure,
        final int localAddress,
        final int localPort,
        final int remoteAddress,
        final int remotePort,
        final int quotedSequence,
        final long nowNs) {
      happened.add("unreachable");
      if (broken != null) {
        throw broken;
      }
    }
  }

  private static byte[] experiment() {
    return ipv4ToUs(EXPERIMENT, new byte[16]);
  }

  private static byte[] arpRequest(final int target) {
    return fromUs(Frames.BROADCAST_MAC, ARP_TYPE, Frames.arp(1, OUR_MAC, OUR, 0, target));
  }

  private static void sendExperiment(final TestNet net, final int remote) {
    final var path = net.stack.ipv4().path(0, remote);
    final Packet packet = path.allocate();
    packet.append(16);
    path.send(packet, EXPERIMENT, net.clock.nanoTime());
  }

  /** DESIGN 3: commands, receive, timers, emit, flush, all with one reading of the clock. */
  @Test
  void oneCycleGoesFromCommandsToFlush() {
    try (TestNet net = new TestNet()) {
      net.meetPeer();
      net.stack.transports().register(new Experiment(null));
      final UdpEndpoint endpoint =
          net.stack.udp().bind(0, 9, false, bits -> happened.add("datagram"));
      // A timer: the second request for a neighbour that does not answer.
      sendExperiment(net, PEER + 5);
      net.poll();
      net.expect(arpRequest(PEER + 5));
      net.clock.advance(SECOND);
      net.link.inject(experiment());
      net.stack
          .commands()
          .offer(
              nowNs -> {
                happened.add("command");
                assertEquals(net.clock.nanoTime(), nowNs);
                endpoint.send(new byte[1], 0, 1, new DatagramInfo().to(PEER, 7));
                endpoint.onSendBufferWritten(nowNs);
              });
      assertEquals(net.clock.nanoTime(), net.stack.nextDeadlineNs(net.clock.nanoTime()));
      assertTrue(net.stack.poll(net.clock.nanoTime()) > 0);
      assertEquals(List.of("command", "frame"), happened);
      // The timer's request was in the batch before the datagram, and both have left.
      net.expect(arpRequest(PEER + 5));
      assertEquals(PEER_MAC & 0xFF, net.takeFrame()[5]);
      assertEquals(0, net.stack.poll(net.clock.nanoTime()));
      net.advance(2 * SECOND);
      net.expect(arpRequest(PEER + 5));
    }
  }

  @Test
  void saysWhenItHasSomethingToDo() {
    try (TestNet net = new TestNet()) {
      net.meetPeer();
      assertEquals(Long.MAX_VALUE, net.stack.nextDeadlineNs(net.clock.nanoTime()));
      sendExperiment(net, PEER + 5);
      // A request in the batch.
      assertEquals(net.clock.nanoTime(), net.stack.nextDeadlineNs(net.clock.nanoTime()));
      net.poll();
      net.expect(arpRequest(PEER + 5));
      final long retryNs = net.clock.nanoTime() + SECOND;
      final long boundNs = net.stack.nextDeadlineNs(net.clock.nanoTime());
      assertTrue(boundNs - net.clock.nanoTime() > 0 && boundNs - retryNs <= 0);
      net.advance(2 * SECOND);
      net.expect(arpRequest(PEER + 5));
      net.expect(arpRequest(PEER + 5));
      net.advance(SECOND);
      assertEquals(Long.MAX_VALUE, net.stack.nextDeadlineNs(net.clock.nanoTime()));
      // A frame on the loopback link.
      sendExperiment(net, OUR);
      net.stack.poll(net.clock.nanoTime());
      assertEquals(net.clock.nanoTime(), net.stack.nextDeadlineNs(net.clock.nanoTime()));
      net.poll();
    }
  }

  /** A bug costs the packet in hand and no more. */
  @Test
  void survivesABugInProcessingAFrame() {
    try (ExpectedErrors errors = new ExpectedErrors()) {
      final TestNet net = new TestNet();
      net.meetPeer();
      final RuntimeException broken = new IllegalStateException("on purpose");
      net.stack.transports().register(new Experiment(broken));
      for (int i = 0; i < 3; i++) {
        net.link.inject(experiment());
      }
      net.link.inject(ipv4ToUs(1, Frames.icmp(8, 0, 1, new byte[1])));
      net.poll();
      assertEquals(List.of("frame", "frame", "frame"), happened);
      assertNotNull(net.takeFrame());
      assertSame(broken, net.stack.errors().first());
      assertEquals(1, net.count(Counter.INTERNAL_ERRORS));
      net.stack.close();
      assertEquals(1, net.link.pool().inUse());
      assertEquals(1, errors.logged());
    }
  }

  @Test
  void survivesABugInACommand() {
    try (ExpectedErrors errors = new ExpectedErrors()) {
      final TestNet net = new TestNet();
      net.stack
          .commands()
          .offer(
              nowNs -> {
                throw new IllegalStateException("on purpose");
              });
      net.stack.commands().offer(nowNs -> happened.add("command"));
      net.poll();
      assertEquals(List.of("command"), happened);
      assertEquals(1, net.count(Counter.INTERNAL_ERRORS));
      assertEquals(1, errors.logged());
    }
  }

  /** Parked packets whose transport breaks when it hears that they did not arrive. */
  @Test
  void survivesABugInATimer() {
    try (ExpectedErrors errors = new ExpectedErrors()) {
      final TestNet net = new TestNet();
      net.stack.transports().register(new Experiment(new IllegalStateException("on purpose")));
      for (int host = 0; host < 3; host++) {
        sendExperiment(net, PEER + 5 + host);
        sendExperiment(net, PEER + 5 + host);
      }
      net.advance(4 * SECOND);
      assertTrue(net.count(Counter.INTERNAL_ERRORS) >= 3);
      assertEquals(0, net.stack.arp().neighbours());
      assertEquals(0, net.stack.arp().parked());
      net.stack.close();
      assertEquals(net.count(Counter.INTERNAL_ERRORS), net.link.pool().inUse());
      assertEquals(1, errors.logged());
    }
  }

  /** A link that throws loses what it was to carry; timers, loopback and counters go on. */
  @Test
  void survivesABugInTheLink() {
    try (ExpectedErrors errors = new ExpectedErrors()) {
      final ManualClock clock = new ManualClock(Long.MAX_VALUE - 3 * SECOND);
      final ScriptLink wire = new ScriptLink(OUR_MAC, 1500, 256);
      final BrokenLink link = new BrokenLink(wire, 0);
      final NetworkStack stack = new NetworkStack(TestNet.config(), link, clock.nanoTime());
      link.deaf(true);
      final UdpEndpoint endpoint = stack.udp().bind(0, 9, false, ReadinessObserver.NONE);
      for (int i = 0; i < 100; i++) {
        assertTrue(endpoint.send(new byte[1], 0, 1, new DatagramInfo().to(OUR, 9)));
        endpoint.onSendBufferWritten(clock.nanoTime());
        stack.poll(clock.nanoTime());
        clock.advance(SECOND);
      }
      assertTrue(stack.counters().value(Counter.UDP_DATAGRAMS_IN) >= 98);
      // The announcements of the start.
      assertEquals(2, stack.counters().value(DropReason.TRANSMIT_FAILED));
      assertEquals(102, stack.counters().value(Counter.INTERNAL_ERRORS));
      link.deaf(false);
      link.takes(Integer.MAX_VALUE);
      wire.inject(arpRequest());
      stack.poll(clock.nanoTime());
      assertEquals(1, wire.sentCount());
      stack.close();
      assertEquals(0, wire.pool().inUse());
      assertEquals(1, errors.logged());
    }
  }

  private static byte[] arpRequest() {
    final byte[] request = Frames.arp(1, PEER_MAC, PEER, 0, OUR);
    return Frames.ethernet(Frames.BROADCAST_MAC, PEER_MAC, ARP_TYPE, request);
  }

  /** Many neighbours answer in one burst: all that waited leaves, though no batch holds it all. */
  @Test
  void flushesWhileItAnswers() {
    try (TestNet net = new TestNet()) {
      for (int host = 0; host < 16; host++) {
        for (int i = 0; i < 16; i++) {
          sendExperiment(net, PEER + 5 + host);
        }
      }
      net.poll();
      for (int host = 0; host < 16; host++) {
        net.expect(arpRequest(PEER + 5 + host));
        final long mac = PEER_MAC + 5 + host;
        net.link.inject(
            Frames.ethernet(
                OUR_MAC, mac, ARP_TYPE, Frames.arp(2, mac, PEER + 5 + host, OUR_MAC, OUR)));
      }
      net.poll();
      assertEquals(256, net.link.sentCount());
      assertEquals(0, net.count(DropReason.TRANSMIT_QUEUE_FULL));
      while (net.link.takeSent() != null) {
        // Counted above.
      }
    }
  }

  /** What is said to ourselves while the batch is full of other such things is answered as well. */
  @Test
  void flushesLoopbackWhileItAnswers() {
    try (TestNet net = new TestNet()) {
      net.stack.commands().offer(nowNs -> pingOurselves(net, 32));
      net.stack.poll(net.clock.nanoTime());
      net.stack.commands().offer(nowNs -> pingOurselves(net, 64));
      net.stack.poll(net.clock.nanoTime());
      net.poll();
      assertEquals(96, net.count(Counter.ICMP_ECHO_REPLIES_IN));
      assertEquals(0, net.count(DropReason.TRANSMIT_QUEUE_FULL));
    }
  }

  private static void pingOurselves(final TestNet net, final int times) {
    for (int i = 0; i < times; i++) {
      net.stack.icmp().ping(0, OUR, 1, i, new byte[1], 1, net.clock.nanoTime());
    }
  }

  /** With a device that takes nothing, answers are dropped and counted; nothing piles up. */
  @Test
  void dropsAnswersThatFindNoRoom() {
    try (TestNet net = new TestNet()) {
      net.meetPeer();
      net.link.accept(0);
      for (int i = 0; i < 1000; i++) {
        net.link.inject(ipv4ToUs(1, Frames.icmp(8, 0, i, new byte[1])));
      }
      for (int i = 0; i < 100; i++) {
        net.stack.poll(net.clock.nanoTime());
      }
      assertEquals(1000 - 64, net.count(DropReason.TRANSMIT_QUEUE_FULL));
      assertEquals(64, net.link.pool().inUse());
      net.link.accept(Integer.MAX_VALUE);
      net.poll();
      assertEquals(64, net.link.sentCount());
      while (net.link.takeSent() != null) {
        // Counted above.
      }
    }
  }

  /** A device that is full is asked when room is needed, and at the end of the cycle. */
  @Test
  void asksAFullDeviceTwiceInACycle() {
    try (TestNet net = new TestNet()) {
      net.meetPeer();
      net.link.accept(0);
      for (int i = 0; i < 4 * 32; i++) {
        net.link.inject(ipv4ToUs(1, Frames.icmp(8, 0, i, new byte[1])));
      }
      net.stack.poll(net.clock.nanoTime());
      net.stack.poll(net.clock.nanoTime());
      final int before = net.link.transmissions();
      net.stack.poll(net.clock.nanoTime());
      assertEquals(2, net.link.transmissions() - before);
      net.link.accept(Integer.MAX_VALUE);
      net.poll();
      while (net.link.takeSent() != null) {
        // Whatever was answered.
      }
    }
  }

  /** A blocked wire keeps nobody from talking to itself. */
  @Test
  void loopbackGoesOnWhenTheWireIsStuck() {
    try (TestNet net = new TestNet()) {
      net.meetPeer();
      net.link.accept(0);
      final UdpEndpoint stuck = net.stack.udp().bind(0, 9, false, ReadinessObserver.NONE);
      final UdpEndpoint free = net.stack.udp().bind(0, 10, false, ReadinessObserver.NONE);
      for (int i = 0; i < 100; i++) {
        assertTrue(stuck.send(new byte[1], 0, 1, new DatagramInfo().to(PEER, 7)));
      }
      stuck.onSendBufferWritten(net.clock.nanoTime());
      net.stack.poll(net.clock.nanoTime());
      for (int i = 0; i < 5; i++) {
        assertTrue(free.send(new byte[1], 0, 1, new DatagramInfo().to(OUR, 10)));
      }
      free.onSendBufferWritten(net.clock.nanoTime());
      for (int i = 0; i < 10; i++) {
        net.stack.poll(net.clock.nanoTime());
      }
      assertEquals(5, net.count(Counter.UDP_DATAGRAMS_IN));
      assertEquals(0, net.link.sentCount());
      net.link.accept(Integer.MAX_VALUE);
      net.poll();
      assertEquals(100, net.link.sentCount());
      assertEquals(0, net.stack.counters().drops());
      while (net.link.takeSent() != null) {
        // Counted above.
      }
    }
  }

  /** Wherever packets are when the stack closes: in a batch, on the loopback link, parked. */
  @Test
  void givesEveryPacketBackWhenItCloses() {
    try (TestNet net = new TestNet()) {
      net.meetPeer();
      net.link.accept(0);
      net.link.inject(ipv4ToUs(1, Frames.icmp(8, 0, 1, new byte[1])));
      net.stack.poll(net.clock.nanoTime());
      sendExperiment(net, OUR);
      net.stack.poll(net.clock.nanoTime());
      sendExperiment(net, OUR);
      sendExperiment(net, PEER + 5);
      // The reply and the ARP request, one packet looped and one about to be, one parked.
      assertEquals(5, net.link.pool().inUse());
    }
  }

  /** Whatever was planned: timers, emission, commands, frames on their way in. */
  @Test
  void doesNothingOnceItIsClosed() {
    final TestNet net = new TestNet();
    net.meetPeer();
    final NetworkStack stack = net.stack;
    final long nowNs = net.clock.nanoTime();
    stack.tcp().connect(null, PEER, 80, TcpConfig.DEFAULT, ReadinessObserver.NONE, nowNs);
    net.poll();
    assertNotNull(net.takeFrame());
    final UdpEndpoint endpoint = stack.udp().bind(0, 9, false, ReadinessObserver.NONE);
    endpoint.send(new byte[1], 0, 1, new DatagramInfo().to(PEER, 7));
    endpoint.onSendBufferWritten(nowNs);
    final Path path = stack.ipv4().path(0, PEER);
    stack.commands().offer(ignored -> happened.add("command"));
    net.link.inject(ipv4ToUs(1, Frames.icmp(8, 0, 1, new byte[1])));
    stack.close();
    stack.close();
    final Packet late = path.allocate();
    late.append(16);
    path.send(late, EXPERIMENT, nowNs);
    assertEquals(Long.MAX_VALUE, stack.nextDeadlineNs(nowNs));
    for (int i = 0; i < 10; i++) {
      net.clock.advance(SECOND);
      assertEquals(0, stack.poll(net.clock.nanoTime()));
    }
    assertEquals(List.of(), happened);
    net.expectNothing();
    assertEquals(0, net.link.pool().inUse());
    assertEquals(1, net.count(DropReason.LINK_CLOSED));
    assertThrows(IllegalStateException.class, stack::tcp);
    assertThrows(IllegalStateException.class, stack::udp);
    assertThrows(IllegalStateException.class, stack::icmp);
    assertThrows(IllegalStateException.class, stack::ipv4);
    assertThrows(IllegalStateException.class, stack::transports);
  }

  /** A command may close the stack: the cycle that it runs in ends there. */
  @Test
  void mayBeClosedInTheMiddleOfACycle() {
    final TestNet net = new TestNet();
    net.meetPeer();
    net.stack.commands().offer(nowNs -> net.stack.close());
    net.stack.commands().offer(nowNs -> happened.add("command"));
    net.link.inject(ipv4ToUs(1, Frames.icmp(8, 0, 1, new byte[1])));
    assertEquals(1, net.stack.poll(net.clock.nanoTime()));
    assertEquals(List.of(), happened);
    net.close();
  }

  @Test
  void usesTheMacAddressItIsGiven() {
    final long mac = 0x02_00_00_00_00_99L;
    try (TestNet net = new TestNet(TestNet.config().withMacAddress(mac)).quiet()) {
      final byte[] request = Frames.arp(1, PEER_MAC, PEER, 0, OUR);
      net.inject(Frames.ethernet(Frames.BROADCAST_MAC, PEER_MAC, ARP_TYPE, request));
      net.expect(Frames.ethernet(PEER_MAC, mac, ARP_TYPE, Frames.arp(2, mac, OUR, PEER_MAC, PEER)));
      net.expectDrop(DropReason.FRAME_NOT_FOR_US, experiment());
    }
  }
}
