package io.ustack.shard;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ustack.buffer.MemoryPacketPool;
import io.ustack.buffer.Packet;
import io.ustack.buffer.PacketPool;
import io.ustack.counter.Counter;
import io.ustack.counter.DropReason;
import io.ustack.ipv4.Ipv4Subnet;
import io.ustack.ipv4.PortSharing;
import io.ustack.link.PipeLink;
import io.ustack.readiness.Failure;
import io.ustack.readiness.ReadinessObserver;
import io.ustack.stack.NetworkStack;
import io.ustack.stack.StackConfig;
import io.ustack.tcp.TcpBinding;
import io.ustack.tcp.TcpConnection;
import io.ustack.tcp.TcpListener;
import io.ustack.tcp.TcpState;
import io.ustack.testing.Frames;
import io.ustack.time.ManualClock;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A host of three stacks over one queue, and a host of one, on a cable and a manual clock. */
class ShardedStackTest {
  private static final int SHARDS = 3;
  private static final int HOST = 0x0A000001;
  private static final int PEER = 0x0A000002;
  private static final int PORT = 80;
  private static final ReadinessObserver NOBODY = bits -> {};

  private final ManualClock clock = new ManualClock(Long.MAX_VALUE - 1_000_000_000L);
  private final PipeLink.Pair cable = PipeLink.pair();
  private final ShardMap map = ShardMap.of(SHARDS);
  private final List<PacketPool> pools =
      List.of(new MemoryPacketPool(512, 1514), new MemoryPacketPool(512, 1514));
  private final List<ShardLink> links = ShardLink.over(List.of(cable.a()), pools, map, false);
  private final List<NetworkStack> shards = new ArrayList<>();
  private final NetworkStack peer =
      new NetworkStack(config("10.0.0.2/24"), cable.b(), clock.nanoTime());

  ShardedStackTest() {
    for (final ShardLink link : links) {
      shards.add(new NetworkStack(config("10.0.0.1/24").ofShards(SHARDS), link, clock.nanoTime()));
    }
  }

  private static StackConfig config(final String subnet) {
    return StackConfig.of(Ipv4Subnet.parse(subnet)).withSecret(3, 4);
  }

  @BeforeEach
  void announce() {
    run();
    clock.advance(3_000_000_000L);
    run();
  }

  @AfterEach
  void everythingComesHome() {
    shards.forEach(NetworkStack::close);
    peer.close();
    links.forEach(ShardLink::close);
    cable.close();
    for (final NetworkStack shard : shards) {
      assertNull(shard.errors().first());
      assertEquals(0, shard.link().pool().inUse());
    }
    assertEquals(0, cable.b().pool().inUse());
  }

  /** Until all rest. */
  private void run() {
    int idle = 0;
    while (idle < 3) {
      int work = peer.poll(clock.nanoTime());
      for (final NetworkStack shard : shards) {
        work += shard.poll(clock.nanoTime());
      }
      idle = work == 0 ? idle + 1 : 0;
    }
  }

  private long sum(final Counter counter) {
    return shards.stream().mapToLong(shard -> shard.counters().value(counter)).sum();
  }

  private static TcpListener listen(final NetworkStack stack) {
    final TcpBinding binding = stack.tcp().bind(0, PORT, PortSharing.NONE);
    return Objects.requireNonNull(
        stack.tcp().listen(Objects.requireNonNull(binding), 128, stack.tcp().config(), NOBODY));
  }

  private TcpConnection connect(final NetworkStack from, final int to) {
    final TcpConnection connection =
        from.tcp().connect(null, to, PORT, from.tcp().config(), NOBODY, clock.nanoTime());
    assertNotNull(connection, () -> from.tcp().lastFailure().name());
    return connection;
  }

  @Test
  void connectionsArriveAtTheShardThatOwnsThem() {
    final List<TcpListener> listeners = shards.stream().map(s -> listen(s)).toList();
    final List<TcpConnection> clients = new ArrayList<>();
    for (int i = 0; i < 60; i++) {
      clients.add(connect(peer, HOST));
      run();
    }
    for (final TcpConnection client : clients) {
      assertEquals(TcpState.ESTABLISHED, client.state());
    }
    int accepted = 0;
    for (int shard = 0; shard < SHARDS; shard++) {
      int here = 0;
      for (TcpConnection c = listeners.get(shard).accept();
          c != null;
          c = listeners.get(shard).accept()) {
        assertEquals(shard, map.owner(PEER, HOST, c.remotePort(), PORT));
        here++;
      }
      assertTrue(here > 0, "shard " + shard + " has none");
      accepted += here;
    }
    assertEquals(60, accepted);
    assertEquals(0, sum(Counter.TCP_RESETS_OUT));
  }

  /** The shard with the queue works for others, and does not rest meanwhile. */
  @Test
  void framesForOthersAreWork() {
    shards.forEach(ShardedStackTest::listen);
    connect(peer, HOST); // which finds out where the host is
    run();
    boolean seen = false;
    for (int i = 0; i < 20; i++) {
      final TcpConnection client = connect(peer, HOST);
      peer.poll(clock.nanoTime());
      if (map.owner(PEER, HOST, client.localPort(), PORT) != 0) {
        seen = true;
        assertEquals(1, shards.get(0).poll(clock.nanoTime()), "the SYN that it passes on");
      }
      run();
    }
    assertTrue(seen);
  }

  /** DESIGN 3: the local port is chosen so that the answer comes back to the shard that sent. */
  @Test
  void answersComeBackToTheShardThatConnects() {
    final TcpListener listener = listen(peer);
    final Set<Integer> ports = new HashSet<>();
    for (final NetworkStack shard : shards) {
      for (int i = 0; i < 40; i++) {
        final TcpConnection connection = connect(shard, PEER);
        assertTrue(ports.add(connection.localPort()), "a port of two shards");
        run();
        assertEquals(TcpState.ESTABLISHED, connection.state());
      }
    }
    for (int i = 0; i < 40 * SHARDS; i++) {
      assertNotNull(listener.accept());
    }
  }

  @Test
  void aPortWhoseAnswersComeElsewhereIsRefused() {
    for (int port = 5000; port < 5010; port++) {
      for (int shard = 0; shard < SHARDS; shard++) {
        final NetworkStack stack = shards.get(shard);
        final TcpBinding binding =
            Objects.requireNonNull(stack.tcp().bind(0, port, PortSharing.NONE));
        final TcpConnection opened =
            stack
                .tcp()
                .connect(binding, PEER, PORT, stack.tcp().config(), NOBODY, clock.nanoTime());
        if (map.owner(PEER, HOST, PORT, port) == shard) {
          assertNotNull(opened);
        } else {
          assertNull(opened);
          assertEquals(Failure.ADDRESS_NOT_AVAILABLE, stack.tcp().lastFailure());
        }
      }
    }
    run();
  }

  /** RFC 6056: the ports of one shard don't tell those of another. */
  @Test
  void theyDrawDifferentPorts() {
    final Set<Integer> ports = new HashSet<>();
    for (final NetworkStack shard : shards) {
      for (int i = 0; i < 5; i++) {
        assertTrue(
            ports.add(Objects.requireNonNull(shard.tcp().bind(0, 0, PortSharing.NONE)).port()));
      }
    }
  }

  /** All know the neighbour; one announces, answers and defends the address. */
  @Test
  void oneShardSpeaksForTheAddress() {
    assertEquals(2, sum(Counter.ARP_REQUESTS_OUT), "announcements");
    connect(peer, HOST);
    run();
    assertEquals(1, peer.counters().value(Counter.ARP_REPLIES_IN));
    assertEquals(1, sum(Counter.ARP_REPLIES_OUT));
    for (final NetworkStack shard : shards) {
      assertEquals(1, shard.arp().neighbours());
    }
    // They reset what nobody listens for: without a request of their own, for all were told.
    for (int i = 0; i < 20; i++) {
      connect(peer, HOST);
    }
    run();
    assertEquals(21, sum(Counter.TCP_RESETS_OUT));
    assertEquals(2, sum(Counter.ARP_REQUESTS_OUT));
    final byte[] claim =
        Frames.ethernet(
            Frames.BROADCAST_MAC, 0x02_00_00_00_00_77L, 0x0806, Frames.arp(1, 0x77, HOST, 0, HOST));
    send(claim);
    assertEquals(3, sum(Counter.ARP_REQUESTS_OUT), "one defence");
    for (final NetworkStack shard : shards) {
      assertEquals(1, shard.counters().value(DropReason.ARP_SPOOFED));
    }
  }

  /** From the peer's end of the cable. */
  private void send(final byte[] frame) {
    final Packet packet = Objects.requireNonNull(cable.b().pool().allocate());
    packet.bytes().put(packet.append(frame.length), frame);
    cable.b().transmit(new Packet[] {packet}, 1, clock.nanoTime());
    run();
  }

  @Test
  void limitsAreDivided() {
    final StackConfig whole = config("10.0.0.1/24");
    final StackConfig part = whole.ofShards(4);
    assertEquals(whole.tcp().maxConnections() / 4, part.tcp().maxConnections());
    assertEquals(whole.tcp().maxBufferBytes() / 4, part.tcp().maxBufferBytes());
    assertEquals(whole.tcp().maxTimeWaits() / 4, part.tcp().maxTimeWaits());
    assertEquals(whole.tcp().maxOrphans() / 4, part.tcp().maxOrphans());
    assertEquals(whole.secret0(), part.secret0(), "a cookie of one shard is good for all");
  }
}
