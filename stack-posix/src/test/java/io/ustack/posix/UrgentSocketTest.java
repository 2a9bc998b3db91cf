package io.ustack.posix;

import static io.ustack.posix.SocketOption.FIONREAD;
import static io.ustack.posix.SocketOption.MSG_DONTWAIT;
import static io.ustack.posix.SocketOption.MSG_OOB;
import static io.ustack.posix.SocketOption.MSG_PEEK;
import static io.ustack.posix.SocketOption.SIOCATMARK;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Urgent data where time or threads come into it; the rest stands in {@link UrgentScenes}. */
@Timeout(120)
class UrgentSocketTest {
  private static final int ROUNDS = 3_000;
  private static final byte URGENT = (byte) 0xFF;

  /** What a window that is closed announces is not there: EAGAIN, and nobody is woken. */
  @Test
  // covers: RFC 9293 MUST-32, MUST-33
  void announcedAndNotThere() {
    try (TwoHosts hosts = new TwoHosts()) {
      final int[] pair = hosts.connect();
      final byte[] much = new byte[1 << 16];
      int sent = 0;
      for (int more = 1; more > 0; sent += Math.max(0, more)) {
        more = hosts.a.send(pair[0], much, 0, much.length, MSG_DONTWAIT);
        hosts.run();
      }
      // Some room to write, while the other end has none to receive.
      while (hosts.a.ioctl(pair[0], SocketOption.SIOCOUTQNSD, 0) > 0) {
        final int count = hosts.b.recv(pair[1], much, 0, much.length, MSG_DONTWAIT);
        sent -= Math.max(0, count);
        hosts.run();
      }
      while (hosts.a.ioctl(pair[0], SocketOption.SIOCOUTQNSD, 0) == 0) {
        sent += hosts.a.send(pair[0], much, 0, 1000, MSG_DONTWAIT);
        hosts.run();
      }
      assertEquals(1, hosts.a.send(pair[0], new byte[] {URGENT}, 0, 1, MSG_OOB));
      final byte[] into = new byte[1];
      assertEquals(-Errno.EINVAL, hosts.b.recv(pair[1], into, 0, 1, MSG_OOB));
      for (int ms = 0; ms < 2000; ms++) {
        hosts.clock.advance(1_000_000);
        hosts.run();
      }
      assertEquals(-Errno.EAGAIN, hosts.b.recv(pair[1], into, 0, 1, MSG_OOB), "a probe tells");
      final PollFds fds = new PollFds(1);
      fds.set(0, pair[1], Epoll.EPOLLPRI);
      assertEquals(0, hosts.b.poll(fds, 1, 0));
      while (hosts.b.recv(pair[1], into, 0, 1, MSG_OOB) == -Errno.EAGAIN) {
        sent -= Math.max(0, hosts.b.recv(pair[1], much, 0, much.length, MSG_DONTWAIT));
        hosts.run();
      }
      assertEquals(URGENT, into[0]);
      while (hosts.b.ioctl(pair[1], SIOCATMARK, 0) == 0) {
        sent -= hosts.b.recv(pair[1], much, 0, much.length, MSG_DONTWAIT);
      }
      assertEquals(0, sent, "the mark is behind all of it");
    }
  }

  /**
   * Nobody who hears of the byte finds less than what was sent in front of it, and no byte comes
   * twice.
   */
  @ParameterizedTest
  @EnumSource
  void whoHearsOfItFindsWhatIsInFront(final Mode mode) {
    try (Peers peers = new Peers(mode)) {
      final int[] pair = peers.connect();
      final PollFds fds = new PollFds(1);
      fds.set(0, pair[1], Epoll.EPOLLPRI);
      final byte[] data = new byte[20];
      final byte[] into = new byte[40];
      for (int i = 0; i < ROUNDS; i++) {
        final int front = i % 19;
        data[front] = (byte) i;
        assertEquals(front + 1, peers.a.send(pair[0], data, 0, front + 1, MSG_OOB));
        assertEquals(1, peers.b.poll(fds, 1, -1));
        assertEquals(front, peers.b.ioctl(pair[1], FIONREAD, 0));
        assertEquals(1, peers.b.recv(pair[1], into, 0, 1, MSG_OOB));
        assertEquals((byte) i, into[0]);
        assertEquals(-Errno.EINVAL, peers.b.recv(pair[1], into, 0, 1, MSG_OOB));
        if (front > 0) {
          assertEquals(front, peers.b.recv(pair[1], into, 0, 40, MSG_PEEK));
          assertEquals(front, peers.b.recv(pair[1], into, 0, 40, 0));
        }
        assertEquals(1, peers.b.ioctl(pair[1], SIOCATMARK, 0));
        assertEquals(-Errno.EAGAIN, peers.b.recv(pair[1], into, 0, 40, MSG_DONTWAIT));
      }
    }
  }

  /** recvLend stops at the mark as recv does, and steps over the byte. */
  @ParameterizedTest
  @EnumSource
  void aLoanEndsAtTheMark(final Mode mode) {
    try (Peers peers = new Peers(mode)) {
      final Loan loan = peers.b.loan();
      final int[] pair = peers.connect();
      final PollFds fds = new PollFds(1);
      fds.set(0, pair[1], Epoll.EPOLLPRI);
      for (int i = 0; i < 3; i++) {
        final byte[] data = {1, 2, 3, URGENT};
        assertEquals(4, peers.a.send(pair[0], data, 0, 4, MSG_OOB));
        assertEquals(1, peers.b.poll(fds, 1, -1));
        peers.a.send(pair[0], new byte[] {4, 5}, 0, 2, 0);
        assertEquals(3, peers.b.recvLend(pair[1], loan, MSG_DONTWAIT));
        assertEquals(1, loan.bytes().get(loan.offset()));
        loan.close();
        assertEquals(1, peers.b.ioctl(pair[1], SIOCATMARK, 0));
        assertEquals(2, peers.b.recvLend(pair[1], loan, 0));
        assertEquals(4, loan.bytes().get(loan.offset()));
        loan.close();
        assertEquals(-Errno.EAGAIN, peers.b.recvLend(pair[1], loan, MSG_DONTWAIT));
      }
    }
  }

  /** As fast as both can, with reads of all kinds: what is not urgent arrives whole, in order. */
  @ParameterizedTest
  @EnumSource(names = "DEDICATED")
  void noOtherByteIsLost(final Mode mode) throws InterruptedException {
    try (Peers peers = new Peers(mode)) {
      final int[] pair = peers.connect();
      final Thread writer = Threads.start("writer", () -> write(peers.a, pair[0]));
      final Random random = new Random(7);
      final byte[] into = new byte[50];
      int next = 0;
      int told = 0;
      int passed = 0;
      for (int count = 1; count != 0; ) {
        if (random.nextInt(3) == 0) {
          told += Math.max(0, peers.b.recv(pair[1], into, 0, 1, MSG_OOB));
        }
        if (random.nextInt(3) == 0) {
          peers.b.recv(pair[1], into, 0, 50, MSG_PEEK | MSG_DONTWAIT);
        }
        count = peers.b.recv(pair[1], into, 0, 1 + random.nextInt(50), 0);
        for (int i = 0; i < count; i++) {
          if (into[i] == URGENT) {
            passed++; // replaced by a later one before the stream was read so far
          } else {
            assertEquals((byte) (next++ % 100), into[i]);
          }
        }
      }
      writer.join();
      assertEquals(20 * ROUNDS, next);
      // One that was told and then replaced stands in the stream, too (Linux tcp_check_urg).
      assertTrue(told + passed > 0, "none");
      assertTrue(told <= ROUNDS && passed <= ROUNDS, "twice: " + told + ", " + passed);
    }
  }

  private static void write(final Posix a, final int fd) {
    final Random random = new Random(8);
    final byte[] data = new byte[20];
    int next = 0;
    for (int i = 0; i < ROUNDS; i++) {
      for (int j = 0; j < 20; j++) {
        data[j] = (byte) (next++ % 100);
      }
      final int before = random.nextInt(21);
      a.send(fd, data, 0, before, 0);
      a.send(fd, new byte[] {URGENT}, 0, 1, MSG_OOB);
      a.send(fd, data, before, 20 - before, 0);
    }
    a.shutdown(fd, SocketOption.SHUT_WR);
  }
}
