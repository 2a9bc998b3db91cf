package io.ustack.posix;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Packets of datagrams that are lent to the application. */
@Timeout(60)
class DatagramLoanTest {
  private static final int DONTWAIT = SocketOption.MSG_DONTWAIT;

  private final SocketAddress4 name = new SocketAddress4();

  @ParameterizedTest
  @EnumSource
  void datagramsComeInLoansAndGoBackInThem(final Mode mode) {
    try (Peers peers = new Peers(mode)) {
      final Peers.Datagrams udp = peers.datagrams();
      final Loan loan = peers.b.loan();
      assertEquals(-Errno.EAGAIN, peers.b.recvLend(udp.server(), loan, DONTWAIT));
      final byte[] buffer = new byte[1472];
      for (int length = 1; length <= 1472; length += 7) {
        assertEquals(
            length,
            peers.a.sendto(
                udp.client(), Payload.of(length, length), 0, length, 0, Peers.B, udp.port()));
        assertEquals(length, peers.b.recvLend(udp.server(), loan, 0, name));
        assertFalse(loan.isCopy());
        Payload.assertHolds(length, length, loan);
        assertEquals(Peers.A, name.address());
        assertEquals(
            length, peers.b.sendLent(udp.server(), loan, length, 0, name.address(), name.port()));
        assertEquals(length, peers.a.recv(udp.client(), buffer, 0, 1472, 0));
        assertTrue(
            Arrays.equals(Payload.of(length, length), Arrays.copyOf(buffer, length)), "" + length);
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void anEmptyDatagramLendsNothing(final Mode mode) {
    try (Peers peers = new Peers(mode)) {
      final Peers.Datagrams udp = peers.datagrams();
      final Loan loan = peers.b.loan();
      assertEquals(-Errno.EAGAIN, peers.b.recvLend(udp.server(), loan, DONTWAIT));
      assertEquals(0, peers.a.sendto(udp.client(), new byte[0], 0, 0, 0, Peers.B, udp.port()));
      assertEquals(2, peers.a.sendto(udp.client(), Payload.of(0, 2), 0, 2, 0, Peers.B, udp.port()));
      assertEquals(0, peers.b.recvLend(udp.server(), loan, 0, name));
      assertEquals(Peers.A, name.address());
      assertFalse(loan.isHeld());
      assertEquals(2, peers.b.recvLend(udp.server(), loan, 0, name));
      loan.close();
    }
  }

  /** Before the first loan was asked for, datagrams were copied: the loan shows the copy. */
  @ParameterizedTest
  @EnumSource
  void whatCameBeforeIsACopy(final Mode mode) {
    try (Peers peers = new Peers(mode)) {
      final Peers.Datagrams udp = peers.datagrams();
      assertEquals(
          900, peers.a.sendto(udp.client(), Payload.of(0, 900), 0, 900, 0, Peers.B, udp.port()));
      final PollFds waits = new PollFds(1);
      waits.set(0, udp.server(), Epoll.EPOLLIN);
      assertEquals(1, peers.b.poll(waits, 1, -1));
      final Loan loan = peers.b.loan();
      assertEquals(900, peers.b.recvLend(udp.server(), loan, 0));
      assertTrue(loan.isCopy());
      Payload.assertHolds(0, 900, loan);
      final ByteBuffer seen = loan.bytes();
      assertEquals(
          900,
          peers.b.sendLent(udp.server(), loan, 900, 0, Peers.A, Peers.port(peers.a, udp.client())));
      assertFalse(loan.isHeld());
      assertThrows(BufferUnderflowException.class, seen::get);
      final byte[] buffer = new byte[900];
      assertEquals(900, peers.a.recv(udp.client(), buffer, 0, 900, 0));
      assertTrue(Arrays.equals(Payload.of(0, 900), buffer));
    }
  }

  @ParameterizedTest
  @EnumSource
  void claimedDatagrams(final Mode mode) {
    try (Peers peers = new Peers(mode)) {
      final Peers.Datagrams udp = peers.datagrams();
      final Loan loan = peers.a.loan();
      assertEquals(-Errno.EMSGSIZE, peers.a.sendClaim(udp.client(), loan, 1473));
      assertFalse(loan.isHeld());
      assertEquals(1472, peers.a.sendClaim(udp.client(), loan, 1472));
      loan.bytes().put(Payload.of(0, 1472));
      assertEquals(-Errno.EDESTADDRREQ, peers.a.sendLent(udp.client(), loan, 1000, 0));
      Payload.assertHolds(0, 1472, loan);
      assertEquals(1000, peers.a.sendLent(udp.client(), loan, 1000, 0, Peers.B, udp.port()));
      final byte[] buffer = new byte[2000];
      assertEquals(1000, peers.b.recv(udp.server(), buffer, 0, 2000, 0));
      assertTrue(Arrays.equals(Payload.of(0, 1000), Arrays.copyOf(buffer, 1000)));

      // MSG_MORE gathers a datagram, so this one is copied.
      assertEquals(4, peers.a.sendClaim(udp.client(), loan, 4));
      loan.bytes().put(Payload.of(0, 4));
      assertEquals(
          4, peers.a.sendLent(udp.client(), loan, 4, SocketOption.MSG_MORE, Peers.B, udp.port()));
      assertEquals(4, peers.a.sendClaim(udp.client(), loan, 4));
      loan.bytes().put(Payload.of(4, 4));
      assertEquals(4, peers.a.sendLent(udp.client(), loan, 4, 0, Peers.B, udp.port()));
      assertEquals(8, peers.b.recv(udp.server(), buffer, 0, 2000, 0));
      assertTrue(Arrays.equals(Payload.of(0, 8), Arrays.copyOf(buffer, 8)));
    }
  }

  /** Nothing will come any more: who would wait is told the end, as recv is. */
  @ParameterizedTest
  @EnumSource
  void afterShutdownNobodyWaits(final Mode mode) {
    try (Peers peers = new Peers(mode)) {
      final int server = Peers.udp(peers.b);
      assertEquals(0, peers.b.connect(server, Peers.A, 9));
      assertEquals(0, peers.b.shutdown(server, SocketOption.SHUT_RD));
      final Loan loan = peers.b.loan();
      assertEquals(0, peers.b.recvLend(server, loan, 0));
      assertEquals(-Errno.EAGAIN, peers.b.recvLend(server, loan, DONTWAIT));
      assertFalse(loan.isHeld());
    }
  }

  /** More than the queue takes as packets: the rest is copied, and none is lost on the way. */
  @ParameterizedTest
  @EnumSource
  void manyDatagramsInLoansArrive(final Mode mode) {
    try (Peers peers = new Peers(mode)) {
      final Peers.Datagrams udp = peers.datagrams();
      final Loan loan = peers.a.loan();
      final byte[] buffer = new byte[100];
      // So that the address is known.
      assertEquals(1, peers.a.sendto(udp.client(), buffer, 0, 1, 0, Peers.B, udp.port()));
      assertEquals(1, peers.b.recv(udp.server(), buffer, 0, 100, 0));
      for (int i = 0; i < 200; i++) {
        assertEquals(100, peers.a.sendClaim(udp.client(), loan, 100));
        loan.bytes().put(Payload.of(i, 100));
        assertEquals(100, peers.a.sendLent(udp.client(), loan, 100, DONTWAIT, Peers.B, udp.port()));
      }
      for (int i = 0; i < 200; i++) {
        assertEquals(100, peers.b.recv(udp.server(), buffer, 0, 100, 0));
        assertTrue(Arrays.equals(Payload.of(i, 100), buffer), "datagram " + i);
      }
    }
  }

  /** The caller may play with position and limit; what is sent is what was lent. */
  @ParameterizedTest
  @EnumSource
  void theLimitOfTheViewIsTheCallers(final Mode mode) {
    try (Peers peers = new Peers(mode)) {
      final Peers.Datagrams udp = peers.datagrams();
      final Loan loan = peers.a.loan();
      final byte[] buffer = new byte[100];
      for (final int flags : new int[] {SocketOption.MSG_MORE, 0}) {
        assertEquals(10, peers.a.sendClaim(udp.client(), loan, 10));
        loan.bytes().put(Payload.of(0, 10)).limit(loan.offset() + 1);
        assertEquals(10, peers.a.sendLent(udp.client(), loan, 10, flags, Peers.B, udp.port()));
      }
      assertEquals(20, peers.b.recv(udp.server(), buffer, 0, 100, 0));
    }
  }
}
