package io.ustack.posix;

import static io.ustack.posix.Epoll.EPOLLHUP;
import static io.ustack.posix.Epoll.EPOLLIN;
import static io.ustack.posix.Epoll.EPOLLRDHUP;
import static io.ustack.posix.SocketOption.INADDR_LOOPBACK;
import static io.ustack.posix.SocketOption.SHUT_WR;
import static io.ustack.posix.SocketOption.SOL_SOCKET;
import static io.ustack.posix.SocketOption.SO_ERROR;
import static io.ustack.posix.SocketOption.SO_LINGER;

import java.util.Arrays;
import java.util.Map;
import java.util.function.Consumer;

/** What SO_LINGER makes of close. */
final class LingerScenes {
  private LingerScenes() {}

  static Map<String, Consumer<Scene>> all() {
    return Map.ofEntries(
        Map.entry("linger: values, tcp", s -> values(s, s.tcp())),
        Map.entry("linger: values, udp", s -> values(s, s.udp())),
        Map.entry("linger: inherited", LingerScenes::inherited),
        Map.entry("linger: 0 resets", LingerScenes::reset),
        Map.entry("linger: 0 with data unsent", LingerScenes::resetUnsent),
        Map.entry("linger: 0 after the peer's end", LingerScenes::resetAfterPeer),
        Map.entry("linger: 0 after our end", LingerScenes::resetAfterUs),
        Map.entry("linger: 0 after both ends", LingerScenes::resetAfterBoth),
        Map.entry("linger: 0 on others", LingerScenes::resetOthers),
        Map.entry("linger: waits", LingerScenes::waits),
        Map.entry("linger: switched off again", LingerScenes::off));
  }

  private static void linger(final Scene s, final int fd, final int onOff, final int seconds) {
    s.calls.setsockopt(fd, SOL_SOCKET, SO_LINGER, Scene.bytes(onOff, seconds), 8);
  }

  private static void values(final Scene s, final int fd) {
    s.noteGet("at first", fd, SOL_SOCKET, SO_LINGER, 8);
    // Less than nothing is for ever; what Linux reads back depends on how long its ticks are.
    final int[][] values = {{1, 5}, {0, 7}, {7, 9}, {-1, 0}, {0, 3}, {0, -1}, {1, 32768}, {0, 0}};
    for (final int[] value : values) {
      s.noteSet("set " + value[0] + " " + value[1], fd, SOL_SOCKET, SO_LINGER, Scene.bytes(value));
      s.noteGet("SO_LINGER", fd, SOL_SOCKET, SO_LINGER, 8);
    }
    for (final int length : new int[] {0, 3, 4, 7, 9, 12}) {
      final byte[] value = Arrays.copyOf(Scene.bytes(1, length), length);
      s.noteSet("SO_LINGER", fd, SOL_SOCKET, SO_LINGER, value);
      s.noteGet("SO_LINGER", fd, SOL_SOCKET, SO_LINGER, length);
    }
    s.note("an int", s.calls.setsockopt(fd, SOL_SOCKET, SO_LINGER, 1));
    s.note("as an int", s.calls.getsockopt(fd, SOL_SOCKET, SO_LINGER));
    s.note("close", s.closeNow(fd));
  }

  private static void inherited(final Scene s) {
    final int listener = s.listener(1);
    linger(s, listener, 1, 6);
    s.calls.connect(s.tcp(), INADDR_LOOPBACK, s.port(listener));
    s.noteGet("SO_LINGER", s.accept(listener), SOL_SOCKET, SO_LINGER, 8);
  }

  private static void reset(final Scene s) {
    final int[] pair = s.pair();
    linger(s, pair[0], 1, 0);
    s.note("close", s.closeNow(pair[0]));
    s.noteMaskWith(EPOLLHUP, "peer", pair[1]);
    s.noteRecv("recv", pair[1], 10, 0);
    s.noteRecv("recv again", pair[1], 10, 0);
    s.note("send", s.send(pair[1], "x"));
  }

  private static void resetUnsent(final Scene s) {
    final int[] pair = s.pair();
    linger(s, pair[0], 1, 0);
    s.fill(pair[0]);
    s.await(pair[1], EPOLLIN);
    s.note("close", s.closeNow(pair[0]));
    s.noteMaskWith(EPOLLHUP, "peer", pair[1]);
    int result = 1;
    while (result > 0) {
      result = s.recv(pair[1]);
    }
    s.note("behind what had come", result);
  }

  private static void resetAfterPeer(final Scene s) {
    final int[] pair = s.pair();
    linger(s, pair[0], 1, 0);
    s.calls.shutdown(pair[1], SHUT_WR);
    s.await(pair[0], EPOLLRDHUP);
    s.note("close", s.closeNow(pair[0]));
    s.noteMaskWith(EPOLLHUP, "peer", pair[1]);
    s.note("SO_ERROR", s.calls.getsockopt(pair[1], SOL_SOCKET, SO_ERROR));
  }

  private static void resetAfterUs(final Scene s) {
    final int[] pair = s.pair();
    linger(s, pair[0], 1, 0);
    s.calls.shutdown(pair[0], SHUT_WR);
    s.await(pair[1], EPOLLRDHUP);
    s.note("close", s.closeNow(pair[0]));
    s.noteMaskWith(EPOLLHUP, "peer", pair[1]);
    s.note("SO_ERROR", s.calls.getsockopt(pair[1], SOL_SOCKET, SO_ERROR));
  }

  private static void resetAfterBoth(final Scene s) {
    final int[] pair = s.pair();
    linger(s, pair[0], 1, 0);
    linger(s, pair[1], 1, 0);
    s.calls.shutdown(pair[0], SHUT_WR);
    s.await(pair[1], EPOLLRDHUP);
    s.calls.shutdown(pair[1], SHUT_WR);
    s.await(pair[0], EPOLLHUP);
    s.awaitOver(pair[0]);
    s.note("close", s.closeNow(pair[0]));
    s.noteMaskWith(EPOLLHUP, "peer", pair[1]);
    s.note("SO_ERROR", s.calls.getsockopt(pair[1], SOL_SOCKET, SO_ERROR));
    s.note("close of the other", s.closeNow(pair[1]));
  }

  private static void resetOthers(final Scene s) {
    final int fresh = s.tcp();
    linger(s, fresh, 1, 0);
    s.note("fresh", s.closeNow(fresh));
    final int listener = s.listener(1);
    linger(s, listener, 1, 0);
    s.note("listener", s.closeNow(listener));
    final int full = s.listener(0);
    s.calls.connect(s.tcp(), INADDR_LOOPBACK, s.port(full));
    s.await(full, EPOLLIN);
    final int connecting = s.nonBlockingTcp();
    linger(s, connecting, 1, 0);
    s.calls.connect(connecting, INADDR_LOOPBACK, s.port(full));
    s.note("connecting", s.closeNow(connecting));
  }

  private static void waits(final Scene s) {
    final int[] pair = s.pair();
    linger(s, pair[0], 1, 5);
    s.send(pair[0], "last words");
    s.note("close", s.closeNow(pair[0]));
    s.noteRecv("peer", pair[1], 10, 0);
    s.noteMaskWith(EPOLLRDHUP, "the end", pair[1]);
    final int[] other = s.pair();
    linger(s, other[0], 1, 5);
    s.calls.shutdown(other[0], SHUT_WR);
    s.calls.shutdown(other[1], SHUT_WR);
    s.awaitOver(other[0]);
    s.note("both are done", s.closeNow(other[0]));
    final int[] third = s.pair();
    linger(s, third[0], 1, 5);
    s.send(third[1], "never read");
    s.await(third[0], EPOLLIN);
    s.note("data unread", s.closeNow(third[0]));
    s.noteMaskWith(EPOLLHUP, "peer", third[1]);
    s.note("SO_ERROR", s.calls.getsockopt(third[1], SOL_SOCKET, SO_ERROR));
    final int fresh = s.tcp();
    linger(s, fresh, 1, 5);
    s.note("fresh", s.closeNow(fresh));
    final int listener = s.listener(1);
    linger(s, listener, 1, 5);
    s.note("listener", s.closeNow(listener));
  }

  private static void off(final Scene s) {
    final int[] pair = s.pair();
    linger(s, pair[0], 1, 0);
    linger(s, pair[0], 0, 0);
    s.send(pair[0], "arrives");
    s.note("close", s.closeNow(pair[0]));
    s.noteMaskWith(EPOLLRDHUP, "peer", pair[1]);
    s.noteRecv("recv", pair[1], 10, 0);
    s.noteRecv("recv again", pair[1], 10, 0);
  }
}
