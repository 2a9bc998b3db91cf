package io.ustack.posix;

import static io.ustack.posix.Epoll.EPOLLIN;
import static io.ustack.posix.SocketOption.INADDR_LOOPBACK;
import static io.ustack.posix.SocketOption.MSG_NOSIGNAL;

import java.util.Map;
import java.util.function.Consumer;

/** Buffers that are not there, and peers that can't be. */
final class FaultScenes {
  private FaultScenes() {}

  static Map<String, Consumer<Scene>> all() {
    return Map.ofEntries(
        Map.entry("fault: null buffers", FaultScenes::nullBuffers),
        Map.entry("tcp: connect to everybody", FaultScenes::connectToEverybody));
  }

  /**
   * DEVIATION: Linux looks at the buffer when it has something to put there; and a datagram that
   * does not arrive there is lost. So each is asked when something is there, and once.
   */
  private static void nullBuffers(final Scene s) {
    final int[] pair = s.pair();
    final int udp = s.boundUdp();
    s.calls.connect(udp, INADDR_LOOPBACK, s.port(udp));
    s.send(pair[1], "data");
    s.await(pair[0], EPOLLIN);
    for (final int fd : new int[] {pair[0], udp}) {
      s.note("send", s.calls.send(fd, null, 5, MSG_NOSIGNAL));
      s.note("sendto", s.calls.sendto(fd, null, 5, MSG_NOSIGNAL, INADDR_LOOPBACK, 9));
      s.note("write", s.calls.write(fd, null, 5));
      s.note("send nothing", s.calls.send(fd, null, 0, MSG_NOSIGNAL));
    }
    s.recv(udp);
    s.note("recv", s.calls.recv(pair[0], null, 4, 0));
    s.note("read", s.calls.read(pair[0], null, 4));
    s.noteRecv("it is still there", pair[0], 4, 0);
    for (int i = 0; i < 2; i++) {
      s.send(udp, "data");
      s.await(udp, EPOLLIN);
      s.note("recv", i == 0 ? s.calls.recv(udp, null, 4, 0) : s.calls.read(udp, null, 4));
    }
    s.note("eventfd", s.calls.write(s.track(s.calls.eventfd(1, 0)), null, 8));
    s.note("eventfd", s.calls.read(s.track(s.calls.eventfd(1, 0)), null, 8));
    s.note("no descriptor", s.calls.send(-1, null, 5, MSG_NOSIGNAL));
    s.note("no descriptor", s.calls.recv(-1, null, 5, 0));
  }

  private static void connectToEverybody(final Scene s) {
    s.note("bind of datagrams", s.calls.bind(s.udp(), 0x7FFFFFFF, 0));
    s.note("bind of datagrams", s.calls.bind(s.udp(), -1, 0));
    final int fd = s.tcp();
    s.note("connect", s.calls.connect(fd, 0x7FFFFFFF, 80)); // 127.255.255.255
    s.note("again", s.calls.connect(fd, 0x7FFFFFFF, 80));
    s.noteMask("then", fd);
    s.note("not waiting", s.calls.connect(s.nonBlockingTcp(), 0x7FFFFFFF, 80));
    s.note("SO_ERROR", s.calls.getsockopt(fd, SocketOption.SOL_SOCKET, SocketOption.SO_ERROR));
    s.note("somebody", s.calls.connect(fd, INADDR_LOOPBACK, s.port(s.listener(1))));
  }
}
