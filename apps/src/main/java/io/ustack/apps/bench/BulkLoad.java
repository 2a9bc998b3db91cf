package io.ustack.apps.bench;

import io.ustack.posix.Epoll;
import io.ustack.posix.EpollEvents;
import io.ustack.posix.Errno;
import io.ustack.posix.Posix;
import io.ustack.posix.SocketOption;
import java.nio.ByteBuffer;

/**
 * One stream, as fast as it goes, into the discard port. What counts is what the send buffer took:
 * the rest is in flight.
 */
final class BulkLoad implements Load {
  private static final int CHUNK_BYTES = 64 << 10;

  private final Posix posix;
  private final int serverAddress;
  private final int epoll;
  private final EpollEvents events = new EpollEvents(1);
  private final ByteBuffer chunk = ByteBuffer.allocateDirect(CHUNK_BYTES);
  private int descriptor = -1;
  private boolean connected;
  private long sentBytes;

  BulkLoad(final Posix posix, final int serverAddress) {
    this.posix = posix;
    this.serverAddress = serverAddress;
    epoll = Check.call("epoll_create1", posix.epoll_create1(0));
  }

  @Override
  public void open() {
    descriptor = Check.call("socket", posix.socket(SocketOption.AF_INET, BenchService.stream(), 0));
    final int result = posix.connect(descriptor, serverAddress, BenchService.DISCARD_PORT);
    if (result != -Errno.EINPROGRESS) {
      Check.call("connect", result);
    }
    Check.call(
        "epoll_ctl",
        posix.epoll_ctl(epoll, Epoll.EPOLL_CTL_ADD, descriptor, Epoll.EPOLLOUT, descriptor));
  }

  @Override
  public boolean isOpen() {
    return connected;
  }

  @Override
  public void step(final int timeoutMs) {
    if (posix.epoll_wait(epoll, events, 1, timeoutMs) <= 0) {
      return;
    }
    if ((events.events(0) & (Epoll.EPOLLERR | Epoll.EPOLLHUP)) != 0) {
      throw new IllegalStateException("the connection broke: " + Epoll.describe(events.events(0)));
    }
    connected = true;
    final int taken = posix.send(descriptor, chunk, 0, CHUNK_BYTES, 0);
    if (taken != -Errno.EAGAIN) {
      sentBytes += Check.call("send", taken);
    }
  }

  @Override
  public long operations() {
    return sentBytes;
  }

  @Override
  public void close() {
    posix.close(descriptor);
    posix.close(epoll);
  }
}
