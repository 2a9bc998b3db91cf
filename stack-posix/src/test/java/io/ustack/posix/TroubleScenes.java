package io.ustack.posix;

import static io.ustack.posix.Epoll.EPOLLERR;
import static io.ustack.posix.Epoll.EPOLLHUP;
import static io.ustack.posix.Epoll.EPOLLIN;
import static io.ustack.posix.Epoll.EPOLLOUT;
import static io.ustack.posix.Epoll.EPOLLRDHUP;
import static io.ustack.posix.SocketOption.INADDR_ANY;
import static io.ustack.posix.SocketOption.INADDR_LOOPBACK;
import static io.ustack.posix.SocketOption.SHUT_RD;
import static io.ustack.posix.SocketOption.SHUT_RDWR;
import static io.ustack.posix.SocketOption.SHUT_WR;
import static io.ustack.posix.SocketOption.SOL_SOCKET;
import static io.ustack.posix.SocketOption.SO_ERROR;
import static io.ustack.posix.SocketOption.SO_LINGER;
import static io.ustack.posix.SocketOption.SO_REUSEADDR;
import static io.ustack.posix.SocketOption.SO_REUSEPORT;

import java.util.Map;
import java.util.function.Consumer;

/** The cases of TCP that programs trip over. */
final class TroubleScenes {
  private static final int OTHER = INADDR_LOOPBACK + 1;

  private TroubleScenes() {}

  static Map<String, Consumer<Scene>> all() {
    return Map.ofEntries(
        Map.entry("trouble: reset before accept", TroubleScenes::resetBeforeAccept),
        Map.entry("trouble: data and reset before accept", TroubleScenes::dataBeforeAccept),
        Map.entry("trouble: finished before accept", TroubleScenes::finishedBeforeAccept),
        Map.entry("trouble: write to a closed peer", TroubleScenes::writeToClosed),
        Map.entry("trouble: write to a closed peer, then recv", TroubleScenes::writeThenReceive),
        Map.entry("trouble: data after close", TroubleScenes::dataAfterClose),
        Map.entry("trouble: close with data unread", TroubleScenes::closeUnread),
        Map.entry("trouble: close with data unsent", TroubleScenes::closeUnsent),
        Map.entry("trouble: shutdown with data unsent", TroubleScenes::shutdownUnsent),
        Map.entry("trouble: data for who reads no more", TroubleScenes::dataAfterShutdown),
        Map.entry("trouble: shutdown both, data comes", TroubleScenes::shutdownBoth),
        Map.entry("trouble: one peer twice", TroubleScenes::onePeerTwice),
        Map.entry("trouble: connect to itself", TroubleScenes::connectToItself),
        Map.entry("trouble: connect to port 0", TroubleScenes::connectToPort0),
        Map.entry("trouble: wildcard beside specific", TroubleScenes::wildcardBesideSpecific),
        Map.entry("trouble: one port, two addresses", TroubleScenes::twoAddresses),
        Map.entry("trouble: listen after connect failed", TroubleScenes::listenAfterFailure),
        Map.entry("trouble: shutdown after connect failed", TroubleScenes::shutdownAfterFailure),
        Map.entry("trouble: backlog overflow", TroubleScenes::backlogOverflow),
        Map.entry("trouble: a number used again", TroubleScenes::numberUsedAgain));
  }

  private static void resetAtClose(final Scene s, final int fd) {
    s.calls.setsockopt(fd, SOL_SOCKET, SO_LINGER, Scene.bytes(1, 0), 8);
  }

  private static void awaitAcknowledged(final Scene s, final int fd) {
    while (s.calls.ioctl(fd, SocketOption.SIOCOUTQ, 0) > 0) {
      s.mask(fd);
    }
  }

  /** A listener with one connection that waits: [0] listens, [1] has connected. */
  private static int[] waiting(final Scene s) {
    final int listener = s.listener(4);
    final int client = s.tcp();
    s.calls.connect(client, INADDR_LOOPBACK, s.port(listener));
    s.await(listener, EPOLLIN);
    return new int[] {listener, client};
  }

  private static void resetBeforeAccept(final Scene s) {
    final int[] ends = waiting(s);
    resetAtClose(s, ends[1]);
    s.closeNow(ends[1]);
    s.noteMask("still readable", ends[0]);
    final SocketAddress4 peer = new SocketAddress4();
    final int fd = s.track(s.calls.accept4(ends[0], peer, 0));
    s.noteSuccess("accept", fd);
    s.note("the peer's address", peer.address());
    s.noteMaskWith(EPOLLHUP, "what is accepted", fd);
    s.note("getpeername", s.calls.getpeername(fd, peer));
    s.noteRecv("recv", fd, 10, 0);
    s.noteRecv("recv again", fd, 10, 0);
    s.note("send", s.send(fd, "x"));
    s.noteMask("nobody waits", ends[0]);
  }

  private static void dataBeforeAccept(final Scene s) {
    final int[] ends = waiting(s);
    s.send(ends[1], "last words");
    awaitAcknowledged(s, ends[1]); // a reset takes what has not left along
    resetAtClose(s, ends[1]);
    s.closeNow(ends[1]);
    final int fd = s.accept(ends[0]);
    s.noteMaskWith(EPOLLHUP, "what is accepted", fd);
    s.noteRecv("recv", fd, 20, 0);
    s.note("SO_ERROR", s.calls.getsockopt(fd, SOL_SOCKET, SO_ERROR));
    s.noteRecv("recv again", fd, 20, 0);
  }

  private static void finishedBeforeAccept(final Scene s) {
    final int[] ends = waiting(s);
    s.send(ends[1], "last words");
    s.closeNow(ends[1]);
    final int fd = s.accept(ends[0]);
    s.noteMaskWith(EPOLLRDHUP, "what is accepted", fd);
    s.noteRecv("recv", fd, 20, 0);
    s.noteRecv("recv again", fd, 20, 0);
  }

  private static int[] peerClosed(final Scene s) {
    final int[] pair = s.pair();
    s.closeNow(pair[1]);
    s.await(pair[0], EPOLLRDHUP);
    return pair;
  }

  private static void writeToClosed(final Scene s) {
    final int fd = peerClosed(s)[0];
    s.noteMask("closed", fd);
    s.note("first", s.send(fd, "x"));
    s.noteMaskWith(EPOLLHUP, "reset", fd);
    s.note("second", s.send(fd, "x"));
    s.note("third", s.send(fd, "x"));
    s.note("SO_ERROR", s.calls.getsockopt(fd, SOL_SOCKET, SO_ERROR));
    s.note("shutdown", s.calls.shutdown(fd, SHUT_WR));
  }

  private static void writeThenReceive(final Scene s) {
    final int fd = peerClosed(s)[0];
    s.send(fd, "x");
    s.await(fd, EPOLLHUP);
    s.noteRecv("recv", fd, 10, 0);
    s.note("SO_ERROR", s.calls.getsockopt(fd, SOL_SOCKET, SO_ERROR));
    s.noteRecv("recv again", fd, 10, 0);
    s.note("send", s.send(fd, "x"));
  }

  private static void dataAfterClose(final Scene s) {
    final int[] pair = s.pair();
    s.calls.shutdown(pair[1], SHUT_WR);
    s.await(pair[0], EPOLLRDHUP);
    s.note("while it is half closed", s.send(pair[0], "heard"));
    s.await(pair[1], EPOLLIN);
    s.noteRecv("peer", pair[1], 10, 0);
    s.closeNow(pair[1]);
    s.note("after close", s.send(pair[0], "not heard"));
    s.noteMaskWith(EPOLLHUP, "reset", pair[0]);
    s.note("SO_ERROR", s.calls.getsockopt(pair[0], SOL_SOCKET, SO_ERROR));
  }

  private static void closeUnread(final Scene s) {
    final int[] pair = s.pair();
    s.send(pair[0], "never read");
    s.await(pair[1], EPOLLIN);
    s.send(pair[1], "answer");
    awaitAcknowledged(s, pair[1]);
    s.closeNow(pair[1]);
    s.noteMaskWith(EPOLLHUP, "reset", pair[0]);
    s.note("send", s.send(pair[0], "x"));
    s.noteRecv("what had come", pair[0], 10, 0);
    s.noteRecv("then", pair[0], 10, 0);
  }

  private static void closeUnsent(final Scene s) {
    final int[] pair = s.pair();
    final int sent = s.fill(pair[0]);
    s.note("close", s.closeNow(pair[0]));
    s.drain(pair[1], sent);
    s.noteRecv("and the end", pair[1], 10, 0);
    s.note("SO_ERROR", s.calls.getsockopt(pair[1], SOL_SOCKET, SO_ERROR));
  }

  private static void shutdownUnsent(final Scene s) {
    final int[] pair = s.pair();
    final int sent = s.fill(pair[0]);
    s.note("shutdown", s.calls.shutdown(pair[0], SHUT_WR));
    s.note("send", s.send(pair[0], "x"));
    s.drain(pair[1], sent);
    s.noteRecv("and the end", pair[1], 10, 0);
    s.note("the other way", s.send(pair[1], "back"));
    s.await(pair[0], EPOLLIN);
    s.noteRecv("recv", pair[0], 10, 0);
  }

  private static void dataAfterShutdown(final Scene s) {
    final int[] pair = s.pair();
    s.calls.shutdown(pair[0], SHUT_RD);
    s.note("send to it", s.send(pair[1], "heard all the same"));
    s.noteMask("sender", pair[1]);
    awaitAcknowledged(s, pair[1]);
    s.noteRecv("recv", pair[0], 5, SocketOption.MSG_WAITALL);
    s.note("close", s.closeNow(pair[0]));
  }

  private static void shutdownBoth(final Scene s) {
    final int[] pair = s.pair();
    s.note("shutdown", s.calls.shutdown(pair[0], SHUT_RDWR));
    s.await(pair[1], EPOLLRDHUP);
    s.note("send to it", s.send(pair[1], "x"));
    s.noteMaskWith(EPOLLHUP, "the sender is reset", pair[1]);
    s.note("SO_ERROR", s.calls.getsockopt(pair[1], SOL_SOCKET, SO_ERROR));
    s.noteMaskWith(EPOLLERR, "and so is this", pair[0]);
    s.note("again", s.calls.shutdown(pair[0], SHUT_RDWR));
    s.note("send", s.send(pair[0], "x"));
    s.noteRecv("recv", pair[0], 10, 0);
    s.noteMask("readiness", pair[0]);
    final int[] other = s.pair();
    s.calls.shutdown(other[0], SHUT_WR);
    s.await(other[1], EPOLLRDHUP);
    s.calls.shutdown(other[0], SHUT_RD);
    s.note("one after the other", s.send(other[1], "x"));
    s.noteMaskWith(EPOLLHUP, "the sender is reset", other[1]);
  }

  private static void onePeerTwice(final Scene s) {
    final int listener = s.listener(4);
    final int first = s.tcp();
    final int second = s.tcp();
    s.calls.setsockopt(first, SOL_SOCKET, SO_REUSEADDR, 1);
    s.calls.setsockopt(second, SOL_SOCKET, SO_REUSEADDR, 1);
    s.calls.bind(first, INADDR_LOOPBACK, 0);
    s.note("bind", s.calls.bind(second, INADDR_LOOPBACK, s.port(first)));
    s.note("first", s.calls.connect(first, INADDR_LOOPBACK, s.port(listener)));
    s.note("second", s.calls.connect(second, INADDR_LOOPBACK, s.port(listener)));
    final int other = s.listener(4);
    s.note("elsewhere", s.calls.connect(second, INADDR_LOOPBACK, s.port(other)));
  }

  private static void connectToItself(final Scene s) {
    final int fd = s.tcp();
    s.calls.bind(fd, INADDR_LOOPBACK, 0);
    s.note("connect", s.calls.connect(fd, INADDR_LOOPBACK, s.port(fd)));
    s.note("send", s.send(fd, "echo"));
    s.await(fd, EPOLLIN);
    s.noteRecv("recv", fd, 10, 0);
    s.note("shutdown", s.calls.shutdown(fd, SHUT_WR));
    s.noteMaskWith(EPOLLHUP, "both ends", fd);
    s.noteRecv("recv", fd, 10, 0);
  }

  private static void connectToPort0(final Scene s) {
    s.note("connect", s.calls.connect(s.tcp(), INADDR_LOOPBACK, 0));
    final int fd = s.nonBlockingTcp();
    s.note("not waiting", s.calls.connect(fd, INADDR_LOOPBACK, 0));
    s.noteMaskWith(EPOLLHUP, "then", fd);
    s.note("SO_ERROR", s.calls.getsockopt(fd, SOL_SOCKET, SO_ERROR));
  }

  private static int sharedListener(final Scene s, final int address, final int port) {
    final int fd = s.nonBlockingTcp();
    s.calls.setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, 1);
    s.note("bind", s.calls.bind(fd, address, port));
    s.note("listen", s.calls.listen(fd, 4));
    return fd;
  }

  private static void wildcardBesideSpecific(final Scene s) {
    final int any = sharedListener(s, INADDR_ANY, 0);
    final int port = s.port(any);
    final int specific = sharedListener(s, INADDR_LOOPBACK, port);
    s.note("connect", s.calls.connect(s.tcp(), INADDR_LOOPBACK, port));
    s.noteMaskWith(EPOLLIN, "its address", specific);
    s.noteMask("all addresses", any);
    s.note("connect to another", s.calls.connect(s.tcp(), OTHER, port));
    s.noteMaskWith(EPOLLIN, "all addresses", any);
    s.closeNow(specific);
    final int late = s.tcp();
    s.note("connect", s.calls.connect(late, INADDR_LOOPBACK, port));
    s.accept(any);
    s.noteMaskWith(EPOLLIN, "all addresses", any);
  }

  private static void twoAddresses(final Scene s) {
    final int one = s.listener(4);
    final int port = s.port(one);
    final int other = s.tcp();
    s.note("bind", s.calls.bind(other, OTHER, port));
    s.note("listen", s.calls.listen(other, 4));
    s.note("connect", s.calls.connect(s.tcp(), OTHER, port));
    s.noteMaskWith(EPOLLIN, "the other", other);
    s.noteMask("the one", one);
    final SocketAddress4 name = new SocketAddress4();
    s.calls.getsockname(s.accept(other), name);
    s.note("its address", name.address());
  }

  private static void listenAfterFailure(final Scene s) {
    final int nobody = s.tcp();
    s.calls.bind(nobody, INADDR_LOOPBACK, 0);
    final int port = s.port(nobody);
    final int fd = s.tcp();
    s.note("connect", s.calls.connect(fd, INADDR_LOOPBACK, port));
    s.note("listen", s.calls.listen(fd, 1));
    s.note("connect", s.calls.connect(s.tcp(), INADDR_LOOPBACK, s.port(fd)));
    s.noteMaskWith(EPOLLIN, "listens", fd);
  }

  private static void shutdownAfterFailure(final Scene s) {
    for (final int how : new int[] {SHUT_RD, SHUT_WR, SHUT_RDWR}) {
      for (int told = 0; told < 2; told++) {
        final int fd = s.nonBlockingTcp();
        final int listener = s.listener(2);
        final int gone = s.listener(1);
        final int port = s.port(gone);
        s.closeNow(gone);
        s.note("connect", s.calls.connect(fd, INADDR_LOOPBACK, port));
        s.await(fd, EPOLLHUP);
        if (told != 0) {
          s.note("SO_ERROR", s.calls.getsockopt(fd, SOL_SOCKET, SO_ERROR));
        }
        s.note("shutdown", s.calls.shutdown(fd, how));
        s.noteMask("mask", fd);
        for (int i = 0; i < 3; i++) {
          s.note("connect", s.calls.connect(fd, INADDR_LOOPBACK, s.port(listener)));
          s.noteMask("mask", fd);
        }
        s.note("listen", s.calls.listen(fd, 1));
        s.note("shutdown", s.calls.shutdown(fd, how));
        s.note("bind", s.calls.bind(fd, INADDR_LOOPBACK, 0));
        s.note("disconnect", s.calls.disconnect(fd));
        s.note("SO_ERROR", s.calls.getsockopt(fd, SOL_SOCKET, SO_ERROR));
        s.note("connect", s.calls.connect(fd, INADDR_LOOPBACK, s.port(listener)));
        s.await(fd, EPOLLOUT);
        s.note("connect", s.calls.connect(fd, INADDR_LOOPBACK, s.port(listener)));
        s.note("send", s.send(fd, "x"));
      }
    }
  }

  private static void backlogOverflow(final Scene s) {
    final int listener = s.listener(1);
    for (int i = 0; i < 2; i++) {
      s.note("connect", s.calls.connect(s.tcp(), INADDR_LOOPBACK, s.port(listener)));
      s.await(listener, EPOLLIN);
    }
    final int third = s.nonBlockingTcp();
    s.note("one more", s.calls.connect(third, INADDR_LOOPBACK, s.port(listener)));
    s.noteMask("waits", third);
    s.note("close", s.closeNow(third)); // before its SYN is sent again, and finds room
    s.noteSuccess("accept", s.accept(listener));
    s.noteSuccess("accept", s.accept(listener));
    s.calls.fcntl(listener, SocketOption.F_SETFL, SocketOption.O_NONBLOCK);
    s.note("the third is not there", s.accept(listener));
  }

  private static void numberUsedAgain(final Scene s) {
    final int[] pair = s.pair();
    final int set = s.epoll();
    s.calls.epollCtl(set, Epoll.EPOLL_CTL_ADD, pair[0], EPOLLIN | EPOLLOUT, 7);
    s.closeNow(pair[0]);
    final int again = s.tcp();
    s.note("nothing is watched", s.calls.epollWait(set, new EpollEvents(1), 1, 0));
    s.note("not in the set", s.calls.epollCtl(set, Epoll.EPOLL_CTL_MOD, again, EPOLLIN, 7));
    s.note("recv", s.recv(again));
  }
}
