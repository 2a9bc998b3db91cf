package io.ustack.posix;

import static io.ustack.posix.Epoll.EPOLLET;
import static io.ustack.posix.Epoll.EPOLLEXCLUSIVE;
import static io.ustack.posix.Epoll.EPOLLIN;
import static io.ustack.posix.Epoll.EPOLLONESHOT;
import static io.ustack.posix.Epoll.EPOLLOUT;
import static io.ustack.posix.Epoll.EPOLLRDHUP;
import static io.ustack.posix.SocketOption.AF_INET;
import static io.ustack.posix.SocketOption.INADDR_LOOPBACK;
import static io.ustack.posix.SocketOption.MSG_DONTWAIT;
import static io.ustack.posix.SocketOption.SHUT_WR;
import static io.ustack.posix.SocketOption.SOCK_NONBLOCK;
import static io.ustack.posix.SocketOption.SOCK_STREAM;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** An echo server of the storm, in one of the ways in which servers are written. */
final class StormServer {
  /** How its threads come to their events. */
  enum Style {
    /** Three threads on one set, each connection armed for one event at a time. */
    ONE_SHOT,
    /** A set for each of two threads, edges only, and both want the listener for themselves. */
    EDGE,
    /** A set for each of two threads, levels, and the set is watched by another one. */
    NESTED,
    /** Three threads in accept, each serves its connection to the end with calls that wait. */
    BLOCKING
  }

  /** What is received and not sent yet; one thread at a time. */
  private static final class Connection {
    final int fd;
    final byte[] data = new byte[8 << 10];
    int start;
    int end;
    boolean finished;

    Connection(final int fd) {
      this.fd = fd;
    }
  }

  private final Storm storm;
  private final Posix posix;
  private final Style style;
  private final int listener;
  private final int stop;
  private final List<Integer> sets = new ArrayList<>();
  private final Map<Integer, Connection> connections = new ConcurrentHashMap<>();
  private final List<Thread> threads = new ArrayList<>();
  final int port;

  StormServer(final Storm storm, final Style style) {
    this.storm = storm;
    this.style = style;
    posix = storm.posix;
    final int nonBlocking = style == Style.BLOCKING ? 0 : SOCK_NONBLOCK;
    listener = posix.socket(AF_INET, SOCK_STREAM | nonBlocking, 0);
    posix.bind(listener, INADDR_LOOPBACK, 0);
    posix.listen(listener, 512);
    final SocketAddress4 name = new SocketAddress4();
    posix.getsockname(listener, name);
    port = name.port();
    stop = posix.eventfd(0, 0);
    switch (style) {
      case ONE_SHOT -> startThreads(3, newSet(EPOLLIN));
      case EDGE -> {
        startThreads(1, newSet(EPOLLIN | EPOLLET | EPOLLEXCLUSIVE));
        startThreads(1, newSet(EPOLLIN | EPOLLET | EPOLLEXCLUSIVE));
      }
      case NESTED -> {
        startThreads(1, newSet(EPOLLIN | EPOLLEXCLUSIVE));
        startThreads(1, newSet(EPOLLIN | EPOLLEXCLUSIVE));
      }
      case BLOCKING -> {
        for (int i = 0; i < 3; i++) {
          threads.add(storm.start("server " + style + i, this::serveBlocking));
        }
      }
    }
  }

  private int newSet(final int listenerEvents) {
    final int set = posix.epoll_create1(0);
    posix.epoll_ctl(set, Epoll.EPOLL_CTL_ADD, listener, listenerEvents, listener);
    posix.epoll_ctl(set, Epoll.EPOLL_CTL_ADD, stop, EPOLLIN, stop);
    sets.add(set);
    return set;
  }

  private void startThreads(final int count, final int set) {
    for (int i = 0; i < count; i++) {
      threads.add(storm.start("server " + style + " " + set + i, () -> serve(set)));
    }
  }

  /** Lets its threads end, and waits for them. */
  void stop() throws InterruptedException {
    posix.write(stop, new byte[] {1, 0, 0, 0, 0, 0, 0, 1}, 0, 8);
    posix.close(listener);
    for (final Thread thread : threads) {
      thread.join();
    }
    connections.keySet().forEach(posix::close);
    sets.forEach(posix::close);
    posix.close(stop);
  }

  // ---- With epoll

  private void serve(final int set) {
    final EpollEvents events = new EpollEvents(7);
    final boolean nested = style == Style.NESTED;
    final int outer = nested ? posix.epoll_create1(0) : set;
    if (nested) {
      posix.epoll_ctl(outer, Epoll.EPOLL_CTL_ADD, set, EPOLLIN, 0);
    }
    while (true) {
      int count = posix.epoll_wait(outer, events, events.capacity(), -1);
      if (nested && count > 0) {
        count = posix.epoll_wait(set, events, events.capacity(), 0);
      }
      if (count < 0) {
        throw new AssertionError("epoll_wait: " + Errno.name(count));
      }
      for (int i = 0; i < count; i++) {
        final int fd = (int) events.data(i);
        if (fd == stop) {
          if (nested) {
            posix.close(outer);
          }
          return;
        } else if (fd == listener) {
          acceptAll(set);
        } else {
          final Connection connection = connections.get(fd);
          if (connection != null) {
            serve(set, connection);
          }
        }
      }
    }
  }

  private void acceptAll(final int set) {
    while (true) {
      final int fd = posix.accept4(listener, null, SOCK_NONBLOCK);
      if (fd == -Errno.EAGAIN || fd == -Errno.EBADF) {
        return;
      }
      if (fd < 0) {
        throw new AssertionError("accept: " + Errno.name(fd));
      }
      connections.put(fd, new Connection(fd));
      final int how =
          switch (style) {
            case ONE_SHOT -> EPOLLIN | EPOLLONESHOT;
            case EDGE -> EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
            default -> EPOLLIN;
          };
      posix.epoll_ctl(set, Epoll.EPOLL_CTL_ADD, fd, how, fd);
      if (style != Style.EDGE) {
        return; // the others come with the next wait, perhaps to another thread
      }
    }
  }

  private void serve(final int set, final Connection connection) {
    final int wanted = echo(connection);
    if (wanted == 0) {
      connections.remove(connection.fd);
      posix.close(connection.fd);
    } else if (style != Style.EDGE) {
      final int how = style == Style.ONE_SHOT ? EPOLLONESHOT : 0;
      posix.epoll_ctl(set, Epoll.EPOLL_CTL_MOD, connection.fd, wanted | how, connection.fd);
    }
  }

  /** Goes on until it would wait. Returns the event to wait for, 0 when it is over. */
  private int echo(final Connection connection) {
    while (true) {
      if (connection.start < connection.end) {
        final int length = connection.end - connection.start;
        final int sent =
            posix.send(connection.fd, connection.data, connection.start, length, MSG_DONTWAIT);
        if (sent < 0) {
          return sent == -Errno.EAGAIN ? EPOLLOUT : 0;
        }
        connection.start += sent;
      } else if (connection.finished) {
        return 0;
      } else {
        final int received =
            posix.recv(connection.fd, connection.data, 0, connection.data.length, MSG_DONTWAIT);
        if (received < 0) {
          return received == -Errno.EAGAIN ? EPOLLIN : 0;
        }
        connection.start = 0;
        connection.end = received;
        connection.finished = received == 0;
      }
    }
  }

  // ---- With calls that wait

  private void serveBlocking() {
    final byte[] data = new byte[8 << 10];
    while (true) {
      final int fd = posix.accept(listener, null);
      if (fd == -Errno.EBADF) {
        return;
      }
      if (fd < 0) {
        throw new AssertionError("accept: " + Errno.name(fd));
      }
      int count = posix.recv(fd, data, 0, data.length, 0);
      while (count > 0 && posix.send(fd, data, 0, count, 0) == count) {
        count = posix.recv(fd, data, 0, data.length, 0);
      }
      posix.shutdown(fd, SHUT_WR);
      posix.close(fd);
    }
  }
}
