package io.ustack.apps.echo;

import io.ustack.apps.BoundSocket;
import io.ustack.apps.EventHandler;
import io.ustack.apps.EventLoop;
import io.ustack.posix.Epoll;
import io.ustack.posix.Errno;
import io.ustack.posix.Posix;
import io.ustack.posix.SocketAddress4;
import io.ustack.posix.SocketOption;
import java.io.IOException;

/**
 * Sends datagrams back to where they come from. One that finds no room waits, and meanwhile none is
 * read.
 */
final class UdpEcho implements EventHandler {
  private static final int LARGEST_DATAGRAM_BYTES = 65_507;
  private static final int TURN_DATAGRAMS = 64;

  private final Posix posix;
  private final EventLoop loop;
  private final int fd;
  private final byte[] datagram = new byte[LARGEST_DATAGRAM_BYTES];
  private final SocketAddress4 peer = new SocketAddress4();

  /** Length of the datagram that waits for room, -1 when none does. */
  private int waitingLength = -1;

  private long datagrams;

  UdpEcho(final Posix posix, final EventLoop loop, final int port) throws IOException {
    this.posix = posix;
    this.loop = loop;
    fd = BoundSocket.open(posix, SocketOption.SOCK_DGRAM, port);
    loop.add(fd, Epoll.EPOLLIN, this);
  }

  @Override
  public void onEvents(final int events, final long nowNs) {
    for (int i = 0; i < TURN_DATAGRAMS; i++) {
      if (waitingLength < 0 && !receive()) {
        return;
      }
      if (!send()) {
        return;
      }
    }
  }

  private boolean receive() {
    final int length = posix.recvfrom(fd, datagram, 0, datagram.length, 0, peer);
    waitingLength = Math.max(-1, length);
    return length >= 0;
  }

  /**
   * False when it has to wait. A datagram that can't be sent for another reason is lost, as
   * datagrams are.
   */
  private boolean send() {
    final int result = posix.sendto(fd, datagram, 0, waitingLength, 0, peer.address(), peer.port());
    if (result == -Errno.EAGAIN) {
      loop.change(fd, Epoll.EPOLLOUT);
      return false;
    }
    waitingLength = -1;
    datagrams += result >= 0 ? 1 : 0;
    loop.change(fd, Epoll.EPOLLIN);
    return true;
  }

  long datagrams() {
    return datagrams;
  }

  void close() {
    loop.close(fd);
  }
}
