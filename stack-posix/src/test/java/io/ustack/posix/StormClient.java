package io.ustack.posix;

import static io.ustack.posix.Epoll.EPOLLET;
import static io.ustack.posix.Epoll.EPOLLIN;
import static io.ustack.posix.Epoll.EPOLLOUT;
import static io.ustack.posix.SocketOption.AF_INET;
import static io.ustack.posix.SocketOption.INADDR_LOOPBACK;
import static io.ustack.posix.SocketOption.MSG_DONTWAIT;
import static io.ustack.posix.SocketOption.MSG_PEEK;
import static io.ustack.posix.SocketOption.MSG_WAITALL;
import static io.ustack.posix.SocketOption.SHUT_WR;
import static io.ustack.posix.SocketOption.SOCK_STREAM;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** A client of the storm: asks echo servers, and looks at each byte that comes back. */
final class StormClient {
  private static final int MOST_HELD = 10;

  private final Storm storm;
  private final Posix posix;
  private final List<StormServer> holding;
  private final List<StormServer> all;
  private final Random random;
  private final byte[] out = new byte[32 << 10];
  private final byte[] in = new byte[32 << 10];
  private final PollFds polled = new PollFds(1);
  private final EpollEvents events = new EpollEvents(1);

  /** A connection that stays. */
  private static final class Held {
    final int fd;
    final int seed;
    long position;

    Held(final int fd, final int seed) {
      this.fd = fd;
      this.seed = seed;
    }
  }

  /**
   * One client.
   *
   * @param holding servers that serve any number of connections
   * @param all these, and those that serve a few at a time
   */
  StormClient(
      final Storm storm,
      final List<StormServer> holding,
      final List<StormServer> all,
      final long seed) {
    this.storm = storm;
    this.holding = holding;
    this.all = all;
    posix = storm.posix;
    random = new Random(seed);
  }

  @SuppressWarnings("ThreadPriorityCheck") // A virtual thread lets others run only this way.
  private int connect(final List<StormServer> servers) {
    final int port = servers.get(random.nextInt(servers.size())).port;
    while (true) {
      final int fd = posix.socket(AF_INET, SOCK_STREAM, 0);
      final int result = posix.connect(fd, INADDR_LOOPBACK, port);
      if (result == 0) {
        return fd;
      }
      posix.close(fd);
      if (result != -Errno.EADDRNOTAVAIL) { // all ports rest: some will be free
        throw new AssertionError("connect: " + Errno.name(result));
      }
      Thread.yield();
    }
  }

  // ---- Many connections that stay, one of them at a time

  void holdMany() {
    final List<Held> held = new ArrayList<>();
    while (!storm.isOver()) {
      if (held.size() < MOST_HELD) {
        held.add(new Held(connect(holding), random.nextInt()));
      }
      final Held one = held.get(random.nextInt(held.size()));
      final int length = 1 + random.nextInt(random.nextInt(8) == 0 ? out.length : 200);
      Storm.fill(out, 0, length, one.seed, one.position);
      exchange(one.fd, length);
      Storm.check(in, 0, length, one.seed, one.position);
      one.position += length;
      storm.bytesEchoed.addAndGet(length);
      if (random.nextInt(20) == 0) {
        held.remove(one);
        posix.close(one.fd);
      }
    }
    held.forEach(one -> posix.close(one.fd));
  }

  /** Sends {@code length} bytes of {@link #out} and receives as many into {@link #in}. */
  private void exchange(final int fd, final int length) {
    int sent = 0;
    int received = 0;
    final int way = random.nextInt(4);
    final int set = way == 3 ? posix.epoll_create1(0) : -1;
    if (way == 3) {
      posix.epoll_ctl(set, Epoll.EPOLL_CTL_ADD, fd, EPOLLIN | EPOLLOUT | EPOLLET, 1);
    }
    while (received < length) {
      if (way < 2) {
        // What waits must not be more than the buffers on the way hold.
        final int part = Math.min(length - sent, 4_000);
        expect(part, posix.send(fd, out, sent, part, 0));
        sent += part;
        received += receiveAll(fd, received, part, way == 0);
      } else {
        if (sent < length) {
          sent += Math.max(0, orAgain(posix.send(fd, out, sent, length - sent, MSG_DONTWAIT)));
        }
        final int count = orAgain(posix.recv(fd, in, received, length - received, MSG_DONTWAIT));
        received += Math.max(0, count);
        if (count < 0 && received < length) {
          await(fd, set, sent < length);
        }
      }
    }
    if (set >= 0) {
      posix.close(set);
    }
  }

  private int receiveAll(final int fd, final int offset, final int length, final boolean whole) {
    if (whole) {
      expect(length, posix.recv(fd, in, offset, length, MSG_WAITALL));
      return length;
    }
    int received = 0;
    while (received < length) {
      final int peeked = posix.recv(fd, in, offset + received, length - received, MSG_PEEK);
      final int count = posix.read(fd, in, offset + received, length - received);
      if (count < peeked || count <= 0) {
        throw new AssertionError("read " + count + " after a peek of " + peeked);
      }
      received += count;
    }
    return received;
  }

  private void await(final int fd, final int set, final boolean writes) {
    if (set >= 0) {
      expect(1, posix.epoll_wait(set, events, 1, -1));
    } else {
      polled.set(0, fd, writes ? EPOLLIN | EPOLLOUT : EPOLLIN);
      expect(1, posix.poll(polled, 1, -1));
    }
  }

  private static void expect(final int expected, final int actual) {
    if (actual != expected) {
      throw new AssertionError(
          "expected " + expected + ", was " + (actual < 0 ? Errno.name(actual) : "" + actual));
    }
  }

  private static int orAgain(final int result) {
    if (result == 0 || (result < 0 && result != -Errno.EAGAIN)) {
      throw new AssertionError(Errno.name(result));
    }
    return result;
  }

  // ---- One connection at a time, from its beginning to its end

  void comeAndGo() {
    while (!storm.isOver()) {
      final int fd = connect(all);
      switch (random.nextInt(4)) {
        case 0 -> abandon(fd);
        case 1 -> closeUnderReader(fd);
        default -> echoToTheEnd(fd);
      }
      storm.sessions.incrementAndGet();
    }
  }

  /** Closes with an answer unread, or on its way. */
  private void abandon(final int fd) {
    posix.send(fd, out, 0, random.nextInt(5_000), 0);
    posix.close(fd);
  }

  /** One thread waits for data, another closes. */
  private void closeUnderReader(final int fd) {
    final byte[] one = new byte[1];
    final Thread reader =
        storm.start(
            "reader",
            () -> {
              final int result = posix.recv(fd, one, 0, 1, 0);
              if (result != -Errno.EBADF) {
                throw new AssertionError("recv of a closed socket: " + Errno.name(result));
              }
            });
    Threads.awaitParked(reader);
    expect(0, posix.close(fd));
    join(reader);
  }

  /** One thread writes, another reads; the end comes back, too. */
  private void echoToTheEnd(final int fd) {
    final int seed = random.nextInt();
    final int total = random.nextInt(200_000);
    final Thread writer =
        storm.start(
            "writer",
            () -> {
              final byte[] data = new byte[10_000];
              for (int sent = 0; sent < total; ) {
                final int length = Math.min(data.length, total - sent);
                Storm.fill(data, 0, length, seed, sent);
                expect(length, posix.write(fd, data, 0, length));
                sent += length;
              }
              expect(0, posix.shutdown(fd, SHUT_WR));
            });
    long position = 0;
    while (true) {
      final int count = posix.recv(fd, in, 0, in.length, 0);
      if (count <= 0) {
        expect(0, count);
        break;
      }
      Storm.check(in, 0, count, seed, position);
      position += count;
    }
    join(writer);
    posix.close(fd);
    if (position != total) {
      throw new AssertionError(position + " bytes came back of " + total);
    }
    storm.bytesEchoed.addAndGet(total);
  }

  private static void join(final Thread thread) {
    try {
      thread.join();
    } catch (final InterruptedException e) {
      throw new AssertionError(e);
    }
  }
}
