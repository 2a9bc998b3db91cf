package io.ustack.apps.proxy;

import io.ustack.apps.EventHandler;
import io.ustack.posix.Errno;
import io.ustack.posix.Posix;
import io.ustack.posix.SocketOption;
import org.jspecify.annotations.Nullable;

/** One client of a {@link UdpRelay}, and the connected socket towards its target. */
final class UdpFlow implements EventHandler {
  /** What a target's burst may fill before we read it; ten thousand flows have 320 MiB. */
  private static final int BUFFER_BYTES = 32 << 10;

  private static final int TURN_DATAGRAMS = 64;

  /** When a datagram last came, either way. */
  long progressNs;

  private final UdpRelay relay;
  private final long client;
  private final Target target;
  private final int fd;

  private UdpFlow(final UdpRelay relay, final long client, final Target target, final int fd) {
    this.relay = relay;
    this.client = client;
    this.target = target;
    this.fd = fd;
  }

  /** A flow of {@code client} to {@code target}; null when there is no socket for it. */
  static @Nullable UdpFlow open(final UdpRelay relay, final long client, final Target target) {
    final Posix posix = relay.posix();
    final int type = SocketOption.SOCK_DGRAM | SocketOption.SOCK_NONBLOCK;
    final int fd = posix.socket(SocketOption.AF_INET, type, 0);
    if (fd < 0) {
      return null;
    }
    posix.setsockopt(fd, SocketOption.SOL_SOCKET, SocketOption.SO_RCVBUF, BUFFER_BYTES);
    if (posix.connect(fd, target.address().address(), target.address().port()) < 0) {
      posix.close(fd);
      target.failed();
      return null;
    }
    target.opened();
    return new UdpFlow(relay, client, target, fd);
  }

  /** Passes a datagram of the client on. */
  void up(final int length) {
    final int sent = relay.pass(fd, length, target.address().address(), target.address().port());
    if (sent >= 0) {
      target.countUp(sent);
    } else if (sent != -Errno.EAGAIN) {
      fail();
    }
  }

  /** Answers of the target, or word that nobody is there (RFC 1122 4.1.3.3). */
  @Override
  public void onEvents(final int events, final long nowNs) {
    for (int i = 0; i < TURN_DATAGRAMS; i++) {
      relay.loan().close(); // whatever became of the last one
      final int length = relay.posix().recvLend(fd, relay.loan(), 0);
      if (length >= 0) {
        target.countDown(length);
        relay.down(this, length, nowNs);
      } else {
        if (length != -Errno.EAGAIN) {
          fail();
        }
        return;
      }
    }
  }

  private void fail() {
    target.failed();
    relay.end(this);
  }

  /** Address in bits 47..16, port in bits 15..0. */
  long client() {
    return client;
  }

  Target target() {
    return target;
  }

  int fd() {
    return fd;
  }
}
