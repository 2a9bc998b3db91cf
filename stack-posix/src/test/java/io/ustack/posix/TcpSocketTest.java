package io.ustack.posix;

import static io.ustack.posix.Epoll.EPOLLOUT;
import static io.ustack.posix.Errno.EAGAIN;
import static io.ustack.posix.SocketOption.IPPROTO_TCP;
import static io.ustack.posix.SocketOption.MSG_DONTWAIT;
import static io.ustack.posix.SocketOption.MSG_PEEK;
import static io.ustack.posix.SocketOption.SHUT_WR;
import static io.ustack.posix.SocketOption.SOL_SOCKET;
import static io.ustack.posix.SocketOption.SO_RCVBUF;
import static io.ustack.posix.SocketOption.SO_SNDBUF;
import static io.ustack.posix.SocketOption.TCP_NODELAY;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ustack.counter.Counter;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Streams between two stacks, in both modes. What one stack can show alone is in {@link
 * LinuxOracleTest}.
 */
@Timeout(120)
class TcpSocketTest {
  private static final int NOWHERE = 0xCB007107; // 203.0.113.7, RFC 5737

  private static byte[] ascii(final String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  private static int send(final Posix posix, final int fd, final String text) {
    return posix.send(fd, ascii(text), 0, text.length(), 0);
  }

  private static String recv(final Posix posix, final int fd) {
    final byte[] into = new byte[1000];
    final int length = posix.recv(fd, into, 0, into.length, 0);
    return length < 0 ? Errno.name(length) : new String(into, 0, length, StandardCharsets.US_ASCII);
  }

  @ParameterizedTest
  @EnumSource
  void talksAndClosesInOrder(final Mode mode) {
    try (Peers peers = new Peers(mode)) {
      final int[] pair = peers.connect();
      assertEquals(5, send(peers.a, pair[0], "hello"));
      assertEquals("hello", recv(peers.b, pair[1]));
      assertEquals(6, send(peers.b, pair[1], "answer"));
      assertEquals("answer", recv(peers.a, pair[0]));
      assertEquals(0, peers.a.close(pair[0]));
      assertEquals("", recv(peers.b, pair[1]));
      assertEquals(0, peers.b.close(pair[1]));
      assertEquals(-Errno.EBADF, peers.b.close(pair[1]));
    }
  }

  @ParameterizedTest
  @EnumSource
  void dataWrittenBeforeCloseArrives(final Mode mode) {
    try (Peers peers = new Peers(mode)) {
      final int[] pair = peers.connect();
      final byte[] data = new byte[100_000];
      new Random(1).nextBytes(data);
      assertEquals(data.length, peers.a.send(pair[0], data, 0, data.length, MSG_DONTWAIT));
      peers.a.close(pair[0]);
      final byte[] into = new byte[data.length + 1];
      assertEquals(
          data.length, peers.b.recv(pair[1], into, 0, into.length, SocketOption.MSG_WAITALL));
      into[data.length] = 0;
      assertArrayEquals(data, java.util.Arrays.copyOf(into, data.length));
    }
  }

  @ParameterizedTest
  @EnumSource
  void carriesMegabytesUnchanged(final Mode mode) {
    try (Peers peers = new Peers(mode)) {
      final int[] pair = peers.connect();
      transfer(peers, pair, 5_000_000);
    }
  }

  @ParameterizedTest
  @EnumSource
  void carriesDataThroughTheSmallestBuffers(final Mode mode) {
    try (Peers peers = new Peers(mode)) {
      final int listener = peers.b.socket(SocketOption.AF_INET, SocketOption.SOCK_STREAM, 0);
      peers.b.setsockopt(listener, SOL_SOCKET, SO_RCVBUF, 1);
      peers.b.listen(listener, 1);
      final int client = Peers.tcp(peers.a);
      peers.a.setsockopt(client, SOL_SOCKET, SO_SNDBUF, 1);
      assertEquals(0, peers.a.connect(client, Peers.B, Peers.port(peers.b, listener)));
      final int server = peers.b.accept(listener, null);
      transfer(peers, new int[] {client, server}, 200_000);
    }
  }

  @ParameterizedTest
  @EnumSource
  void carriesDataThroughBuffersResizedOnTheWay(final Mode mode) {
    try (Peers peers = new Peers(mode)) {
      final int[] pair = peers.connect();
      transfer(peers, pair, 300_000);
      peers.a.setsockopt(pair[0], SOL_SOCKET, SO_SNDBUF, 5_000);
      peers.b.setsockopt(pair[1], SOL_SOCKET, SO_RCVBUF, 5_000);
      transfer(peers, pair, 300_000);
      peers.a.setsockopt(pair[0], SOL_SOCKET, SO_SNDBUF, 500_000);
      peers.b.setsockopt(pair[1], SOL_SOCKET, SO_RCVBUF, 500_000);
      transfer(peers, pair, 3_000_000);
    }
  }

  /** Linux: a child inherits what its listener has been told, also after listen. */
  @ParameterizedTest
  @EnumSource
  void acceptedConnectionsHaveTheBuffersThatTheirListenerWasGivenLast(final Mode mode) {
    try (Peers peers = new Peers(mode)) {
      final int listener = peers.listen(1);
      for (final int bytes : new int[] {5_000, 500_000}) {
        peers.b.setsockopt(listener, SOL_SOCKET, SO_RCVBUF, bytes);
        peers.b.setsockopt(listener, SOL_SOCKET, SO_SNDBUF, bytes);
        final int client = Peers.tcp(peers.a);
        peers.a.setsockopt(client, SOL_SOCKET, SO_RCVBUF, 1);
        assertEquals(0, peers.a.connect(client, Peers.B, Peers.port(peers.b, listener)));
        final int server = peers.b.accept(listener, null);
        assertEquals(2 * bytes, peers.b.getsockopt(server, SOL_SOCKET, SO_RCVBUF));
        assertEquals(2 * bytes, peers.b.getsockopt(server, SOL_SOCKET, SO_SNDBUF));
        final byte[] data = new byte[1 << 20];
        assertEquals(bytes, peers.b.send(server, data, 0, data.length, MSG_DONTWAIT));
        int waiting = 0;
        while (waiting < bytes * 9 / 10) {
          peers.a.send(client, data, 0, data.length, MSG_DONTWAIT);
          waiting = peers.b.recv(server, data, 0, data.length, MSG_PEEK | MSG_DONTWAIT);
        }
        assertTrue(waiting <= bytes, "received " + waiting);
        peers.a.close(client);
        peers.b.close(server);
      }
    }
  }

  /** Sends pseudo-random bytes from A to B with calls that do not wait, and compares. */
  private static void transfer(final Peers peers, final int[] pair, final int length) {
    final byte[] data = new byte[length];
    new Random(length).nextBytes(data);
    final CRC32C received = new CRC32C();
    final byte[] into = new byte[10_000];
    int sent = 0;
    int arrived = 0;
    while (arrived < length) {
      final int chunk = Math.min(7_777, length - sent);
      final int taken = peers.a.send(pair[0], data, sent, chunk, MSG_DONTWAIT);
      sent += orNothing(taken);
      final int count = peers.b.recv(pair[1], into, 0, into.length, MSG_DONTWAIT);
      arrived += orNothing(count);
      received.update(into, 0, orNothing(count));
    }
    final CRC32C expected = new CRC32C();
    expected.update(data);
    assertEquals(expected.getValue(), received.getValue());
  }

  private static int orNothing(final int result) {
    assertTrue(result >= 0 || result == -EAGAIN, () -> Errno.name(result));
    return Math.max(0, result);
  }

  @Test
  void writableAgainWhenAThirdIsFree() {
    try (Peers peers = new Peers(Mode.INLINE)) {
      final int[] pair = peers.connect();
      final int capacity = 30_000;
      peers.a.setsockopt(pair[0], SOL_SOCKET, SO_SNDBUF, capacity);
      final byte[] data = new byte[capacity];
      // The peer reads nothing. Each refusal is a turn of both stacks: after so many nothing moves.
      for (int refused = 0; refused < 1_000; ) {
        final int taken = peers.a.send(pair[0], data, 0, data.length, MSG_DONTWAIT);
        refused = orNothing(taken) > 0 ? 0 : refused + 1;
      }
      assertEquals(-EAGAIN, peers.a.send(pair[0], data, 0, 1, MSG_DONTWAIT));

      final int set = peers.a.epoll_create1(0);
      final EpollEvents events = new EpollEvents(1);
      peers.a.epoll_ctl(set, Epoll.EPOLL_CTL_ADD, pair[0], EPOLLOUT, 0);
      assertEquals(0, peers.a.epoll_wait(set, events, 1, 0));
      assertEquals(50_000, peers.b.recv(pair[1], new byte[50_000], 0, 50_000, 0));
      assertEquals(1, peers.a.epoll_wait(set, events, 1, -1));
      assertEquals(EPOLLOUT, events.events(0));
      final int room = peers.a.send(pair[0], data, 0, data.length, MSG_DONTWAIT);
      assertTrue(room >= capacity / 3, () -> "only " + room);
    }
  }

  @ParameterizedTest
  @EnumSource
  void manyConnectionsComeAndGo(final Mode mode) {
    try (Peers peers = new Peers(mode)) {
      final int listener = peers.listen(64);
      final int port = Peers.port(peers.b, listener);
      for (int i = 0; i < 200; i++) {
        final int client = Peers.tcp(peers.a);
        assertEquals(0, peers.a.connect(client, Peers.B, port));
        final SocketAddress4 peer = new SocketAddress4();
        final int server = peers.b.accept(listener, peer);
        assertEquals(Peers.A, peer.address());
        assertEquals(Peers.port(peers.a, client), peer.port());
        assertEquals(4, send(peers.a, client, "ping"));
        assertEquals("ping", recv(peers.b, server));
        assertEquals(0, peers.b.close(server));
        assertEquals("", recv(peers.a, client));
        assertEquals(0, peers.a.close(client));
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void connectToNowhere(final Mode mode) {
    try (Peers peers = new Peers(mode)) {
      final int fd = Peers.tcp(peers.a);
      assertEquals(-Errno.ENETUNREACH, peers.a.connect(fd, NOWHERE, 80));
      assertEquals(-Errno.ECONNREFUSED, peers.a.connect(fd, Peers.B, 80));
      assertEquals(-Errno.EINVAL, peers.a.connect(fd, Peers.B, 65_536));
      assertEquals(-Errno.EINVAL, peers.a.connect(fd, Peers.B, -1));
      assertEquals(-Errno.EINVAL, peers.a.bind(fd, 0, 65_536));
      assertEquals(-Errno.EADDRNOTAVAIL, peers.a.bind(fd, Peers.B, 0));
    }
  }

  @ParameterizedTest
  @EnumSource
  void aFailedConnectKeepsAnExplicitBinding(final Mode mode) {
    try (Peers peers = new Peers(mode)) {
      final int fd = Peers.tcp(peers.a);
      assertEquals(0, peers.a.bind(fd, Peers.A, 5_555));
      assertEquals(-Errno.ECONNREFUSED, peers.a.connect(fd, Peers.B, 80));
      final int other = Peers.tcp(peers.a);
      assertEquals(-Errno.EADDRINUSE, peers.a.bind(other, Peers.A, 5_555));
      final int listener = peers.listen(1);
      assertEquals(0, peers.a.connect(fd, Peers.B, Peers.port(peers.b, listener)));
      assertEquals(5_555, Peers.port(peers.a, fd));
    }
  }

  @Test
  void noNeighbourIsHostUnreachable() {
    try (Peers peers = new Peers(Mode.INLINE)) {
      final int fd = Peers.tcp(peers.a);
      assertEquals(-Errno.EHOSTUNREACH, peers.a.connect(fd, 0x0A000063, 80));
    }
  }

  @ParameterizedTest
  @EnumSource
  void takesAndFillsByteBuffers(final Mode mode) {
    try (Peers peers = new Peers(mode)) {
      final int[] pair = peers.connect();
      for (final boolean direct : new boolean[] {true, false}) {
        final ByteBuffer out = direct ? ByteBuffer.allocateDirect(64) : ByteBuffer.allocate(64);
        out.put(10, ascii("between"));
        out.position(3);
        assertEquals(7, peers.a.send(pair[0], out, 10, 7, 0));
        assertEquals(3, out.position());
        final ByteBuffer in = direct ? ByteBuffer.allocateDirect(64) : ByteBuffer.allocate(64);
        in.position(5);
        assertEquals(7, peers.b.recv(pair[1], in, 20, 44, 0));
        assertEquals(5, in.position());
        final byte[] text = new byte[7];
        in.get(20, text);
        assertArrayEquals(ascii("between"), text);
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void portsOutOfRange(final Mode mode) {
    try (Host host = new Host(mode)) {
      final Posix p = host.posix;
      final int udp = p.socket(SocketOption.AF_INET, SocketOption.SOCK_DGRAM, 0);
      for (final int fd : new int[] {Peers.tcp(p), udp}) {
        for (final int port : new int[] {-1, 0x10000, Integer.MIN_VALUE, Integer.MAX_VALUE}) {
          assertEquals(-Errno.EINVAL, p.bind(fd, SocketOption.INADDR_LOOPBACK, port));
          assertEquals(-Errno.EINVAL, p.connect(fd, SocketOption.INADDR_LOOPBACK, port));
        }
      }
    }
  }

  /** What is not here is not taken and ignored. */
  @ParameterizedTest
  @EnumSource
  void unknownFlagsAreRefused(final Mode mode) {
    try (Peers peers = new Peers(mode)) {
      final int[] pair = peers.connect();
      final Posix p = peers.a;
      final byte[] one = new byte[1];
      for (final int flag : new int[] {1 << 30, 1 << 24, 1 << 12, Integer.MIN_VALUE}) {
        assertEquals(-Errno.EOPNOTSUPP, p.send(pair[0], one, 0, 1, flag));
        assertEquals(-Errno.EOPNOTSUPP, p.sendto(pair[0], one, 0, 1, flag, 0, 0));
        assertEquals(-Errno.EOPNOTSUPP, p.recv(pair[0], one, 0, 1, flag));
        assertEquals(-Errno.EOPNOTSUPP, p.recvfrom(pair[0], one, 0, 1, flag, null));
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void badRangesAreRefused(final Mode mode) {
    try (Peers peers = new Peers(mode)) {
      final int[] pair = peers.connect();
      final Posix p = peers.a;
      final int fd = pair[0];
      final byte[] array = new byte[10];
      final ByteBuffer buffer = ByteBuffer.allocate(20).limit(10);
      assertEquals(-Errno.EFAULT, p.send(fd, (byte[]) null, 0, 1, 0));
      assertEquals(-Errno.EFAULT, p.send(fd, (ByteBuffer) null, 0, 1, 0));
      assertEquals(-Errno.EFAULT, p.recv(fd, (byte[]) null, 0, 1, 0));
      assertEquals(-Errno.EFAULT, p.recv(fd, (ByteBuffer) null, 0, 1, 0));
      assertEquals(0, p.send(fd, (byte[]) null, 0, 0, 0));
      assertEquals(0, p.send(fd, (ByteBuffer) null, 0, 0, 0));
      assertEquals(-Errno.EINVAL, p.send(fd, array, -1, 1, 0));
      assertEquals(-Errno.EINVAL, p.send(fd, array, 0, -1, 0));
      assertEquals(-Errno.EFAULT, p.send(fd, array, 5, 6, 0));
      assertEquals(-Errno.EFAULT, p.send(fd, array, Integer.MAX_VALUE, Integer.MAX_VALUE, 0));
      assertEquals(-Errno.EFAULT, p.send(fd, buffer, 5, 6, 0));
      assertEquals(-Errno.EFAULT, p.recv(fd, buffer, 5, 6, 0));
      assertEquals(-Errno.EFAULT, p.recv(fd, buffer.asReadOnlyBuffer(), 0, 6, 0));
      assertEquals(-Errno.EINVAL, p.recv(fd, array, 0, -1, 0));
      assertEquals(-Errno.EOPNOTSUPP, p.send(fd, array, 0, 1, 0x100_0000));
      assertEquals(-Errno.EOPNOTSUPP, p.recv(fd, array, 0, 1, 0x100_0000));
      assertEquals(-Errno.EBADF, p.send(99, (byte[]) null, 0, 1, 0));
      assertEquals(-Errno.EFAULT, p.getsockname(fd, null));
      assertEquals(-Errno.EFAULT, p.getpeername(fd, null));
      assertEquals(-Errno.EFAULT, p.epoll_wait(p.epoll_create1(0), null, 1, 0));
    }
  }

  @ParameterizedTest
  @EnumSource
  void optionsReachAnOpenConnection(final Mode mode) {
    try (Peers peers = new Peers(mode)) {
      final int[] pair = peers.connect();
      assertEquals(0, peers.a.setsockopt(pair[0], IPPROTO_TCP, TCP_NODELAY, 1));
      assertEquals(1, peers.a.getsockopt(pair[0], IPPROTO_TCP, TCP_NODELAY));
      assertEquals(1, send(peers.a, pair[0], "x"));
      assertEquals(1, send(peers.a, pair[0], "y"));
      assertEquals(2, peers.b.recv(pair[1], new byte[2], 0, 2, SocketOption.MSG_WAITALL));
    }
  }

  @ParameterizedTest
  @EnumSource
  void acceptWithoutANumberLeavesTheConnectionWaiting(final Mode mode) {
    try (Host host = new Host(mode)) {
      // 3 for the listener, 4 for the client, 5 for whoever is accepted.
      final Posix posix = Posix.on(host.engine, 6);
      final int listener = Peers.tcp(posix);
      assertEquals(3, listener);
      assertEquals(0, posix.listen(listener, 4));
      final int client = Peers.tcp(posix);
      assertEquals(
          0, posix.connect(client, SocketOption.INADDR_LOOPBACK, Peers.port(posix, listener)));
      final int third = Peers.tcp(posix);
      assertEquals(5, third);
      assertEquals(-Errno.EMFILE, posix.accept(listener, null));
      assertEquals(-Errno.EMFILE, Peers.tcp(posix));
      assertEquals(-Errno.EMFILE, posix.epoll_create1(0));
      posix.close(third);
      assertEquals(5, posix.accept(listener, null));
      for (int fd = 3; fd < 6; fd++) {
        assertEquals(0, posix.close(fd));
      }
    }
  }

  @Test
  void inlineOnlyABlockingSendSendsAtOnce() {
    try (Peers peers = new Peers(Mode.INLINE)) {
      final int[] pair = peers.connect();
      final long before = peers.stackA.counters().value(Counter.FRAMES_OUT);
      peers.a.send(pair[0], new byte[10], 0, 10, MSG_DONTWAIT);
      assertEquals(before, peers.stackA.counters().value(Counter.FRAMES_OUT));
      peers.a.send(pair[0], new byte[10], 0, 10, 0);
      assertTrue(peers.stackA.counters().value(Counter.FRAMES_OUT) > before);
    }
  }

  @Test
  void inlineANonBlockingCallLooksOnceMore() {
    try (Peers peers = new Peers(Mode.INLINE)) {
      final int[] pair = peers.connect();
      send(peers.a, pair[0], "there");
      assertEquals(5, peers.b.recv(pair[1], new byte[9], 0, 9, MSG_DONTWAIT));
      assertEquals(-EAGAIN, peers.b.recv(pair[1], new byte[9], 0, 9, MSG_DONTWAIT));
    }
  }

  @Test
  void smallReadsDoNotStallTheSender() {
    try (Peers peers = new Peers(Mode.INLINE)) {
      for (final int capacity : new int[] {2_000, 4_000, 10_000, 33_000, 100_000}) {
        final int listener = peers.b.socket(SocketOption.AF_INET, SocketOption.SOCK_STREAM, 0);
        peers.b.setsockopt(listener, SOL_SOCKET, SO_RCVBUF, capacity);
        peers.b.listen(listener, 1);
        final int client = Peers.tcp(peers.a);
        assertEquals(0, peers.a.connect(client, Peers.B, Peers.port(peers.b, listener)));
        final int server = peers.b.accept(listener, null);
        final long startNs = peers.elapsedNs();
        trickle(peers, client, server, 300_000);
        final long tookNs = peers.elapsedNs() - startNs;
        // A sender that is not told of the window waits for its persist timer, 200 ms and more.
        assertTrue(tookNs < 150_000_000, () -> capacity + " bytes took " + tookNs + " ns");
      }
    }
  }

  /** A sends all it can, B reads small pieces. */
  private static void trickle(
      final Peers peers, final int client, final int server, final int length) {
    final byte[] data = new byte[length];
    final byte[] into = new byte[100];
    int sent = 0;
    int arrived = 0;
    while (arrived < length) {
      sent += orNothing(peers.a.send(client, data, sent, length - sent, MSG_DONTWAIT));
      arrived += orNothing(peers.b.recv(server, into, 0, into.length, MSG_DONTWAIT));
    }
  }

  @ParameterizedTest
  @EnumSource
  void halfClosedConnectionsStillCarryTheOtherWay(final Mode mode) {
    try (Peers peers = new Peers(mode)) {
      final int[] pair = peers.connect();
      assertEquals(3, send(peers.a, pair[0], "ask"));
      assertEquals(0, peers.a.shutdown(pair[0], SHUT_WR));
      assertEquals("ask", recv(peers.b, pair[1]));
      assertEquals("", recv(peers.b, pair[1]));
      final byte[] data = new byte[50_000];
      new Random(2).nextBytes(data);
      assertEquals(data.length, peers.b.send(pair[1], data, 0, data.length, MSG_DONTWAIT));
      peers.b.close(pair[1]);
      final byte[] into = new byte[data.length];
      assertEquals(
          data.length, peers.a.recv(pair[0], into, 0, into.length, SocketOption.MSG_WAITALL));
      assertArrayEquals(data, into);
      assertEquals("", recv(peers.a, pair[0]));
    }
  }
}
