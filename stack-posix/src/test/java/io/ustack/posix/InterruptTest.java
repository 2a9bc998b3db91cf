package io.ustack.posix;

import static io.ustack.posix.SocketOption.AF_INET;
import static io.ustack.posix.SocketOption.AF_UNIX;
import static io.ustack.posix.SocketOption.CLOCK_MONOTONIC;
import static io.ustack.posix.SocketOption.INADDR_LOOPBACK;
import static io.ustack.posix.SocketOption.MSG_DONTWAIT;
import static io.ustack.posix.SocketOption.SOCK_DGRAM;
import static io.ustack.posix.SocketOption.SOCK_SEQPACKET;
import static io.ustack.posix.SocketOption.SOCK_STREAM;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.ustack.buffer.ByteRanges;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.ToIntBiFunction;
import java.util.function.ToIntFunction;
import java.util.stream.Stream;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * EINTR of every call that waits: interrupting its thread ends it, and stays. {@link TroubleTest}
 * has connect, {@link SendfileTest} sendfile.
 */
@Timeout(20)
class InterruptTest {
  private static final byte[] BYTES = {1, 1, 1, 1, 1, 1, 1, 1};

  /** What is made ready on the test's thread, and the call that then waits. */
  private record Wait(ToIntFunction<Posix> prepared, ToIntBiFunction<Posix, Integer> call) {}

  private static Map<String, Wait> waits() {
    final Map<String, Wait> waits = new LinkedHashMap<>();
    receiving(waits);
    sending(waits);
    final EpollEvents events = new EpollEvents(1);
    final ToIntFunction<Posix> set = p -> p.epoll_create1(0);
    final ToIntFunction<Posix> none = p -> 0;
    waits.put("epoll_wait", new Wait(set, (p, fd) -> p.epoll_wait(fd, events, 1, -1)));
    waits.put("epoll_pwait2", new Wait(set, (p, fd) -> p.epoll_pwait2(fd, events, 1, 1L << 50)));
    waits.put("poll", new Wait(none, (p, fd) -> p.poll(new PollFds(0), 0, -1)));
    waits.put("ppoll", new Wait(none, (p, fd) -> p.ppoll(new PollFds(0), 0, -1)));
    waits.put("select", new Wait(none, (p, fd) -> p.select(0, null, null, null, -1)));
    return waits;
  }

  private static void receiving(final Map<String, Wait> waits) {
    final ToIntFunction<Posix> listener = InterruptTest::listener;
    final ToIntFunction<Posix> connection = InterruptTest::connection;
    final ToIntFunction<Posix> udp = InterruptTest::udp;
    final ToIntFunction<Posix> timer = p -> p.timerfd_create(CLOCK_MONOTONIC, 0);
    final ToIntFunction<Posix> stream = p -> pair(p, SOCK_STREAM);
    final ToIntFunction<Posix> datagrams = p -> pair(p, SOCK_DGRAM);
    final ToIntBiFunction<Posix, Integer> read = (p, fd) -> p.read(fd, BYTES, 0, 8);
    final ToIntBiFunction<Posix, Integer> readv = (p, fd) -> p.readv(fd, message().ranges());
    final ToIntBiFunction<Posix, Integer> recv = (p, fd) -> p.recv(fd, BYTES, 0, 8, 0);
    final ToIntBiFunction<Posix, Integer> recvmsg = (p, fd) -> p.recvmsg(fd, message(), 0);
    waits.put("accept", new Wait(listener, (p, fd) -> p.accept(fd, null)));
    waits.put("accept4", new Wait(listener, (p, fd) -> p.accept4(fd, null, 0)));
    waits.put("recv", new Wait(connection, recv));
    waits.put("recv of a pair", new Wait(datagrams, recv));
    waits.put("recvfrom", new Wait(udp, (p, fd) -> p.recvfrom(fd, BYTES, 0, 1, 0, null)));
    waits.put("read", new Wait(connection, read));
    waits.put("read of an eventfd", new Wait(p -> p.eventfd(0, 0), read));
    waits.put("read of a timerfd", new Wait(timer, read));
    waits.put("read of a pair", new Wait(stream, read));
    waits.put("readv", new Wait(connection, readv));
    waits.put("readv of an eventfd", new Wait(p -> p.eventfd(0, 0), readv));
    waits.put("recvmsg", new Wait(connection, recvmsg));
    waits.put("recvmsg of UDP", new Wait(udp, recvmsg));
    waits.put("recvmmsg", new Wait(udp, (p, fd) -> p.recvmmsg(fd, messages(), 1, 0, -1)));
  }

  private static void sending(final Map<String, Wait> waits) {
    final ToIntFunction<Posix> full = InterruptTest::full;
    final ToIntBiFunction<Posix, Integer> write = (p, fd) -> p.write(fd, BYTES, 0, 8);
    waits.put("send", new Wait(full, (p, fd) -> p.send(fd, BYTES, 0, 1, 0)));
    waits.put("sendto", new Wait(full, (p, fd) -> p.sendto(fd, BYTES, 0, 1, 0, 0, 0)));
    waits.put("write", new Wait(full, write));
    waits.put("write of an eventfd", new Wait(InterruptTest::fullCounter, write));
    waits.put("write of a pair", new Wait(InterruptTest::fullPair, write));
    waits.put("writev", new Wait(full, (p, fd) -> p.writev(fd, message().ranges())));
    waits.put("sendmsg", new Wait(full, (p, fd) -> p.sendmsg(fd, message(), 0)));
    waits.put("sendmmsg", new Wait(full, (p, fd) -> p.sendmmsg(fd, messages(), 1, 0)));
  }

  static Stream<String> names() {
    return waits().keySet().stream();
  }

  private static int listener(final Posix p) {
    final int fd = Peers.tcp(p);
    p.listen(fd, 1);
    return fd;
  }

  private static int connection(final Posix p) {
    final int listener = listener(p);
    final int fd = Peers.tcp(p);
    assertEquals(0, p.connect(fd, INADDR_LOOPBACK, Peers.port(p, listener)));
    return fd;
  }

  private static int full(final Posix p) {
    final int fd = connection(p);
    Peers.fill(p, fd);
    return fd;
  }

  private static int udp(final Posix p) {
    final int fd = p.socket(AF_INET, SOCK_DGRAM, 0);
    p.bind(fd, 0, 0);
    return fd;
  }

  private static int pair(final Posix p, final int type) {
    final int[] fds = new int[2];
    assertEquals(0, p.socketpair(AF_UNIX, type, 0, fds));
    return fds[0];
  }

  private static int fullPair(final Posix p) {
    final int fd = pair(p, SOCK_SEQPACKET);
    while (p.send(fd, BYTES, 0, 8, MSG_DONTWAIT) > 0) {
      // until it is full
    }
    return fd;
  }

  /** An eventfd to which no more can be added. */
  private static int fullCounter(final Posix p) {
    final int fd = p.eventfd(0, 0);
    final byte[] most = new byte[8];
    Arrays.fill(most, (byte) -1);
    most[ByteOrder.nativeOrder() == ByteOrder.LITTLE_ENDIAN ? 0 : 7] = (byte) -2;
    assertEquals(8, p.write(fd, most, 0, 8));
    return fd;
  }

  private static Message[] messages() {
    return new Message[] {message()};
  }

  private static Message message() {
    final Message message = new Message();
    final ByteRanges ranges = message.ranges();
    ranges.add(BYTES, 0, 4).add(BYTES, 4, 4);
    return message;
  }

  @ParameterizedTest
  @MethodSource("names")
  void endsTheWait(final String name) throws InterruptedException {
    final Wait wait = waits().get(name);
    try (Host host = new Host(Mode.DEDICATED)) {
      final int fd = wait.prepared.applyAsInt(host.posix);
      final AtomicInteger result = new AtomicInteger();
      final AtomicInteger interrupted = new AtomicInteger();
      final Thread thread =
          Threads.start(
              name,
              () -> {
                result.set(wait.call.applyAsInt(host.posix, fd));
                interrupted.set(Thread.currentThread().isInterrupted() ? 1 : 0);
              });
      Threads.awaitParked(thread);
      thread.interrupt();
      thread.join();
      assertEquals("EINTR", Errno.name(result.get()));
      assertEquals(1, interrupted.get(), "it stays");
    }
  }
}
