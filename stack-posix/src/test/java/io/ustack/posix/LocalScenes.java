package io.ustack.posix;

import static io.ustack.posix.Epoll.EPOLLET;
import static io.ustack.posix.Epoll.EPOLLIN;
import static io.ustack.posix.Epoll.EPOLLOUT;
import static io.ustack.posix.Epoll.EPOLL_CTL_ADD;
import static io.ustack.posix.EpollScenes.noteWait;
import static io.ustack.posix.SocketOption.AF_INET;
import static io.ustack.posix.SocketOption.AF_UNIX;
import static io.ustack.posix.SocketOption.FIONREAD;
import static io.ustack.posix.SocketOption.INADDR_LOOPBACK;
import static io.ustack.posix.SocketOption.MSG_DONTWAIT;
import static io.ustack.posix.SocketOption.MSG_PEEK;
import static io.ustack.posix.SocketOption.MSG_TRUNC;
import static io.ustack.posix.SocketOption.MSG_WAITALL;
import static io.ustack.posix.SocketOption.SHUT_RD;
import static io.ustack.posix.SocketOption.SHUT_RDWR;
import static io.ustack.posix.SocketOption.SHUT_WR;
import static io.ustack.posix.SocketOption.SOCK_CLOEXEC;
import static io.ustack.posix.SocketOption.SOCK_DGRAM;
import static io.ustack.posix.SocketOption.SOCK_NONBLOCK;
import static io.ustack.posix.SocketOption.SOCK_SEQPACKET;
import static io.ustack.posix.SocketOption.SOCK_STREAM;
import static io.ustack.posix.SocketOption.SOL_SOCKET;

import java.util.Map;
import java.util.function.Consumer;

/** socketpair(2). */
final class LocalScenes {
  private LocalScenes() {}

  static Map<String, Consumer<Scene>> all() {
    return Map.ofEntries(
        Map.entry("socketpair: refused", LocalScenes::refused),
        Map.entry("socketpair: flags", LocalScenes::flags),
        Map.entry("socketpair: a stream", LocalScenes::stream),
        Map.entry("socketpair: half-close of a stream", s -> halfClose(s, SOCK_STREAM)),
        Map.entry("socketpair: half-close of packets", s -> halfClose(s, SOCK_SEQPACKET)),
        Map.entry("socketpair: half-close of datagrams", s -> halfClose(s, SOCK_DGRAM)),
        Map.entry("socketpair: shut for reading, a stream", s -> shutForReading(s, SOCK_STREAM)),
        Map.entry("socketpair: shut for reading, packets", s -> shutForReading(s, SOCK_SEQPACKET)),
        Map.entry("socketpair: shut for reading, datagrams", s -> shutForReading(s, SOCK_DGRAM)),
        Map.entry("socketpair: closed stream", s -> closed(s, SOCK_STREAM)),
        Map.entry("socketpair: closed packets", s -> closed(s, SOCK_SEQPACKET)),
        Map.entry("socketpair: closed datagrams", s -> closed(s, SOCK_DGRAM)),
        Map.entry("socketpair: closed with data unread, stream", s -> unread(s, SOCK_STREAM)),
        Map.entry("socketpair: closed with data unread, packets", s -> unread(s, SOCK_SEQPACKET)),
        Map.entry("socketpair: packets", s -> messages(s, SOCK_SEQPACKET)),
        Map.entry("socketpair: datagrams", s -> messages(s, SOCK_DGRAM)),
        Map.entry("socketpair: full stream", s -> full(s, SOCK_STREAM)),
        Map.entry("socketpair: full packets", s -> full(s, SOCK_SEQPACKET)),
        Map.entry("socketpair: full datagrams", s -> full(s, SOCK_DGRAM)),
        Map.entry("socketpair: names and options", LocalScenes::names),
        Map.entry("socketpair: edges", LocalScenes::edges),
        Map.entry("socketpair: shutdown refused", LocalScenes::shutdownRefused));
  }

  private static int[] pair(final Scene s, final int type) {
    final int[] fds = new int[2];
    s.note("socketpair", s.calls.socketpair(AF_UNIX, type, 0, fds));
    s.track(fds[0]);
    s.track(fds[1]);
    return fds;
  }

  private static void refused(final Scene s) {
    final int[] fds = new int[2];
    s.note("AF_INET", s.calls.socketpair(AF_INET, SOCK_STREAM, 0, fds));
    s.note("AF_INET datagrams", s.calls.socketpair(AF_INET, SOCK_DGRAM, 0, fds));
    s.note("no family", s.calls.socketpair(12_345, SOCK_STREAM, 0, fds));
    s.note("protocol", s.calls.socketpair(AF_UNIX, SOCK_STREAM, 6, fds));
    s.note("type 0", s.calls.socketpair(AF_UNIX, 0, 0, fds));
    s.note("type 4", s.calls.socketpair(AF_UNIX, 4, 0, fds));
    s.note("type 11", s.calls.socketpair(AF_UNIX, 11, 0, fds));
    s.note("flags", s.calls.socketpair(AF_UNIX, SOCK_STREAM | 0x10, 0, fds));
    s.note("AF_INET of another protocol", s.calls.socketpair(AF_INET, SOCK_STREAM, 17, fds));
    s.note("PF_UNIX as protocol", s.calls.socketpair(AF_UNIX, SOCK_STREAM, 1, fds));
    s.track(fds[0]);
    s.track(fds[1]);
  }

  private static void flags(final Scene s) {
    final int[] fds = pair(s, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC);
    for (final int fd : fds) {
      s.note("F_GETFD", s.calls.fcntl(fd, SocketOption.F_GETFD, 0));
      s.note("F_GETFL", s.calls.fcntl(fd, SocketOption.F_GETFL, 0));
      s.noteRecv("recv", fd, 10, 0);
    }
  }

  private static void stream(final Scene s) {
    final int[] fds = pair(s, SOCK_STREAM);
    s.noteMask("idle", fds[0]);
    s.note("send", s.send(fds[0], "hello"));
    s.note("write", s.write(fds[0], " you"));
    s.noteMask("readable", fds[1]);
    s.note("FIONREAD", s.calls.ioctl(fds[1], FIONREAD, 0));
    s.noteRecv("peek", fds[1], 20, MSG_PEEK);
    s.noteRecv("part", fds[1], 3, 0);
    s.noteRecv("all of the rest", fds[1], 6, MSG_WAITALL);
    s.noteRecv("nothing", fds[1], 10, MSG_DONTWAIT);
    s.note("send nothing", s.send(fds[0], ""));
    s.noteRecv("still nothing", fds[1], 10, MSG_DONTWAIT);
    s.note("the other way", s.send(fds[1], "back"));
    s.noteRead("read", fds[0], 10);
    s.note("sendto", s.sendto(fds[0], "x", 80));
  }

  private static void halfClose(final Scene s, final int type) {
    final int[] fds = pair(s, type);
    s.send(fds[0], "last");
    s.note("shutdown", s.calls.shutdown(fds[0], SHUT_WR));
    s.noteMask("who shut", fds[0]);
    s.noteMask("who hears", fds[1]);
    s.noteRecv("data first", fds[1], 10, 0);
    s.noteRecv("then the end", fds[1], 10, MSG_DONTWAIT);
    s.noteRecv("again", fds[1], 10, MSG_DONTWAIT);
    s.note("send after", s.send(fds[0], "x"));
    s.note("the other way", s.send(fds[1], "back"));
    s.noteRecv("arrives", fds[0], 10, 0);
    s.note("shutdown of the other", s.calls.shutdown(fds[1], SHUT_WR));
    s.noteMask("both", fds[0]);
    s.noteMask("both", fds[1]);
  }

  private static void shutForReading(final Scene s, final int type) {
    final int[] fds = pair(s, type);
    s.send(fds[0], "before");
    s.note("shutdown", s.calls.shutdown(fds[1], SHUT_RD));
    s.noteMask("who shut", fds[1]);
    s.noteMask("the other", fds[0]);
    s.note("send", s.send(fds[0], "x"));
    s.noteRecv("what was there", fds[1], 10, 0);
    s.noteRecv("then", fds[1], 10, MSG_DONTWAIT);
    s.noteRecv("waiting", fds[1], 10, 0);
  }

  private static void closed(final Scene s, final int type) {
    final int[] fds = pair(s, type);
    s.send(fds[0], "last");
    s.closeNow(fds[0]);
    s.noteMask("the other", fds[1]);
    s.noteRecv("data first", fds[1], 10, 0);
    s.noteRecv("then", fds[1], 10, MSG_DONTWAIT);
    s.note("send", s.send(fds[1], "x"));
    s.note("send again", s.send(fds[1], "x"));
    s.note("SO_ERROR", s.calls.getsockopt(fds[1], SOL_SOCKET, SocketOption.SO_ERROR));
    s.note("shutdown", s.calls.shutdown(fds[1], SHUT_RDWR));
  }

  private static void unread(final Scene s, final int type) {
    final int[] fds = pair(s, type);
    s.send(fds[1], "never read");
    s.closeNow(fds[0]);
    s.noteMask("the other", fds[1]);
    s.noteRecv("recv", fds[1], 10, MSG_DONTWAIT);
    s.noteRecv("recv again", fds[1], 10, MSG_DONTWAIT);
    s.noteMask("told", fds[1]);
    s.note("send", s.send(fds[1], "x"));
  }

  private static void messages(final Scene s, final int type) {
    final int[] fds = pair(s, type);
    s.send(fds[0], "one");
    s.send(fds[0], "");
    s.send(fds[0], "three");
    s.note("FIONREAD", s.calls.ioctl(fds[1], FIONREAD, 0) > 0);
    s.noteRecv("peek", fds[1], 2, MSG_PEEK);
    s.noteRecv("peek, whole length", fds[1], 2, MSG_PEEK | MSG_TRUNC);
    s.noteRecv("one is cut", fds[1], 2, 0);
    s.noteMask("an empty one", fds[1]);
    s.noteRecv("empty", fds[1], 10, 0);
    s.noteRecv("three, whole length", fds[1], 2, MSG_TRUNC);
    s.noteRecv("no more", fds[1], 10, MSG_DONTWAIT);
    s.noteMask("no more", fds[1]);
    final byte[] large = new byte[1 << 20];
    s.note("too large", s.calls.send(fds[0], large, large.length, SocketOption.MSG_NOSIGNAL));
    s.noteRecv("MSG_WAITALL alone does nothing", fds[1], 10, MSG_WAITALL | MSG_DONTWAIT);
  }

  private static void full(final Scene s, final int type) {
    final int[] fds = pair(s, type);
    int sent = 0;
    int result = 0;
    while (result >= 0) {
      sent++;
      result = s.send(fds[0], "0123456789", MSG_DONTWAIT);
    }
    s.note("full", result);
    s.note("something went in", sent > 1);
    s.note("writable", (s.mask(fds[0]) & EPOLLOUT) != 0);
    for (int i = 1; i < sent; i++) {
      s.calls.recv(fds[1], new byte[10], 10, 0);
    }
    s.noteMask("read", fds[0]);
    s.note("room again", s.send(fds[0], "x"));
  }

  private static void names(final Scene s) {
    final int[] fds = pair(s, SOCK_SEQPACKET);
    s.note("getsockname", s.calls.getsockname(fds[0], new SocketAddress4()));
    s.note("getpeername", s.calls.getpeername(fds[0], new SocketAddress4()));
    s.note("SO_TYPE", s.calls.getsockopt(fds[0], SOL_SOCKET, SocketOption.SO_TYPE));
    s.note("SO_DOMAIN", s.calls.getsockopt(fds[0], SOL_SOCKET, SocketOption.SO_DOMAIN));
    s.note("SO_PROTOCOL", s.calls.getsockopt(fds[0], SOL_SOCKET, SocketOption.SO_PROTOCOL));
    s.note("SO_ACCEPTCONN", s.calls.getsockopt(fds[0], SOL_SOCKET, SocketOption.SO_ACCEPTCONN));
    s.note("SO_ERROR", s.calls.getsockopt(fds[0], SOL_SOCKET, SocketOption.SO_ERROR));
    s.note("SO_SNDBUF", s.calls.getsockopt(fds[0], SOL_SOCKET, SocketOption.SO_SNDBUF));
    s.note("set it", s.calls.setsockopt(fds[0], SOL_SOCKET, SocketOption.SO_SNDBUF, 50_000));
    s.note("doubled", s.calls.getsockopt(fds[0], SOL_SOCKET, SocketOption.SO_SNDBUF));
    s.note("TCP_NODELAY", s.calls.setsockopt(fds[0], 6, SocketOption.TCP_NODELAY, 1));
    s.note("get TCP_NODELAY", s.calls.getsockopt(fds[0], 6, SocketOption.TCP_NODELAY));
    s.note("bind", s.calls.bind(fds[0], INADDR_LOOPBACK, 0));
    s.note("connect", s.calls.connect(fds[0], INADDR_LOOPBACK, 80));
    s.note("listen", s.calls.listen(fds[0], 1));
    s.note("accept", s.calls.accept4(fds[0], new SocketAddress4(), 0));
    s.note("listen of datagrams", s.calls.listen(pair(s, SOCK_DGRAM)[0], 1));
  }

  private static void edges(final Scene s) {
    final int[] fds = pair(s, SOCK_STREAM);
    final int set = s.epoll();
    s.calls.epollCtl(set, EPOLL_CTL_ADD, fds[1], EPOLLIN | EPOLLET, 1);
    noteWait(s, "nothing", set, 8, 0);
    s.send(fds[0], "a");
    noteWait(s, "an edge", set, 8, 0);
    noteWait(s, "told once", set, 8, 0);
    s.send(fds[0], "b");
    noteWait(s, "another", set, 8, 0);
    s.noteRecv("part", fds[1], 1, 0);
    noteWait(s, "a rest is no edge", set, 8, 0);
    s.closeNow(fds[0]);
    noteWait(s, "the end is", set, 8, 0);
  }

  private static void shutdownRefused(final Scene s) {
    final int[] fds = pair(s, SOCK_STREAM);
    s.note("how 9", s.calls.shutdown(fds[0], 9));
    s.note("how -1", s.calls.shutdown(fds[0], -1));
    s.note("twice", s.calls.shutdown(fds[0], SHUT_RDWR));
    s.note("twice", s.calls.shutdown(fds[0], SHUT_RDWR));
    s.noteRecv("recv", fds[0], 10, 0);
    s.note("send", s.send(fds[0], "x"));
    s.note("MSG_OOB", s.send(pair(s, SOCK_DGRAM)[0], "x", SocketOption.MSG_OOB));
  }
}
