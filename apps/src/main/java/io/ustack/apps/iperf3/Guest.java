package io.ustack.apps.iperf3;

import io.ustack.apps.ServedConnection;
import io.ustack.posix.Errno;
import io.ustack.posix.SocketOption;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** A connection, which says by a cookie which test it belongs to. */
final class Guest extends ServedConnection {
  /** iperf3's COOKIE_SIZE: 36 letters and a zero. */
  static final int COOKIE_BYTES = 37;

  private final Iperf3Server server;
  private final int fd;
  private final byte[] cookie = new byte[COOKIE_BYTES];
  private int cookieLength;
  private @Nullable Role role;
  private boolean closed;

  Guest(final Iperf3Server server, final int fd) {
    this.server = server;
    this.fd = fd;
  }

  @Override
  public void onEvents(final int events, final long nowNs) {
    final Role its = role;
    if (its != null) {
      its.onEvents(events, nowNs);
    } else {
      readCookie(nowNs);
    }
  }

  private void readCookie(final long nowNs) {
    final int count = server.posix().recv(fd, cookie, cookieLength, COOKIE_BYTES - cookieLength, 0);
    if (count == -Errno.EAGAIN) {
      return;
    }
    if (count <= 0) {
      close();
      return;
    }
    cookieLength += count;
    if (cookieLength == COOKIE_BYTES) {
      final Role its = server.admit(this, new String(cookie, StandardCharsets.ISO_8859_1));
      role = its;
      if (its == null) {
        close();
      } else {
        its.begin(nowNs);
      }
    }
  }

  int fd() {
    return fd;
  }

  /** Once closed, its number may be another's. */
  boolean isOpen() {
    return !closed;
  }

  /** Sends all of it; false, and closed, when there is no room: control messages are few. */
  boolean send(final byte[] bytes) {
    if (closed) {
      return false;
    }
    final int sent = server.posix().send(fd, bytes, 0, bytes.length, SocketOption.MSG_NOSIGNAL);
    if (sent != bytes.length) {
      close();
    }
    return sent == bytes.length;
  }

  @Override
  protected void expire() {
    server.posix().disconnect(fd);
    close();
  }

  @Override
  public void close() {
    if (!closed) {
      closed = true;
      server.loop().close(fd);
      server.closed(this);
      final Role its = role;
      if (its != null) {
        its.onClosed();
      }
    }
  }
}
