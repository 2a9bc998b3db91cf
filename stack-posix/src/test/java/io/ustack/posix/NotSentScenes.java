package io.ustack.posix;

import static io.ustack.posix.Epoll.EPOLLIN;
import static io.ustack.posix.Epoll.EPOLLOUT;
import static io.ustack.posix.SocketOption.IPPROTO_TCP;
import static io.ustack.posix.SocketOption.MSG_DONTWAIT;
import static io.ustack.posix.SocketOption.SIOCOUTQNSD;
import static io.ustack.posix.SocketOption.TCP_CORK;
import static io.ustack.posix.SocketOption.TCP_NOTSENT_LOWAT;

import java.util.Map;
import java.util.function.Consumer;

/** TCP_NOTSENT_LOWAT: a cork holds back what is not sent, so that its length is known. */
final class NotSentScenes {
  private NotSentScenes() {}

  static Map<String, Consumer<Scene>> all() {
    return Map.ofEntries(
        Map.entry("not sent: readiness is half of it", NotSentScenes::half),
        Map.entry("not sent: level and edge", NotSentScenes::events),
        Map.entry("not sent: calls go on where they are", NotSentScenes::calls),
        Map.entry("not sent: a full buffer", NotSentScenes::full),
        Map.entry("not sent: much at once", NotSentScenes::much),
        Map.entry("not sent: inherited", NotSentScenes::inherited));
  }

  private static void set(final Scene s, final int fd, final int option, final int value) {
    s.note(option + " = " + value, s.calls.setsockopt(fd, IPPROTO_TCP, option, value));
  }

  private static int[] corked(final Scene s) {
    final int[] pair = s.pair();
    set(s, pair[0], TCP_CORK, 1);
    return pair;
  }

  private static void half(final Scene s) {
    final int[] pair = corked(s);
    s.send(pair[0], "0123456789");
    s.note("not sent", s.calls.ioctl(pair[0], SIOCOUTQNSD, 0));
    for (final int low : new int[] {0, 1, 9, 10, 11, 19, 20, 21, -1, Integer.MIN_VALUE, 1, 0}) {
      set(s, pair[0], TCP_NOTSENT_LOWAT, low);
      s.noteMask("writable", pair[0]);
    }
    set(s, pair[0], TCP_NOTSENT_LOWAT, 1);
    s.noteMask("corked", pair[0]);
    set(s, pair[0], TCP_CORK, 0);
    s.settleStream(pair[0]);
    s.noteMaskWith(EPOLLOUT, "sent", pair[0]);
  }

  private static void noteWait(final Scene s, final String what, final int set, final int ms) {
    final EpollEvents events = new EpollEvents(2);
    final int count = s.calls.epollWait(set, events, 2, ms);
    s.note(what, count);
    if (count > 0) {
      s.note("  " + Epoll.describe(events.events(0)), 0);
    }
  }

  private static void events(final Scene s) {
    final int[] pair = corked(s);
    final int level = s.epoll();
    final int edge = s.epoll();
    s.calls.epollCtl(level, Epoll.EPOLL_CTL_ADD, pair[0], EPOLLOUT, 0);
    s.calls.epollCtl(edge, Epoll.EPOLL_CTL_ADD, pair[0], EPOLLOUT | Epoll.EPOLLET, 0);
    noteWait(s, "level", level, 0);
    noteWait(s, "edge", edge, 0);
    noteWait(s, "edge again", edge, 0);
    set(s, pair[0], TCP_NOTSENT_LOWAT, 5);
    noteWait(s, "told, level", level, 0);
    noteWait(s, "told, edge", edge, 0);
    s.send(pair[0], "0123456789");
    noteWait(s, "too much, level", level, 0);
    noteWait(s, "too much, edge", edge, 0);
    set(s, pair[0], TCP_NOTSENT_LOWAT, 50);
    noteWait(s, "more may wait, level", level, 0);
    noteWait(s, "more may wait, edge", edge, 0);
    set(s, pair[0], TCP_NOTSENT_LOWAT, 5);
    noteWait(s, "less again, level", level, 0);
    noteWait(s, "less again, edge", edge, 0);
    set(s, pair[0], TCP_CORK, 0);
    s.settleStream(pair[0]);
    noteWait(s, "sent, level", level, -1);
    noteWait(s, "sent, edge", edge, -1);
    noteWait(s, "sent, edge again", edge, 0);
  }

  /** Below the limit a buffer that was begun is filled, whatever the limit is. */
  private static void calls(final Scene s) {
    final int[] pair = corked(s);
    set(s, pair[0], TCP_NOTSENT_LOWAT, 1);
    for (int i = 0; i < 3; i++) {
      s.note("send", s.send(pair[0], "0123456789", MSG_DONTWAIT));
      s.note("not sent", s.calls.ioctl(pair[0], SIOCOUTQNSD, 0));
      s.noteMask("not writable", pair[0]);
    }
    s.note("a call that may wait", s.send(pair[0], "0123456789"));
    set(s, pair[0], TCP_CORK, 0);
    s.drain(pair[1], 40);
    s.settleStream(pair[0]);
    s.noteMask("sent", pair[0]);
  }

  private static void full(final Scene s) {
    final int[] pair = s.pair();
    set(s, pair[0], TCP_NOTSENT_LOWAT, 100_000);
    final int sent = s.fill(pair[0]);
    s.note("took some", sent > 0);
    s.note("writable", (s.mask(pair[0]) & EPOLLOUT) != 0);
    s.drain(pair[1], sent);
    s.noteMaskWith(EPOLLOUT, "read", pair[0]);
    s.note("all is sent", s.calls.ioctl(pair[0], SIOCOUTQNSD, 0));
    s.note("send", s.send(pair[0], "abc"));
    s.await(pair[1], EPOLLIN);
    s.noteRecv("arrives", pair[1], 9, 0);
  }

  /** More than the limit, by a call that waits: it is only a question of time. */
  private static void much(final Scene s) {
    final int[] pair = s.pair();
    set(s, pair[0], TCP_NOTSENT_LOWAT, 1);
    final byte[] data = new byte[30_000];
    for (int i = 0; i < 20; i++) {
      s.note("send", s.calls.send(pair[0], data, data.length, 0));
      s.drain(pair[1], data.length);
    }
    s.settleStream(pair[0]);
    s.noteMaskWith(EPOLLOUT, "sent", pair[0]);
  }

  private static void inherited(final Scene s) {
    final int listener = s.listener(1);
    set(s, listener, TCP_NOTSENT_LOWAT, 1);
    final int client = s.tcp();
    s.calls.connect(client, SocketOption.INADDR_LOOPBACK, s.port(listener));
    final int fd = s.accept(listener);
    s.note("inherited", s.calls.getsockopt(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT));
    s.noteMask("nothing waits", fd);
    set(s, fd, TCP_CORK, 1);
    s.send(fd, "abc");
    s.noteMask("something waits", fd);
    final int before = s.tcp();
    set(s, before, TCP_NOTSENT_LOWAT, 2);
    s.noteMask("unconnected", before);
    s.calls.setsockopt(listener, IPPROTO_TCP, TCP_NOTSENT_LOWAT, 0);
    s.calls.connect(before, SocketOption.INADDR_LOOPBACK, s.port(listener));
    s.noteMask("connected", before);
    set(s, before, TCP_CORK, 1);
    s.send(before, "a");
    s.noteMask("one of two", before);
  }
}
