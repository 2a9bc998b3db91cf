package io.ustack.posix;

import static io.ustack.posix.Epoll.EPOLLIN;
import static io.ustack.posix.SocketOption.AF_UNIX;
import static io.ustack.posix.SocketOption.MSG_DONTWAIT;
import static io.ustack.posix.SocketOption.MSG_PEEK;
import static io.ustack.posix.SocketOption.SOCK_DGRAM;
import static io.ustack.posix.SocketOption.SOCK_SEQPACKET;
import static io.ustack.posix.SocketOption.SOCK_STREAM;
import static io.ustack.posix.SocketOption.SOL_SOCKET;

import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;

/** An end of a socketpair(2) whose other end has closed, or that was told to forget it. */
final class LocalPeerScenes {
  private static final String[] NAMES = {"stream", "datagrams", "packets"};
  private static final int[] TYPES = {SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET};

  private LocalPeerScenes() {}

  static Map<String, Consumer<Scene>> all() {
    final Map<String, Consumer<Scene>> all = new TreeMap<>();
    for (int i = 0; i < TYPES.length; i++) {
      final int type = TYPES[i];
      all.put("peer: unread on both sides, send first, " + NAMES[i], s -> sendFirst(s, type));
      all.put("peer: unread on both sides, read first, " + NAMES[i], s -> readFirst(s, type));
      all.put("peer: closed when full, " + NAMES[i], s -> closedWhenFull(s, type));
      all.put("peer: shut, then its reset, " + NAMES[i], s -> shutThenReset(s, type));
      all.put("peer: disconnect, " + NAMES[i], s -> disconnect(s, type));
      all.put("peer: MSG_MORE, " + NAMES[i], s -> more(s, type));
    }
    all.put("peer: disconnect with data unread", LocalPeerScenes::disconnectUnread);
    all.put("peer: both disconnect", LocalPeerScenes::bothDisconnect);
    all.put("peer: disconnect of one that has closed", LocalPeerScenes::disconnectClosed);
    all.put("peer: SO_REUSEPORT", LocalPeerScenes::reusePort);
    return all;
  }

  private static int[] pair(final Scene s, final int type) {
    final int[] fds = new int[2];
    s.note("socketpair", s.calls.socketpair(AF_UNIX, type, 0, fds));
    s.track(fds[0]);
    s.track(fds[1]);
    return fds;
  }

  private static int[] unreadOnBothSides(final Scene s, final int type) {
    final int[] fds = pair(s, type);
    s.note("sent", s.send(fds[0], "to one"));
    s.note("sent", s.send(fds[1], "to zero"));
    s.closeNow(fds[0]);
    s.noteMask("closed", fds[1]);
    return fds;
  }

  private static void after(final Scene s, final int fd) {
    s.noteMask("mask", fd);
    s.note("getpeername", s.calls.getpeername(fd, new SocketAddress4()));
    s.note("getsockname", s.calls.getsockname(fd, new SocketAddress4()));
    s.note("send", s.send(fd, "x", MSG_DONTWAIT));
    s.noteRecv("recv", fd, 20, MSG_DONTWAIT);
    s.noteRecv("recv again", fd, 20, MSG_DONTWAIT);
    s.note("SO_ERROR", s.calls.getsockopt(fd, SOL_SOCKET, SocketOption.SO_ERROR));
    s.noteMask("at last", fd);
  }

  private static void sendFirst(final Scene s, final int type) {
    final int fd = unreadOnBothSides(s, type)[1];
    s.note("send", s.send(fd, "x"));
    after(s, fd);
  }

  private static void readFirst(final Scene s, final int type) {
    final int fd = unreadOnBothSides(s, type)[1];
    s.noteRecv("peek", fd, 20, MSG_PEEK | MSG_DONTWAIT);
    s.noteRecv("recv", fd, 20, MSG_DONTWAIT);
    after(s, fd);
  }

  private static void closedWhenFull(final Scene s, final int type) {
    final int[] fds = pair(s, type);
    int sent = 0;
    while (sent >= 0) {
      sent = s.send(fds[1], "0123456789", MSG_DONTWAIT);
    }
    s.note("full", sent);
    s.closeNow(fds[0]);
    after(s, fds[1]);
  }

  private static void shutThenReset(final Scene s, final int type) {
    final int[] fds = pair(s, type);
    s.send(fds[1], "unread");
    s.note("shutdown", s.calls.shutdown(fds[1], SocketOption.SHUT_WR));
    s.closeNow(fds[0]);
    s.note("send", s.send(fds[1], "x"));
    after(s, fds[1]);
  }

  private static void disconnect(final Scene s, final int type) {
    final int[] fds = pair(s, type);
    s.note("sent", s.send(fds[0], "to one"));
    s.note("disconnect", s.calls.disconnect(fds[0]));
    s.note("again", s.calls.disconnect(fds[0]));
    after(s, fds[0]);
    after(s, fds[1]);
    s.noteRecv("what the other went on to send", fds[0], 20, MSG_DONTWAIT);
    s.note("shutdown", s.calls.shutdown(fds[0], SocketOption.SHUT_RDWR));
    s.noteMask("shut", fds[0]);
    s.noteMask("the other", fds[1]);
    s.note("the other sends", s.send(fds[1], "x", MSG_DONTWAIT));
    s.closeNow(fds[0]);
    s.noteMask("closed", fds[1]);
    after(s, fds[1]);
  }

  private static void disconnectUnread(final Scene s) {
    final int[] fds = pair(s, SOCK_DGRAM);
    s.note("sent", s.send(fds[1], "never read"));
    s.note("disconnect", s.calls.disconnect(fds[0]));
    s.noteMask("who sent it", fds[1]);
    s.noteRecv("nothing left", fds[0], 20, MSG_DONTWAIT);
    s.note("is told", s.send(fds[1], "x"));
    s.noteMask("told", fds[1]);
    s.note("again", s.send(fds[1], "again"));
    s.await(fds[0], EPOLLIN);
    s.noteRecv("arrives", fds[0], 20, MSG_DONTWAIT);
  }

  private static void bothDisconnect(final Scene s) {
    final int[] fds = pair(s, SOCK_DGRAM);
    s.note("sent", s.send(fds[0], "to one"));
    s.note("sent", s.send(fds[1], "to zero"));
    s.note("disconnect", s.calls.disconnect(fds[0]));
    s.noteMask("the other", fds[1]);
    s.note("the other, too", s.calls.disconnect(fds[1]));
    // Before Linux 6.14 ENOTCONN comes before what waits to be told.
    s.note("its error", s.calls.getsockopt(fds[1], SOL_SOCKET, SocketOption.SO_ERROR));
    after(s, fds[0]);
    after(s, fds[1]);
  }

  private static void disconnectClosed(final Scene s) {
    final int[] fds = pair(s, SOCK_DGRAM);
    s.note("sent", s.send(fds[0], "to one"));
    s.closeNow(fds[0]);
    s.note("disconnect", s.calls.disconnect(fds[1]));
    after(s, fds[1]);
  }

  /** Of AF_UNIX all kernels ignore it, and send at once. */
  private static void more(final Scene s, final int type) {
    final int[] fds = pair(s, type);
    s.note("send", s.send(fds[0], "one", SocketOption.MSG_MORE));
    s.noteRecv("is there", fds[1], 20, MSG_DONTWAIT);
    s.note("send", s.send(fds[0], "two"));
    s.noteRecv("alone", fds[1], 20, MSG_DONTWAIT);
    s.note("send nothing", s.send(fds[0], "", SocketOption.MSG_MORE));
    s.noteRecv("then", fds[1], 20, MSG_DONTWAIT);
  }

  /** Setting it is EOPNOTSUPP since Linux 6.13, and kept without effect before: LocalSocketTest. */
  private static void reusePort(final Scene s) {
    for (final int type : TYPES) {
      final int fd = pair(s, type)[0];
      s.note("set 0", s.calls.setsockopt(fd, SOL_SOCKET, SocketOption.SO_REUSEPORT, 0));
      s.note("is", s.calls.getsockopt(fd, SOL_SOCKET, SocketOption.SO_REUSEPORT));
    }
  }
}
