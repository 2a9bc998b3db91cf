package io.ustack.apps.http;

import io.ustack.apps.ServedConnection;
import io.ustack.posix.Epoll;
import io.ustack.posix.Errno;
import io.ustack.posix.SocketOption;
import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * One peer. It reads a head, answers it, and only then looks at the next: while a response waits
 * for room, nothing is read, and a peer that sends requests but reads no answers fills its own
 * buffers, not ours.
 *
 * <p>Progress, which keeps the idle timeout away, is a complete request or a byte of a response
 * taken; a head that drips in byte by byte is none.
 */
final class HttpConnection extends ServedConnection {
  /** The longest request head, its line and fields together. */
  static final int HEAD_BYTES = 8192;

  /**
   * Bytes sent in one turn, so that one peer with a wide window does not keep the others waiting.
   */
  private static final int TURN_BYTES = 1 << 18;

  /** Requests answered in one turn. */
  private static final int TURN_REQUESTS = 64;

  /** Read and thrown away after the last response at most; who sends more is cut off. */
  private static final int LINGER_BYTES = 1 << 20;

  private enum State {
    /** A request, or its rest, is to come. */
    READING,
    /** A response is on its way. */
    WRITING,
    /**
     * The last response is sent, and we have said that nothing follows. RFC 9112 9.6: to close now,
     * with something unread, would reset the connection and could destroy the response on its way.
     */
    LINGERING,
    CLOSED
  }

  private final HttpServer server;
  private final int fd;
  private final byte[] input = new byte[HEAD_BYTES];
  private final RequestHead request = new RequestHead();
  private final Response response = new Response();

  private State state = State.READING;
  private int interest = Epoll.EPOLLIN;

  /** Unread bytes of {@link #input}: from, to, and up to where no end of a head was found. */
  private int inputFrom;

  private int inputTo;
  private int scanned;

  private boolean keepAlive;
  private int lingered;

  HttpConnection(final HttpServer server, final int fd) {
    this.server = server;
    this.fd = fd;
  }

  @Override
  public void onEvents(final int events, final long nowNs) {
    // While it lingers, EPOLLHUP only says that the peer has ended as well; what it sent before may
    // still be there, and has to be read.
    final int broken = state == State.LINGERING ? Epoll.EPOLLERR : Epoll.EPOLLERR | Epoll.EPOLLHUP;
    if ((events & broken) != 0) {
      close();
      return;
    }
    switch (state) {
      case READING -> read(nowNs);
      case WRITING -> write(nowNs);
      case LINGERING -> discard();
      case CLOSED -> throw new AssertionError("an event for a connection that is closed");
    }
  }

  private void read(final long nowNs) {
    final int count = server.posix().recv(fd, input, inputTo, input.length - inputTo, 0);
    if (count == -Errno.EAGAIN) {
      return;
    }
    if (count <= 0) {
      // The peer is gone, or sends nothing more and has no complete request here.
      close();
      return;
    }
    inputTo += count;
    serve(nowNs);
  }

  private void write(final long nowNs) {
    if (flush(nowNs)) {
      finishResponse();
      if (state == State.READING) {
        serve(nowNs);
      }
    }
  }

  /** Answers the requests that have come completely, in order (RFC 9112 9.3.2). */
  private void serve(final long nowNs) {
    int turns = 0;
    while (state == State.READING && nextRequest(nowNs)) {
      state = State.WRITING;
      server.countRequest();
      if (++turns == TURN_REQUESTS || !flush(nowNs)) {
        break;
      }
      finishResponse();
    }
    if (state != State.CLOSED) {
      want(state == State.WRITING ? Epoll.EPOLLOUT : Epoll.EPOLLIN);
    }
  }

  /** Whether a response was begun. */
  private boolean nextRequest(final long nowNs) {
    final int empty = RequestHead.emptyLines(input, inputFrom, inputTo);
    inputFrom += empty;
    scanned = Math.max(scanned, inputFrom);
    final int length = RequestHead.length(input, inputFrom, scanned, inputTo);
    if (length == 0) {
      scanned = inputTo;
      compact();
      return inputTo == input.length && refuse(hasRequestLine() ? 431 : 414);
    }
    server.progressed(this, nowNs);
    final int status = request.parse(input, inputFrom, length);
    inputFrom += length;
    scanned = inputFrom;
    return status == RequestHead.OK ? answer() : refuse(status);
  }

  private boolean answer() {
    final boolean known = request.isGet() || request.isHead();
    final Resource resource = known ? server.find(request) : Resource.refusal(405);
    keepAlive = request.keepAlive();
    response.answer(request, resource, keepAlive, server.date());
    return true;
  }

  private boolean refuse(final int status) {
    keepAlive = false;
    response.refuse(status, server.date());
    return true;
  }

  private boolean hasRequestLine() {
    for (int i = 0; i < inputTo; i++) {
      if (input[i] == '\n') {
        return true;
      }
    }
    return false;
  }

  /** Moves what is left to the front, which is nothing but for pipelined or halved heads. */
  private void compact() {
    System.arraycopy(input, inputFrom, input, 0, inputTo - inputFrom);
    inputTo -= inputFrom;
    scanned -= inputFrom;
    inputFrom = 0;
  }

  /**
   * Sends until the response is out, the socket is full, or the turn is over; true when it is out.
   */
  private boolean flush(final long nowNs) {
    final ByteBuffer chunk = server.chunk();
    int budget = TURN_BYTES;
    while (!response.isDone() && budget > 0) {
      final int filled;
      try {
        filled = response.fill(chunk);
      } catch (final IOException e) {
        // The length is promised already; to stop short of it is the only way to say that something
        // is wrong.
        close();
        return false;
      }
      final int count = server.posix().send(fd, chunk, 0, filled, SocketOption.MSG_NOSIGNAL);
      if (count < 0) {
        if (count != -Errno.EAGAIN) {
          close();
        }
        return false;
      }
      response.sent(count);
      server.progressed(this, nowNs);
      budget -= count;
      if (count < filled) {
        return false;
      }
    }
    return response.isDone();
  }

  private void finishResponse() {
    response.close();
    state = State.READING;
    if (!keepAlive) {
      server.posix().shutdown(fd, SocketOption.SHUT_WR);
      state = State.LINGERING;
      want(Epoll.EPOLLIN);
    }
  }

  private void discard() {
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
    if (state != State.READING) {
      server.posix().disconnect(fd);
    }
    close();
  }

  @Override
  public void close() {
    if (state != State.CLOSED) {
      state = State.CLOSED;
      response.close();
      server.loop().close(fd);
      server.closed(this);
    }
  }
}
