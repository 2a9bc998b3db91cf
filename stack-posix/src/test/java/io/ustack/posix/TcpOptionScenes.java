package io.ustack.posix;

import static io.ustack.posix.Epoll.EPOLLIN;
import static io.ustack.posix.SocketOption.INADDR_LOOPBACK;
import static io.ustack.posix.SocketOption.IPPROTO_TCP;
import static io.ustack.posix.SocketOption.SOL_SOCKET;
import static io.ustack.posix.SocketOption.SO_KEEPALIVE;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Consumer;

/** What TCP's options take and tell: values, bounds, sizes, and on which sockets. */
final class TcpOptionScenes {
  /** Each with what is tried: defaults, bounds, and beyond. */
  private static final Map<Integer, int[]> VALUES = new LinkedHashMap<>();

  static {
    VALUES.put(SocketOption.TCP_NODELAY, new int[] {1, 0, 7, -1, 0});
    VALUES.put(SocketOption.TCP_CORK, new int[] {1, 0, 2, -1, 0});
    VALUES.put(SocketOption.TCP_KEEPIDLE, new int[] {1, 0, -1, 32_767, 32_768, 60});
    VALUES.put(SocketOption.TCP_KEEPINTVL, new int[] {1, 0, -1, 32_767, 32_768, 10});
    VALUES.put(SocketOption.TCP_KEEPCNT, new int[] {1, 0, -1, 127, 128, 3});
    VALUES.put(SocketOption.TCP_SYNCNT, new int[] {1, 0, -1, 127, 128, 4});
    VALUES.put(SocketOption.TCP_LINGER2, new int[] {1, 0, -1, 120, 121, -100, 0});
    VALUES.put(SocketOption.TCP_USER_TIMEOUT, new int[] {1, -1, 0, 30_000, Integer.MAX_VALUE, 0});
    VALUES.put(
        SocketOption.TCP_DEFER_ACCEPT,
        new int[] {1, 2, 3, 4, 7, 8, 60, 127, 128, 255, 256, 400, 0, -1, Integer.MAX_VALUE, 5, 0});
    VALUES.put(
        SocketOption.TCP_NOTSENT_LOWAT,
        new int[] {1, 16_384, Integer.MAX_VALUE, Integer.MIN_VALUE, -1, 0});
    VALUES.put(SocketOption.TCP_MAXSEG, new int[] {87, 88, 0, -1, 32_767, 32_768, 1000});
  }

  private TcpOptionScenes() {}

  static Map<String, Consumer<Scene>> all() {
    return Map.ofEntries(
        Map.entry("tcp options: values, fresh", s -> values(s, s.tcp())),
        Map.entry("tcp options: values, listening", s -> values(s, s.listener(1))),
        Map.entry("tcp options: values, connected", TcpOptionScenes::valuesConnected),
        Map.entry("tcp options: sizes", TcpOptionScenes::sizes),
        Map.entry("tcp options: inherited", TcpOptionScenes::inherited),
        Map.entry("tcp options: on others", TcpOptionScenes::onOthers),
        Map.entry("tcp options: what is not there", TcpOptionScenes::notThere),
        Map.entry("tcp options: sizes of IP's", TcpOptionScenes::sizesOfIp),
        Map.entry("tcp options: congestion control", TcpOptionScenes::congestion),
        Map.entry("tcp options: TCP_DEFER_ACCEPT", TcpOptionScenes::deferAccept),
        Map.entry("tcp options: TCP_QUICKACK", TcpOptionScenes::quickAck),
        Map.entry("tcp options: TCP_QUICKACK of listeners", TcpOptionScenes::quickAckOfListeners),
        Map.entry("tcp options: TCP_QUICKACK, refused", TcpOptionScenes::quickAckRefused),
        Map.entry("tcp options: keep-alive", TcpOptionScenes::keepAlive));
  }

  private static void values(final Scene s, final int fd) {
    VALUES.forEach((option, values) -> values(s, fd, option, values));
  }

  private static void values(final Scene s, final int fd, final int option, final int... values) {
    final String name = "TCP option " + option;
    s.noteGet(name + " at first", fd, IPPROTO_TCP, option, 4);
    for (final int value : values) {
      s.note(name + " set " + value, s.calls.setsockopt(fd, IPPROTO_TCP, option, value));
      s.noteGet(name, fd, IPPROTO_TCP, option, 4);
    }
  }

  private static void valuesConnected(final Scene s) {
    final int fd = s.pair()[0];
    VALUES.forEach(
        (option, values) -> {
          if (option != SocketOption.TCP_MAXSEG) { // what it reads depends on the path
            values(s, fd, option, values);
          }
        });
    for (final int value : VALUES.get(SocketOption.TCP_MAXSEG)) {
      s.note(
          "TCP_MAXSEG " + value,
          s.calls.setsockopt(fd, IPPROTO_TCP, SocketOption.TCP_MAXSEG, value));
    }
  }

  private static void sizes(final Scene s) {
    final int fd = s.tcp();
    for (final int option : VALUES.keySet()) {
      final String name = "TCP option " + option;
      for (final int length : new int[] {0, 1, 3, 5, 8}) {
        final byte[] value = Arrays.copyOf(Scene.bytes(90, 1), length);
        s.noteSet(name, fd, IPPROTO_TCP, option, value);
        s.noteGet(name, fd, IPPROTO_TCP, option, length);
      }
      s.note("set " + option, s.calls.setsockopt(fd, IPPROTO_TCP, option, new byte[4], -1));
      s.note("get " + option, s.calls.getsockopt(fd, IPPROTO_TCP, option, new byte[4], -1));
    }
    for (final int length : new int[] {0, 1, 3, 5, 8}) {
      final byte[] value = Arrays.copyOf(Scene.bytes(1, 1), length);
      s.noteSet("SO_KEEPALIVE", fd, SOL_SOCKET, SO_KEEPALIVE, value);
      s.noteGet("SO_KEEPALIVE", fd, SOL_SOCKET, SO_KEEPALIVE, length);
      s.noteSet("SO_REUSEADDR", fd, SOL_SOCKET, SocketOption.SO_REUSEADDR, value);
      s.noteGet("SO_REUSEADDR", fd, SOL_SOCKET, SocketOption.SO_REUSEADDR, length);
      s.noteGet("SO_TYPE", fd, SOL_SOCKET, SocketOption.SO_TYPE, length);
      s.noteGet("SO_ERROR", fd, SOL_SOCKET, SocketOption.SO_ERROR, length);
      s.noteSet("unknown", fd, SOL_SOCKET, 9999, value);
      s.noteGet("unknown", fd, SOL_SOCKET, 9999, length);
      s.noteSet("unknown of TCP", fd, IPPROTO_TCP, 9999, value);
      s.noteGet("unknown of TCP", fd, IPPROTO_TCP, 9999, length);
      s.noteSet("unknown level", fd, 9999, 1, value);
      s.noteGet("unknown level", fd, 9999, 1, length);
    }
    s.note("unknown, negative", s.calls.setsockopt(fd, SOL_SOCKET, 9999, new byte[4], -1));
    s.note("closed, negative", s.calls.setsockopt(1000, SOL_SOCKET, 9, new byte[4], -1));
    s.note("closed, negative", s.calls.getsockopt(1000, SOL_SOCKET, 9, new byte[4], -1));
  }

  private static void inherited(final Scene s) {
    final int listener = s.listener(1);
    VALUES.forEach(
        (option, values) -> {
          final int value = option == SocketOption.TCP_MAXSEG ? 1000 : option == 9 ? 3 : 2;
          s.calls.setsockopt(listener, IPPROTO_TCP, option, value);
        });
    s.calls.setsockopt(listener, SOL_SOCKET, SO_KEEPALIVE, 1);
    final int client = s.tcp();
    s.calls.connect(client, INADDR_LOOPBACK, s.port(listener));
    s.send(client, "for TCP_DEFER_ACCEPT");
    s.await(listener, EPOLLIN);
    final int fd = s.accept(listener);
    for (final int option : VALUES.keySet()) {
      if (option != SocketOption.TCP_MAXSEG) {
        s.noteGet("TCP option " + option, fd, IPPROTO_TCP, option, 4);
      }
    }
    s.noteGet("SO_KEEPALIVE", fd, SOL_SOCKET, SO_KEEPALIVE, 4);
    s.calls.disconnect(client);
    s.noteGet("TCP_NODELAY", client, IPPROTO_TCP, SocketOption.TCP_NODELAY, 4);
  }

  private static void onOthers(final Scene s) {
    final int udp = s.udp();
    final int set = s.epoll();
    // A high number: a low one may be another thread's by now on the kernel's side.
    final int closed = s.calls.fcntl(udp, SocketOption.F_DUPFD, 240);
    s.calls.close(closed);
    for (final int option : VALUES.keySet()) {
      for (final int fd : new int[] {udp, set, closed, -1}) {
        s.note("set " + option, s.calls.setsockopt(fd, IPPROTO_TCP, option, 1));
        s.note("get " + option, s.calls.getsockopt(fd, IPPROTO_TCP, option));
      }
    }
  }

  private static void notThere(final Scene s) {
    final int fd = s.tcp();
    for (final int option : new int[] {0, -1, 99, Integer.MAX_VALUE, Integer.MIN_VALUE}) {
      s.note("set " + option, s.calls.setsockopt(fd, IPPROTO_TCP, option, 1));
      s.note("get " + option, s.calls.getsockopt(fd, IPPROTO_TCP, option));
    }
    s.note("set TCP_INFO", s.calls.setsockopt(fd, IPPROTO_TCP, SocketOption.TCP_INFO, 1));
  }

  private static void sizesOfIp(final Scene s) {
    final int fd = s.tcp();
    for (final int option : new int[] {SocketOption.IP_TOS, SocketOption.IP_TTL}) {
      for (final int length : new int[] {0, 1, 2, 3, 4, 5}) {
        s.noteSet(
            "IP option " + option, fd, 0, option, Arrays.copyOf(Scene.bytes(0x48, 1), length));
        s.noteGet("IP option " + option, fd, 0, option, length);
      }
    }
    s.noteSet("unknown", fd, 0, 9999, new byte[1]);
    s.noteGet("unknown", fd, 0, 9999, 1);
  }

  private static void congestion(final Scene s) {
    final int fd = s.tcp();
    final byte[] reno = {'r', 'e', 'n', 'o', 0, 'x'};
    for (final int length : new int[] {4, 5, 6, 0, 3}) {
      s.noteSet("TCP_CONGESTION", fd, IPPROTO_TCP, 13, Arrays.copyOf(reno, length));
      s.noteGet("TCP_CONGESTION", fd, IPPROTO_TCP, 13, 16);
    }
    s.noteSet("nothing", fd, IPPROTO_TCP, 13, new byte[1]);
    s.noteSet("much", fd, IPPROTO_TCP, 13, Arrays.copyOf(reno, 100));
    for (final int length : new int[] {0, 1, 4, 15, 17}) {
      s.noteGet("TCP_CONGESTION", fd, IPPROTO_TCP, 13, length);
    }
  }

  private static void deferAccept(final Scene s) {
    final int listener = s.listener(4);
    s.note("set", s.calls.setsockopt(listener, IPPROTO_TCP, SocketOption.TCP_DEFER_ACCEPT, 30));
    final int client = s.tcp();
    s.note("connect", s.calls.connect(client, INADDR_LOOPBACK, s.port(listener)));
    s.noteMask("nobody to accept", listener);
    s.calls.fcntl(listener, SocketOption.F_SETFL, SocketOption.O_NONBLOCK);
    s.note("accept", s.calls.accept4(listener, new SocketAddress4(), 0));
    s.noteMask("the client is connected", client);
    s.note("send", s.send(client, "hello"));
    s.noteMaskWith(EPOLLIN, "now", listener);
    final int fd = s.accept(listener);
    s.noteRecv("the data is there", fd, 10, SocketOption.MSG_DONTWAIT);
    final int finishing = s.tcp();
    s.calls.connect(finishing, INADDR_LOOPBACK, s.port(listener));
    s.noteMask("nobody again", listener);
    s.note("shutdown", s.calls.shutdown(finishing, SocketOption.SHUT_WR));
    s.noteMaskWith(EPOLLIN, "a FIN is enough", listener);
    s.noteRecv("recv", s.accept(listener), 10, SocketOption.MSG_DONTWAIT);
    final int resetting = s.tcp();
    s.calls.connect(resetting, INADDR_LOOPBACK, s.port(listener));
    s.note("disconnect", s.calls.disconnect(resetting));
    s.noteMask("nobody for good", listener);
    s.calls.setsockopt(listener, IPPROTO_TCP, SocketOption.TCP_DEFER_ACCEPT, 0);
    s.calls.connect(s.tcp(), INADDR_LOOPBACK, s.port(listener));
    s.noteMaskWith(EPOLLIN, "switched off", listener);
  }

  private static void noteQuickAck(final Scene s, final String what, final int fd) {
    s.note(what, s.calls.getsockopt(fd, IPPROTO_TCP, SocketOption.TCP_QUICKACK));
  }

  private static void quickAck(final Scene s, final int fd, final int value) {
    s.note("set " + value, s.calls.setsockopt(fd, IPPROTO_TCP, SocketOption.TCP_QUICKACK, value));
    noteQuickAck(s, "TCP_QUICKACK", fd);
  }

  private static void quickAck(final Scene s) {
    final int fd = s.tcp();
    noteQuickAck(s, "fresh", fd);
    final int[] values = {0, 1, 0, 2, 0, -1, 0, 256, 3, 0};
    for (final int value : values) {
      quickAck(s, fd, value);
    }
    final int[] pair = s.pair(fd);
    noteQuickAck(s, "connected", fd);
    noteQuickAck(s, "accepted", pair[1]);
    for (final int value : values) {
      quickAck(s, fd, value);
    }
    s.calls.disconnect(fd);
    noteQuickAck(s, "disconnected", fd);
    quickAck(s, fd, 0);
    s.calls.disconnect(fd);
    noteQuickAck(s, "disconnected twice", fd);
  }

  private static void quickAckOfListeners(final Scene s) {
    final int listener = s.tcp();
    quickAck(s, listener, 0);
    s.calls.listen(listener, 2);
    noteQuickAck(s, "listens", listener);
    quickAck(s, listener, 0);
    s.calls.listen(listener, 3);
    noteQuickAck(s, "listens again", listener);
    final int client = s.tcp();
    s.calls.connect(client, INADDR_LOOPBACK, s.port(listener));
    noteQuickAck(s, "connected", client);
    final int accepted = s.accept(listener);
    noteQuickAck(s, "accepted", accepted);
    quickAck(s, accepted, 1);
    s.calls.shutdown(listener, SocketOption.SHUT_RDWR);
    noteQuickAck(s, "shut", listener);
  }

  private static void quickAckRefused(final Scene s) {
    final int gone = s.listener(1);
    final int port = s.port(gone);
    s.closeNow(gone);
    final int fd = s.nonBlockingTcp();
    quickAck(s, fd, 0);
    s.note("connect", s.calls.connect(fd, INADDR_LOOPBACK, port));
    s.await(fd, Epoll.EPOLLHUP);
    noteQuickAck(s, "refused", fd);
    s.note("connect", s.calls.connect(fd, INADDR_LOOPBACK, port));
    noteQuickAck(s, "told", fd);
  }

  private static void keepAlive(final Scene s) {
    final int[] local = new int[2];
    s.calls.socketpair(SocketOption.AF_UNIX, SocketOption.SOCK_STREAM, 0, local);
    s.track(local[1]);
    for (final int fd : new int[] {s.tcp(), s.udp(), s.listener(1), s.track(local[0])}) {
      keepAlive(s, fd);
    }
  }

  private static void keepAlive(final Scene s, final int fd) {
    s.note("at first", s.calls.getsockopt(fd, SOL_SOCKET, SO_KEEPALIVE));
    for (final int value : new int[] {1, 0, -5, 0}) {
      s.note("set " + value, s.calls.setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, value));
      s.note("SO_KEEPALIVE", s.calls.getsockopt(fd, SOL_SOCKET, SO_KEEPALIVE));
    }
  }
}
