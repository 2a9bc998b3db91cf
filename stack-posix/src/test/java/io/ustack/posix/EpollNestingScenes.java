package io.ustack.posix;

import static io.ustack.posix.Epoll.EPOLLET;
import static io.ustack.posix.Epoll.EPOLLEXCLUSIVE;
import static io.ustack.posix.Epoll.EPOLLIN;
import static io.ustack.posix.Epoll.EPOLLONESHOT;
import static io.ustack.posix.Epoll.EPOLLOUT;
import static io.ustack.posix.Epoll.EPOLL_CTL_ADD;
import static io.ustack.posix.Epoll.EPOLL_CTL_DEL;
import static io.ustack.posix.Epoll.EPOLL_CTL_MOD;
import static io.ustack.posix.EpollScenes.noteWait;
import static io.ustack.posix.SocketOption.INADDR_LOOPBACK;

import java.util.Map;
import java.util.function.Consumer;

/** Epoll sets that watch epoll sets, and one descriptor in several sets. */
final class EpollNestingScenes {
  private EpollNestingScenes() {}

  static Map<String, Consumer<Scene>> all() {
    return Map.ofEntries(
        Map.entry("nested epoll: level", EpollNestingScenes::level),
        Map.entry("nested epoll: edge", EpollNestingScenes::edge),
        Map.entry("nested epoll: one shot", EpollNestingScenes::oneShot),
        Map.entry("nested epoll: readiness of a set", EpollNestingScenes::readiness),
        Map.entry("nested epoll: a set that closes", EpollNestingScenes::closing),
        Map.entry("nested epoll: three deep", EpollNestingScenes::threeDeep),
        Map.entry("nested epoll: circles", EpollNestingScenes::circles),
        Map.entry("nested epoll: how deep downwards", EpollNestingScenes::depthDown),
        Map.entry("nested epoll: how deep upwards", EpollNestingScenes::depthUp),
        Map.entry("nested epoll: refused", EpollNestingScenes::refused),
        Map.entry("epoll: exclusive in two sets, nobody waits", EpollNestingScenes::exclusive),
        Map.entry("epoll: exclusive beside ordinary", EpollNestingScenes::exclusiveAndOrdinary),
        Map.entry("epoll: a pollable in many sets", EpollNestingScenes::manySets));
  }

  private static int add(
      final Scene s, final int set, final int fd, final int events, final int data) {
    return s.calls.epollCtl(set, EPOLL_CTL_ADD, fd, events, data);
  }

  private static void level(final Scene s) {
    final int inner = s.epoll();
    final int outer = s.epoll();
    final int server = s.boundUdp();
    final int client = s.udp();
    add(s, inner, server, EPOLLIN, 1);
    s.note("ADD", add(s, outer, inner, EPOLLIN, 2));
    noteWait(s, "nothing", outer, 8, 0);
    s.sendto(client, "one", s.port(server));
    noteWait(s, "outer", outer, 8, -1);
    noteWait(s, "outer, still", outer, 8, 0);
    noteWait(s, "inner", inner, 8, 0);
    noteWait(s, "outer, still", outer, 8, 0);
    s.recv(server);
    noteWait(s, "outer, read", outer, 8, 0);
    s.sendto(client, "two", s.port(server));
    noteWait(s, "outer, again", outer, 8, -1);
    s.recv(server);
    noteWait(s, "inner, read", inner, 8, 0);
    noteWait(s, "outer, read", outer, 8, 0);
  }

  private static void edge(final Scene s) {
    final int inner = s.epoll();
    final int outer = s.epoll();
    final int server = s.boundUdp();
    final int client = s.udp();
    add(s, inner, server, EPOLLIN, 1);
    add(s, outer, inner, EPOLLIN | EPOLLET, 2);
    s.sendto(client, "one", s.port(server));
    noteWait(s, "outer", outer, 8, -1);
    noteWait(s, "told once", outer, 8, 0);
    noteWait(s, "inner", inner, 8, 0);
    noteWait(s, "no edge", outer, 8, 0);
    s.recv(server);
    noteWait(s, "inner, read", inner, 8, 0);
    s.sendto(client, "two", s.port(server));
    noteWait(s, "an edge", outer, 8, -1);
    noteWait(s, "told once", outer, 8, 0);
  }

  private static void oneShot(final Scene s) {
    final int inner = s.epoll();
    final int outer = s.epoll();
    final int fd = s.udp();
    add(s, inner, fd, EPOLLOUT | EPOLLONESHOT, 1);
    add(s, outer, inner, EPOLLIN, 2);
    noteWait(s, "outer", outer, 8, 0);
    noteWait(s, "inner", inner, 8, 0);
    noteWait(s, "outer, disarmed", outer, 8, 0);
    s.calls.epollCtl(inner, EPOLL_CTL_MOD, fd, EPOLLOUT | EPOLLONESHOT, 1);
    noteWait(s, "outer, armed again", outer, 8, 0);
    s.note("DEL", s.calls.epollCtl(inner, EPOLL_CTL_DEL, fd, 0, 0));
    noteWait(s, "outer, nothing inside", outer, 8, 0);
  }

  private static void readiness(final Scene s) {
    final int set = s.epoll();
    s.noteMask("empty", set);
    final int fd = s.boundUdp();
    add(s, set, fd, EPOLLIN, 1);
    s.noteMask("nothing ready", set);
    s.sendto(s.udp(), "x", s.port(fd));
    s.noteMaskWith(EPOLLIN, "ready", set);
    s.recv(fd);
    s.noteMask("read", set);
    add(s, set, s.udp(), EPOLLOUT | EPOLLET, 2);
    s.noteMask("an edge inside", set);
    s.noteMask("looking takes no edge", set);
    noteWait(s, "waiting does", set, 8, 0);
    s.noteMask("taken", set);
  }

  private static void closing(final Scene s) {
    final int inner = s.epoll();
    final int outer = s.epoll();
    add(s, inner, s.udp(), EPOLLOUT, 1);
    add(s, outer, inner, EPOLLIN, 2);
    noteWait(s, "outer", outer, 8, 0);
    s.note("close the inner", s.closeNow(inner));
    noteWait(s, "outer, alone", outer, 8, 0);
    final int other = s.epoll();
    add(s, other, s.udp(), EPOLLOUT, 3);
    add(s, outer, other, EPOLLIN, 4);
    s.note("close the outer", s.closeNow(outer));
    noteWait(s, "inner, alone", other, 8, 0);
  }

  private static void threeDeep(final Scene s) {
    final int low = s.epoll();
    final int middle = s.epoll();
    final int high = s.epoll();
    final int server = s.boundUdp();
    add(s, middle, low, EPOLLIN, 2);
    add(s, high, middle, EPOLLIN, 3);
    add(s, low, server, EPOLLIN, 1);
    noteWait(s, "nothing", high, 8, 0);
    s.sendto(s.udp(), "x", s.port(server));
    noteWait(s, "high", high, 8, -1);
    noteWait(s, "middle", middle, 8, 0);
    noteWait(s, "low", low, 8, 0);
    s.recv(server);
    noteWait(s, "high", high, 8, 0);
  }

  private static void circles(final Scene s) {
    final int one = s.epoll();
    final int two = s.epoll();
    final int three = s.epoll();
    s.note("itself", add(s, one, one, EPOLLIN, 0));
    s.note("two in one", add(s, one, two, EPOLLIN, 0));
    s.note("one in two", add(s, two, one, EPOLLIN, 0));
    s.note("three in two", add(s, two, three, EPOLLIN, 0));
    s.note("one in three", add(s, three, one, EPOLLIN, 0));
    s.note("three in one, too", add(s, one, three, EPOLLIN, 0));
    s.note("three in one, again", add(s, one, three, EPOLLIN, 0));
    s.note("DEL", s.calls.epollCtl(one, EPOLL_CTL_DEL, two, 0, 0));
    s.note("one in two, still a circle?", add(s, two, one, EPOLLIN, 0));
    s.note("one in three", add(s, three, one, EPOLLIN, 0));
  }

  private static void depthDown(final Scene s) {
    int set = s.epoll();
    for (int depth = 1; depth <= 6; depth++) {
      final int above = s.epoll();
      s.note("depth " + depth, add(s, above, set, EPOLLIN, 0));
      set = above;
    }
  }

  private static void depthUp(final Scene s) {
    int set = s.epoll();
    for (int depth = 1; depth <= 6; depth++) {
      final int below = s.epoll();
      s.note("depth " + depth, add(s, set, below, EPOLLIN, 0));
      set = below;
    }
  }

  private static void refused(final Scene s) {
    final int inner = s.epoll();
    final int outer = s.epoll();
    s.note("exclusive", add(s, outer, inner, EPOLLIN | EPOLLEXCLUSIVE, 0));
    s.note("ADD", add(s, outer, inner, EPOLLIN, 0));
    s.note("ADD again", add(s, outer, inner, EPOLLIN, 0));
    s.note("MOD", s.calls.epollCtl(outer, EPOLL_CTL_MOD, inner, EPOLLIN, 7));
    s.note("DEL", s.calls.epollCtl(outer, EPOLL_CTL_DEL, inner, 0, 0));
    s.note("DEL again", s.calls.epollCtl(outer, EPOLL_CTL_DEL, inner, 0, 0));
  }

  private static void exclusive(final Scene s) {
    final int one = s.epoll();
    final int two = s.epoll();
    final int listener = s.listener(4);
    add(s, one, listener, EPOLLIN | EPOLLEXCLUSIVE, 1);
    add(s, two, listener, EPOLLIN | EPOLLEXCLUSIVE, 2);
    s.calls.connect(s.tcp(), INADDR_LOOPBACK, s.port(listener));
    s.await(two, EPOLLIN); // without waiting in it, which would make it the only one told
    noteWait(s, "one", one, 8, 0);
    noteWait(s, "two", two, 8, 0);
    s.accept(listener);
    noteWait(s, "one, accepted", one, 8, 0);
    noteWait(s, "two, accepted", two, 8, 0);
    s.note("DEL", s.calls.epollCtl(one, EPOLL_CTL_DEL, listener, 0, 0));
    s.calls.connect(s.tcp(), INADDR_LOOPBACK, s.port(listener));
    noteWait(s, "two", two, 8, -1);
    noteWait(s, "one", one, 8, 0);
  }

  private static void exclusiveAndOrdinary(final Scene s) {
    final int exclusive = s.epoll();
    final int ordinary = s.epoll();
    final int listener = s.listener(4);
    add(s, exclusive, listener, EPOLLIN | EPOLLEXCLUSIVE | EPOLLET, 1);
    add(s, ordinary, listener, EPOLLIN | EPOLLET, 2);
    s.calls.connect(s.tcp(), INADDR_LOOPBACK, s.port(listener));
    s.await(exclusive, EPOLLIN);
    noteWait(s, "exclusive", exclusive, 8, 0);
    noteWait(s, "ordinary", ordinary, 8, 0);
    s.calls.connect(s.tcp(), INADDR_LOOPBACK, s.port(listener));
    s.await(exclusive, EPOLLIN);
    noteWait(s, "ordinary", ordinary, 8, 0);
    noteWait(s, "exclusive", exclusive, 8, 0);
  }

  private static void manySets(final Scene s) {
    final int server = s.boundUdp();
    final int[] sets = new int[40];
    for (int i = 0; i < sets.length; i++) {
      sets[i] = s.epoll();
      add(s, sets[i], server, EPOLLIN | EPOLLET, i);
    }
    // Out of the middle, the first and the last.
    s.note("DEL", s.calls.epollCtl(sets[20], EPOLL_CTL_DEL, server, 0, 0));
    s.note("DEL", s.calls.epollCtl(sets[0], EPOLL_CTL_DEL, server, 0, 0));
    s.note("DEL", s.calls.epollCtl(sets[39], EPOLL_CTL_DEL, server, 0, 0));
    s.note("DEL", s.calls.epollCtl(sets[38], EPOLL_CTL_DEL, server, 0, 0));
    s.note("close", s.closeNow(sets[7]));
    s.sendto(s.udp(), "x", s.port(server));
    s.await(server, EPOLLIN);
    for (int i = 0; i < sets.length; i++) {
      if (i != 7) {
        final boolean removed = i == 0 || i == 20 || i == 38 || i == 39;
        noteWait(s, "set " + i, sets[i], 8, removed ? 0 : -1);
      }
    }
  }
}
