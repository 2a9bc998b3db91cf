package io.ustack.posix;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Packets of streams that are lent to the application. */
@Timeout(60)
class StreamLoanTest {
  private static final int DONTWAIT = SocketOption.MSG_DONTWAIT;

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
          sent += Math.max(0, peers.a.send(pair[0], Payload.of(sent, piece), 0, piece, DONTWAIT));
        }
        final int count = peers.b.recvLend(pair[1], loan, 0);
        assertTrue(count > 0, () -> Errno.name(-count));
        Payload.assertHolds(received, count, loan);
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
      assertEquals(3000, peers.a.send(pair[0], Payload.of(0, 3000), 0, 3000, 0));
      final byte[] buffer = new byte[3000];
      final int peek = SocketOption.MSG_PEEK | SocketOption.MSG_WAITALL;
      while (peers.b.recv(pair[1], buffer, 0, 3000, peek) < 3000) {
        Thread.onSpinWait();
      }
      assertTrue(Arrays.equals(Payload.of(0, 3000), buffer));
      assertEquals(3000, peers.b.ioctl(pair[1], SocketOption.FIONREAD, 0));

      assertEquals(100, peers.b.recv(pair[1], buffer, 0, 100, 0));
      final int lent = peers.b.recvLend(pair[1], loan, 0);
      Payload.assertHolds(100, lent, loan);
      final int rest = 2900 - lent;
      assertEquals(rest, peers.b.ioctl(pair[1], SocketOption.FIONREAD, 0));
      assertEquals(rest, peers.b.recv(pair[1], buffer, 0, rest, SocketOption.MSG_WAITALL));
      assertTrue(Arrays.equals(Payload.of(100 + lent, rest), Arrays.copyOf(buffer, rest)));
      Payload.assertHolds(100, lent, loan);
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
        assertEquals(1000, peers.a.send(from[0], Payload.of(round, 1000), 0, 1000, 0));
        for (int passed = 0; passed < 1000; ) {
          final int count = peers.b.recvLend(from[1], loan, 0);
          assertFalse(loan.isCopy());
          assertEquals(count, peers.b.sendLent(to[1], loan, count, 0));
          assertFalse(loan.isHeld());
          passed += count;
        }
        assertEquals(1000, peers.a.recv(to[0], buffer, 0, 1000, SocketOption.MSG_WAITALL));
        assertTrue(Arrays.equals(Payload.of(round, 1000), buffer));
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
      loan.bytes().put(Payload.of(0, 1460));
      assertEquals(1000, peers.a.sendLent(pair[0], loan, 1000, 0));
      assertThrows(IllegalStateException.class, loan::bytes);
      assertEquals(500, peers.a.send(pair[0], Payload.of(1000, 500), 0, 500, 0));
      assertEquals(10, peers.a.sendClaim(pair[0], loan, 10));
      loan.bytes().put(Payload.of(1500, 10));
      assertEquals(10, peers.a.sendLent(pair[0], loan, 10, 0));
      final byte[] buffer = new byte[1510];
      assertEquals(1510, peers.b.recv(pair[1], buffer, 0, 1510, SocketOption.MSG_WAITALL));
      assertTrue(Arrays.equals(Payload.of(0, 1510), buffer));
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
      loan.bytes().put(Payload.of(0, 100));
      int result = peers.a.sendLent(pair[0], loan, 50, DONTWAIT);
      while (result > 0) { // there was room for some, or the peer took some meanwhile
        if (!loan.isHeld()) {
          assertEquals(100, peers.a.sendClaim(pair[0], loan, 100));
          loan.bytes().put(Payload.of(0, 100));
        }
        result = peers.a.sendLent(pair[0], loan, 50, DONTWAIT);
      }
      assertEquals(-Errno.EAGAIN, result);
      Payload.assertHolds(0, 100, loan);
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
      assertEquals(10, peers.a.send(pair[0], Payload.of(0, 10), 0, 10, 0));
      assertEquals(10, peers.b.recvLend(pair[1], loan, 0));
      assertEquals(10, peers.a.send(pair[0], Payload.of(0, 10), 0, 10, 0)); // stays unread
      assertEquals(0, peers.b.close(pair[1]));
      Payload.assertHolds(0, 10, loan);
      loan.close();
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
      final byte[] question = Payload.of(round, round);
      if (peers.a.send(fd, question, 0, round, 0) != round
          || peers.a.recv(fd, answer, 0, round, SocketOption.MSG_WAITALL) != round
          || !Arrays.equals(question, Arrays.copyOf(answer, round))) {
        errors.incrementAndGet();
      }
    }
    peers.a.shutdown(fd, SocketOption.SHUT_WR);
  }
}
