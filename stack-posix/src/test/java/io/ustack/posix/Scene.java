package io.ustack.posix;

import static io.ustack.posix.SocketOption.AF_INET;
import static io.ustack.posix.SocketOption.INADDR_LOOPBACK;
import static io.ustack.posix.SocketOption.MSG_NOSIGNAL;
import static io.ustack.posix.SocketOption.SOCK_DGRAM;
import static io.ustack.posix.SocketOption.SOCK_STREAM;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HexFormat;
import java.util.List;

/**
 * What happens when calls are made, written down so that two implementations can be compared. All
 * traffic is on 127.0.0.1.
 */
final class Scene implements AutoCloseable {
  /** Whatever can be asked for. */
  static final int ALL =
      Epoll.EPOLLIN
          | Epoll.EPOLLPRI
          | Epoll.EPOLLOUT
          | Epoll.EPOLLRDHUP
          | Epoll.EPOLLRDNORM
          | Epoll.EPOLLWRNORM
          | Epoll.EPOLLWRBAND;

  final SocketCalls calls;
  private final StringBuilder transcript = new StringBuilder();
  private final List<Integer> open = new ArrayList<>();
  private final byte[] bytes = new byte[1 << 17];
  private final SocketAddress4 address = new SocketAddress4();

  Scene(final SocketCalls calls) {
    this.calls = calls;
  }

  /** Everything that was noted. */
  String transcript() {
    return transcript.toString();
  }

  @Override
  public void close() {
    for (final int fd : open) {
      // Connections are reset: in TIME_WAIT they would keep ports from the kernel's next scenes.
      calls.setsockopt(fd, SocketOption.SOL_SOCKET, SocketOption.SO_LINGER, bytes(1, 0), 8);
      calls.close(fd);
    }
  }

  // ---- Notes

  /** Notes an error by name, or a number that must be the same. */
  void note(final String what, final int result) {
    line(what, result < 0 ? Errno.name(result) : Integer.toString(result));
  }

  /** Notes whether it succeeded, where the number itself depends on the implementation. */
  void noteSuccess(final String what, final int result) {
    line(what, result < 0 ? Errno.name(result) : "ok");
  }

  void note(final String what, final boolean result) {
    line(what, Boolean.toString(result));
  }

  /** Notes what the socket's readiness is now. */
  void noteMask(final String what, final int fd) {
    line(what, Epoll.describe(mask(fd)));
  }

  /** Waits for {@code bits}, then notes the whole readiness. */
  void noteMaskWith(final int bits, final String what, final int fd) {
    await(fd, bits);
    noteMask(what, fd);
  }

  private void line(final String what, final String result) {
    transcript.append(what).append(" = ").append(result).append('\n');
  }

  /** Notes what setsockopt makes of a value of so many bytes. */
  void noteSet(
      final String what, final int fd, final int level, final int option, final byte[] value) {
    note(
        what + ", " + value.length + " bytes",
        calls.setsockopt(fd, level, option, value, value.length));
  }

  /** Notes what getsockopt writes where there is room for so many bytes. */
  void noteGet(
      final String what, final int fd, final int level, final int option, final int length) {
    final byte[] into = new byte[Math.max(0, length)];
    final int result = calls.getsockopt(fd, level, option, into, length);
    final String written =
        result < 0 ? Errno.name(result) : result + " " + HexFormat.of().formatHex(into);
    line(what + ", room for " + length, written);
  }

  /** Numbers as the machine has them in memory. */
  static byte[] bytes(final int... numbers) {
    final ByteBuffer buffer =
        ByteBuffer.allocate(Integer.BYTES * numbers.length).order(ByteOrder.nativeOrder());
    buffer.asIntBuffer().put(numbers);
    return buffer.array();
  }

  /** A {@code struct timeval}. */
  static byte[] timeval(final long seconds, final long microseconds) {
    return ByteBuffer.allocate(2 * Long.BYTES)
        .order(ByteOrder.nativeOrder())
        .putLong(seconds)
        .putLong(microseconds)
        .array();
  }

  // ---- Readiness

  int mask(final int fd) {
    final int set = calls.epollCreate(0);
    final EpollEvents events = new EpollEvents(1);
    calls.epollCtl(set, Epoll.EPOLL_CTL_ADD, fd, ALL, 0);
    final int count = calls.epollWait(set, events, 1, 0);
    calls.close(set);
    return count > 0 ? events.events(0) : 0;
  }

  /** Waits until all of {@code bits} are true. */
  void await(final int fd, final int bits) {
    final int set = calls.epollCreate(0);
    final EpollEvents events = new EpollEvents(1);
    calls.epollCtl(set, Epoll.EPOLL_CTL_ADD, fd, bits, 0);
    int seen = 0;
    while ((seen & bits) != bits) {
      seen = calls.epollWait(set, events, 1, -1) > 0 ? events.events(0) : 0;
    }
    calls.close(set);
  }

  /**
   * Waits until the connection is over, which no readiness tells apart from both sides being shut.
   */
  void awaitOver(final int fd) {
    while (calls.getpeername(fd, address) == 0) {
      mask(fd);
    }
  }

  /** Waits until all that a UDP socket has sent so far is where it goes. */
  void settle(final int sender) {
    final BitSet settled = new BitSet();
    while (settled.cardinality() < calls.ways()) {
      final int marker = boundUdp();
      sendto(sender, "", port(marker));
      await(marker, Epoll.EPOLLIN);
      settled.set(calls.way(sender, port(marker)));
      closeNow(marker);
    }
  }

  /** Waits until all that a connection has sent is where it goes. */
  void settleStream(final int sender) {
    while (calls.ioctl(sender, SocketOption.SIOCOUTQ, 0) > 0) {
      mask(sender);
    }
  }

  /** Waits until so many bytes can be received, or more. */
  void awaitBytes(final int fd, final int count) {
    while (calls.ioctl(fd, SocketOption.FIONREAD, 0) < count) {
      mask(fd);
    }
  }

  // ---- Sockets

  int track(final int fd) {
    if (fd >= 0) {
      open.add(fd);
    }
    return fd;
  }

  int tcp() {
    return track(calls.socket(AF_INET, SOCK_STREAM, 0));
  }

  int nonBlockingTcp() {
    return track(calls.socket(AF_INET, SOCK_STREAM | SocketOption.SOCK_NONBLOCK, 0));
  }

  int udp() {
    return track(calls.socket(AF_INET, SOCK_DGRAM, 0));
  }

  /** A UDP socket on 127.0.0.1 with a port. */
  int boundUdp() {
    final int fd = udp();
    calls.bind(fd, INADDR_LOOPBACK, 0);
    return fd;
  }

  int epoll() {
    return track(calls.epollCreate(0));
  }

  int listener(final int backlog) {
    final int fd = tcp();
    calls.bind(fd, INADDR_LOOPBACK, 0);
    calls.listen(fd, backlog);
    return fd;
  }

  int port(final int fd) {
    calls.getsockname(fd, address);
    return address.port();
  }

  int accept(final int listener) {
    return track(calls.accept4(listener, address, 0));
  }

  /** A connected pair: [0] has connected, [1] was accepted. */
  int[] pair() {
    return pair(tcp());
  }

  int[] pair(final int client) {
    final int listener = listener(8);
    calls.connect(client, INADDR_LOOPBACK, port(listener));
    final int server = accept(listener);
    calls.close(listener);
    open.remove((Integer) listener);
    return new int[] {client, server};
  }

  /** Closes now. */
  int closeNow(final int fd) {
    open.remove((Integer) fd);
    return calls.close(fd);
  }

  // ---- Data

  int send(final int fd, final String text) {
    return send(fd, text, 0);
  }

  int send(final int fd, final String text, final int flags) {
    final byte[] data = text.getBytes(StandardCharsets.US_ASCII);
    return calls.send(fd, data, data.length, flags | MSG_NOSIGNAL);
  }

  int sendto(final int fd, final String text, final int port) {
    final byte[] data = text.getBytes(StandardCharsets.US_ASCII);
    return calls.sendto(fd, data, data.length, MSG_NOSIGNAL, INADDR_LOOPBACK, port);
  }

  /** Notes the result and the text of one recv. */
  void noteRecv(final String what, final int fd, final int length, final int flags) {
    final int result = calls.recv(fd, bytes, length, flags);
    line(what, result < 0 ? Errno.name(result) : result + " " + text(Math.min(result, length)));
  }

  /** Notes the result and the text of one read. */
  void noteRead(final String what, final int fd, final int length) {
    final int result = calls.read(fd, bytes, length);
    line(what, result < 0 ? Errno.name(result) : result + " " + text(result));
  }

  /** Notes the result of a read of eight bytes, and what they say. */
  void noteReadLong(final String what, final int fd) {
    final int result = calls.read(fd, bytes, Long.BYTES);
    final long value = ByteBuffer.wrap(bytes).order(ByteOrder.nativeOrder()).getLong(0);
    line(what, result < 0 ? Errno.name(result) : result + " " + Long.toUnsignedString(value));
  }

  /** Writes eight bytes. */
  int writeLong(final int fd, final long value) {
    final byte[] data = new byte[Long.BYTES];
    ByteBuffer.wrap(data).order(ByteOrder.nativeOrder()).putLong(value);
    return calls.write(fd, data, data.length);
  }

  /** Writes a text. */
  int write(final int fd, final String text) {
    final byte[] data = text.getBytes(StandardCharsets.US_ASCII);
    return calls.write(fd, data, data.length);
  }

  /** Receives and forgets. */
  int recv(final int fd) {
    return calls.recv(fd, bytes, bytes.length, 0);
  }

  private String text(final int length) {
    return new String(bytes, 0, length, StandardCharsets.US_ASCII);
  }

  /** Sends until the socket takes no more; never waits. */
  int fill(final int fd) {
    int sum = 0;
    while (true) {
      final int sent =
          calls.send(fd, bytes, bytes.length, MSG_NOSIGNAL | SocketOption.MSG_DONTWAIT);
      if (sent < 0) {
        return sent == -Errno.EAGAIN ? sum : sent;
      }
      sum += sent;
    }
  }

  /** Receives until {@code length} bytes came. */
  void drain(final int fd, final int length) {
    int rest = length;
    while (rest > 0) {
      final int received = recv(fd);
      if (received <= 0) {
        throw new AssertionError("recv: " + Errno.name(received) + " with " + rest + " to come");
      }
      rest -= received;
    }
  }
}
