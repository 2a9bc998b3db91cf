package io.ustack.posix;

import static io.ustack.posix.Epoll.EPOLLIN;
import static io.ustack.posix.Epoll.EPOLLPRI;
import static io.ustack.posix.SocketOption.FIONREAD;
import static io.ustack.posix.SocketOption.IPPROTO_TCP;
import static io.ustack.posix.SocketOption.MSG_DONTWAIT;
import static io.ustack.posix.SocketOption.MSG_OOB;
import static io.ustack.posix.SocketOption.MSG_PEEK;
import static io.ustack.posix.SocketOption.MSG_TRUNC;
import static io.ustack.posix.SocketOption.MSG_WAITALL;
import static io.ustack.posix.SocketOption.SIOCATMARK;
import static io.ustack.posix.SocketOption.SOL_SOCKET;
import static io.ustack.posix.SocketOption.SO_OOBINLINE;

import java.util.Map;
import java.util.function.Consumer;

/** Urgent data of TCP, read as a stream with a mark in it: tcp(7), sockatmark(3). */
final class UrgentScenes {
  private UrgentScenes() {}

  static Map<String, Consumer<Scene>> all() {
    return Map.ofEntries(
        Map.entry("urgent: read apart", s -> readApart(s, 0)),
        Map.entry("urgent: read apart, in line", s -> readApart(s, 1)),
        Map.entry("urgent: not read at all", s -> notRead(s, 0)),
        Map.entry("urgent: not read at all, in line", s -> notRead(s, 1)),
        Map.entry("urgent: nothing in front", s -> nothingInFront(s, 0)),
        Map.entry("urgent: nothing in front, in line", s -> nothingInFront(s, 1)),
        Map.entry("urgent: a stream byte by byte", s -> byteByByte(s, 0)),
        Map.entry("urgent: a stream byte by byte, in line", s -> byteByByte(s, 1)),
        Map.entry("urgent: lost when passed", UrgentScenes::lostWhenPassed),
        Map.entry("urgent: a waiting read goes over the mark", UrgentScenes::overTheMark),
        Map.entry("urgent: MSG_PEEK", s -> peek(s, 0)),
        Map.entry("urgent: MSG_PEEK, in line", s -> peek(s, 1)),
        Map.entry("urgent: MSG_TRUNC and lengths", UrgentScenes::lengths),
        Map.entry("urgent: MSG_WAITALL", s -> waitAll(s, 0)),
        Map.entry("urgent: MSG_WAITALL, in line", s -> waitAll(s, 1)),
        Map.entry("urgent: SO_RCVLOWAT", UrgentScenes::lowWater),
        Map.entry("urgent: replaced before the mark", s -> replaced(s, 0, 0)),
        Map.entry("urgent: replaced at the mark", s -> replaced(s, 3, 0)),
        Map.entry("urgent: replaced at the mark, in line", s -> replaced(s, 3, 1)),
        Map.entry("urgent: replaced again and again", UrgentScenes::replacedAgain),
        Map.entry("urgent: one after the other", UrgentScenes::oneAfterTheOther),
        Map.entry("urgent: in line and back", UrgentScenes::inLineAndBack),
        Map.entry("urgent: much", UrgentScenes::much),
        Map.entry("urgent: out of a corked bottle", UrgentScenes::corked),
        Map.entry("urgent: before accept", UrgentScenes::beforeAccept));
  }

  /** Sends the last byte as urgent, and waits for it. */
  static void sendUrgent(final Scene s, final int[] pair, final String text) {
    s.note("send " + text, s.send(pair[0], text, MSG_OOB));
    s.await(pair[1], EPOLLPRI);
  }

  /** Everything that can be asked about it. */
  static void noteState(final Scene s, final String what, final int fd) {
    s.noteMask(what, fd);
    s.note("  FIONREAD", s.calls.ioctl(fd, FIONREAD, 0));
    s.note("  SIOCATMARK", s.calls.ioctl(fd, SIOCATMARK, 0));
  }

  private static void noteRead(
      final Scene s, final String what, final int fd, final int length, final int flags) {
    s.noteRecv(what, fd, length, flags | MSG_DONTWAIT);
    noteState(s, "  then", fd);
  }

  static int[] pair(final Scene s, final int inline) {
    final int[] pair = s.pair();
    s.calls.setsockopt(pair[1], SOL_SOCKET, SO_OOBINLINE, inline);
    return pair;
  }

  private static void readApart(final Scene s, final int inline) {
    final int[] pair = pair(s, inline);
    noteRead(s, "nothing urgent", pair[1], 1, MSG_OOB);
    sendUrgent(s, pair, "abcX");
    noteState(s, "arrived", pair[1]);
    noteRead(s, "urgent", pair[1], 1, MSG_OOB);
    noteRead(s, "urgent again", pair[1], 1, MSG_OOB);
    noteRead(s, "up to the mark", pair[1], 10, 0);
    noteRead(s, "behind it", pair[1], 10, 0);
    s.send(pair[0], "def");
    s.await(pair[1], EPOLLIN);
    noteRead(s, "more", pair[1], 10, 0);
    noteRead(s, "urgent at last", pair[1], 1, MSG_OOB);
  }

  private static void notRead(final Scene s, final int inline) {
    final int[] pair = pair(s, inline);
    sendUrgent(s, pair, "abcX");
    s.send(pair[0], "def");
    s.settleStream(pair[0]);
    noteState(s, "arrived", pair[1]);
    noteRead(s, "up to the mark", pair[1], 10, 0);
    noteRead(s, "behind it", pair[1], 2, 0);
    noteRead(s, "the rest", pair[1], 10, 0);
    noteRead(s, "urgent", pair[1], 1, MSG_OOB);
  }

  private static void nothingInFront(final Scene s, final int inline) {
    final int[] pair = pair(s, inline);
    sendUrgent(s, pair, "X");
    noteState(s, "arrived", pair[1]);
    noteRead(s, "nothing asked for", pair[1], 0, 0);
    noteRead(s, "urgent", pair[1], 1, MSG_OOB);
    s.send(pair[0], "abc");
    s.settleStream(pair[0]);
    noteState(s, "data behind", pair[1]);
    noteRead(s, "data", pair[1], 10, 0);
  }

  private static void byteByByte(final Scene s, final int inline) {
    final int[] pair = pair(s, inline);
    sendUrgent(s, pair, "abX");
    s.send(pair[0], "cd");
    s.settleStream(pair[0]);
    for (int i = 0; i < 7; i++) {
      noteRead(s, "byte " + i, pair[1], 1, 0);
    }
  }

  private static void lostWhenPassed(final Scene s) {
    final int[] pair = s.pair();
    sendUrgent(s, pair, "X");
    noteRead(s, "no data, and the byte is lost", pair[1], 10, 0);
    noteRead(s, "urgent", pair[1], 1, MSG_OOB);
    sendUrgent(s, pair, "Y");
    noteRead(s, "urgent", pair[1], 1, MSG_OOB);
    noteRead(s, "no data", pair[1], 10, 0);
  }

  private static void overTheMark(final Scene s) {
    final int[] pair = s.pair();
    sendUrgent(s, pair, "X");
    s.send(pair[0], "abc");
    s.noteRecv("waits for data", pair[1], 10, 0);
    noteState(s, "then", pair[1]);
    final int[] finished = s.pair();
    sendUrgent(s, finished, "X");
    s.calls.shutdown(finished[0], SocketOption.SHUT_WR);
    s.noteRecv("waits for the end", finished[1], 10, 0);
    noteState(s, "then", finished[1]);
  }

  private static void peek(final Scene s, final int inline) {
    final int[] pair = pair(s, inline);
    sendUrgent(s, pair, "abcX");
    s.send(pair[0], "def");
    s.settleStream(pair[0]);
    noteRead(s, "peek urgent", pair[1], 1, MSG_OOB | MSG_PEEK);
    noteRead(s, "peek urgent again", pair[1], 1, MSG_OOB | MSG_PEEK);
    noteRead(s, "peek", pair[1], 10, MSG_PEEK);
    noteRead(s, "peek two", pair[1], 2, MSG_PEEK);
    noteRead(s, "read two", pair[1], 2, 0);
    noteRead(s, "peek", pair[1], 10, MSG_PEEK);
    noteRead(s, "read one", pair[1], 1, 0);
    noteRead(s, "peek at the mark", pair[1], 10, MSG_PEEK);
    noteRead(s, "peek one at the mark", pair[1], 1, MSG_PEEK);
    noteRead(s, "urgent", pair[1], 1, MSG_OOB);
    noteRead(s, "peek where it was", pair[1], 10, MSG_PEEK);
    noteRead(s, "read one", pair[1], 1, 0);
    noteRead(s, "peek", pair[1], 10, MSG_PEEK);
    noteRead(s, "read", pair[1], 10, 0);
    sendUrgent(s, pair, "Y");
    noteRead(s, "peek, only urgent", pair[1], 10, MSG_PEEK);
    noteRead(s, "urgent", pair[1], 1, MSG_OOB | MSG_PEEK);
  }

  private static void lengths(final Scene s) {
    final int[] pair = s.pair();
    sendUrgent(s, pair, "abcX");
    noteRead(s, "peek, no room", pair[1], 0, MSG_OOB | MSG_PEEK);
    noteRead(s, "much room", pair[1], 10, MSG_OOB | MSG_PEEK);
    final byte[] untouched = {1};
    s.note("MSG_TRUNC", s.calls.recv(pair[1], untouched, 1, MSG_OOB | MSG_TRUNC | MSG_PEEK));
    s.note("nothing written", untouched[0]);
    noteRead(s, "MSG_WAITALL", pair[1], 10, MSG_OOB | MSG_WAITALL | MSG_PEEK);
    noteRead(s, "no room", pair[1], 0, MSG_OOB);
    noteRead(s, "it is gone all the same", pair[1], 1, MSG_OOB);
    s.note("MSG_TRUNC to the mark", s.calls.recv(pair[1], new byte[9], 9, MSG_TRUNC));
    noteState(s, "then", pair[1]);
    noteRead(s, "no room at the mark", pair[1], 0, 0);
    s.send(pair[0], "def");
    s.settleStream(pair[0]);
    s.note("MSG_TRUNC behind it", s.calls.recv(pair[1], new byte[9], 2, MSG_TRUNC));
    noteState(s, "then", pair[1]);
  }

  private static void waitAll(final Scene s, final int inline) {
    final int[] pair = pair(s, inline);
    sendUrgent(s, pair, "abcX");
    s.send(pair[0], "def");
    s.settleStream(pair[0]);
    s.noteRecv("MSG_WAITALL", pair[1], 5, MSG_WAITALL);
    s.noteRecv("MSG_WAITALL behind", pair[1], 3, MSG_WAITALL);
    s.noteRecv("rest", pair[1], 5, MSG_DONTWAIT);
    noteState(s, "then", pair[1]);
    sendUrgent(s, pair, "ghY");
    s.send(pair[0], "ij");
    s.settleStream(pair[0]);
    s.noteRecv("MSG_WAITALL and MSG_PEEK", pair[1], 5, MSG_WAITALL | MSG_PEEK);
    s.noteRecv("two", pair[1], 2, 0);
    s.noteRecv("MSG_WAITALL and MSG_PEEK at the mark", pair[1], 2, MSG_WAITALL | MSG_PEEK);
  }

  private static void lowWater(final Scene s) {
    final int[] pair = s.pair();
    s.calls.setsockopt(pair[1], SOL_SOCKET, SocketOption.SO_RCVLOWAT, 3);
    sendUrgent(s, pair, "abX");
    noteState(s, "three with the urgent one", pair[1]);
    noteRead(s, "two", pair[1], 10, 0);
    s.send(pair[0], "cd");
    s.settleStream(pair[0]);
    noteState(s, "two behind the mark", pair[1]);
    s.send(pair[0], "e");
    s.settleStream(pair[0]);
    noteState(s, "three behind the mark", pair[1]);
    noteRead(s, "three", pair[1], 10, 0);
  }

  /** "abcXdefY" with so many bytes read before Y. */
  private static void replaced(final Scene s, final int read, final int inline) {
    final int[] pair = pair(s, inline);
    sendUrgent(s, pair, "abcX");
    if (read > 0) {
      noteRead(s, "first", pair[1], read, 0);
    }
    s.note("send", s.send(pair[0], "defY", MSG_OOB));
    s.settleStream(pair[0]);
    noteState(s, "replaced", pair[1]);
    noteRead(s, "urgent", pair[1], 1, MSG_OOB);
    noteRead(s, "stream", pair[1], 20, 0);
    noteRead(s, "stream", pair[1], 20, 0);
    s.send(pair[0], "gh");
    s.settleStream(pair[0]);
    noteRead(s, "stream", pair[1], 20, 0);
  }

  private static void replacedAgain(final Scene s) {
    final int[] pair = s.pair();
    for (final String urgent : new String[] {"X", "Y", "Z"}) {
      s.note("send", s.send(pair[0], urgent, MSG_OOB));
      s.settleStream(pair[0]);
      noteState(s, urgent, pair[1]);
    }
    noteRead(s, "urgent", pair[1], 1, MSG_OOB);
    noteRead(s, "peek", pair[1], 20, MSG_PEEK);
    s.send(pair[0], "ab");
    s.settleStream(pair[0]);
    noteRead(s, "peek", pair[1], 20, MSG_PEEK);
    noteRead(s, "stream", pair[1], 20, 0);
    noteRead(s, "stream", pair[1], 20, 0);
  }

  private static void oneAfterTheOther(final Scene s) {
    final int[] pair = s.pair();
    for (final String urgent : new String[] {"X", "Y", "Z"}) {
      sendUrgent(s, pair, urgent);
      noteRead(s, "urgent", pair[1], 1, MSG_OOB);
    }
    noteRead(s, "stream", pair[1], 20, 0);
    sendUrgent(s, pair, "abV");
    noteRead(s, "urgent", pair[1], 1, MSG_OOB);
    sendUrgent(s, pair, "cdW");
    noteRead(s, "urgent", pair[1], 1, MSG_OOB);
    noteRead(s, "stream", pair[1], 20, 0);
    noteRead(s, "stream", pair[1], 20, 0);
  }

  private static void inLineAndBack(final Scene s) {
    final int[] pair = s.pair();
    sendUrgent(s, pair, "abX");
    s.note("in line", s.calls.setsockopt(pair[1], SOL_SOCKET, SO_OOBINLINE, 1));
    noteState(s, "then", pair[1]);
    noteRead(s, "urgent", pair[1], 1, MSG_OOB);
    noteRead(s, "stream", pair[1], 10, 0);
    s.note("not in line", s.calls.setsockopt(pair[1], SOL_SOCKET, SO_OOBINLINE, 0));
    noteState(s, "then", pair[1]);
    noteRead(s, "urgent", pair[1], 1, MSG_OOB);
    s.note("in line", s.calls.setsockopt(pair[1], SOL_SOCKET, SO_OOBINLINE, 1));
    noteState(s, "then", pair[1]);
    noteRead(s, "stream, with what was read", pair[1], 10, 0);
  }

  private static void much(final Scene s) {
    final int[] pair = s.pair();
    final byte[] data = new byte[100_000];
    data[data.length - 1] = 'X';
    s.note("send", s.calls.send(pair[0], data, data.length, MSG_OOB));
    int before = 0;
    while (s.calls.ioctl(pair[1], SIOCATMARK, 0) == 0) {
      s.await(pair[1], EPOLLIN | EPOLLPRI);
      before += Math.max(0, s.calls.recv(pair[1], new byte[9000], 9000, MSG_DONTWAIT));
    }
    s.note("in front of the mark", before);
    s.await(pair[1], EPOLLPRI);
    noteRead(s, "urgent", pair[1], 1, MSG_OOB);
    noteRead(s, "nothing behind", pair[1], 10, 0);
  }

  private static void corked(final Scene s) {
    final int[] pair = s.pair();
    s.calls.setsockopt(pair[0], IPPROTO_TCP, SocketOption.TCP_CORK, 1);
    s.send(pair[0], "abc");
    s.noteMask("corked", pair[1]);
    s.note("MSG_MORE", s.send(pair[0], "X", MSG_OOB | SocketOption.MSG_MORE));
    s.await(pair[1], EPOLLPRI);
    noteRead(s, "all of it", pair[1], 10, 0);
    noteRead(s, "urgent", pair[1], 1, MSG_OOB);
  }

  private static void beforeAccept(final Scene s) {
    final int listener = s.listener(2);
    s.calls.setsockopt(listener, SOL_SOCKET, SO_OOBINLINE, 1);
    for (int i = 0; i < 2; i++) {
      final int client = s.tcp();
      s.calls.connect(client, SocketOption.INADDR_LOOPBACK, s.port(listener));
      s.note("send", s.send(client, "abX", MSG_OOB));
      s.settleStream(client);
      final int fd = s.accept(listener);
      s.note("SO_OOBINLINE", s.calls.getsockopt(fd, SOL_SOCKET, SO_OOBINLINE));
      noteState(s, "accepted", fd);
      noteRead(s, "stream", fd, 10, 0);
      noteRead(s, "urgent", fd, 1, MSG_OOB);
      noteRead(s, "stream", fd, 10, 0);
      s.calls.setsockopt(listener, SOL_SOCKET, SO_OOBINLINE, 0);
    }
  }
}
