package io.ustack.posix;

import static io.ustack.posix.Epoll.EPOLLERR;
import static io.ustack.posix.Epoll.EPOLLHUP;
import static io.ustack.posix.Epoll.EPOLLIN;
import static io.ustack.posix.Epoll.EPOLLOUT;
import static io.ustack.posix.SocketOption.INADDR_ANY;
import static io.ustack.posix.SocketOption.INADDR_LOOPBACK;
import static io.ustack.posix.SocketOption.MSG_DONTWAIT;
import static io.ustack.posix.SocketOption.MSG_MORE;
import static io.ustack.posix.SocketOption.SHUT_RDWR;
import static io.ustack.posix.SocketOption.SOL_SOCKET;
import static io.ustack.posix.SocketOption.SO_ERROR;

import java.util.Map;
import java.util.function.Consumer;

/** When a port that bind(2) did not ask for is given back, and what is told of it then. */
final class AutoBindScenes {
  private static final int OTHER = INADDR_LOOPBACK + 1;

  private AutoBindScenes() {}

  static Map<String, Consumer<Scene>> all() {
    return Map.ofEntries(
        Map.entry("auto-bind: udp", AutoBindScenes::udp),
        Map.entry("auto-bind: udp, bound", AutoBindScenes::udpBound),
        Map.entry("auto-bind: udp, who else has it", AutoBindScenes::udpOthers),
        Map.entry("auto-bind: udp, what came stays", AutoBindScenes::udpReceived),
        Map.entry("auto-bind: udp, errors stay", AutoBindScenes::udpError),
        Map.entry("auto-bind: udp, half a datagram stays", AutoBindScenes::udpCork),
        Map.entry("auto-bind: udp, watched", AutoBindScenes::udpWatched),
        Map.entry("auto-bind: refused, bind", AutoBindScenes::refusedBind),
        Map.entry("auto-bind: refused, a port", AutoBindScenes::refusedPort),
        Map.entry("auto-bind: refused, bound before", AutoBindScenes::refusedBound),
        Map.entry("auto-bind: refused, connect again", AutoBindScenes::refusedAgain),
        Map.entry("auto-bind: refused while it waits", AutoBindScenes::refusedBlocking),
        Map.entry("auto-bind: listener shut", AutoBindScenes::listenerShut),
        Map.entry("auto-bind: bound listener shut", AutoBindScenes::boundListenerShut),
        Map.entry("auto-bind: disconnected", AutoBindScenes::disconnected));
  }

  private static void noteName(final Scene s, final String what, final int fd) {
    final SocketAddress4 name = new SocketAddress4();
    s.note(what, s.calls.getsockname(fd, name));
    s.note("address", name.address());
    s.note("a port", name.port() != 0);
  }

  private static void noteBind(final Scene s, final int fd, final int address) {
    s.note("bind", s.calls.bind(fd, address, 0));
    noteName(s, "name", fd);
  }

  private static void noteConnect(final Scene s, final int fd, final int peer) {
    s.note("connect", s.calls.connect(fd, INADDR_LOOPBACK, s.port(peer)));
  }

  private static void noteDisconnect(final Scene s, final int fd) {
    s.note("disconnect", s.calls.disconnect(fd));
    noteName(s, "name", fd);
  }

  /** A port that nobody has. */
  private static int freePort(final Scene s) {
    final int fd = s.listener(1);
    final int port = s.port(fd);
    s.closeNow(fd);
    return port;
  }

  private static void udp(final Scene s) {
    final int peer = s.boundUdp();
    final int fd = s.udp();
    noteDisconnect(s, fd);
    for (int i = 0; i < 2; i++) {
      noteConnect(s, fd, peer);
      noteName(s, "connected", fd);
      noteDisconnect(s, fd);
      s.noteMask("mask", fd);
      s.note("sendto", s.sendto(fd, "x", s.port(peer)));
      noteName(s, "sent", fd);
      noteDisconnect(s, fd);
    }
    noteBind(s, fd, INADDR_LOOPBACK);
    s.note("again", s.calls.bind(fd, INADDR_LOOPBACK, 0));
    final int shut = s.udp();
    noteConnect(s, shut, peer);
    s.note("shutdown", s.calls.shutdown(shut, SHUT_RDWR));
    noteDisconnect(s, shut);
    s.noteMask("mask", shut);
    noteBind(s, shut, INADDR_ANY);
  }

  private static void udpBound(final Scene s) {
    final int peer = s.boundUdp();
    for (final int address : new int[] {INADDR_ANY, INADDR_LOOPBACK, OTHER}) {
      for (final int port : new int[] {0, freePort(s)}) {
        final int fd = s.udp();
        s.note("bind", s.calls.bind(fd, address, port));
        noteDisconnect(s, fd);
        noteConnect(s, fd, peer);
        noteName(s, "connected", fd);
        s.note("send", s.send(fd, "x"));
        s.settle(fd);
        final SocketAddress4 source = new SocketAddress4();
        s.note("came", s.calls.recvfrom(peer, new byte[9], 9, MSG_DONTWAIT, source));
        s.note("from", source.address());
        s.note("its port", source.port() == s.port(fd));
        noteDisconnect(s, fd);
        noteBind(s, fd, OTHER);
      }
    }
  }

  private static void udpOthers(final Scene s) {
    final int peer = s.boundUdp();
    final int fd = s.udp();
    noteConnect(s, fd, peer);
    final int port = s.port(fd);
    s.note("held", s.calls.bind(s.udp(), INADDR_ANY, port));
    noteDisconnect(s, fd);
    s.note("free", s.calls.bind(s.udp(), INADDR_ANY, port));
    s.note("taken", s.calls.bind(fd, INADDR_LOOPBACK, port));
    noteName(s, "name", fd);
    s.note("not ours", s.calls.bind(fd, 0x0101_0101, 0));
    s.sendto(fd, "y", s.port(peer));
    s.settle(fd);
    s.noteRecv("sent", peer, 9, MSG_DONTWAIT);
    s.note("another", s.port(fd) != port);
  }

  private static void udpReceived(final Scene s) {
    final int peer = s.boundUdp();
    final int fd = s.udp();
    noteConnect(s, fd, peer);
    s.sendto(peer, "a", s.port(fd));
    s.sendto(peer, "bb", s.port(fd));
    s.settle(peer);
    final int before = s.port(fd);
    noteDisconnect(s, fd);
    s.sendto(peer, "to nobody", before);
    s.settle(peer);
    s.noteMask("mask", fd);
    s.noteRecv("one", fd, 10, MSG_DONTWAIT);
    noteBind(s, fd, INADDR_LOOPBACK);
    s.note("FIONREAD", s.calls.ioctl(fd, SocketOption.FIONREAD, 0));
    s.sendto(peer, "ccc", s.port(fd));
    s.settle(peer);
    s.noteRecv("two", fd, 10, MSG_DONTWAIT);
    s.noteRecv("three", fd, 10, MSG_DONTWAIT);
    s.noteRecv("no more", fd, 10, MSG_DONTWAIT);
  }

  private static void udpError(final Scene s) {
    final int gone = s.boundUdp();
    final int port = s.port(gone);
    s.closeNow(gone);
    final int fd = s.udp();
    s.note("connect", s.calls.connect(fd, INADDR_LOOPBACK, port));
    s.send(fd, "x");
    s.await(fd, EPOLLERR);
    noteDisconnect(s, fd);
    s.noteMask("mask", fd);
    noteBind(s, fd, INADDR_LOOPBACK);
    s.note("SO_ERROR", s.calls.getsockopt(fd, SOL_SOCKET, SO_ERROR));
  }

  private static void udpCork(final Scene s) {
    final int peer = s.boundUdp();
    final int fd = s.udp();
    noteConnect(s, fd, peer);
    s.note("half", s.send(fd, "ab", MSG_MORE));
    noteDisconnect(s, fd);
    s.note("the rest", s.send(fd, "cd"));
    noteName(s, "name", fd);
    s.settle(fd);
    s.noteRecv("all", peer, 9, MSG_DONTWAIT);
  }

  private static void udpWatched(final Scene s) {
    final int peer = s.boundUdp();
    final int fd = s.udp();
    final int set = s.epoll();
    s.calls.epollCtl(set, Epoll.EPOLL_CTL_ADD, fd, EPOLLIN | Epoll.EPOLLET, 7);
    noteConnect(s, fd, peer);
    noteDisconnect(s, fd);
    noteBind(s, fd, INADDR_LOOPBACK);
    s.sendto(peer, "x", s.port(fd));
    s.note("event", s.calls.epollWait(set, new EpollEvents(1), 1, -1));
    s.noteRecv("recv", fd, 9, 0);
  }

  /** A socket whose connect was refused, which it was not told yet. */
  private static int refused(final Scene s, final int fd) {
    s.note("connect", s.calls.connect(fd, INADDR_LOOPBACK, freePort(s)));
    s.await(fd, EPOLLHUP);
    return fd;
  }

  private static void noteError(final Scene s, final int fd) {
    s.note("SO_ERROR", s.calls.getsockopt(fd, SOL_SOCKET, SO_ERROR));
  }

  private static void refusedBind(final Scene s) {
    final int fd = refused(s, s.nonBlockingTcp());
    noteName(s, "refused", fd);
    noteBind(s, fd, INADDR_LOOPBACK);
    noteError(s, fd);
    s.note("again", s.calls.bind(fd, INADDR_LOOPBACK, 0));
    s.noteMask("mask", fd);
    s.note("listen", s.calls.listen(fd, 1));
    final int port = s.port(fd);
    s.note("held", s.calls.bind(s.tcp(), INADDR_ANY, port));
    s.closeNow(fd);
    s.note("free", s.calls.bind(s.tcp(), INADDR_ANY, port));
    final int told = refused(s, s.nonBlockingTcp());
    s.noteRecv("recv", told, 1, 0);
    noteBind(s, told, OTHER);
    s.note("listen", s.calls.listen(told, 1));
  }

  private static void refusedPort(final Scene s) {
    final int fd = refused(s, s.nonBlockingTcp());
    final int port = s.port(fd);
    s.note("free", s.calls.bind(s.tcp(), INADDR_LOOPBACK, port));
    noteError(s, fd);
    s.note("told", s.port(fd) == port);
    s.note("taken", s.calls.bind(fd, INADDR_LOOPBACK, port));
    s.note("told", s.port(fd) == port);
    final int asked = freePort(s);
    s.note("a port", s.calls.bind(fd, INADDR_LOOPBACK, asked));
    noteConnect(s, fd, s.listener(1));
    s.note("told", s.port(fd) == asked);
    s.note("kept", s.calls.bind(fd, INADDR_LOOPBACK, 0));
  }

  private static void refusedBound(final Scene s) {
    for (final int address : new int[] {INADDR_ANY, INADDR_LOOPBACK}) {
      final int fd = s.nonBlockingTcp();
      s.calls.bind(fd, address, 0);
      refused(s, fd);
      noteError(s, fd);
      noteName(s, "name", fd);
      noteBind(s, fd, INADDR_LOOPBACK);
      s.note("held", s.calls.bind(s.tcp(), INADDR_LOOPBACK, s.port(fd)));
      final int listener = s.listener(1);
      noteConnect(s, fd, listener);
      noteName(s, "name", fd);
      noteConnect(s, fd, listener);
      s.await(fd, EPOLLOUT);
      noteConnect(s, fd, listener);
      noteName(s, "connected", fd);
    }
  }

  private static void refusedAgain(final Scene s) {
    final int fd = refused(s, s.nonBlockingTcp());
    noteError(s, fd);
    final int listener = s.listener(2);
    noteConnect(s, fd, listener);
    noteName(s, "name", fd);
    noteBind(s, fd, INADDR_LOOPBACK);
    noteConnect(s, fd, listener);
    s.await(fd, EPOLLOUT);
    noteConnect(s, fd, listener);
    noteName(s, "connected", fd);
  }

  private static void refusedBlocking(final Scene s) {
    final int port = freePort(s);
    for (final int address : new int[] {INADDR_ANY, INADDR_LOOPBACK}) {
      final int fd = s.tcp();
      s.calls.bind(fd, address, 0);
      s.note("connect", s.calls.connect(fd, INADDR_LOOPBACK, port));
      noteName(s, "name", fd);
      noteBind(s, fd, OTHER);
    }
    final int fd = s.tcp();
    s.note("connect", s.calls.connect(fd, INADDR_LOOPBACK, port));
    noteName(s, "name", fd);
    s.note("listen", s.calls.listen(fd, 1));
    noteName(s, "name", fd);
  }

  private static void listenerShut(final Scene s) {
    final int fd = s.tcp();
    s.note("listen", s.calls.listen(fd, 1));
    final int port = s.port(fd);
    s.note("shutdown", s.calls.shutdown(fd, SHUT_RDWR));
    noteName(s, "name", fd);
    s.note("free", s.calls.bind(s.tcp(), INADDR_LOOPBACK, port));
    noteBind(s, fd, INADDR_LOOPBACK);
    s.note("listen", s.calls.listen(fd, 1));
    noteDisconnect(s, fd);
    s.note("listen", s.calls.listen(fd, 1));
    noteName(s, "name", fd);
    noteConnect(s, s.tcp(), fd);
    noteName(s, "accepted", s.accept(fd));
  }

  private static void boundListenerShut(final Scene s) {
    final int fd = s.tcp();
    final int port = freePort(s);
    s.note("bind", s.calls.bind(fd, INADDR_LOOPBACK, port));
    s.note("listen", s.calls.listen(fd, 1));
    s.note("shutdown", s.calls.shutdown(fd, SHUT_RDWR));
    noteName(s, "name", fd);
    s.note("kept", s.calls.bind(fd, INADDR_LOOPBACK, 0));
    s.note("listen", s.calls.listen(fd, 1));
    s.note("same port", s.port(fd) == port);
  }

  private static void disconnected(final Scene s) {
    for (final int address : new int[] {INADDR_ANY, INADDR_LOOPBACK}) {
      final int fd = s.tcp();
      s.calls.bind(fd, address, 0);
      final int[] pair = s.pair(fd);
      noteName(s, "connected", fd);
      noteDisconnect(s, fd);
      noteBind(s, fd, OTHER);
      s.awaitOver(pair[1]);
      noteDisconnect(s, pair[1]);
      noteBind(s, pair[1], OTHER);
    }
    final int[] pair = s.pair();
    noteDisconnect(s, pair[0]);
    noteBind(s, pair[0], OTHER);
    s.note("listen", s.calls.listen(pair[0], 1));
    final int fd = s.tcp();
    s.calls.bind(fd, OTHER, 0);
    noteDisconnect(s, fd);
    s.pair(fd);
    noteName(s, "from there", fd);
    final int bound = s.tcp();
    s.calls.bind(bound, INADDR_ANY, freePort(s));
    s.pair(bound);
    noteDisconnect(s, bound);
    s.note("kept", s.calls.bind(bound, OTHER, 0));
  }
}
