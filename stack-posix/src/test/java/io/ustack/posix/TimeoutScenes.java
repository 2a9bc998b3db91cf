package io.ustack.posix;

import static io.ustack.posix.Epoll.EPOLLIN;
import static io.ustack.posix.Epoll.EPOLLRDHUP;
import static io.ustack.posix.SocketOption.INADDR_LOOPBACK;
import static io.ustack.posix.SocketOption.MSG_DONTWAIT;
import static io.ustack.posix.SocketOption.MSG_PEEK;
import static io.ustack.posix.SocketOption.MSG_WAITALL;
import static io.ustack.posix.SocketOption.SHUT_WR;
import static io.ustack.posix.SocketOption.SOL_SOCKET;
import static io.ustack.posix.SocketOption.SO_RCVBUF;
import static io.ustack.posix.SocketOption.SO_RCVLOWAT;
import static io.ustack.posix.SocketOption.SO_RCVTIMEO;
import static io.ustack.posix.SocketOption.SO_SNDLOWAT;
import static io.ustack.posix.SocketOption.SO_SNDTIMEO;

import java.util.Map;
import java.util.function.Consumer;

/**
 * How long calls wait, and what for: SO_RCVTIMEO, SO_SNDTIMEO, SO_RCVLOWAT, SO_SNDLOWAT. A time
 * runs on whoever has the processor: what a call is to find before its time is over is there before
 * the call.
 */
final class TimeoutScenes {
  /** Long enough to be a wait, and a whole number of the kernel's ticks, however fast they are. */
  private static final int SHORT_US = 20_000;

  private TimeoutScenes() {}

  static Map<String, Consumer<Scene>> all() {
    return Map.ofEntries(
        Map.entry("timeout: values, tcp", s -> values(s, s.tcp())),
        Map.entry("timeout: values, udp", s -> values(s, s.udp())),
        Map.entry("timeout: recv", TimeoutScenes::receive),
        Map.entry("timeout: recv of udp", TimeoutScenes::receiveDatagram),
        Map.entry("timeout: send", TimeoutScenes::send),
        Map.entry("timeout: accept", TimeoutScenes::accept),
        Map.entry("timeout: connect", TimeoutScenes::connect),
        Map.entry("timeout: not at all", TimeoutScenes::notAtAll),
        Map.entry("timeout: inherited", TimeoutScenes::inherited),
        Map.entry("lowat: values", TimeoutScenes::lowValues),
        Map.entry("lowat: values, udp", TimeoutScenes::lowValuesOfUdp),
        Map.entry("lowat: readiness", TimeoutScenes::lowReadiness),
        Map.entry("lowat: readiness of much", TimeoutScenes::lowReadinessLarge),
        Map.entry("lowat: recv", TimeoutScenes::lowReceive),
        Map.entry("lowat: less asked for, and a set hears", TimeoutScenes::lowered),
        Map.entry("lowat: udp", TimeoutScenes::lowDatagram),
        Map.entry("lowat: inherited", TimeoutScenes::lowInherited));
  }

  private static void set(final Scene s, final int fd, final int option, final int microseconds) {
    s.calls.setsockopt(fd, SOL_SOCKET, option, Scene.timeval(0, microseconds), 16);
  }

  private static void values(final Scene s, final int fd) {
    for (final int option : new int[] {SO_RCVTIMEO, SO_SNDTIMEO}) {
      final String name = option == SO_RCVTIMEO ? "SO_RCVTIMEO" : "SO_SNDTIMEO";
      s.noteGet(name + " at first", fd, SOL_SOCKET, option, 16);
      value(s, name, fd, option, 3, 500_000);
      value(s, name, fd, option, 0, 999_999 + 1);
      value(s, name, fd, option, 1, -1);
      value(s, name, fd, option, 0, Long.MIN_VALUE);
      value(s, name, fd, option, 7, 0);
      for (final int length : new int[] {0, 4, 8, 15, 17, 20}) {
        final byte[] seven = java.util.Arrays.copyOf(Scene.timeval(9, 0), length);
        s.noteSet(name, fd, SOL_SOCKET, option, seven);
        s.noteGet(name, fd, SOL_SOCKET, option, length);
      }
      s.note("no length", s.calls.setsockopt(fd, SOL_SOCKET, option, new byte[16], -1));
      s.note("no room", s.calls.getsockopt(fd, SOL_SOCKET, option, new byte[16], -1));
      value(s, name, fd, option, -1, 0);
      value(s, name, fd, option, Long.MAX_VALUE, 0);
      value(s, name, fd, option, Long.MIN_VALUE, 5);
      value(s, name, fd, option, 2, 0);
      value(s, name, fd, option, 0, 0);
      s.note("an int", s.calls.setsockopt(fd, SOL_SOCKET, option, 5));
      value(s, name, fd, option, 5, 0);
      s.note("as an int", s.calls.getsockopt(fd, SOL_SOCKET, option));
    }
    s.closeNow(fd);
    s.note("closed", s.calls.setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, Scene.timeval(1, 0), 16));
    s.note("closed", s.calls.getsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, new byte[16], 16));
  }

  private static void value(
      final Scene s,
      final String name,
      final int fd,
      final int option,
      final long seconds,
      final long microseconds) {
    final String what = name + " " + seconds + " " + microseconds;
    s.noteSet(what, fd, SOL_SOCKET, option, Scene.timeval(seconds, microseconds));
    s.noteGet(name, fd, SOL_SOCKET, option, 16);
  }

  private static void receive(final Scene s) {
    final int[] pair = s.pair();
    set(s, pair[0], SO_RCVTIMEO, SHORT_US);
    s.noteRecv("nothing", pair[0], 10, 0);
    s.noteRecv("nothing, again", pair[0], 10, 0);
    s.send(pair[1], "abc");
    s.awaitBytes(pair[0], 3);
    s.noteRecv("something", pair[0], 10, 0);
    s.send(pair[1], "abc");
    s.awaitBytes(pair[0], 3);
    s.noteRecv("MSG_WAITALL, less comes", pair[0], 10, MSG_WAITALL);
    s.noteRecv("MSG_WAITALL, nothing comes", pair[0], 10, MSG_WAITALL);
    s.send(pair[1], "defg");
    s.awaitBytes(pair[0], 4);
    s.noteRecv("MSG_PEEK, MSG_WAITALL", pair[0], 10, MSG_WAITALL | MSG_PEEK);
    s.noteRecv("MSG_PEEK, MSG_WAITALL, all there", pair[0], 4, MSG_WAITALL | MSG_PEEK);
    s.noteRecv("MSG_DONTWAIT", pair[0], 10, MSG_DONTWAIT);
    s.noteRecv("MSG_PEEK", pair[0], 10, MSG_PEEK);
    s.send(pair[1], "hi");
    s.calls.shutdown(pair[1], SHUT_WR);
    s.await(pair[0], EPOLLRDHUP);
    s.noteRecv("MSG_PEEK, MSG_WAITALL to the end", pair[0], 10, MSG_WAITALL | MSG_PEEK);
    s.noteRecv("to the end", pair[0], 10, 0);
    s.noteRecv("the end", pair[0], 10, 0);
  }

  private static void receiveDatagram(final Scene s) {
    final int fd = s.boundUdp();
    set(s, fd, SO_RCVTIMEO, SHORT_US);
    s.noteRecv("nothing", fd, 10, 0);
    s.sendto(s.udp(), "abc", s.port(fd));
    s.await(fd, EPOLLIN);
    s.noteRecv("something", fd, 10, 0);
  }

  private static void send(final Scene s) {
    final int[] pair = s.pair();
    set(s, pair[0], SO_SNDTIMEO, SHORT_US);
    final byte[] much = new byte[1 << 20];
    int result = 1;
    while (result > 0) {
      result = s.calls.send(pair[0], much, much.length, 0);
    }
    s.note("nobody reads", result);
    final int other = s.pair()[0];
    set(s, other, SO_SNDTIMEO, SHORT_US);
    final int large = 64 << 20;
    final int sent = s.calls.send(other, new byte[large], large, 0);
    s.note("some of much", sent > 0 && sent < large);
  }

  private static void accept(final Scene s) {
    final int listener = s.listener(1);
    set(s, listener, SO_RCVTIMEO, SHORT_US);
    set(s, listener, SO_SNDTIMEO, SHORT_US);
    s.note("nobody", s.calls.accept4(listener, new SocketAddress4(), 0));
    s.calls.connect(s.tcp(), INADDR_LOOPBACK, s.port(listener));
    s.await(listener, EPOLLIN);
    s.noteSuccess("somebody", s.accept(listener));
  }

  private static void connect(final Scene s) {
    final int listener = s.listener(0);
    s.calls.connect(s.tcp(), INADDR_LOOPBACK, s.port(listener));
    s.await(listener, EPOLLIN);
    final int fd = s.tcp();
    set(s, fd, SO_SNDTIMEO, SHORT_US);
    s.note("the queue is full", s.calls.connect(fd, INADDR_LOOPBACK, s.port(listener)));
    s.note("again", s.calls.connect(fd, INADDR_LOOPBACK, s.port(listener)));
    s.note("send", s.send(fd, "x"));
    s.noteMask("readiness", fd);
  }

  /** A time below 0. */
  private static void notAtAll(final Scene s) {
    final int[] pair = s.pair();
    s.calls.setsockopt(pair[0], SOL_SOCKET, SO_RCVTIMEO, Scene.timeval(-1, 0), 16);
    s.calls.setsockopt(pair[0], SOL_SOCKET, SO_SNDTIMEO, Scene.timeval(-1, 0), 16);
    s.noteRecv("recv", pair[0], 10, 0);
    s.note("send", s.send(pair[0], "x"));
    final int listener = s.listener(1);
    final int fd = s.tcp();
    s.calls.setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, Scene.timeval(-1, 0), 16);
    s.note("connect", s.calls.connect(fd, INADDR_LOOPBACK, s.port(listener)));
    s.calls.setsockopt(listener, SOL_SOCKET, SO_RCVTIMEO, Scene.timeval(-1, 0), 16);
    s.await(listener, EPOLLIN);
    s.accept(listener);
    s.note("accept", s.calls.accept4(listener, new SocketAddress4(), 0));
  }

  private static void inherited(final Scene s) {
    final int listener = s.listener(1);
    s.calls.setsockopt(listener, SOL_SOCKET, SO_RCVTIMEO, Scene.timeval(3, 0), 16);
    s.calls.setsockopt(listener, SOL_SOCKET, SO_SNDTIMEO, Scene.timeval(4, 0), 16);
    s.calls.connect(s.tcp(), INADDR_LOOPBACK, s.port(listener));
    final int fd = s.accept(listener);
    s.noteGet("SO_RCVTIMEO", fd, SOL_SOCKET, SO_RCVTIMEO, 16);
    s.noteGet("SO_SNDTIMEO", fd, SOL_SOCKET, SO_SNDTIMEO, 16);
  }

  private static void lowValues(final Scene s) {
    final int fd = s.tcp();
    s.note("SO_RCVLOWAT", s.calls.getsockopt(fd, SOL_SOCKET, SO_RCVLOWAT));
    s.note("SO_SNDLOWAT", s.calls.getsockopt(fd, SOL_SOCKET, SO_SNDLOWAT));
    s.note("set SO_SNDLOWAT", s.calls.setsockopt(fd, SOL_SOCKET, SO_SNDLOWAT, 2));
    s.note("set SO_SNDLOWAT to what it is", s.calls.setsockopt(fd, SOL_SOCKET, SO_SNDLOWAT, 1));
    low(s, fd, 1000);
    low(s, fd, 0);
    s.calls.setsockopt(fd, SOL_SOCKET, SO_RCVBUF, 10_000);
    low(s, fd, 9_999);
    low(s, fd, 10_000);
    low(s, fd, 10_001);
    low(s, fd, -1);
    low(s, fd, Integer.MIN_VALUE);
    low(s, fd, 5);
    s.noteSet("SO_RCVLOWAT", fd, SOL_SOCKET, SO_RCVLOWAT, new byte[] {3, 0});
    s.noteSet("SO_SNDLOWAT", fd, SOL_SOCKET, SO_SNDLOWAT, new byte[] {1, 0});
    s.noteGet("SO_RCVLOWAT", fd, SOL_SOCKET, SO_RCVLOWAT, 3);
    s.noteGet("SO_SNDLOWAT", fd, SOL_SOCKET, SO_SNDLOWAT, 8);
  }

  private static void low(final Scene s, final int fd, final int bytes) {
    s.note("set " + bytes, s.calls.setsockopt(fd, SOL_SOCKET, SO_RCVLOWAT, bytes));
    s.note("SO_RCVLOWAT", s.calls.getsockopt(fd, SOL_SOCKET, SO_RCVLOWAT));
  }

  private static void lowValuesOfUdp(final Scene s) {
    final int fd = s.udp();
    s.note("SO_RCVLOWAT", s.calls.getsockopt(fd, SOL_SOCKET, SO_RCVLOWAT));
    s.note("SO_SNDLOWAT", s.calls.getsockopt(fd, SOL_SOCKET, SO_SNDLOWAT));
    s.note("set SO_SNDLOWAT", s.calls.setsockopt(fd, SOL_SOCKET, SO_SNDLOWAT, 2));
    low(s, fd, 1000);
    low(s, fd, 0);
    low(s, fd, -1);
  }

  private static void lowReadiness(final Scene s) {
    final int[] pair = s.pair();
    s.calls.setsockopt(pair[0], SOL_SOCKET, SO_RCVLOWAT, 6);
    s.send(pair[1], "abc");
    s.noteRecv("three are there", pair[0], 3, MSG_PEEK | MSG_WAITALL);
    s.noteMask("too few", pair[0]);
    s.send(pair[1], "def");
    s.noteMaskWith(EPOLLIN, "enough", pair[0]);
    s.noteRecv("recv takes fewer", pair[0], 1, 0);
    s.noteMask("too few", pair[0]);
    s.calls.setsockopt(pair[0], SOL_SOCKET, SO_RCVLOWAT, 5);
    s.noteMask("less asked for", pair[0]);
    s.calls.setsockopt(pair[0], SOL_SOCKET, SO_RCVLOWAT, 50);
    s.noteMask("more asked for", pair[0]);
    s.calls.shutdown(pair[1], SHUT_WR);
    s.noteMaskWith(EPOLLIN, "the end", pair[0]);
  }

  private static void lowReadinessLarge(final Scene s) {
    final int[] pair = s.pair();
    final int most = 1 << 20;
    s.calls.setsockopt(pair[0], SOL_SOCKET, SO_RCVLOWAT, most);
    s.note("all fits", s.calls.send(pair[1], new byte[most], most, 0));
    s.noteMaskWith(EPOLLIN, "the buffer has grown for it", pair[0]);
  }

  private static void lowReceive(final Scene s) {
    final int[] pair = s.pair();
    s.calls.setsockopt(pair[0], SOL_SOCKET, SO_RCVLOWAT, 6);
    s.send(pair[1], "abc");
    s.noteRecv("room for fewer", pair[0], 3, 0);
    s.send(pair[1], "abc");
    s.send(pair[1], "def");
    s.noteRecv("enough, bit by bit", pair[0], 10, 0);
    s.send(pair[1], "abcdefg");
    s.noteRecv("more", pair[0], 10, 0);
    set(s, pair[0], SO_RCVTIMEO, SHORT_US);
    s.send(pair[1], "abc");
    s.awaitBytes(pair[0], 3);
    s.noteRecv("fewer than asked for", pair[0], 10, 0);
    s.send(pair[1], "abc");
    s.awaitBytes(pair[0], 3);
    s.noteRecv("MSG_PEEK", pair[0], 10, MSG_PEEK);
    s.noteRecv("MSG_DONTWAIT", pair[0], 10, MSG_DONTWAIT);
    s.noteRecv("nothing", pair[0], 10, 0);
  }

  /** Linux tcp_set_rcvlowat: what is there may be enough now. */
  private static void lowered(final Scene s) {
    final int[] pair = s.pair();
    s.calls.setsockopt(pair[0], SOL_SOCKET, SO_RCVLOWAT, 6);
    final int set = s.epoll();
    s.calls.epollCtl(set, Epoll.EPOLL_CTL_ADD, pair[0], EPOLLIN | Epoll.EPOLLET, 7);
    s.send(pair[1], "abc");
    s.noteRecv("three are there", pair[0], 3, MSG_PEEK | MSG_WAITALL);
    EpollScenes.noteWait(s, "too few", set, 8, 0);
    s.calls.setsockopt(pair[0], SOL_SOCKET, SO_RCVLOWAT, 3);
    EpollScenes.noteWait(s, "enough", set, 8, 0);
    s.noteMask("readiness", pair[0]);
  }

  private static void lowDatagram(final Scene s) {
    final int fd = s.boundUdp();
    s.calls.setsockopt(fd, SOL_SOCKET, SO_RCVLOWAT, 6);
    s.sendto(s.udp(), "abc", s.port(fd));
    s.noteMaskWith(EPOLLIN, "a datagram is whole", fd);
    s.noteRecv("recv", fd, 10, 0);
  }

  private static void lowInherited(final Scene s) {
    final int listener = s.listener(1);
    s.calls.setsockopt(listener, SOL_SOCKET, SO_RCVLOWAT, 6);
    s.calls.connect(s.tcp(), INADDR_LOOPBACK, s.port(listener));
    s.noteMaskWith(EPOLLIN, "a connection is enough", listener);
    s.note("SO_RCVLOWAT", s.calls.getsockopt(s.accept(listener), SOL_SOCKET, SO_RCVLOWAT));
  }
}
