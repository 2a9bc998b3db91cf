package io.ustack.apps.echo;

import io.ustack.apps.Acceptor;
import io.ustack.apps.EventLoop;
import io.ustack.posix.Epoll;
import io.ustack.posix.Posix;
import io.ustack.posix.SocketOption;
import java.io.IOException;

/** Sends back what comes, on TCP and UDP (RFC 862). */
public final class EchoServer implements AutoCloseable {
  private static final int MOST_CONNECTIONS = 100_000;

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
   * @throws IOException in one line, when the port is taken
   */
  public EchoServer(final Posix posix, final EventLoop loop, final int port) throws IOException {
    this.posix = posix;
    this.loop = loop;
    acceptor = new Acceptor(posix, loop, port, MOST_CONNECTIONS, this::accepted);
    udp = new UdpEcho(posix, loop, port);
  }

  private void accepted(final int fd, final long nowNs) {
    posix.setsockopt(fd, SocketOption.IPPROTO_TCP, SocketOption.TCP_NODELAY, 1);
    connections++;
    loop.add(fd, Epoll.EPOLLIN, new EchoConnection(this, fd));
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

  void countBytes(final int count) {
    bytes += count;
  }

  void closed() {
    acceptor.closed();
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

  /** Stops to listen; the connections are closed with the {@link Posix}. */
  @Override
  public void close() {
    acceptor.close();
    udp.close();
  }
}
