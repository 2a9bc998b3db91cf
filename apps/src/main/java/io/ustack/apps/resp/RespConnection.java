package io.ustack.apps.resp;

import io.ustack.apps.ServedConnection;
import io.ustack.posix.Epoll;
import io.ustack.posix.Errno;
import io.ustack.posix.SocketOption;
import java.util.Arrays;

/**
 * One client. What has come is answered as far as it is complete and replies find room; the rest
 * waits here, in memory that all share, and meanwhile nothing more is read.
 */
final class RespConnection extends ServedConnection {
  private static final byte[] NOTHING = new byte[0];

  /** Replies of more are sent before the next command is looked at. */
  private static final int REPLIES_BYTES = 1 << 16;

  /** Read and thrown away after the last reply at most; who sends more is cut off. */
  private static final int LINGER_BYTES = 1 << 20;

  private final RespServer server;
  private final int fd;
  private byte[] unread = NOTHING;
  private byte[] unsent = NOTHING;
  private boolean ending;
  private int lingered;
  private int interest = Epoll.EPOLLIN;
  private boolean closed;

  RespConnection(final RespServer server, final int fd) {
    this.server = server;
    this.fd = fd;
  }

  @Override
  public void onEvents(final int events, final long nowNs) {
    final int broken = lingers() ? Epoll.EPOLLERR : Epoll.EPOLLERR | Epoll.EPOLLHUP;
    if ((events & broken) != 0) {
      close();
    } else if (unsent.length > 0) {
      sendUnsent(nowNs);
    } else if (ending) {
      discard();
    } else {
      read(nowNs);
    }
  }

  private boolean lingers() {
    return ending && unsent.length == 0;
  }

  private void read(final long nowNs) {
    final byte[] input = server.input();
    final int waiting = takeUnread(input);
    final int count = server.posix().recv(fd, input, waiting, input.length - waiting, 0);
    if (count == -Errno.EAGAIN) {
      keepUnread(input, 0, waiting);
    } else if (count <= 0) {
      close(); // the peer is gone, or sends nothing more
    } else {
      serve(input, waiting + count, nowNs);
    }
  }

  /** Answers the commands that are complete. */
  private void serve(final byte[] input, final int to, final long nowNs) {
    final RespReply reply = server.reply();
    int from = 0;
    try {
      int length = server.request().read(input, from, to);
      while (length > 0) {
        from += length;
        server.progressed(this, nowNs);
        runOne();
        if (ending || (reply.length() >= REPLIES_BYTES && !flush(nowNs))) {
          break;
        }
        length = server.request().read(input, from, to);
      }
    } catch (final RespException e) {
      reply.error(e.reply());
      ending = true;
    }
    final boolean sent = flush(nowNs);
    if (!closed && !ending) {
      keepUnread(input, from, to);
    }
    if (!closed && sent && ending) {
      linger();
    }
  }

  private void runOne() {
    if (server.request().words() == 0) {
      return;
    }
    if (server.request().name().equals("quit")) {
      server.reply().simple("OK");
      ending = true;
    } else {
      server.run();
    }
  }

  /** Sends the replies, keeps what finds no room. True when nothing waits */
  private boolean flush(final long nowNs) {
    final RespReply reply = server.reply();
    if (reply.length() == 0) {
      return unsent.length == 0;
    }
    final int sent = send(reply.buffer(), reply.length(), nowNs);
    if (sent >= 0 && sent < reply.length()) {
      keepUnsent(Arrays.copyOfRange(reply.buffer(), sent, reply.length()));
    }
    reply.clear();
    return !closed && unsent.length == 0;
  }

  private void sendUnsent(final long nowNs) {
    final byte[] waiting = unsent;
    final int sent = send(waiting, waiting.length, nowNs);
    if (sent < 0) {
      return;
    }
    server.bufferMemory().giveBack(waiting.length);
    unsent = NOTHING;
    if (sent < waiting.length) {
      keepUnsent(Arrays.copyOfRange(waiting, sent, waiting.length));
      return;
    }
    want(Epoll.EPOLLIN);
    if (ending) {
      linger();
    } else {
      final byte[] input = server.input();
      serve(input, takeUnread(input), nowNs);
    }
  }

  /** Bytes taken; negative when the connection is closed now. */
  private int send(final byte[] bytes, final int length, final long nowNs) {
    final int sent = server.posix().send(fd, bytes, 0, length, SocketOption.MSG_NOSIGNAL);
    if (sent < 0 && sent != -Errno.EAGAIN) {
      close();
      return sent;
    }
    if (sent > 0) {
      server.progressed(this, nowNs);
    }
    return Math.max(0, sent);
  }

  private void keepUnsent(final byte[] bytes) {
    if (charged(bytes.length)) {
      unsent = bytes;
      want(Epoll.EPOLLOUT);
    }
  }

  private void keepUnread(final byte[] input, final int from, final int to) {
    if (from < to && charged(to - from)) {
      unread = Arrays.copyOfRange(input, from, to);
    }
  }

  private int takeUnread(final byte[] input) {
    final int length = unread.length;
    System.arraycopy(unread, 0, input, 0, length);
    server.bufferMemory().giveBack(length);
    unread = NOTHING;
    return length;
  }

  /** Without memory for what waits, the client has to go. */
  private boolean charged(final int bytes) {
    final boolean there = server.bufferMemory().take(bytes);
    if (!there) {
      expire();
    }
    return there;
  }

  /** RFC 9293 3.10.4: to close with something unread is a reset, which may destroy the reply. */
  private void linger() {
    server.posix().shutdown(fd, SocketOption.SHUT_WR);
  }

  private void discard() {
    final byte[] input = server.input();
    final int count = server.posix().recv(fd, input, 0, input.length, 0);
    lingered += Math.max(0, count);
    if (count != -Errno.EAGAIN && (count <= 0 || lingered > LINGER_BYTES)) {
      close();
    }
  }

  private void want(final int events) {
    if (interest != events) {
      interest = events;
      server.loop().change(fd, events);
    }
  }

  @Override
  protected void expire() {
    if (!closed && unsent.length > 0) {
      server.posix().disconnect(fd);
    }
    close();
  }

  @Override
  public void close() {
    if (!closed) {
      closed = true;
      server.bufferMemory().giveBack(unread.length);
      server.bufferMemory().giveBack(unsent.length);
      unread = NOTHING;
      unsent = NOTHING;
      server.loop().close(fd);
      server.closed(this);
    }
  }
}
