package io.ustack.posix;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ustack.buffer.Packet;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Packets that are lent to the application: {@code recvLend}, {@code sendClaim}, {@code sendLent}.
 */
@Timeout(60)
class LoanTest {
  private static final int ANY = SocketOption.INADDR_ANY;
  private static final int DONTWAIT = SocketOption.MSG_DONTWAIT;

  private final SocketAddress4 name = new SocketAddress4();

  private static byte at(final int position) {
    return (byte) (position * 13 + (position >> 9));
  }

  private static byte[] pattern(final int from, final int length) {
    final byte[] bytes = new byte[length];
    for (int i = 0; i < length; i++) {
      bytes[i] = at(from + i);
    }
    return bytes;
  }

  private static void assertHolds(final int from, final int length, final Loan loan) {
    assertTrue(loan.isHeld());
    assertEquals(length, loan.length());
    final ByteBuffer bytes = loan.bytes();
    assertEquals(loan.offset(), bytes.position());
    assertEquals(length, bytes.remaining());
    for (int i = 0; i < length; i++) {
      assertEquals(at(from + i), bytes.get(loan.offset() + i), "byte " + i);
    }
  }

  private static int udp(final Posix posix) {
    final int fd = posix.socket(SocketOption.AF_INET, SocketOption.SOCK_DGRAM, 0);
    assertEquals(0, posix.bind(fd, ANY, 0));
    return fd;
  }

  /** Whether the stack's share of lent packets is home, once it has had its turn. */
  private static void awaitAllReturned(final Posix posix) {
    while (!posix.engine.stack.lentPackets().isCollected()) {
      posix.poll();
      Thread.onSpinWait();
    }
  }

  // ---- Streams

  @ParameterizedTest
  @EnumSource
  void aStreamComesInLoans(final Mode mode) {
    try (Peers peers = new Peers(mode)) {
      final int[] pair = peers.connect();
      final Loan loan = peers.b.loan();
      final int total = 300_000;
      int sent = 0;
      int received = 0;
      int packets = 0;
      while (received < total) {
        final int piece = Math.min(total - sent, 20_000);
        if (piece > 0) {
          sent += Math.max(0, peers.a.send(pair[0], pattern(sent, piece), 0, piece, DONTWAIT));
        }
        final int count = peers.b.recvLend(pair[1], loan, 0);
        assertTrue(count > 0, () -> Errno.name(-count));
        assertHolds(received, count, loan);
        received += count;
        packets += loan.isCopy() ? 0 : 1;
        loan.close();
        assertFalse(loan.isHeld());
      }
      assertTrue(packets > 100, packets + " packets");
      assertEquals(0, peers.a.shutdown(pair[0], SocketOption.SHUT_WR));
      assertEquals(0, peers.b.recvLend(pair[1], loan, 0), "the end of the stream");
      assertFalse(loan.isHeld());
    }
  }

  /** Copies and loans take turns; FIONREAD and MSG_PEEK see no difference. */
  @ParameterizedTest
  @EnumSource
  void copiesAndLoansAreOneStream(final Mode mode) {
    try (Peers peers = new Peers(mode)) {
      final int[] pair = peers.connect();
      final Loan loan = peers.b.loan();
      assertEquals(-Errno.EAGAIN, peers.b.recvLend(pair[1], loan, DONTWAIT));
      assertEquals(3000, peers.a.send(pair[0], pattern(0, 3000), 0, 3000, 0));
      final byte[] buffer = new byte[3000];
      final int peek = SocketOption.MSG_PEEK | SocketOption.MSG_WAITALL;
      while (peers.b.recv(pair[1], buffer, 0, 3000, peek) < 3000) {
        Thread.onSpinWait();
      }
      assertTrue(Arrays.equals(pattern(0, 3000), buffer));
      assertEquals(3000, peers.b.ioctl(pair[1], SocketOption.FIONREAD, 0));

      assertEquals(100, peers.b.recv(pair[1], buffer, 0, 100, 0));
      final int lent = peers.b.recvLend(pair[1], loan, 0);
      assertHolds(100, lent, loan);
      final int rest = 2900 - lent;
      assertEquals(rest, peers.b.ioctl(pair[1], SocketOption.FIONREAD, 0));
      assertEquals(rest, peers.b.recv(pair[1], buffer, 0, rest, SocketOption.MSG_WAITALL));
      assertTrue(Arrays.equals(pattern(100 + lent, rest), Arrays.copyOf(buffer, rest)));
      assertHolds(100, lent, loan);
      loan.close();
    }
  }

  /** What came from one peer goes to another in its packet. */
  @ParameterizedTest
  @EnumSource
  void whatWasReceivedIsSentOn(final Mode mode) {
    try (Peers peers = new Peers(mode)) {
      final int[] from = peers.connect();
      final int[] to = peers.connect();
      final Loan loan = peers.b.loan();
      assertEquals(-Errno.EAGAIN, peers.b.recvLend(from[1], loan, DONTWAIT));
      final byte[] buffer = new byte[1000];
      for (int round = 0; round < 200; round++) {
        assertEquals(1000, peers.a.send(from[0], pattern(round, 1000), 0, 1000, 0));
        for (int passed = 0; passed < 1000; ) {
          final int count = peers.b.recvLend(from[1], loan, 0);
          assertFalse(loan.isCopy());
          assertEquals(count, peers.b.sendLent(to[1], loan, count, 0));
          assertFalse(loan.isHeld());
          passed += count;
        }
        assertEquals(1000, peers.a.recv(to[0], buffer, 0, 1000, SocketOption.MSG_WAITALL));
        assertTrue(Arrays.equals(pattern(round, 1000), buffer));
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void aStreamTakesClaimedPackets(final Mode mode) {
    try (Peers peers = new Peers(mode)) {
      final int[] pair = peers.connect();
      final Loan loan = peers.a.loan();
      assertEquals(1460, peers.a.sendClaim(pair[0], loan, 10_000), "as much as a segment carries");
      loan.bytes().put(pattern(0, 1460));
      assertEquals(1000, peers.a.sendLent(pair[0], loan, 1000, 0));
      assertThrows(IllegalStateException.class, loan::bytes);
      assertEquals(500, peers.a.send(pair[0], pattern(1000, 500), 0, 500, 0));
      assertEquals(10, peers.a.sendClaim(pair[0], loan, 10));
      loan.bytes().put(pattern(1500, 10));
      assertEquals(10, peers.a.sendLent(pair[0], loan, 10, 0));
      final byte[] buffer = new byte[1510];
      assertEquals(1510, peers.b.recv(pair[1], buffer, 0, 1510, SocketOption.MSG_WAITALL));
      assertTrue(Arrays.equals(pattern(0, 1510), buffer));
    }
  }

  /** What does not fit stays with its loan, whole. */
  @ParameterizedTest
  @EnumSource
  void aFullSendBufferTakesNoPacket(final Mode mode) {
    try (Peers peers = new Peers(mode)) {
      final int[] pair = peers.connect();
      final byte[] filling = new byte[100_000];
      while (peers.a.send(pair[0], filling, 0, filling.length, DONTWAIT) > 0) {
        Thread.onSpinWait();
      }
      final Loan loan = peers.a.loan();
      assertEquals(100, peers.a.sendClaim(pair[0], loan, 100));
      loan.bytes().put(pattern(0, 100));
      int result = peers.a.sendLent(pair[0], loan, 50, DONTWAIT);
      while (result > 0) { // there was room for some, or the peer took some meanwhile
        if (!loan.isHeld()) {
          assertEquals(100, peers.a.sendClaim(pair[0], loan, 100));
          loan.bytes().put(pattern(0, 100));
        }
        result = peers.a.sendLent(pair[0], loan, 50, DONTWAIT);
      }
      assertEquals(-Errno.EAGAIN, result);
      assertHolds(0, 100, loan);
      loan.close();
    }
  }

  @ParameterizedTest
  @EnumSource
  void aBrokenStreamSaysWhyAndLeavesTheLoan(final Mode mode) {
    try (Peers peers = new Peers(mode)) {
      final int[] pair = peers.connect();
      final Loan loan = peers.a.loan();
      assertEquals(4, peers.a.sendClaim(pair[0], loan, 4));
      assertEquals(0, peers.a.shutdown(pair[0], SocketOption.SHUT_WR));
      assertEquals(-Errno.EPIPE, peers.a.sendLent(pair[0], loan, 4, 0));
      assertTrue(loan.isHeld());
      loan.close();
      assertEquals(0, peers.a.close(pair[0]));
      assertEquals(-Errno.EBADF, peers.a.sendClaim(pair[0], loan, 4));
      assertEquals(-Errno.EBADF, peers.a.recvLend(pair[0], loan, 0));
    }
  }

  /** The socket is gone, its packets are not: they are the application's. */
  @ParameterizedTest
  @EnumSource
  void aLoanOutlivesItsSocket(final Mode mode) {
    try (Peers peers = new Peers(mode)) {
      final int[] pair = peers.connect();
      final Loan loan = peers.b.loan();
      assertEquals(-Errno.EAGAIN, peers.b.recvLend(pair[1], loan, DONTWAIT));
      assertEquals(10, peers.a.send(pair[0], pattern(0, 10), 0, 10, 0));
      assertEquals(10, peers.b.recvLend(pair[1], loan, 0));
      assertEquals(10, peers.a.send(pair[0], pattern(0, 10), 0, 10, 0)); // stays unread
      assertEquals(0, peers.b.close(pair[1]));
      assertHolds(0, 10, loan);
      loan.close();
    }
  }

  // ---- Datagrams

  @ParameterizedTest
  @EnumSource
  void datagramsComeInLoansAndGoBackInThem(final Mode mode) {
    try (Peers peers = new Peers(mode)) {
      final int client = udp(peers.a);
      final int server = udp(peers.b);
      final int port = Peers.port(peers.b, server);
      final Loan loan = peers.b.loan();
      assertEquals(-Errno.EAGAIN, peers.b.recvLend(server, loan, DONTWAIT));
      final byte[] buffer = new byte[1472];
      for (int length = 1; length <= 1472; length += 7) {
        assertEquals(
            length, peers.a.sendto(client, pattern(length, length), 0, length, 0, Peers.B, port));
        assertEquals(length, peers.b.recvLend(server, loan, 0, name));
        assertFalse(loan.isCopy());
        assertHolds(length, length, loan);
        assertEquals(Peers.A, name.address());
        assertEquals(
            length, peers.b.sendLent(server, loan, length, 0, name.address(), name.port()));
        assertEquals(length, peers.a.recv(client, buffer, 0, 1472, 0));
        assertTrue(
            Arrays.equals(pattern(length, length), Arrays.copyOf(buffer, length)), "" + length);
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void anEmptyDatagramLendsNothing(final Mode mode) {
    try (Peers peers = new Peers(mode)) {
      final int client = udp(peers.a);
      final int server = udp(peers.b);
      final int port = Peers.port(peers.b, server);
      final Loan loan = peers.b.loan();
      assertEquals(-Errno.EAGAIN, peers.b.recvLend(server, loan, DONTWAIT));
      assertEquals(0, peers.a.sendto(client, new byte[0], 0, 0, 0, Peers.B, port));
      assertEquals(2, peers.a.sendto(client, pattern(0, 2), 0, 2, 0, Peers.B, port));
      assertEquals(0, peers.b.recvLend(server, loan, 0, name));
      assertEquals(Peers.A, name.address());
      assertFalse(loan.isHeld());
      assertEquals(2, peers.b.recvLend(server, loan, 0, name));
      loan.close();
    }
  }

  /** Before the first loan was asked for, datagrams were copied: the loan shows the copy. */
  @ParameterizedTest
  @EnumSource
  void whatCameBeforeIsACopy(final Mode mode) {
    try (Peers peers = new Peers(mode)) {
      final int client = udp(peers.a);
      final int server = udp(peers.b);
      final int port = Peers.port(peers.b, server);
      assertEquals(900, peers.a.sendto(client, pattern(0, 900), 0, 900, 0, Peers.B, port));
      final PollFds waits = new PollFds(1);
      waits.set(0, server, Epoll.EPOLLIN);
      assertEquals(1, peers.b.poll(waits, 1, -1));
      final Loan loan = peers.b.loan();
      assertEquals(900, peers.b.recvLend(server, loan, 0));
      assertTrue(loan.isCopy());
      assertHolds(0, 900, loan);
      final ByteBuffer seen = loan.bytes();
      assertEquals(
          900, peers.b.sendLent(server, loan, 900, 0, Peers.A, Peers.port(peers.a, client)));
      assertFalse(loan.isHeld());
      assertThrows(BufferUnderflowException.class, seen::get);
      final byte[] buffer = new byte[900];
      assertEquals(900, peers.a.recv(client, buffer, 0, 900, 0));
      assertTrue(Arrays.equals(pattern(0, 900), buffer));
    }
  }

  @ParameterizedTest
  @EnumSource
  void claimedDatagrams(final Mode mode) {
    try (Peers peers = new Peers(mode)) {
      final int client = udp(peers.a);
      final int server = udp(peers.b);
      final int port = Peers.port(peers.b, server);
      final Loan loan = peers.a.loan();
      assertEquals(-Errno.EMSGSIZE, peers.a.sendClaim(client, loan, 1473));
      assertFalse(loan.isHeld());
      assertEquals(1472, peers.a.sendClaim(client, loan, 1472));
      loan.bytes().put(pattern(0, 1472));
      assertEquals(-Errno.EDESTADDRREQ, peers.a.sendLent(client, loan, 1000, 0));
      assertHolds(0, 1472, loan);
      assertEquals(1000, peers.a.sendLent(client, loan, 1000, 0, Peers.B, port));
      final byte[] buffer = new byte[2000];
      assertEquals(1000, peers.b.recv(server, buffer, 0, 2000, 0));
      assertTrue(Arrays.equals(pattern(0, 1000), Arrays.copyOf(buffer, 1000)));

      // MSG_MORE gathers a datagram, so this one is copied.
      assertEquals(4, peers.a.sendClaim(client, loan, 4));
      loan.bytes().put(pattern(0, 4));
      assertEquals(4, peers.a.sendLent(client, loan, 4, SocketOption.MSG_MORE, Peers.B, port));
      assertEquals(4, peers.a.sendClaim(client, loan, 4));
      loan.bytes().put(pattern(4, 4));
      assertEquals(4, peers.a.sendLent(client, loan, 4, 0, Peers.B, port));
      assertEquals(8, peers.b.recv(server, buffer, 0, 2000, 0));
      assertTrue(Arrays.equals(pattern(0, 8), Arrays.copyOf(buffer, 8)));
    }
  }

  /** Nothing will come any more: who would wait is told the end, as recv is. */
  @ParameterizedTest
  @EnumSource
  void afterShutdownNobodyWaits(final Mode mode) {
    try (Peers peers = new Peers(mode)) {
      final int server = udp(peers.b);
      assertEquals(0, peers.b.connect(server, Peers.A, 9));
      assertEquals(0, peers.b.shutdown(server, SocketOption.SHUT_RD));
      final Loan loan = peers.b.loan();
      assertEquals(0, peers.b.recvLend(server, loan, 0));
      assertEquals(-Errno.EAGAIN, peers.b.recvLend(server, loan, DONTWAIT));
      assertFalse(loan.isHeld());
    }
  }

  /** Taking what fills the receive buffer opens the window, without a timer's help. */
  @Test
  void takingOpensTheWindow() {
    try (TwoHosts hosts = new TwoHosts()) {
      final int[] pair = hosts.connect();
      final byte[] filling = new byte[100_000];
      while (hosts.a.send(pair[0], filling, 0, filling.length, 0) > 0) {
        hosts.run();
      }
      final Loan loan = hosts.b.loan();
      while (hosts.b.recvLend(pair[1], loan, 0) > 0) {
        loan.close();
      }
      hosts.run();
      assertTrue(hosts.a.send(pair[0], filling, 0, filling.length, 0) > 0);
    }
  }

  // ---- What a loan refuses

  @ParameterizedTest
  @EnumSource
  void afterItsReturnALoanFailsLoudly(final Mode mode) {
    try (Host host = new Host(mode)) {
      final int fd = udp(host.posix);
      final Loan loan = host.posix.loan();
      assertThrows(IllegalStateException.class, loan::bytes);
      assertEquals(100, host.posix.sendClaim(fd, loan, 100));
      final ByteBuffer bytes = loan.bytes();
      bytes.put((byte) 1);
      loan.close();
      loan.close(); // the second time does nothing
      assertThrows(IllegalStateException.class, loan::bytes);
      assertThrows(IllegalStateException.class, loan::offset);
      assertThrows(IllegalStateException.class, loan::length);
      assertThrows(IllegalStateException.class, loan::isCopy);
      assertThrows(RuntimeException.class, () -> bytes.put((byte) 1));
      assertThrows(RuntimeException.class, () -> bytes.get(bytes.position()));
      assertEquals(
          -Errno.EINVAL, host.posix.sendLent(fd, loan, 1, 0, SocketOption.INADDR_LOOPBACK, 7));
    }
  }

  @ParameterizedTest
  @EnumSource
  void wrongArguments(final Mode mode) {
    try (Host host = new Host(mode);
        Host other = new Host(Mode.INLINE)) {
      final Posix posix = host.posix;
      final int fd = udp(posix);
      final int set = posix.epoll_create1(0);
      final Loan loan = posix.loan();
      assertEquals(-Errno.EFAULT, posix.recvLend(fd, null, 0));
      assertEquals(-Errno.EFAULT, posix.sendClaim(fd, null, 1));
      assertEquals(-Errno.EFAULT, posix.sendLent(fd, null, 1, 0));
      assertEquals(-Errno.EINVAL, posix.recvLend(fd, other.posix.loan(), 0));
      assertEquals(-Errno.EINVAL, posix.sendClaim(fd, other.posix.loan(), 1));
      assertEquals(-Errno.EINVAL, posix.sendClaim(fd, loan, 0));
      assertEquals(-Errno.EINVAL, posix.sendClaim(fd, loan, -1));
      assertEquals(-Errno.EOPNOTSUPP, posix.recvLend(fd, loan, SocketOption.MSG_PEEK));
      assertEquals(-Errno.EBADF, posix.recvLend(-1, loan, 0));
      assertEquals(-Errno.EBADF, posix.sendClaim(99, loan, 1));
      assertEquals(-Errno.ENOTSOCK, posix.recvLend(set, loan, 0));
      assertEquals(-Errno.ENOTSOCK, posix.sendLent(set, loan, 1, 0));
      final int[] pair = new int[2];
      assertEquals(0, posix.socketpair(SocketOption.AF_UNIX, SocketOption.SOCK_STREAM, 0, pair));
      assertEquals(-Errno.EOPNOTSUPP, posix.recvLend(pair[0], loan, 0));
      assertEquals(-Errno.EOPNOTSUPP, posix.sendClaim(pair[0], loan, 1));
      final int listener = Peers.tcp(posix);
      assertEquals(0, posix.listen(listener, 1));
      assertEquals(-Errno.ENOTCONN, posix.recvLend(listener, loan, 0));

      assertEquals(10, posix.sendClaim(fd, loan, 10));
      assertEquals(-Errno.EBUSY, posix.sendClaim(fd, loan, 10));
      assertEquals(-Errno.EBUSY, posix.recvLend(fd, loan, 0));
      final int here = SocketOption.INADDR_LOOPBACK;
      assertEquals(-Errno.EINVAL, posix.sendLent(fd, loan, 11, 0, here, 7));
      assertEquals(-Errno.EINVAL, posix.sendLent(fd, loan, 0, 0, here, 7));
      assertEquals(-Errno.EINVAL, posix.sendLent(fd, loan, 10, 0, here, -2));
      assertEquals(-Errno.EINVAL, posix.sendLent(fd, loan, 10, 0, here, 70_000));
      assertEquals(-Errno.EOPNOTSUPP, posix.sendLent(fd, loan, 10, SocketOption.MSG_OOB, here, 7));
      assertEquals(-Errno.EOPNOTSUPP, posix.sendLent(pair[0], loan, 10, 0));
      assertTrue(loan.isHeld(), "after all that");
      loan.close();
    }
  }

  // ---- Bounds

  @ParameterizedTest
  @EnumSource
  void aQuarterOfThePoolIsTheMost(final Mode mode) {
    try (Peers peers = new Peers(mode)) {
      final int client = udp(peers.a);
      final int server = udp(peers.b);
      final int port = Peers.port(peers.b, server);
      final Loan received = peers.b.loan();
      assertEquals(-Errno.EAGAIN, peers.b.recvLend(server, received, DONTWAIT));
      final List<Loan> claims = new ArrayList<>();
      int last;
      do {
        claims.add(peers.b.loan());
        last = peers.b.sendClaim(server, claims.get(claims.size() - 1), 10);
      } while (last > 0);
      assertEquals(-Errno.ENOBUFS, last);
      assertEquals(256, claims.size() - 1, "of a pool of 1024");

      // The peer is still heard, by way of copies.
      assertEquals(5, peers.a.sendto(client, pattern(0, 5), 0, 5, 0, Peers.B, port));
      assertEquals(5, peers.b.recvLend(server, received, 0));
      assertTrue(received.isCopy());
      assertHolds(0, 5, received);
      received.close();

      claims.forEach(Loan::close);
      awaitAllReturned(peers.b);
      assertEquals(5, peers.a.sendto(client, pattern(0, 5), 0, 5, 0, Peers.B, port));
      assertEquals(5, peers.b.recvLend(server, received, 0));
      assertFalse(received.isCopy());
      received.close();
    }
  }

  /** More than the queue takes as packets: the rest is copied, and none is lost on the way. */
  @ParameterizedTest
  @EnumSource
  void manyDatagramsInLoansArrive(final Mode mode) {
    try (Peers peers = new Peers(mode)) {
      final int client = udp(peers.a);
      final int server = udp(peers.b);
      final int port = Peers.port(peers.b, server);
      final Loan loan = peers.a.loan();
      final byte[] buffer = new byte[100];
      // So that the address is known.
      assertEquals(1, peers.a.sendto(client, buffer, 0, 1, 0, Peers.B, port));
      assertEquals(1, peers.b.recv(server, buffer, 0, 100, 0));
      for (int i = 0; i < 200; i++) {
        assertEquals(100, peers.a.sendClaim(client, loan, 100));
        loan.bytes().put(pattern(i, 100));
        assertEquals(100, peers.a.sendLent(client, loan, 100, DONTWAIT, Peers.B, port));
      }
      for (int i = 0; i < 200; i++) {
        assertEquals(100, peers.b.recv(server, buffer, 0, 100, 0));
        assertTrue(Arrays.equals(pattern(i, 100), buffer), "datagram " + i);
      }
    }
  }

  /** What peers send and nobody reads leaves some packets for those who send. */
  @ParameterizedTest
  @EnumSource
  void unreadDataDoesNotKeepAnybodyFromClaiming(final Mode mode) {
    try (Peers peers = new Peers(mode)) {
      final Loan loan = peers.b.loan();
      for (int i = 0; i < 6; i++) {
        final int[] pair = peers.connect();
        assertEquals(-Errno.EAGAIN, peers.b.recvLend(pair[1], loan, DONTWAIT));
        peers.a.setsockopt(pair[0], SocketOption.IPPROTO_TCP, SocketOption.TCP_NODELAY, 1);
        for (int sent = 0; sent < 80; sent++) {
          assertEquals(1, peers.a.send(pair[0], pattern(sent, 1), 0, 1, 0));
          while (peers.b.ioctl(pair[1], SocketOption.FIONREAD, 0) <= sent) {
            peers.b.poll();
            peers.a.poll();
          }
        }
      }
      assertEquals(5, peers.b.sendClaim(udp(peers.b), loan, 5));
      loan.close();
    }
  }

  /** The caller may play with position and limit; what is sent is what was lent. */
  @ParameterizedTest
  @EnumSource
  void theLimitOfTheViewIsTheCallers(final Mode mode) {
    try (Peers peers = new Peers(mode)) {
      final int client = udp(peers.a);
      final int server = udp(peers.b);
      final int port = Peers.port(peers.b, server);
      final Loan loan = peers.a.loan();
      final byte[] buffer = new byte[100];
      for (final int flags : new int[] {SocketOption.MSG_MORE, 0}) {
        assertEquals(10, peers.a.sendClaim(client, loan, 10));
        loan.bytes().put(pattern(0, 10)).limit(loan.offset() + 1);
        assertEquals(10, peers.a.sendLent(client, loan, 10, flags, Peers.B, port));
      }
      assertEquals(20, peers.b.recv(server, buffer, 0, 100, 0));
    }
  }

  // ---- The end

  @Test
  void afterTheStacksEndNothingIsLentOrReadForEver() {
    try (Peers peers = new Peers(Mode.DEDICATED)) {
      final int[] pair = peers.connect();
      final int client = udp(peers.a);
      final int server = udp(peers.b);
      final int port = Peers.port(peers.b, server);
      final Loan loan = peers.b.loan();
      assertEquals(-Errno.EAGAIN, peers.b.recvLend(pair[1], loan, DONTWAIT));
      assertEquals(-Errno.EAGAIN, peers.b.recvLend(server, loan, DONTWAIT));
      assertEquals(100, peers.a.send(pair[0], pattern(0, 100), 0, 100, 0));
      assertEquals(100, peers.a.sendto(client, pattern(0, 100), 0, 100, 0, Peers.B, port));
      final PollFds waits = new PollFds(1);
      waits.set(0, server, Epoll.EPOLLIN);
      assertEquals(1, peers.b.poll(waits, 1, -1));
      waits.set(0, pair[1], Epoll.EPOLLIN);
      assertEquals(1, peers.b.poll(waits, 1, -1));
      peers.b.engine.close();
      peers.stackB.close();
      assertEquals(-Errno.EIO, peers.b.recvLend(pair[1], loan, 0));
      assertEquals(-Errno.EIO, peers.b.recvLend(server, loan, 0));
      assertFalse(loan.isHeld());
      assertEquals(-Errno.EIO, peers.b.recv(pair[1], new byte[100], 0, 100, 0));
    }
  }

  // ---- Loans that nobody gives back

  private static void holdAndForget(final Posix posix, final int fd) {
    assertEquals(77, posix.sendClaim(fd, posix.loan(), 77));
  }

  @ParameterizedTest
  @EnumSource
  void aForgottenLoanIsReportedAndGivenBack(final Mode mode) {
    try (Host host = new Host(mode)) {
      final List<ForgottenLoan> reports = new ArrayList<>();
      host.posix.onForgottenLoan(reports::add);
      host.posix.traceLoans(true);
      final int fd = udp(host.posix);
      holdAndForget(host.posix, fd);
      while (reports.isEmpty()) {
        System.gc();
        host.posix.loan();
      }
      assertEquals(1, reports.size());
      assertEquals(77, reports.get(0).lengthBytes());
      final LoanTrace trace = reports.get(0).trace();
      assertTrue(trace.getMessage().contains("held since here"), trace.getMessage());
      assertTrue(
          Arrays.stream(trace.getStackTrace())
              .anyMatch(frame -> frame.getMethodName().equals("holdAndForget")),
          () -> Arrays.toString(trace.getStackTrace()));
    }
  }

  /** What is untraced is told by where the loan was made. */
  @Test
  void closingTheEngineTakesLoansAway() {
    final List<ForgottenLoan> reports = new ArrayList<>();
    final Loan loan;
    final ByteBuffer bytes;
    try (Host host = new Host(Mode.DEDICATED)) {
      host.posix.onForgottenLoan(reports::add);
      host.posix.traceLoans(false);
      final int fd = udp(host.posix);
      loan = host.posix.loan();
      assertEquals(10, host.posix.sendClaim(fd, loan, 10));
      bytes = loan.bytes();
    }
    assertFalse(loan.isHeld());
    assertThrows(RuntimeException.class, bytes::get);
    assertEquals(1, reports.size());
    assertTrue(reports.get(0).trace().getMessage().contains("made here"));
    loan.close();
  }

  // ---- Threads

  /** Each connection is answered by a thread of its own; the loans of one pool cross. */
  @Test
  void loansCrossThreads() throws InterruptedException {
    try (Peers peers = new Peers(Mode.DEDICATED)) {
      final AtomicLong errors = new AtomicLong();
      final List<Thread> threads = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        final int[] pair = peers.connect();
        threads.add(Threads.start("answers", () -> answer(peers, pair[1], errors)));
        threads.add(Threads.start("asks", () -> ask(peers, pair[0], errors)));
      }
      for (final Thread thread : threads) {
        thread.join();
      }
      assertEquals(0, errors.get());
    }
  }

  private static void answer(final Peers peers, final int fd, final AtomicLong errors) {
    final Loan loan = peers.b.loan();
    while (true) {
      final int count = peers.b.recvLend(fd, loan, 0);
      if (count <= 0) {
        errors.addAndGet(count);
        return;
      }
      if (peers.b.sendLent(fd, loan, count, 0) != count) {
        errors.incrementAndGet();
      }
    }
  }

  private static void ask(final Peers peers, final int fd, final AtomicLong errors) {
    final byte[] answer = new byte[2000];
    for (int round = 1; round < 2000; round++) {
      final byte[] question = pattern(round, round);
      if (peers.a.send(fd, question, 0, round, 0) != round
          || peers.a.recv(fd, answer, 0, round, SocketOption.MSG_WAITALL) != round
          || !Arrays.equals(question, Arrays.copyOf(answer, round))) {
        errors.incrementAndGet();
      }
    }
    peers.a.shutdown(fd, SocketOption.SHUT_WR);
  }

  /** The memory that a loan shows is the packet's. */
  @Test
  void nothingIsCopied() {
    try (Peers peers = new Peers(Mode.INLINE)) {
      final int server = udp(peers.b);
      final Loan loan = peers.b.loan();
      assertEquals(4, peers.b.sendClaim(server, loan, 4));
      final Packet any = peers.stackB.link().pool().allocate();
      assertTrue(any != null && any.bytes().isDirect() && loan.bytes().isDirect());
      assertEquals(any.bytes().capacity(), loan.bytes().capacity(), "of one memory");
      any.release();
      loan.close();
    }
  }
}
