package io.ustack.posix;

import static io.ustack.posix.Epoll.EPOLLET;
import static io.ustack.posix.Epoll.EPOLLIN;
import static io.ustack.posix.Epoll.EPOLLONESHOT;
import static io.ustack.posix.Epoll.EPOLLOUT;
import static io.ustack.posix.Epoll.EPOLLRDHUP;
import static io.ustack.posix.Epoll.EPOLL_CTL_ADD;
import static io.ustack.posix.Epoll.EPOLL_CTL_DEL;
import static io.ustack.posix.Epoll.EPOLL_CTL_MOD;
import static io.ustack.posix.SocketOption.AF_INET;
import static io.ustack.posix.SocketOption.INADDR_LOOPBACK;
import static io.ustack.posix.SocketOption.MSG_PEEK;
import static io.ustack.posix.SocketOption.SHUT_WR;
import static io.ustack.posix.SocketOption.SOCK_DGRAM;
import static io.ustack.posix.SocketOption.SOCK_STREAM;
import static io.ustack.posix.SocketOption.SOL_SOCKET;
import static io.ustack.posix.SocketOption.SO_ERROR;

import java.util.Map;
import java.util.function.Consumer;

/** What can be seen of an epoll set, and of descriptors. */
final class EpollScenes {
  private EpollScenes() {}

  static Map<String, Consumer<Scene>> all() {
    return Map.ofEntries(
        Map.entry("fd: socket refused", EpollScenes::socketRefused),
        Map.entry("fd: calls on what is no descriptor", EpollScenes::badDescriptor),
        Map.entry("fd: calls on what is no socket", EpollScenes::notSocket),
        Map.entry("epoll: create refused", EpollScenes::createRefused),
        Map.entry("epoll: ctl refused", EpollScenes::ctlRefused),
        Map.entry("epoll: wait refused", EpollScenes::waitRefused),
        Map.entry("epoll: level", EpollScenes::level),
        Map.entry("epoll: edge", EpollScenes::edge),
        Map.entry("epoll: edge, several events", EpollScenes::edgeOfStates),
        Map.entry("epoll: edge on a listener", EpollScenes::edgeOfListener),
        Map.entry("epoll: edge of room to send", EpollScenes::edgeOfRoom),
        Map.entry("epoll: one shot", EpollScenes::oneShot),
        Map.entry("epoll: modify", EpollScenes::modify),
        Map.entry("epoll: added when ready", EpollScenes::addedReady),
        Map.entry("epoll: data", EpollScenes::data),
        Map.entry("epoll: closed descriptors leave", EpollScenes::closedLeaves),
        Map.entry("epoll: fairness", EpollScenes::fairness),
        Map.entry("epoll: two sets", EpollScenes::twoSets),
        Map.entry("epoll: unconnected, then connected", EpollScenes::acrossConnect));
  }

  /** Notes what one wait finds. */
  static int noteWait(
      final Scene s, final String what, final int set, final int max, final int timeoutMs) {
    final EpollEvents events = new EpollEvents(16);
    final int count = s.calls.epollWait(set, events, max, timeoutMs);
    s.note(what, count);
    for (int i = 0; i < count; i++) {
      s.note("  " + Epoll.describe(events.events(i)), (int) events.data(i));
    }
    return count;
  }

  private static int add(
      final Scene s, final int set, final int fd, final int events, final int data) {
    return s.calls.epollCtl(set, EPOLL_CTL_ADD, fd, events, data);
  }

  private static void socketRefused(final Scene s) {
    s.noteSuccess("stream", s.track(s.calls.socket(AF_INET, SOCK_STREAM, 6)));
    s.noteSuccess("datagram", s.track(s.calls.socket(AF_INET, SOCK_DGRAM, 17)));
    s.note("family", s.calls.socket(12345, SOCK_STREAM, 0));
    s.note("no family", s.calls.socket(0, SOCK_STREAM, 0));
    s.note("stream of UDP", s.calls.socket(AF_INET, SOCK_STREAM, 17));
    s.note("datagrams of TCP", s.calls.socket(AF_INET, SOCK_DGRAM, 6));
    s.note("type 0", s.calls.socket(AF_INET, 0, 0));
    s.note("type 11", s.calls.socket(AF_INET, 11, 0));
    s.note("flags", s.calls.socket(AF_INET, SOCK_STREAM | 0x10, 0));
    s.note("protocol -1", s.calls.socket(AF_INET, SOCK_STREAM, -1));
    s.note("protocol 999", s.calls.socket(AF_INET, SOCK_STREAM, 999));
    s.note("seqpacket", s.calls.socket(AF_INET, 5, 0));
  }

  private static void badDescriptor(final Scene s) {
    // Never a number that was just closed: on Linux's side it may be another thread's by now.
    for (final int bad : new int[] {-1, 100_000, Integer.MAX_VALUE}) {
      s.note("close", s.calls.close(bad));
      s.note("bind", s.calls.bind(bad, INADDR_LOOPBACK, 0));
      s.note("listen", s.calls.listen(bad, 1));
      s.note("accept", s.calls.accept4(bad, new SocketAddress4(), 0));
      s.note("connect", s.calls.connect(bad, INADDR_LOOPBACK, 1));
      s.note("send", s.send(bad, "x"));
      s.note("sendto", s.sendto(bad, "x", 1));
      s.noteRecv("recv", bad, 10, 0);
      s.note("shutdown", s.calls.shutdown(bad, SHUT_WR));
      s.note("getsockname", s.calls.getsockname(bad, new SocketAddress4()));
      s.note("getpeername", s.calls.getpeername(bad, new SocketAddress4()));
      s.note("setsockopt", s.calls.setsockopt(bad, SOL_SOCKET, 2, 1));
      s.note("getsockopt", s.calls.getsockopt(bad, SOL_SOCKET, SO_ERROR));
      s.note("fcntl", s.calls.fcntl(bad, 3, 0));
      s.note("epoll_wait", s.calls.epollWait(bad, new EpollEvents(1), 1, 0));
    }
  }

  private static void notSocket(final Scene s) {
    final int set = s.epoll();
    s.note("bind", s.calls.bind(set, INADDR_LOOPBACK, 0));
    s.note("listen", s.calls.listen(set, 1));
    s.note("accept", s.calls.accept4(set, new SocketAddress4(), 0));
    s.note("connect", s.calls.connect(set, INADDR_LOOPBACK, 1));
    s.note("send", s.send(set, "x"));
    s.noteRecv("recv", set, 10, 0);
    s.note("shutdown", s.calls.shutdown(set, SHUT_WR));
    s.note("getsockname", s.calls.getsockname(set, new SocketAddress4()));
    s.note("getsockopt", s.calls.getsockopt(set, SOL_SOCKET, SO_ERROR));
    s.note("fcntl", s.calls.fcntl(set, 3, 0));
    s.note("epoll_wait on a socket", s.calls.epollWait(s.tcp(), new EpollEvents(1), 1, 0));
  }

  private static void createRefused(final Scene s) {
    s.note("flags", s.calls.epollCreate(1));
    s.noteSuccess("EPOLL_CLOEXEC", s.track(s.calls.epollCreate(Epoll.EPOLL_CLOEXEC)));
  }

  private static void ctlRefused(final Scene s) {
    final int set = s.epoll();
    final int fd = s.boundUdp();
    s.note("MOD of nothing", s.calls.epollCtl(set, EPOLL_CTL_MOD, fd, EPOLLIN, 0));
    s.note(
        "MOD of nothing, exclusive",
        s.calls.epollCtl(set, EPOLL_CTL_MOD, fd, 1 << 28 | EPOLLIN, 0));
    s.note("DEL of nothing", s.calls.epollCtl(set, EPOLL_CTL_DEL, fd, 0, 0));
    s.note("ADD", add(s, set, fd, EPOLLIN, 0));
    s.note("ADD again", add(s, set, fd, EPOLLIN, 0));
    s.note("ADD itself", add(s, set, set, EPOLLIN, 0));
    s.note("ADD to a socket", add(s, fd, set, EPOLLIN, 0));
    s.note("ADD a socket to itself", add(s, fd, fd, EPOLLIN, 0));
    s.note("op 0", s.calls.epollCtl(set, 0, fd, EPOLLIN, 0));
    s.note("op 9", s.calls.epollCtl(set, 9, fd, EPOLLIN, 0));
    s.note("ADD what is closed", add(s, set, 100_000, EPOLLIN, 0));
    s.note("ADD to what is closed", add(s, 100_000, fd, EPOLLIN, 0));
    s.note("MOD to exclusive", s.calls.epollCtl(set, EPOLL_CTL_MOD, fd, 1 << 28 | EPOLLIN, 0));
    s.note("DEL", s.calls.epollCtl(set, EPOLL_CTL_DEL, fd, 0, 0));
    s.note("DEL again", s.calls.epollCtl(set, EPOLL_CTL_DEL, fd, 0, 0));
    s.note("ADD exclusive", add(s, set, fd, 1 << 28 | EPOLLIN, 0));
    s.note("MOD of exclusive", s.calls.epollCtl(set, EPOLL_CTL_MOD, fd, EPOLLIN, 0));
    s.note("ADD exclusive, one shot", add(s, set, s.udp(), 1 << 28 | EPOLLIN | EPOLLONESHOT, 0));
  }

  private static void waitRefused(final Scene s) {
    final int set = s.epoll();
    s.note("maxevents 0", s.calls.epollWait(set, new EpollEvents(1), 0, 0));
    s.note("maxevents -1", s.calls.epollWait(set, new EpollEvents(1), -1, 0));
    s.note("empty", s.calls.epollWait(set, new EpollEvents(1), 1, 0));
    s.note("empty, 3 ms", s.calls.epollWait(set, new EpollEvents(1), 1, 3));
  }

  private static void level(final Scene s) {
    final int set = s.epoll();
    final int server = s.boundUdp();
    final int client = s.udp();
    add(s, set, server, EPOLLIN, 7);
    noteWait(s, "nothing", set, 8, 0);
    s.sendto(client, "one", s.port(server));
    noteWait(s, "one", set, 8, -1);
    noteWait(s, "still", set, 8, -1);
    s.recv(server);
    noteWait(s, "taken", set, 8, 0);
    s.sendto(client, "two", s.port(server));
    noteWait(s, "two", set, 8, -1);
    s.calls.epollCtl(set, EPOLL_CTL_DEL, server, 0, 0);
    noteWait(s, "removed", set, 8, 0);
  }

  private static void edge(final Scene s) {
    final int set = s.epoll();
    final int[] pair = s.pair();
    add(s, set, pair[0], EPOLLIN | EPOLLET, 7);
    noteWait(s, "nothing", set, 8, 0);
    s.send(pair[1], "one");
    noteWait(s, "one", set, 8, -1);
    noteWait(s, "told once", set, 8, 0);
    s.send(pair[1], "two");
    noteWait(s, "two, nothing read between", set, 8, -1);
    s.noteRecv("both", pair[0], 10, 0);
    noteWait(s, "read", set, 8, 0);
    s.send(pair[1], "three");
    noteWait(s, "three", set, 8, -1);
    s.noteRecv("part", pair[0], 2, 0);
    noteWait(s, "a rest is no edge", set, 8, 0);
  }

  private static void edgeOfStates(final Scene s) {
    final int set = s.epoll();
    final int[] pair = s.pair();
    add(s, set, pair[0], EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, 7);
    noteWait(s, "can send", set, 8, -1);
    noteWait(s, "told once", set, 8, 0);
    s.send(pair[1], "one");
    noteWait(s, "all that is true comes with the edge", set, 8, -1);
    s.recv(pair[0]);
    s.calls.shutdown(pair[1], SHUT_WR);
    noteWait(s, "finished", set, 8, -1);
    s.noteRecv("recv", pair[0], 10, 0);
    noteWait(s, "told once", set, 8, 0);
    s.calls.shutdown(pair[0], SHUT_WR);
    s.awaitOver(pair[0]);
    noteWait(s, "both", set, 8, -1);
  }

  private static void edgeOfListener(final Scene s) {
    final int set = s.epoll();
    final int listener = s.listener(8);
    add(s, set, listener, EPOLLIN | EPOLLET, 7);
    final int one = s.tcp();
    s.calls.connect(one, INADDR_LOOPBACK, s.port(listener));
    noteWait(s, "one", set, 8, -1);
    noteWait(s, "told once", set, 8, 0);
    final int two = s.tcp();
    s.calls.connect(two, INADDR_LOOPBACK, s.port(listener));
    noteWait(s, "two, nobody accepted between", set, 8, -1);
    s.accept(listener);
    noteWait(s, "one left is no edge", set, 8, 0);
  }

  private static void edgeOfRoom(final Scene s) {
    final int set = s.epoll();
    final int[] pair = s.pair();
    add(s, set, pair[0], EPOLLOUT | EPOLLET, 7);
    noteWait(s, "empty buffer", set, 8, -1);
    final int sent = s.fill(pair[0]);
    s.drain(pair[1], sent);
    noteWait(s, "room again", set, 8, -1);
  }

  private static void oneShot(final Scene s) {
    final int set = s.epoll();
    final int server = s.boundUdp();
    final int client = s.udp();
    add(s, set, server, EPOLLIN | EPOLLONESHOT, 7);
    s.sendto(client, "one", s.port(server));
    noteWait(s, "one", set, 8, -1);
    noteWait(s, "disarmed", set, 8, 0);
    s.sendto(client, "two", s.port(server));
    s.await(server, EPOLLIN);
    noteWait(s, "still", set, 8, 0);
    s.calls.epollCtl(set, EPOLL_CTL_MOD, server, EPOLLIN | EPOLLONESHOT, 8);
    noteWait(s, "armed again", set, 8, -1);
    noteWait(s, "disarmed", set, 8, 0);
  }

  private static void modify(final Scene s) {
    final int set = s.epoll();
    final int server = s.boundUdp();
    final int client = s.udp();
    add(s, set, server, EPOLLIN, 1);
    noteWait(s, "nothing to read", set, 8, 0);
    s.note("MOD", s.calls.epollCtl(set, EPOLL_CTL_MOD, server, EPOLLIN | EPOLLOUT, 2));
    noteWait(s, "can send", set, 8, -1);
    s.calls.epollCtl(set, EPOLL_CTL_MOD, server, 0, 3);
    noteWait(s, "nothing wanted", set, 8, 0);
    s.sendto(client, "one", s.port(server));
    s.await(server, EPOLLIN);
    noteWait(s, "nothing wanted", set, 8, 0);
    s.calls.epollCtl(set, EPOLL_CTL_MOD, server, EPOLLIN | EPOLLET, 4);
    noteWait(s, "modified when ready", set, 8, -1);
    noteWait(s, "told once", set, 8, 0);
    s.calls.epollCtl(set, EPOLL_CTL_MOD, server, EPOLLIN | EPOLLET, 5);
    noteWait(s, "a MOD tells again", set, 8, -1);
  }

  private static void addedReady(final Scene s) {
    final int set = s.epoll();
    final int server = s.boundUdp();
    final int client = s.udp();
    s.sendto(client, "one", s.port(server));
    s.await(server, EPOLLIN);
    add(s, set, server, EPOLLIN | EPOLLET, 7);
    noteWait(s, "at once", set, 8, -1);
    noteWait(s, "told once", set, 8, 0);
    final int fresh = s.tcp();
    add(s, set, fresh, 0, 8);
    noteWait(s, "EPOLLHUP comes unasked", set, 8, -1);
  }

  private static void data(final Scene s) {
    final int set = s.epoll();
    final int fd = s.udp();
    final long value = 0x8123_4567_89AB_CDEFL;
    s.calls.epollCtl(set, EPOLL_CTL_ADD, fd, EPOLLOUT, value);
    final EpollEvents events = new EpollEvents(1);
    s.note("wait", s.calls.epollWait(set, events, 1, -1));
    s.note("all 64 bits", events.data(0) == value);
  }

  private static void closedLeaves(final Scene s) {
    final int set = s.epoll();
    final int one = s.udp();
    final int two = s.udp();
    add(s, set, one, EPOLLOUT, 1);
    add(s, set, two, EPOLLOUT, 2);
    noteWait(s, "both", set, 8, -1);
    s.closeNow(one);
    noteWait(s, "one closed", set, 8, -1);
    s.note("DEL of the closed", s.calls.epollCtl(set, EPOLL_CTL_DEL, one, 0, 0));
    final int three = s.udp();
    // On the kernel any thread of this JVM may have taken the number meanwhile.
    s.note("is not watched", s.calls.epollCtl(set, EPOLL_CTL_MOD, three, EPOLLOUT, 3));
    s.note("ADD", add(s, set, three, EPOLLOUT, 3));
    noteWait(s, "both", set, 8, -1);
  }

  private static void fairness(final Scene s) {
    final int set = s.epoll();
    for (int i = 1; i <= 3; i++) {
      add(s, set, s.udp(), EPOLLOUT, i);
    }
    for (int turn = 1; turn <= 7; turn++) {
      noteWait(s, "turn " + turn, set, 1, -1);
    }
    noteWait(s, "two at once", set, 2, -1);
    noteWait(s, "two at once", set, 2, -1);
    noteWait(s, "all", set, 8, -1);
  }

  private static void twoSets(final Scene s) {
    final int one = s.epoll();
    final int two = s.epoll();
    final int server = s.boundUdp();
    final int client = s.udp();
    add(s, one, server, EPOLLIN | EPOLLET, 1);
    add(s, two, server, EPOLLIN | EPOLLET, 2);
    s.sendto(client, "x", s.port(server));
    noteWait(s, "one", one, 8, -1);
    noteWait(s, "two", two, 8, -1);
    noteWait(s, "one", one, 8, 0);
    s.closeNow(one);
    s.sendto(client, "y", s.port(server));
    noteWait(s, "the other still", two, 8, -1);
    s.noteRecv("x", server, 10, MSG_PEEK);
  }

  private static void acrossConnect(final Scene s) {
    final int set = s.epoll();
    final int listener = s.listener(1);
    final int fd = s.nonBlockingTcp();
    add(s, set, fd, EPOLLIN | EPOLLOUT | EPOLLET, 7);
    noteWait(s, "unconnected", set, 8, 0);
    s.note("connect", s.calls.connect(fd, INADDR_LOOPBACK, s.port(listener)));
    noteWait(s, "connected", set, 8, -1);
    noteWait(s, "told once", set, 8, 0);
  }
}
