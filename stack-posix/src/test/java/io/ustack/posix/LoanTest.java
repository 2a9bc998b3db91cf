package io.ustack.posix;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ustack.buffer.Packet;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What a loan of either kind refuses, how many there are, how they end. */
@Timeout(60)
class LoanTest {
  private static final int DONTWAIT = SocketOption.MSG_DONTWAIT;

  /** Whether the stack's share of lent packets is home, once it has had its turn. */
  private static void awaitAllReturned(final Posix posix) {
    while (!posix.engine.shard.stack.lentPackets().isCollected()) {
      posix.poll();
      Thread.onSpinWait();
    }
  }

  @ParameterizedTest
  @EnumSource
  void afterItsReturnALoanFailsLoudly(final Mode mode) {
    try (Host host = new Host(mode)) {
      final int fd = Peers.udp(host.posix);
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
      final int fd = Peers.udp(posix);
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

  @ParameterizedTest
  @EnumSource
  void aQuarterOfThePoolIsTheMost(final Mode mode) {
    try (Peers peers = new Peers(mode)) {
      final Peers.Datagrams udp = peers.datagrams();
      final Loan received = peers.b.loan();
      assertEquals(-Errno.EAGAIN, peers.b.recvLend(udp.server(), received, DONTWAIT));
      final List<Loan> claims = new ArrayList<>();
      int last;
      do {
        claims.add(peers.b.loan());
        last = peers.b.sendClaim(udp.server(), claims.get(claims.size() - 1), 10);
      } while (last > 0);
      assertEquals(-Errno.ENOBUFS, last);
      assertEquals(256, claims.size() - 1, "of a pool of 1024");

      // The peer is still heard, by way of copies.
      assertEquals(5, peers.a.sendto(udp.client(), Payload.of(0, 5), 0, 5, 0, Peers.B, udp.port()));
      assertEquals(5, peers.b.recvLend(udp.server(), received, 0));
      assertTrue(received.isCopy());
      Payload.assertHolds(0, 5, received);
      received.close();

      claims.forEach(Loan::close);
      awaitAllReturned(peers.b);
      assertEquals(5, peers.a.sendto(udp.client(), Payload.of(0, 5), 0, 5, 0, Peers.B, udp.port()));
      assertEquals(5, peers.b.recvLend(udp.server(), received, 0));
      assertFalse(received.isCopy());
      received.close();
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
          assertEquals(1, peers.a.send(pair[0], Payload.of(sent, 1), 0, 1, 0));
          while (peers.b.ioctl(pair[1], SocketOption.FIONREAD, 0) <= sent) {
            peers.b.poll();
            peers.a.poll();
          }
        }
      }
      assertEquals(5, peers.b.sendClaim(Peers.udp(peers.b), loan, 5));
      loan.close();
    }
  }

  @Test
  void afterTheStacksEndNothingIsLentOrReadForEver() {
    try (Peers peers = new Peers(Mode.DEDICATED)) {
      final int[] pair = peers.connect();
      final Peers.Datagrams udp = peers.datagrams();
      final Loan loan = peers.b.loan();
      assertEquals(-Errno.EAGAIN, peers.b.recvLend(pair[1], loan, DONTWAIT));
      assertEquals(-Errno.EAGAIN, peers.b.recvLend(udp.server(), loan, DONTWAIT));
      assertEquals(100, peers.a.send(pair[0], Payload.of(0, 100), 0, 100, 0));
      assertEquals(
          100, peers.a.sendto(udp.client(), Payload.of(0, 100), 0, 100, 0, Peers.B, udp.port()));
      final PollFds waits = new PollFds(1);
      waits.set(0, udp.server(), Epoll.EPOLLIN);
      assertEquals(1, peers.b.poll(waits, 1, -1));
      waits.set(0, pair[1], Epoll.EPOLLIN);
      assertEquals(1, peers.b.poll(waits, 1, -1));
      peers.b.engine.close();
      peers.stackB.close();
      assertEquals(-Errno.EIO, peers.b.recvLend(pair[1], loan, 0));
      assertEquals(-Errno.EIO, peers.b.recvLend(udp.server(), loan, 0));
      assertFalse(loan.isHeld());
      assertEquals(-Errno.EIO, peers.b.recv(pair[1], new byte[100], 0, 100, 0));
    }
  }

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
      final int fd = Peers.udp(host.posix);
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
      final int fd = Peers.udp(host.posix);
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

  /** The memory that a loan shows is the packet's. */
  @Test
  void nothingIsCopied() {
    try (Peers peers = new Peers(Mode.INLINE)) {
      final int server = Peers.udp(peers.b);
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
