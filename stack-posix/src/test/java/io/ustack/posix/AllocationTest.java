package io.ustack.posix;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.sun.management.ThreadMXBean;
import io.ustack.buffer.ByteRanges;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Calls allocate nothing once they are warm; neither does the stack thread on their behalf. */
@Timeout(120)
class AllocationTest {
  private static final int WARM_UP_ROUNDS = 5_000;
  private static final int BATCHES = 5;
  private static final int BATCH_ROUNDS = 500;

  private interface Round {
    void run();
  }

  /** This thread and all stack threads. */
  private static Thread[] involved() {
    final Thread self = Thread.currentThread();
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread == self || thread.getName().startsWith("ustack-"))
        .toArray(Thread[]::new);
  }

  private static long allocatedBytes(final Thread[] threads) {
    final ThreadMXBean bean = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long sum = 0;
    for (final Thread thread : threads) {
      sum += bean.getThreadAllocatedBytes(thread.getId());
    }
    return sum;
  }

  private static void allocatesNothing(final Round round) {
    for (int i = 0; i < WARM_UP_ROUNDS; i++) {
      round.run();
    }
    final Thread[] threads = involved();
    long least = Long.MAX_VALUE;
    for (int batch = 0; batch < BATCHES; batch++) {
      least = Math.min(least, bytesOfBatch(round, threads));
    }
    // What a call allocates shows in every batch; a branch that is linked at its first use in one.
    assertEquals(0, least, "bytes in " + BATCH_ROUNDS + " rounds");
  }

  private static long bytesOfBatch(final Round round, final Thread[] threads) {
    final long asked = allocatedBytes(threads);
    final long cost = allocatedBytes(threads) - asked;
    final long before = allocatedBytes(threads);
    for (int i = 0; i < BATCH_ROUNDS; i++) {
      round.run();
    }
    return allocatedBytes(threads) - before - cost;
  }

  @ParameterizedTest
  @EnumSource
  void requestAndResponseThroughEpoll(final Mode mode) {
    try (Peers peers = new Peers(mode)) {
      final int[] pair = peers.connect();
      final int set = peers.b.epoll_create1(0);
      peers.b.epoll_ctl(set, Epoll.EPOLL_CTL_ADD, pair[1], Epoll.EPOLLIN, 0);
      final EpollEvents events = new EpollEvents(8);
      final byte[] request = new byte[64];
      final ByteBuffer response = ByteBuffer.allocateDirect(64);
      allocatesNothing(
          () -> {
            assertEquals(64, peers.a.send(pair[0], request, 0, 64, 0));
            assertEquals(1, peers.b.epoll_wait(set, events, 8, -1));
            assertEquals(64, peers.b.recv(pair[1], response, 0, 64, 0));
            assertEquals(64, peers.b.send(pair[1], response, 0, 64, 0));
            assertEquals(64, peers.a.recv(pair[0], request, 0, 64, 0));
          });
    }
  }

  @ParameterizedTest
  @EnumSource
  void edgeTriggeredNonBlocking(final Mode mode) {
    try (Peers peers = new Peers(mode)) {
      final int[] pair = peers.connect();
      final int set = peers.b.epoll_create1(0);
      final int interest = Epoll.EPOLLIN | Epoll.EPOLLRDHUP | Epoll.EPOLLET;
      peers.b.epoll_ctl(set, Epoll.EPOLL_CTL_ADD, pair[1], interest, 0);
      peers.b.fcntl(pair[1], SocketOption.F_SETFL, SocketOption.O_NONBLOCK);
      // Nobody answers, and Nagle would have the next request wait for a delayed ACK.
      peers.a.setsockopt(pair[0], SocketOption.IPPROTO_TCP, SocketOption.TCP_NODELAY, 1);
      final EpollEvents events = new EpollEvents(8);
      final byte[] request = new byte[64];
      final byte[] buffer = new byte[100];
      allocatesNothing(
          () -> {
            peers.a.send(pair[0], request, 0, 64, 0);
            int received = 0;
            while (received < 64) {
              assertEquals(1, peers.b.epoll_wait(set, events, 8, -1));
              int count = peers.b.recv(pair[1], buffer, 0, 100, 0);
              while (count > 0) {
                received += count;
                count = peers.b.recv(pair[1], buffer, 0, 100, 0);
              }
              assertEquals(-Errno.EAGAIN, count);
            }
          });
    }
  }

  @ParameterizedTest
  @EnumSource
  void datagrams(final Mode mode) {
    try (Peers peers = new Peers(mode)) {
      final Peers.Datagrams udp = peers.datagrams();
      final byte[] data = new byte[64];
      final SocketAddress4 source = new SocketAddress4();
      allocatesNothing(
          () -> {
            assertEquals(64, peers.a.sendto(udp.client(), data, 0, 64, 0, Peers.B, udp.port()));
            assertEquals(64, peers.b.recvfrom(udp.server(), data, 0, 64, 0, source));
            assertEquals(
                64, peers.b.sendto(udp.server(), data, 0, 64, 0, source.address(), source.port()));
            assertEquals(64, peers.a.recv(udp.client(), data, 0, 64, 0));
          });
    }
  }

  @ParameterizedTest
  @EnumSource
  void messages(final Mode mode) {
    try (Peers peers = new Peers(mode)) {
      final Peers.Datagrams udp = peers.datagrams();
      final Message[] requests = new Message[4];
      final Message[] received = new Message[4];
      for (int i = 0; i < 4; i++) {
        requests[i] = new Message().name(Peers.B, udp.port());
        requests[i].ranges().add(new byte[20], 1, 19).add(ByteBuffer.allocateDirect(9), 1, 8);
        received[i] = new Message();
        received[i].ranges().add(new byte[20], 1, 19).add(ByteBuffer.allocateDirect(99), 1, 90);
      }
      allocatesNothing(
          () -> {
            assertEquals(4, peers.a.sendmmsg(udp.client(), requests, 4, 0));
            assertEquals(4, peers.b.recvmmsg(udp.server(), received, 4, 0, -1));
            assertEquals(27, peers.a.sendmsg(udp.client(), requests[0], 0));
            assertEquals(27, peers.b.recvmsg(udp.server(), received[0], 0));
          });
    }
  }

  @ParameterizedTest
  @EnumSource
  void controlData(final Mode mode) {
    try (Peers peers = new Peers(mode)) {
      final Peers.Datagrams udp = peers.datagrams();
      peers.b.setsockopt(udp.server(), SocketOption.IPPROTO_IP, SocketOption.IP_PKTINFO, 1);
      peers.b.setsockopt(udp.server(), SocketOption.IPPROTO_IP, SocketOption.IP_RECVTTL, 1);
      final ControlData sent = new ControlData(200);
      final Message request = new Message().name(Peers.B, udp.port());
      request.control(sent).ranges().add(new byte[20], 0, 20);
      final ControlData told = new ControlData(200);
      final Message received = new Message().control(told);
      received.ranges().add(new byte[20], 0, 20);
      allocatesNothing(
          () -> {
            sent.clear().add(SocketOption.IPPROTO_IP, SocketOption.IP_TTL, 9);
            sent.addPacketInfo(0, Peers.A);
            assertEquals(20, peers.a.sendmsg(udp.client(), request, 0));
            assertEquals(20, peers.b.recvmsg(udp.server(), received, 0));
            int messages = 0;
            while (told.next()) {
              messages++;
            }
            assertEquals(2, messages);
          });
    }
  }

  @ParameterizedTest
  @EnumSource
  void errorsThatAreKept(final Mode mode) {
    try (Peers peers = new Peers(mode)) {
      final int fd = peers.a.socket(SocketOption.AF_INET, SocketOption.SOCK_DGRAM, 0);
      peers.a.setsockopt(fd, SocketOption.IPPROTO_IP, SocketOption.IP_RECVERR, 1);
      final byte[] tooLong = new byte[5000];
      final ControlData told = new ControlData(200);
      final Message error = new Message().control(told);
      error.ranges().add(new byte[20], 0, 20);
      allocatesNothing(
          () -> {
            final int refused = peers.a.sendto(fd, tooLong, 0, 5000, 0, Peers.B, 9);
            assertEquals(-Errno.EMSGSIZE, refused);
            assertEquals(0, peers.a.recvmsg(fd, error, SocketOption.MSG_ERRQUEUE));
            assertEquals(-Errno.EAGAIN, peers.a.recvmsg(fd, error, SocketOption.MSG_ERRQUEUE));
          });
    }
  }

  @ParameterizedTest
  @EnumSource
  void datagramsInParts(final Mode mode) {
    try (Peers peers = new Peers(mode)) {
      final Peers.Datagrams udp = peers.datagrams();
      peers.a.connect(udp.client(), Peers.B, udp.port());
      final int level = SocketOption.IPPROTO_UDP;
      final byte[] data = new byte[64];
      allocatesNothing(
          () -> {
            assertEquals(20, peers.a.send(udp.client(), data, 0, 20, SocketOption.MSG_MORE));
            assertEquals(44, peers.a.send(udp.client(), data, 20, 44, 0));
            assertEquals(64, peers.b.recv(udp.server(), data, 0, 64, 0));
            peers.a.setsockopt(udp.client(), level, SocketOption.UDP_CORK, 1);
            assertEquals(20, peers.a.send(udp.client(), data, 0, 20, 0));
            assertEquals(20, peers.a.send(udp.client(), data, 0, 20, 0));
            peers.a.setsockopt(udp.client(), level, SocketOption.UDP_CORK, 0);
            assertEquals(40, peers.b.recv(udp.server(), data, 0, 64, 0));
          });
    }
  }

  @ParameterizedTest
  @EnumSource
  void vectors(final Mode mode) {
    try (Peers peers = new Peers(mode)) {
      final int[] pair = peers.connect();
      final ByteRanges ranges = new ByteRanges();
      final byte[] array = new byte[40];
      final ByteBuffer buffer = ByteBuffer.allocateDirect(40);
      allocatesNothing(
          () -> {
            ranges.clear().add(array, 0, 40).add(buffer, 8, 24);
            assertEquals(64, peers.a.writev(pair[0], ranges));
            assertEquals(64, peers.b.readv(pair[1], ranges));
            assertEquals(64, peers.b.writev(pair[1], ranges));
            assertEquals(64, peers.a.readv(pair[0], ranges));
          });
    }
  }

  @ParameterizedTest
  @EnumSource
  void waitingForMany(final Mode mode) {
    try (Peers peers = new Peers(mode)) {
      final int[] pair = peers.connect();
      final PollFds polled = new PollFds(2);
      polled.set(0, pair[1], Epoll.EPOLLIN);
      polled.set(1, peers.b.eventfd(0, 0), Epoll.EPOLLIN);
      final FdSet reads = new FdSet();
      final byte[] data = new byte[64];
      allocatesNothing(
          () -> {
            assertEquals(64, peers.a.write(pair[0], data, 0, 64));
            assertEquals(1, peers.b.poll(polled, 2, -1));
            assertEquals(64, peers.b.read(pair[1], data, 0, 64));
            assertEquals(64, peers.b.write(pair[1], data, 0, 64));
            reads.set(pair[0]);
            assertEquals(1, peers.a.select(pair[0] + 1, reads, null, null, -1));
            assertEquals(64, peers.a.read(pair[0], data, 0, 64));
            assertEquals(0, peers.b.poll(polled, 2, 0));
          });
    }
  }

  @ParameterizedTest
  @EnumSource
  void counters(final Mode mode) {
    try (Peers peers = new Peers(mode)) {
      final int event = peers.a.eventfd(0, 0);
      final int timer = peers.a.timerfd_create(SocketOption.CLOCK_MONOTONIC, 0);
      final int[] ends = new int[2];
      peers.a.socketpair(SocketOption.AF_UNIX, SocketOption.SOCK_SEQPACKET, 0, ends);
      final TimerSpec spec = new TimerSpec();
      final byte[] data = {1, 0, 0, 0, 0, 0, 0, 1};
      allocatesNothing(
          () -> {
            assertEquals(8, peers.a.write(event, data, 0, 8));
            assertEquals(8, peers.a.read(event, data, 0, 8));
            assertEquals(0, peers.a.timerfd_settime(timer, 0, 1_000, 0, spec));
            assertEquals(8, peers.a.read(timer, data, 0, 8));
            assertEquals(8, peers.a.write(ends[0], data, 0, 8));
            assertEquals(8, peers.a.read(ends[1], data, 0, 8));
          });
    }
  }

  @ParameterizedTest
  @EnumSource
  void files(final Mode mode) throws IOException {
    final Path path = Files.createTempFile("ustack", ".sendfile");
    Files.write(path, new byte[100]);
    try (Peers peers = new Peers(mode);
        FileChannel file = FileChannel.open(path, StandardOpenOption.DELETE_ON_CLOSE)) {
      final int[] pair = peers.connect();
      final byte[] into = new byte[64];
      allocatesNothing(
          () -> {
            assertEquals(64, peers.a.sendfile(pair[0], file, 9, 64));
            assertEquals(64, peers.b.recv(pair[1], into, 0, 64, SocketOption.MSG_WAITALL));
            assertEquals(64, peers.b.send(pair[1], into, 0, 64, 0));
            assertEquals(64, peers.a.recv(pair[0], into, 0, 64, 0));
          });
    }
  }

  @ParameterizedTest
  @EnumSource
  void callsThatFindNothing(final Mode mode) {
    try (Peers peers = new Peers(mode)) {
      final int[] pair = peers.connect();
      final int listener = peers.listen(1);
      peers.b.fcntl(listener, SocketOption.F_SETFL, SocketOption.O_NONBLOCK);
      final int set = peers.b.epoll_create1(0);
      peers.b.epoll_ctl(set, Epoll.EPOLL_CTL_ADD, pair[1], Epoll.EPOLLIN, 0);
      final EpollEvents events = new EpollEvents(8);
      final byte[] buffer = new byte[10];
      final SocketAddress4 name = new SocketAddress4();
      allocatesNothing(
          () -> {
            assertEquals(-Errno.EAGAIN, peers.b.accept(listener, name));
            assertEquals(0, peers.b.epoll_wait(set, events, 8, 0));
            assertEquals(
                -Errno.EAGAIN, peers.b.recv(pair[1], buffer, 0, 10, SocketOption.MSG_DONTWAIT));
            assertEquals(0, peers.b.getpeername(pair[1], name));
            assertEquals(0, peers.b.getsockopt(pair[1], SocketOption.SOL_SOCKET, 4));
          });
    }
  }

  @ParameterizedTest
  @EnumSource
  void loansOfAStream(final Mode mode) {
    try (Peers peers = new Peers(mode)) {
      final int[] pair = peers.connect();
      final byte[] request = new byte[64];
      final Loan loan = peers.b.loan();
      peers.b.traceLoans(false);
      final Loan claim = peers.a.loan();
      peers.a.traceLoans(false);
      allocatesNothing(
          () -> {
            assertEquals(64, peers.a.sendClaim(pair[0], claim, 64));
            assertEquals(64, peers.a.sendLent(pair[0], claim, 64, 0));
            assertEquals(64, peers.b.recvLend(pair[1], loan, 0));
            assertEquals(64, peers.b.sendLent(pair[1], loan, 64, 0));
            assertEquals(64, peers.a.recv(pair[0], request, 0, 64, 0));
          });
    }
  }

  @ParameterizedTest
  @EnumSource
  void loansOfDatagrams(final Mode mode) {
    try (Peers peers = new Peers(mode)) {
      final Peers.Datagrams udp = peers.datagrams();
      final SocketAddress4 from = new SocketAddress4();
      final byte[] answer = new byte[64];
      final Loan loan = peers.b.loan();
      peers.b.traceLoans(false);
      final Loan claim = peers.a.loan();
      peers.a.traceLoans(false);
      allocatesNothing(
          () -> {
            assertEquals(64, peers.a.sendClaim(udp.client(), claim, 64));
            assertEquals(64, peers.a.sendLent(udp.client(), claim, 64, 0, Peers.B, udp.port()));
            assertEquals(64, peers.b.recvLend(udp.server(), loan, 0, from));
            assertEquals(
                64, peers.b.sendLent(udp.server(), loan, 64, 0, from.address(), from.port()));
            assertEquals(64, peers.a.recv(udp.client(), answer, 0, 64, 0));
          });
    }
  }
}
