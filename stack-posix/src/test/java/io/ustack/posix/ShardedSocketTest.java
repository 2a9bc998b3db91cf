package io.ustack.posix;

import static io.ustack.posix.SocketOption.AF_INET;
import static io.ustack.posix.SocketOption.MSG_PEEK;
import static io.ustack.posix.SocketOption.SOCK_DGRAM;
import static io.ustack.posix.SocketOption.SOCK_NONBLOCK;
import static io.ustack.posix.SocketOption.SOCK_STREAM;
import static io.ustack.posix.SocketOption.SOL_SOCKET;
import static io.ustack.posix.SocketOption.SO_REUSEPORT;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ustack.counter.Counter;
import io.ustack.ipv4.Ipv4Subnet;
import io.ustack.ipv4.PortSharing;
import io.ustack.link.PipeLink;
import io.ustack.stack.NetworkStack;
import io.ustack.stack.StackConfig;
import io.ustack.tcp.TcpBinding;
import io.ustack.time.ManualClock;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Sockets of a host with three shards, a peer with one, and a clock that only the test moves. */
class ShardedSocketTest {
  private static final int SHARDS = 3;
  private static final int PORT = 7000;

  private final ManualClock clock = new ManualClock(0);
  private final PipeLink.Pair cable = PipeLink.pair();
  private final ShardedHost host = new ShardedHost("10.0.0.1/24", cable.a(), SHARDS, 0);
  private final NetworkStack peerStack =
      new NetworkStack(StackConfig.of(Ipv4Subnet.parse("10.0.0.2/24")), cable.b(), 0);
  private final Posix sharded =
      Posix.on(SocketEngine.stepped(host.stacks, clock), Posix.MAX_DESCRIPTORS);
  private final Posix peer = Posix.stepped(peerStack, clock);
  private final byte[] buffer = new byte[100];

  @BeforeEach
  void meet() {
    final int fd = udp(peer);
    peer.sendto(fd, buffer, 0, 1, 0, Peers.A, 9);
    run();
    assertEquals(0, peer.close(fd));
  }

  @AfterEach
  void everythingComesHome() {
    sharded.close();
    peer.close();
    run();
    peerStack.close();
    host.close();
    cable.close();
    assertEquals(0, cable.b().pool().inUse());
  }

  /** Until all rest. */
  private void run() {
    int idle = 0;
    while (idle < 3) {
      idle = sharded.poll() + peer.poll() == 0 ? idle + 1 : 0;
    }
  }

  private static int tcp(final Posix posix) {
    return posix.socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  }

  private static int udp(final Posix posix) {
    return posix.socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
  }

  private static byte[] bytes(final String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  private static int send(final Posix posix, final int fd, final String text) {
    return posix.send(fd, bytes(text), 0, text.length(), 0);
  }

  private String text(final int result) {
    return result < 0
        ? Errno.name(result)
        : new String(buffer, 0, result, StandardCharsets.US_ASCII);
  }

  private String receive(final Posix posix, final int fd) {
    return text(posix.recv(fd, buffer, 0, buffer.length, 0));
  }

  private int listener() {
    final int fd = tcp(sharded);
    assertEquals(0, sharded.bind(fd, 0, PORT));
    assertEquals(0, sharded.listen(fd, 64));
    return fd;
  }

  private int connectPeer() {
    final int fd = tcp(peer);
    assertEquals(-Errno.EINPROGRESS, peer.connect(fd, Peers.A, PORT));
    run();
    return fd;
  }

  private void assertAllShards(final Counter counter, final long sum) {
    long seen = 0;
    for (final NetworkStack stack : host.stacks) {
      assertNotEquals(0, stack.counters().value(counter), stack.link().capabilities().name());
      seen += stack.counters().value(counter);
    }
    assertEquals(sum, seen);
  }

  @Test
  void aListenerAcceptsWhatArrivesOnAnyShard() {
    final int listener = listener();
    final int set = sharded.epoll_create1(0);
    sharded.epoll_ctl(set, Epoll.EPOLL_CTL_ADD, listener, Epoll.EPOLLIN, 99);
    final EpollEvents events = new EpollEvents(40);
    final List<Integer> clients = new ArrayList<>();
    for (int i = 0; i < 30; i++) {
      clients.add(connectPeer());
    }
    assertEquals(1, sharded.epoll_wait(set, events, 40, 0));
    assertEquals(99, events.data(0));
    final SocketAddress4 name = new SocketAddress4();
    final List<Integer> served = new ArrayList<>();
    int fd = sharded.accept4(listener, name, SOCK_NONBLOCK);
    while (fd >= 0) {
      served.add(fd);
      sharded.epoll_ctl(set, Epoll.EPOLL_CTL_ADD, fd, Epoll.EPOLLIN, fd);
      fd = sharded.accept4(listener, name, SOCK_NONBLOCK);
    }
    assertEquals(-Errno.EAGAIN, fd);
    assertEquals(30, served.size());
    assertAllShards(Counter.TCP_PASSIVE_OPENS, 30);
    for (final int client : clients) {
      send(peer, client, "hello from " + Peers.port(peer, client));
    }
    run();
    // One set hears of the connections of all shards.
    assertEquals(30, sharded.epoll_wait(set, events, 40, 0));
    for (int i = 0; i < 30; i++) {
      final int from = (int) events.data(i);
      sharded.getpeername(from, name);
      assertEquals("hello from " + name.port(), receive(sharded, from));
    }
  }

  @Test
  void connectionsToThePeerSpreadOverTheShards() {
    final int listener = tcp(peer);
    peer.bind(listener, 0, PORT);
    peer.listen(listener, 64);
    final List<Integer> fds = new ArrayList<>();
    for (int i = 0; i < 30; i++) {
      final int fd = tcp(sharded);
      assertEquals(-Errno.EINPROGRESS, sharded.connect(fd, Peers.B, PORT));
      run();
      assertEquals(0, sharded.connect(fd, Peers.B, PORT));
      fds.add(fd);
    }
    assertAllShards(Counter.TCP_ACTIVE_OPENS, 30);
    final Set<Integer> ports = new HashSet<>();
    fds.forEach(fd -> ports.add(Peers.port(sharded, fd)));
    assertEquals(30, ports.size());
  }

  /** A port is told by bind; which shard that is, is known only when the peer is. */
  @Test
  void aBoundSocketConnectsWhereItsAnswersArrive() {
    final int listener = tcp(peer);
    peer.bind(listener, 0, PORT);
    peer.listen(listener, 64);
    for (int port = 5000; port < 5012; port++) {
      final int fd = tcp(sharded);
      final int address = port % 2 == 0 ? 0 : Peers.A;
      assertEquals(0, sharded.bind(fd, address, port));
      assertEquals(-Errno.EINPROGRESS, sharded.connect(fd, Peers.B, PORT));
      run();
      assertEquals(0, sharded.connect(fd, Peers.B, PORT), "port " + port);
      assertEquals(port, Peers.port(sharded, fd));
      final int accepted = peer.accept4(listener, null, SOCK_NONBLOCK);
      assertEquals(4, send(peer, accepted, "text"));
      run();
      assertEquals("text", receive(sharded, fd));
      // Others can't have the port, and can once it is closed and over.
      assertEquals(-Errno.EADDRINUSE, sharded.bind(tcp(sharded), 0, port));
      assertEquals(0, peer.close(accepted));
      run();
      assertEquals(0, sharded.close(fd));
      run();
      assertEquals(0, sharded.bind(tcp(sharded), 0, port));
    }
    assertAllShards(Counter.TCP_ACTIVE_OPENS, 12);
  }

  @Test
  void anAddressWithoutAPortFindsOneWhoseAnswersArrive() {
    final int listener = tcp(peer);
    peer.bind(listener, 0, PORT);
    peer.listen(listener, 64);
    for (int i = 0; i < 12; i++) {
      final int fd = tcp(sharded);
      assertEquals(0, sharded.bind(fd, Peers.A, 0));
      sharded.disconnect(fd);
      assertEquals(-Errno.EINPROGRESS, sharded.connect(fd, Peers.B, PORT));
      run();
      assertEquals(0, sharded.connect(fd, Peers.B, PORT));
    }
  }

  private void assertHeld(final int port, final boolean held) {
    for (final NetworkStack stack : host.stacks) {
      final TcpBinding binding = stack.tcp().bind(0, port, PortSharing.NONE);
      assertEquals(held, binding == null, stack.link().capabilities().name());
      if (binding != null) {
        binding.release();
      }
    }
  }

  /** Linux SOCK_BINDPORT_LOCK: what bind was told outlives connections, on every shard. */
  @Test
  void aPortThatBindWasToldStaysWithItsSocket() {
    for (int port = 5000; port < 5006; port++) {
      final int fd = tcp(sharded);
      assertEquals(0, sharded.bind(fd, 0, port));
      assertHeld(port, true);
      assertEquals(-Errno.EINPROGRESS, sharded.connect(fd, Peers.B, PORT));
      assertHeld(port, true);
      run();
      assertEquals(-Errno.ECONNREFUSED, sharded.connect(fd, Peers.B, PORT));
      assertHeld(port, true);
      assertEquals(0, sharded.close(fd));
      run();
      assertHeld(port, false);
    }
  }

  /**
   * Each shard has the ports whose answers reach it; a socket that was never bound has them all.
   */
  @Test
  void noShardHasTooFewPorts() {
    final int all = 60999 - 32768 + 1;
    for (int i = 0; i < all; i++) {
      assertEquals(-Errno.EINPROGRESS, sharded.connect(tcp(sharded), Peers.B, PORT), "after " + i);
    }
    final int none = tcp(sharded);
    assertEquals(-Errno.EADDRNOTAVAIL, sharded.connect(none, Peers.B, PORT));
    assertEquals(-Errno.EINPROGRESS, sharded.connect(none, Peers.B, PORT + 1));
  }

  /** A port that one shard's connection has can't be bound: bind asks all. */
  @Test
  void aPortOfOneShardIsTakenOnAll() {
    final int listener = tcp(peer);
    peer.bind(listener, 0, PORT);
    peer.listen(listener, 64);
    for (int i = 0; i < SHARDS; i++) {
      final int fd = tcp(sharded);
      sharded.connect(fd, Peers.B, PORT);
      run();
      for (int j = 0; j < SHARDS; j++) {
        final int other = tcp(sharded);
        assertEquals(-Errno.EADDRINUSE, sharded.bind(other, 0, Peers.port(sharded, fd)));
        // It has kept nothing of what it could have.
        assertEquals(0, Peers.port(sharded, other));
        assertEquals(0, sharded.bind(other, 0, 6000 + i * SHARDS + j));
      }
    }
  }

  @Test
  void whoeverListensElsewhereKeepsAllOthersAway() {
    listener();
    for (int i = 0; i < SHARDS; i++) {
      assertEquals(-Errno.EADDRINUSE, sharded.bind(tcp(sharded), 0, PORT));
    }
  }

  @Test
  void aListenerThatIsClosedListensNowhere() {
    final int listener = listener();
    for (int i = 0; i < 12; i++) {
      connectPeer();
    }
    assertEquals(0, sharded.close(listener));
    run();
    for (int i = 0; i < 12; i++) {
      final int fd = connectPeer();
      assertEquals(-Errno.ECONNREFUSED, peer.connect(fd, Peers.A, PORT));
    }
    listener();
  }

  @Test
  void aGroupIsOnAllShards() {
    final int[] group = new int[2];
    for (int i = 0; i < 2; i++) {
      group[i] = tcp(sharded);
      sharded.setsockopt(group[i], SOL_SOCKET, SO_REUSEPORT, 1);
      assertEquals(0, sharded.bind(group[i], 0, PORT));
      assertEquals(0, sharded.listen(group[i], 64));
    }
    for (int i = 0; i < 40; i++) {
      connectPeer();
    }
    int sum = 0;
    for (final int listener : group) {
      int mine = 0;
      while (sharded.accept4(listener, null, SOCK_NONBLOCK) >= 0) {
        mine++;
      }
      assertTrue(mine > 5, "of the group: " + mine);
      sum += mine;
    }
    assertEquals(40, sum);
    assertAllShards(Counter.TCP_PASSIVE_OPENS, 40);
  }

  @Test
  void datagramsArriveFromAnyShardAndAnswersLeave() {
    final int server = udp(sharded);
    assertEquals(0, sharded.bind(server, 0, PORT));
    final List<Integer> clients = new ArrayList<>();
    for (int i = 0; i < 30; i++) {
      final int fd = udp(peer);
      clients.add(fd);
      assertEquals(0, peer.connect(fd, Peers.A, PORT));
      assertEquals(1, send(peer, fd, "a"));
      assertEquals(2, send(peer, fd, "bb"));
    }
    run();
    assertAllShards(Counter.UDP_DATAGRAMS_IN, 61);
    final SocketAddress4 source = new SocketAddress4();
    final Set<Integer> first = new HashSet<>();
    for (int i = 0; i < 60; i++) {
      final String peeked =
          text(sharded.recvfrom(server, buffer, 0, buffer.length, MSG_PEEK, source));
      final int from = source.port();
      assertEquals(peeked.length(), sharded.ioctl(server, SocketOption.FIONREAD, 0));
      assertEquals(peeked, text(sharded.recvfrom(server, buffer, 0, buffer.length, 0, source)));
      assertEquals(from, source.port(), "what was peeked at is what is read");
      // Of one peer they come in order.
      assertEquals(first.add(from) ? "a" : "bb", peeked);
      sharded.sendto(server, bytes(peeked), 0, peeked.length(), 0, Peers.B, from);
    }
    assertEquals("EAGAIN", receive(sharded, server));
    run();
    for (final int client : clients) {
      assertEquals("a", receive(peer, client));
      assertEquals("bb", receive(peer, client));
    }
    assertAllShards(Counter.UDP_DATAGRAMS_OUT, 60);
  }

  /** An ICMP error comes to the shard that sent, whoever it was. */
  @Test
  void errorsComeBackToWhoSent() {
    for (int port = 8000; port < 8020; port++) {
      final int fd = udp(sharded);
      assertEquals(0, sharded.connect(fd, Peers.B, port));
      assertEquals(1, send(sharded, fd, "x"));
      run();
      clock.advance(1_000_000_000L); // ICMP is rate-limited
      assertEquals("ECONNREFUSED", receive(sharded, fd), "port " + port);
      assertEquals("EAGAIN", receive(sharded, fd));
    }
  }

  /** Linux sock_dequeue_err_skb: the pending error is that of the next one, wherever it waits. */
  @Test
  void theErrorsOfAllShardsAreOneQueue() {
    final int fd = udp(sharded);
    sharded.setsockopt(fd, SocketOption.IPPROTO_IP, SocketOption.IP_RECVERR, 1);
    final int sent = 12;
    for (int port = 8000; port < 8000 + sent; port++) {
      // Whoever has an error pending can't send; here nobody wants to know of it yet.
      sharded.getsockopt(fd, SOL_SOCKET, SocketOption.SO_ERROR);
      assertEquals(1, sharded.sendto(fd, buffer, 0, 1, 0, Peers.B, port));
      run();
      clock.advance(1_000_000_000L);
    }
    for (int left = sent - 1; left >= 0; left--) {
      assertEquals(
          1, sharded.recv(fd, buffer, 0, buffer.length, SocketOption.MSG_ERRQUEUE), left + " left");
      assertEquals(
          left == 0 ? 0 : Errno.ECONNREFUSED,
          sharded.getsockopt(fd, SOL_SOCKET, SocketOption.SO_ERROR),
          left + " left");
    }
    assertAllShards(Counter.UDP_DATAGRAMS_OUT, sent);
  }

  /** What is claimed for a peer is of the shard that sends to it, and so needs no copy. */
  @Test
  void aConnectedSocketClaimsWhereItSends() {
    for (int port = 8000; port < 8012; port++) {
      final int fd = udp(sharded);
      assertEquals(0, sharded.connect(fd, Peers.B, port));
      final Loan loan = sharded.loan();
      assertEquals(10, sharded.sendClaim(fd, loan, 10));
      for (final NetworkStack stack : host.stacks) {
        assertEquals(
            stack.link().flows().arrivesHere(Peers.A, Peers.port(sharded, fd), Peers.B, port),
            stack.lentPackets() == loan.memory.lender());
      }
      loan.close();
      assertEquals(0, sharded.close(fd));
      run();
    }
  }

  @Test
  void packetsAreLentAndSentOnByOtherShards() {
    final int in = udp(sharded);
    final int out = udp(sharded);
    assertEquals(0, sharded.bind(in, 0, PORT));
    final int sink = udp(peer);
    assertEquals(0, peer.bind(sink, 0, PORT));
    final Loan loan = sharded.loan();
    for (int i = 0; i < 20; i++) {
      final int client = udp(peer);
      peer.sendto(client, Arrays.copyOf(bytes("datagram " + i), 10), 0, 10, 0, Peers.A, PORT);
      run();
      final int length = sharded.recvLend(in, loan, 0);
      assertEquals(10, length);
      final int sent = sharded.sendLent(out, loan, length, 0, Peers.B, PORT);
      assertEquals(10, sent);
      run();
      final byte[] expected = Arrays.copyOf(bytes("datagram " + i), 10);
      final int came = peer.recv(sink, buffer, 0, buffer.length, 0);
      assertArrayEquals(expected, Arrays.copyOf(buffer, came));
    }
  }
}
