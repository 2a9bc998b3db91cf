package io.ustack.apps.bench;

import io.ustack.posix.Epoll;
import io.ustack.posix.EpollEvents;
import io.ustack.posix.Errno;
import io.ustack.posix.Posix;
import io.ustack.posix.SocketOption;
import java.nio.ByteBuffer;
import org.HdrHistogram.Histogram;

/**
 * Request and response: each of {@code n} connections sends a message when the answer to the last
 * one is there.
 */
final class RequestLoad implements Load {
  private static final int EVENTS = 256;

  private final Posix posix;
  private final int serverAddress;
  private final int connections;
  private final int messageBytes;
  private final int epoll;
  private final EpollEvents events = new EpollEvents(EVENTS);
  private final ByteBuffer buffer;
  private final Histogram latency = new Histogram(1, 10_000_000_000L, 3);
  private int[] received = new int[64];
  private long[] sentAtNs = new long[64];
  private final int[] descriptors;
  private int connected;
  private long operations;

  RequestLoad(
      final Posix posix, final int serverAddress, final int connections, final int messageBytes) {
    this.posix = posix;
    this.serverAddress = serverAddress;
    this.connections = connections;
    this.messageBytes = messageBytes;
    descriptors = new int[connections];
    buffer = ByteBuffer.allocateDirect(messageBytes);
    epoll = Check.call("epoll_create1", posix.epoll_create1(0));
  }

  @Override
  public void open() {
    for (int i = 0; i < connections; i++) {
      final int fd =
          Check.call("socket", posix.socket(SocketOption.AF_INET, BenchService.stream(), 0));
      descriptors[i] = fd;
      if (fd >= received.length) {
        received = java.util.Arrays.copyOf(received, 2 * fd);
        sentAtNs = java.util.Arrays.copyOf(sentAtNs, 2 * fd);
      }
      posix.setsockopt(fd, SocketOption.IPPROTO_TCP, SocketOption.TCP_NODELAY, 1);
      final int result = posix.connect(fd, serverAddress, BenchService.ECHO_PORT);
      if (result != -Errno.EINPROGRESS) {
        Check.call("connect", result);
      }
      Check.call("epoll_ctl", posix.epoll_ctl(epoll, Epoll.EPOLL_CTL_ADD, fd, Epoll.EPOLLOUT, fd));
    }
  }

  @Override
  public boolean isOpen() {
    return connected == connections;
  }

  @Override
  public void step(final int timeoutMs) {
    final int ready = posix.epoll_wait(epoll, events, EVENTS, timeoutMs);
    if (ready <= 0) {
      return;
    }
    final long nowNs = System.nanoTime();
    for (int i = 0; i < ready; i++) {
      final int fd = (int) events.data(i);
      final int bits = events.events(i);
      if ((bits & (Epoll.EPOLLERR | Epoll.EPOLLHUP)) != 0) {
        throw new IllegalStateException("a connection broke: " + Epoll.describe(bits));
      }
      if ((bits & Epoll.EPOLLOUT) != 0) {
        connected++;
        posix.epoll_ctl(epoll, Epoll.EPOLL_CTL_MOD, fd, Epoll.EPOLLIN, fd);
        send(fd, nowNs);
      } else {
        receive(fd, nowNs);
      }
    }
  }

  private void send(final int fd, final long nowNs) {
    received[fd] = 0;
    sentAtNs[fd] = nowNs;
    Check.call("send", posix.send(fd, buffer, 0, messageBytes, 0));
  }

  private void receive(final int fd, final long nowNs) {
    final int count = Check.call("recv", posix.recv(fd, buffer, 0, messageBytes, 0));
    if (count == 0) {
      throw new IllegalStateException("the server closed a connection");
    }
    received[fd] += count;
    if (received[fd] >= messageBytes) {
      operations++;
      latency.recordValue(Math.max(1, nowNs - sentAtNs[fd]));
      send(fd, nowNs);
    }
  }

  @Override
  public long operations() {
    return operations;
  }

  @Override
  public void close() {
    for (final int fd : descriptors) {
      posix.close(fd);
    }
    posix.close(epoll);
  }

  /** Time from request to answer in nanoseconds, since the last {@link #resetLatency}. */
  Histogram latency() {
    return latency;
  }

  void resetLatency() {
    latency.reset();
  }
}
