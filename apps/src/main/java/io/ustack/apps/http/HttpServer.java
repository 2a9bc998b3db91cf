package io.ustack.apps.http;

import io.ustack.apps.Acceptor;
import io.ustack.apps.ConnectionLimits;
import io.ustack.apps.EventLoop;
import io.ustack.posix.Posix;
import io.ustack.posix.SocketOption;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.ByteBuffer;
import java.time.InstantSource;

/**
 * A web server on one thread and one epoll set. What a peer can make it hold: one head of {@value
 * HttpConnection#HEAD_BYTES} bytes, one open file and what is in its socket's buffers. What it
 * reads from a file goes through one buffer for all.
 *
 * <p>A file is read on the thread that runs the stack: from the page cache that costs a copy, from
 * a disk it costs all peers the disk's time.
 */
public final class HttpServer implements AutoCloseable {
  private static final Logger LOG = System.getLogger(HttpServer.class.getName());
  private static final int CHUNK_BYTES = 1 << 16;

  private final Posix posix;
  private final EventLoop loop;
  private final Acceptor acceptor;
  private final Site site;
  private final InstantSource wallClock;
  private final ByteBuffer chunk = ByteBuffer.allocateDirect(CHUNK_BYTES);
  private boolean broken;
  private long requests;
  private long dateSeconds = Long.MIN_VALUE;
  private String date = "";

  /**
   * Starts to listen on {@code port} of every address.
   *
   * @param loop the caller's, who steps it and calls {@link #closeIdle()} after each step
   * @param wallClock for the Date field
   * @throws IOException in one line, when the port is taken
   */
  public HttpServer(
      final Posix posix,
      final EventLoop loop,
      final InstantSource wallClock,
      final Site site,
      final ConnectionLimits limits,
      final int port)
      throws IOException {
    this.posix = posix;
    this.wallClock = wallClock;
    this.site = site;
    this.loop = loop;
    acceptor = new Acceptor(posix, loop, port, limits, this::accepted);
  }

  /** Closes connections that have made no progress for too long. */
  public void closeIdle() {
    acceptor.closeIdle();
  }

  private HttpConnection accepted(final int fd) {
    // A response's last, short segment must not wait for the acknowledgement of the one before.
    posix.setsockopt(fd, SocketOption.IPPROTO_TCP, SocketOption.TCP_NODELAY, 1);
    return new HttpConnection(this, fd);
  }

  /** Requests answered so far, refused ones among them. */
  public long requests() {
    return requests;
  }

  /** Connections open now. */
  public int connections() {
    return acceptor.connections();
  }

  Posix posix() {
    return posix;
  }

  EventLoop loop() {
    return loop;
  }

  /** What the site has to say; that it breaks is the matter of one request, not of all peers. */
  Resource find(final RequestHead request) {
    try {
      return site.find(request);
    } catch (final RuntimeException e) {
      if (!broken) {
        broken = true;
        LOG.log(Level.ERROR, "a request is answered 500; further ones are not told of", e);
      }
      return Resource.refusal(500);
    }
  }

  /**
   * Where response bytes pass through on their way to a socket; valid until the next call of
   * anything.
   */
  ByteBuffer chunk() {
    return chunk;
  }

  /** Now, for the Date field (RFC 9110 6.6.1); formatted once a second. */
  String date() {
    final long seconds = Math.floorDiv(wallClock.millis(), 1000);
    if (seconds != dateSeconds) {
      dateSeconds = seconds;
      date = HttpDate.format(seconds);
    }
    return date;
  }

  void countRequest() {
    requests++;
  }

  void progressed(final HttpConnection connection, final long nowNs) {
    acceptor.progressed(connection, nowNs);
  }

  /** The connection is closed. */
  void closed(final HttpConnection connection) {
    acceptor.closed(connection);
  }

  /** Closes all connections and stops to listen. */
  @Override
  public void close() {
    acceptor.close();
  }
}
