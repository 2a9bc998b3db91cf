package io.ustack.apps.iperf3;

import io.ustack.posix.Epoll;
import io.ustack.posix.Errno;
import io.ustack.posix.SocketOption;
import io.ustack.tcp.TcpInfo;

/** A data stream over TCP: either we read and count, or we write as much as there is room for. */
final class TcpStream implements Role {
  /** In one turn, so that streams and the control connection have theirs. */
  private static final int TURN_BYTES = 1 << 18;

  private final Iperf3Server server;
  private final Measurement test;
  private final Guest guest;
  private final StreamResult result;

  TcpStream(
      final Iperf3Server server,
      final Measurement test,
      final Guest guest,
      final StreamResult result) {
    this.server = server;
    this.test = test;
    this.guest = guest;
    this.result = result;
  }

  @Override
  public void begin(final long nowNs) {
    test.onStreamOpen(nowNs);
  }

  /** The test runs. */
  void start() {
    if (result.sends && guest.isOpen()) {
      server.loop().change(guest.fd(), Epoll.EPOLLOUT);
    }
  }

  @Override
  public void onEvents(final int events, final long nowNs) {
    if ((events & Epoll.EPOLLERR) != 0) {
      guest.close();
    } else if (result.sends) {
      send(nowNs);
    } else if (receive() > 0) {
      test.progressed(guest, nowNs);
    }
  }

  private void send(final long nowNs) {
    if (!test.isRunning()) {
      receive(); // nothing, or the end
      return;
    }
    final byte[] block = server.block();
    int sent = 0;
    while (sent < TURN_BYTES) {
      final int length = test.parameters().blockBytes();
      final int count =
          server.posix().send(guest.fd(), block, 0, length, SocketOption.MSG_NOSIGNAL);
      if (count < 0 && count != -Errno.EAGAIN) {
        guest.close();
        return;
      }
      sent += Math.max(0, count);
      if (count < length) {
        break;
      }
    }
    result.bytes += sent;
    if (sent > 0) {
      test.progressed(guest, nowNs);
    }
  }

  /** Bytes; 0 when there were none, also at the end of the stream. */
  private int receive() {
    final byte[] block = server.block();
    final int count = server.posix().recv(guest.fd(), block, 0, block.length, 0);
    if (count == 0 || (count < 0 && count != -Errno.EAGAIN)) {
      guest.close();
      return 0;
    }
    result.bytes += Math.max(0, count);
    return Math.max(0, count);
  }

  /** The test is over: what has come is counted, and the connection ends. */
  void end() {
    if (!guest.isOpen()) {
      return;
    }
    if (result.sends) {
      final TcpInfo info = new TcpInfo();
      server.posix().getsockopt(guest.fd(), SocketOption.IPPROTO_TCP, SocketOption.TCP_INFO, info);
      result.retransmits = info.totalRetrans;
    } else {
      int count = receive();
      for (int taken = 0; count > 0 && taken < Measurement.LAST_BYTES; taken += count) {
        count = receive();
      }
    }
    guest.close();
  }

  @Override
  public void onClosed() {}
}
