package io.ustack.apps.iperf3;

import io.ustack.apps.Acceptor;
import io.ustack.apps.BoundSocket;
import io.ustack.apps.ConnectionLimits;
import io.ustack.apps.EventLoop;
import io.ustack.posix.Epoll;
import io.ustack.posix.Posix;
import io.ustack.posix.SocketAddress4;
import io.ustack.posix.SocketOption;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/** Measures with clients of iperf3, one at a time. */
public final class Iperf3Server implements AutoCloseable {
  private static final int ACCESS_DENIED = -1;
  private static final int LARGEST_DATAGRAM_BYTES = 65_507;
  private static final int TURN_DATAGRAMS = 64;

  /** A loop may rest so long, in which nothing is sent by the clock. */
  private static final int REST_MS = 100;

  private final Posix posix;
  private final EventLoop loop;
  private final Acceptor acceptor;
  private final int udp;
  private final byte[] block = new byte[TestParameters.MOST_BLOCK_BYTES];
  private final ByteBuffer datagram = ByteBuffer.allocate(LARGEST_DATAGRAM_BYTES);
  private final SocketAddress4 peer = new SocketAddress4();
  private @Nullable Measurement test;
  private long tests;
  private long denied;

  /**
   * Listens on {@code port} of every address, TCP and UDP.
   *
   * @param loop the caller's, who steps it and calls {@link #tick} after each step
   * @throws IOException in one line, when the port is taken
   */
  public Iperf3Server(
      final Posix posix, final EventLoop loop, final ConnectionLimits limits, final int port)
      throws IOException {
    this.posix = posix;
    this.loop = loop;
    acceptor = new Acceptor(posix, loop, port, limits, this::accepted);
    udp = BoundSocket.open(posix, SocketOption.SOCK_DGRAM, port);
    loop.add(udp, Epoll.EPOLLIN, this::onDatagrams);
  }

  private Guest accepted(final int fd) {
    // States are told one by one, and none may wait for the last one's ACK.
    posix.setsockopt(fd, SocketOption.IPPROTO_TCP, SocketOption.TCP_NODELAY, 1);
    return new Guest(this, fd);
  }

  /** What is due by time: datagrams to send, connections that have made no progress. */
  public void tick(final long nowNs) {
    final Measurement current = test;
    if (current != null) {
      current.tick(nowNs);
    }
    acceptor.closeIdle();
  }

  /** How long the loop may wait before the next {@link #tick}. */
  public int restMs() {
    final Measurement current = test;
    return current != null && current.isPaced() ? 1 : REST_MS;
  }

  /** Says what a connection is for; null when it has to go. */
  @Nullable Role admit(final Guest guest, final String cookie) {
    final Measurement current = test;
    if (current == null) {
      final Measurement begun = new Measurement(this, guest, cookie);
      test = begun;
      return begun;
    }
    if (current.takes(cookie)) {
      return current.add(guest);
    }
    denied++;
    guest.send(new byte[] {ACCESS_DENIED});
    return null;
  }

  private void onDatagrams(final int events, final long nowNs) {
    for (int i = 0; i < TURN_DATAGRAMS; i++) {
      final int length = posix.recvfrom(udp, datagram, 0, datagram.capacity(), 0, peer);
      if (length < 0) {
        return;
      }
      final Measurement current = test;
      if (current != null) {
        current.onDatagram(datagram, length, peer.address(), peer.port(), nowNs);
      }
    }
  }

  /** Sends the front of {@link #datagram()}. Returns bytes, or {@code -errno} */
  int sendTo(final int length, final int address, final int port) {
    return posix.sendto(udp, datagram, 0, length, 0, address, port);
  }

  /** The address of a connection's other end; 0 when it has none any more. */
  int addressOf(final Guest guest) {
    final SocketAddress4 address = new SocketAddress4();
    return posix.getpeername(guest.fd(), address) < 0 ? 0 : address.address();
  }

  Posix posix() {
    return posix;
  }

  EventLoop loop() {
    return loop;
  }

  /** What is sent, and where is put what is thrown away; valid during one event. */
  byte[] block() {
    return block;
  }

  /** Where a datagram comes and goes; valid during one event. */
  ByteBuffer datagram() {
    return datagram;
  }

  void progressed(final Guest guest, final long nowNs) {
    acceptor.progressed(guest, nowNs);
  }

  void closed(final Guest guest) {
    acceptor.closed(guest);
  }

  void ended(final Measurement over) {
    if (test == over) {
      test = null;
    }
  }

  void countTest() {
    tests++;
  }

  /** Tests that came to their results so far. */
  public long tests() {
    return tests;
  }

  /** Clients so far that were told that it is busy. */
  public long denied() {
    return denied;
  }

  /** Ends the test and closes all connections. */
  @Override
  public void close() {
    acceptor.close();
    loop.close(udp);
  }
}
