package io.ustack.apps.echo;

import io.ustack.apps.Acceptor;
import io.ustack.apps.ConnectionLimits;
import io.ustack.apps.EventLoop;
import io.ustack.posix.Posix;
import io.ustack.posix.SocketOption;
import java.io.IOException;

/** Sends back what comes, on TCP and UDP (RFC 862). */
public final class EchoServer implements AutoCloseable {
  private final Posix posix;
  private final EventLoop loop;
  private final Acceptor acceptor;
  private final UdpEcho udp;
  private final byte[] chunk = new byte[EchoConnection.CHUNK_BYTES];
  private long connections;
  private long bytes;

  /**
   * Listens on {@code port} of every address, TCP and UDP.
   *
   * @param loop the caller's, who steps it and calls {@link #closeIdle()} after each step
   * @throws IOException in one line, when the port is taken
   */
  public EchoServer(
      final Posix posix, final EventLoop loop, final ConnectionLimits limits, final int port)
      throws IOException {
    this.posix = posix;
    this.loop = loop;
    acceptor = new Acceptor(posix, loop, port, limits, this::accepted);
    udp = new UdpEcho(posix, loop, port);
  }

  private EchoConnection accepted(final int fd) {
    posix.setsockopt(fd, SocketOption.IPPROTO_TCP, SocketOption.TCP_NODELAY, 1);
    connections++;
    return new EchoConnection(this, fd);
  }

  /** Closes connections that have made no progress for too long. */
  public void closeIdle() {
    acceptor.closeIdle();
  }

  Posix posix() {
    return posix;
  }

  EventLoop loop() {
    return loop;
  }

  /** Where bytes pass through between receive and send; valid during one event. */
  byte[] chunk() {
    return chunk;
  }

  void sentBack(final EchoConnection connection, final int count, final long nowNs) {
    bytes += count;
    acceptor.progressed(connection, nowNs);
  }

  void closed(final EchoConnection connection) {
    acceptor.closed(connection);
  }

  /** TCP connections so far. */
  public long connections() {
    return connections;
  }

  /** Bytes sent back over TCP so far. */
  public long bytes() {
    return bytes;
  }

  /** Datagrams sent back so far. */
  public long datagrams() {
    return udp.datagrams();
  }

  /** Closes all connections and stops to listen. */
  @Override
  public void close() {
    acceptor.close();
    udp.close();
  }
}
