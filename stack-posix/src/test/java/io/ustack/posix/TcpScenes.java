package io.ustack.posix;

import static io.ustack.posix.Epoll.EPOLLERR;
import static io.ustack.posix.Epoll.EPOLLHUP;
import static io.ustack.posix.Epoll.EPOLLIN;
import static io.ustack.posix.Epoll.EPOLLOUT;
import static io.ustack.posix.Epoll.EPOLLRDHUP;
import static io.ustack.posix.SocketOption.F_GETFL;
import static io.ustack.posix.SocketOption.F_SETFL;
import static io.ustack.posix.SocketOption.INADDR_ANY;
import static io.ustack.posix.SocketOption.INADDR_LOOPBACK;
import static io.ustack.posix.SocketOption.IPPROTO_TCP;
import static io.ustack.posix.SocketOption.MSG_DONTWAIT;
import static io.ustack.posix.SocketOption.MSG_OOB;
import static io.ustack.posix.SocketOption.MSG_PEEK;
import static io.ustack.posix.SocketOption.MSG_TRUNC;
import static io.ustack.posix.SocketOption.MSG_WAITALL;
import static io.ustack.posix.SocketOption.O_NONBLOCK;
import static io.ustack.posix.SocketOption.SHUT_RD;
import static io.ustack.posix.SocketOption.SHUT_RDWR;
import static io.ustack.posix.SocketOption.SHUT_WR;
import static io.ustack.posix.SocketOption.SOCK_NONBLOCK;
import static io.ustack.posix.SocketOption.SOL_SOCKET;
import static io.ustack.posix.SocketOption.SO_ACCEPTCONN;
import static io.ustack.posix.SocketOption.SO_ERROR;
import static io.ustack.posix.SocketOption.SO_RCVBUF;
import static io.ustack.posix.SocketOption.SO_REUSEADDR;
import static io.ustack.posix.SocketOption.SO_SNDBUF;
import static io.ustack.posix.SocketOption.SO_TYPE;
import static io.ustack.posix.SocketOption.TCP_NODELAY;

import java.util.Map;
import java.util.function.Consumer;

/** What can be seen of a TCP socket. */
final class TcpScenes {
  private static final int ELSEWHERE = 0xCB007107; // 203.0.113.7, RFC 5737: nobody's

  private TcpScenes() {}

  static Map<String, Consumer<Scene>> all() {
    return Map.ofEntries(
        Map.entry("tcp: readiness of a fresh socket", TcpScenes::freshSocket),
        Map.entry("tcp: calls on an unconnected socket", TcpScenes::unconnected),
        Map.entry("tcp: shutdown of an unconnected socket", TcpScenes::shutdownUnconnected),
        Map.entry("tcp: bind", TcpScenes::bind),
        Map.entry("tcp: bind and listen with SO_REUSEADDR", TcpScenes::reuseAddress),
        Map.entry("tcp: listen", TcpScenes::listen),
        Map.entry("tcp: calls on a listener", TcpScenes::callsOnListener),
        Map.entry("tcp: readiness of a listener", TcpScenes::listenerReadiness),
        Map.entry("tcp: accept", TcpScenes::accept),
        Map.entry("tcp: shutdown of a listener", TcpScenes::shutdownListener),
        Map.entry("tcp: close of a listener with a connection waiting", TcpScenes::closeListener),
        Map.entry("tcp: connect refused", TcpScenes::connectRefused),
        Map.entry("tcp: non-blocking connect", TcpScenes::nonBlockingConnect),
        Map.entry("tcp: non-blocking connect refused", TcpScenes::nonBlockingRefused),
        Map.entry("tcp: refused, error not asked for", TcpScenes::nonBlockingRefusedUnasked),
        Map.entry("tcp: while connecting", TcpScenes::whileConnecting),
        Map.entry("tcp: shutdown while connecting", TcpScenes::shutdownWhileConnecting),
        Map.entry("tcp: names", TcpScenes::names),
        Map.entry("tcp: peer finished", TcpScenes::peerFinished),
        Map.entry("tcp: we finished", TcpScenes::weFinished),
        Map.entry("tcp: both finished", TcpScenes::bothFinished),
        Map.entry("tcp: shutdown for reading", TcpScenes::shutdownReading),
        Map.entry("tcp: reset, then recv", TcpScenes::resetThenReceive),
        Map.entry("tcp: reset, then send", TcpScenes::resetThenSend),
        Map.entry("tcp: reset, then SO_ERROR", TcpScenes::resetThenError),
        Map.entry("tcp: reset behind unread data", TcpScenes::resetBehindData),
        Map.entry("tcp: reset after the peer finished", TcpScenes::resetAfterFin),
        Map.entry("tcp: disconnect", TcpScenes::disconnect),
        Map.entry("tcp: recv flags", TcpScenes::receiveFlags),
        Map.entry("tcp: send flags", TcpScenes::sendFlags),
        Map.entry("tcp: zero length", TcpScenes::zeroLength),
        Map.entry("tcp: send buffer full", TcpScenes::sendBufferFull),
        Map.entry("tcp: address given to a stream", TcpScenes::addressOnStream),
        Map.entry("tcp: options", TcpScenes::options),
        Map.entry("tcp: options of an accepted socket", TcpScenes::inheritedOptions),
        Map.entry("tcp: O_NONBLOCK", TcpScenes::nonBlockingFlag));
  }

  private static void freshSocket(final Scene s) {
    s.noteMask("fresh", s.tcp());
    final int bound = s.tcp();
    s.calls.bind(bound, INADDR_LOOPBACK, 0);
    s.noteMask("bound", bound);
  }

  private static void unconnected(final Scene s) {
    final int fd = s.tcp();
    s.note("send", s.send(fd, "x"));
    s.noteRecv("recv", fd, 10, 0);
    s.note("getpeername", s.calls.getpeername(fd, new SocketAddress4()));
    s.note("accept", s.calls.accept4(fd, new SocketAddress4(), 0));
    final SocketAddress4 name = new SocketAddress4();
    s.note("getsockname", s.calls.getsockname(fd, name));
    s.note("address", name.address());
    s.note("port", name.port());
    s.note("SO_ERROR", s.calls.getsockopt(fd, SOL_SOCKET, SO_ERROR));
  }

  private static void shutdownUnconnected(final Scene s) {
    final int fd = s.tcp();
    s.note("SHUT_RD", s.calls.shutdown(fd, SHUT_RD));
    s.noteMask("then", fd);
    s.noteRecv("recv", fd, 10, 0);
    s.note("SHUT_WR", s.calls.shutdown(fd, SHUT_WR));
    s.noteMask("then", fd);
    s.note("how = 3", s.calls.shutdown(fd, 3));
    s.note("how = -1", s.calls.shutdown(fd, -1));
  }

  private static void bind(final Scene s) {
    final int fd = s.tcp();
    s.note("elsewhere", s.calls.bind(fd, ELSEWHERE, 0));
    s.note("loopback", s.calls.bind(fd, INADDR_LOOPBACK, 0));
    final int port = s.port(fd);
    s.note("has a port", port != 0);
    s.note("again", s.calls.bind(fd, INADDR_LOOPBACK, 0));
    final int other = s.tcp();
    s.note("same port", s.calls.bind(other, INADDR_LOOPBACK, port));
    s.note("same port, any address", s.calls.bind(other, INADDR_ANY, port));
    s.closeNow(fd);
    s.note("after close", s.calls.bind(other, INADDR_LOOPBACK, port));
    final int connected = s.pair()[0];
    s.note("connected", s.calls.bind(connected, INADDR_LOOPBACK, 0));
  }

  private static void reuseAddress(final Scene s) {
    final int first = s.tcp();
    final int second = s.tcp();
    s.note("set", s.calls.setsockopt(first, SOL_SOCKET, SO_REUSEADDR, 1));
    s.calls.setsockopt(second, SOL_SOCKET, SO_REUSEADDR, 1);
    s.calls.bind(first, INADDR_LOOPBACK, 0);
    s.note("bind both", s.calls.bind(second, INADDR_LOOPBACK, s.port(first)));
    s.note("listen one", s.calls.listen(first, 1));
    s.note("listen both", s.calls.listen(second, 1));
    final int third = s.tcp();
    s.calls.setsockopt(third, SOL_SOCKET, SO_REUSEADDR, 1);
    s.note("bind to a listener's", s.calls.bind(third, INADDR_LOOPBACK, s.port(first)));
  }

  private static void listen(final Scene s) {
    final int fd = s.tcp();
    s.note("unbound", s.calls.listen(fd, 1));
    s.note("has a port", s.port(fd) != 0);
    s.note("again", s.calls.listen(fd, 5));
    s.note("negative backlog", s.calls.listen(fd, -1));
    s.note("SO_ACCEPTCONN", s.calls.getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN));
    final int connected = s.pair()[0];
    s.note("connected", s.calls.listen(connected, 1));
    s.note("SO_ACCEPTCONN", s.calls.getsockopt(connected, SOL_SOCKET, SO_ACCEPTCONN));
  }

  private static void callsOnListener(final Scene s) {
    final int fd = s.listener(1);
    s.note("send", s.send(fd, "x"));
    s.noteRecv("recv", fd, 10, 0);
    s.note("getpeername", s.calls.getpeername(fd, new SocketAddress4()));
    s.note("connect", s.calls.connect(fd, INADDR_LOOPBACK, s.port(fd)));
    s.note("bind", s.calls.bind(fd, INADDR_LOOPBACK, 0));
    s.note("shutdown for writing", s.calls.shutdown(fd, SHUT_WR));
    s.note("SO_ACCEPTCONN", s.calls.getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN));
  }

  private static void listenerReadiness(final Scene s) {
    final int fd = s.listener(4);
    s.noteMask("nobody", fd);
    final int one = s.tcp();
    s.calls.connect(one, INADDR_LOOPBACK, s.port(fd));
    final int two = s.tcp();
    s.calls.connect(two, INADDR_LOOPBACK, s.port(fd));
    s.noteMaskWith(EPOLLIN, "two wait", fd);
    s.accept(fd);
    s.noteMaskWith(EPOLLIN, "one waits", fd);
    s.accept(fd);
    s.noteMask("nobody", fd);
  }

  private static void accept(final Scene s) {
    final int fd = s.listener(4);
    s.calls.fcntl(fd, F_SETFL, O_NONBLOCK);
    s.note("nobody", s.calls.accept4(fd, new SocketAddress4(), 0));
    s.note("flags", s.calls.accept4(fd, new SocketAddress4(), 1));
    final int client = s.tcp();
    s.calls.connect(client, INADDR_LOOPBACK, s.port(fd));
    s.await(fd, EPOLLIN);
    final SocketAddress4 peer = new SocketAddress4();
    final int accepted = s.track(s.calls.accept4(fd, peer, 0));
    s.noteSuccess("accept", accepted);
    s.note("peer address", peer.address());
    s.note("peer port", peer.port() == s.port(client));
    s.note("flags of accepted", s.calls.fcntl(accepted, F_GETFL, 0));
    s.noteMask("accepted", accepted);
    final int another = s.tcp();
    s.calls.connect(another, INADDR_LOOPBACK, s.port(fd));
    s.await(fd, EPOLLIN);
    final int nonBlocking = s.track(s.calls.accept4(fd, peer, SOCK_NONBLOCK));
    s.note("flags of SOCK_NONBLOCK", s.calls.fcntl(nonBlocking, F_GETFL, 0));
    s.noteRecv("recv on it", nonBlocking, 10, 0);
  }

  private static void shutdownListener(final Scene s) {
    final int fd = s.listener(4);
    s.note("shutdown", s.calls.shutdown(fd, SHUT_RD));
    s.noteMask("then", fd);
    s.note("accept", s.calls.accept4(fd, new SocketAddress4(), 0));
    s.note("SO_ACCEPTCONN", s.calls.getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN));
    s.note("shutdown again", s.calls.shutdown(fd, SHUT_RD));
    s.note("listen again", s.calls.listen(fd, 4));
    final int client = s.tcp();
    s.note("connect", s.calls.connect(client, INADDR_LOOPBACK, s.port(fd)));
  }

  private static void closeListener(final Scene s) {
    final int fd = s.listener(4);
    final int client = s.tcp();
    s.calls.connect(client, INADDR_LOOPBACK, s.port(fd));
    s.await(fd, EPOLLIN);
    s.closeNow(fd);
    s.noteMaskWith(EPOLLHUP, "client", client);
    s.noteRecv("recv", client, 10, 0);
    s.noteRecv("recv again", client, 10, 0);
  }

  /** A port of 127.0.0.1 that nobody has. */
  private static int deadPort(final Scene s) {
    final int fd = s.tcp();
    s.calls.bind(fd, INADDR_LOOPBACK, 0);
    final int port = s.port(fd);
    s.closeNow(fd);
    return port;
  }

  private static void connectRefused(final Scene s) {
    final int port = deadPort(s);
    final int fd = s.tcp();
    s.note("connect", s.calls.connect(fd, INADDR_LOOPBACK, port));
    s.note("SO_ERROR", s.calls.getsockopt(fd, SOL_SOCKET, SO_ERROR));
    s.noteMask("then", fd);
    s.note("again", s.calls.connect(fd, INADDR_LOOPBACK, port));
    final int listener = s.listener(1);
    s.note("elsewhere", s.calls.connect(fd, INADDR_LOOPBACK, s.port(listener)));
    s.noteMask("then", fd);
  }

  private static void nonBlockingConnect(final Scene s) {
    final int listener = s.listener(1);
    final int fd = s.nonBlockingTcp();
    s.note("connect", s.calls.connect(fd, INADDR_LOOPBACK, s.port(listener)));
    s.noteMaskWith(EPOLLOUT, "done", fd);
    s.note("SO_ERROR", s.calls.getsockopt(fd, SOL_SOCKET, SO_ERROR));
    s.note("second", s.calls.connect(fd, INADDR_LOOPBACK, s.port(listener)));
    s.note("third", s.calls.connect(fd, INADDR_LOOPBACK, s.port(listener)));
    s.note("getpeername", s.calls.getpeername(fd, new SocketAddress4()));
  }

  private static void nonBlockingRefused(final Scene s) {
    final int port = deadPort(s);
    final int fd = s.nonBlockingTcp();
    s.note("connect", s.calls.connect(fd, INADDR_LOOPBACK, port));
    s.noteMaskWith(EPOLLHUP, "refused", fd);
    s.note("SO_ERROR", s.calls.getsockopt(fd, SOL_SOCKET, SO_ERROR));
    s.note("SO_ERROR again", s.calls.getsockopt(fd, SOL_SOCKET, SO_ERROR));
    s.noteMask("then", fd);
    s.noteRecv("recv", fd, 10, 0);
    s.note("send", s.send(fd, "x"));
    s.note("second", s.calls.connect(fd, INADDR_LOOPBACK, port));
    s.noteMask("after it", fd);
    s.note("third", s.calls.connect(fd, INADDR_LOOPBACK, port));
  }

  private static void nonBlockingRefusedUnasked(final Scene s) {
    final int port = deadPort(s);
    final int fd = s.nonBlockingTcp();
    s.note("connect", s.calls.connect(fd, INADDR_LOOPBACK, port));
    s.await(fd, EPOLLHUP);
    s.note("second", s.calls.connect(fd, INADDR_LOOPBACK, port));
    s.note("SO_ERROR", s.calls.getsockopt(fd, SOL_SOCKET, SO_ERROR));
    s.noteMask("then", fd);
    final int other = s.nonBlockingTcp();
    s.calls.connect(other, INADDR_LOOPBACK, port);
    s.await(other, EPOLLHUP);
    s.noteRecv("recv tells it", other, 10, 0);
    s.noteRecv("recv again", other, 10, 0);
  }

  /** A socket whose SYN nobody answers: the listener's queue is full. */
  private static int connecting(final Scene s) {
    final int listener = s.listener(0);
    final int first = s.tcp();
    s.calls.connect(first, INADDR_LOOPBACK, s.port(listener));
    s.await(listener, EPOLLIN);
    final int fd = s.nonBlockingTcp();
    s.note("connect", s.calls.connect(fd, INADDR_LOOPBACK, s.port(listener)));
    return fd;
  }

  private static void whileConnecting(final Scene s) {
    final int fd = connecting(s);
    s.noteMask("readiness", fd);
    s.note("again", s.calls.connect(fd, INADDR_LOOPBACK, 1));
    s.note("send", s.send(fd, "x"));
    s.noteRecv("recv", fd, 10, 0);
    s.note("getpeername", s.calls.getpeername(fd, new SocketAddress4()));
    s.note("bind", s.calls.bind(fd, INADDR_LOOPBACK, 0));
    s.note("listen", s.calls.listen(fd, 1));
    s.note("accept", s.calls.accept4(fd, new SocketAddress4(), 0));
    s.note("SO_ERROR", s.calls.getsockopt(fd, SOL_SOCKET, SO_ERROR));
    s.note("close", s.closeNow(fd));
  }

  private static void shutdownWhileConnecting(final Scene s) {
    final int fd = connecting(s);
    s.note("shutdown", s.calls.shutdown(fd, SHUT_WR));
    s.noteMask("then", fd);
    s.note("SO_ERROR", s.calls.getsockopt(fd, SOL_SOCKET, SO_ERROR));
    s.noteMask("then", fd);
    s.note("shutdown again", s.calls.shutdown(fd, SHUT_WR));
  }

  private static void names(final Scene s) {
    final int[] pair = s.pair();
    final SocketAddress4 local = new SocketAddress4();
    final SocketAddress4 remote = new SocketAddress4();
    s.note("getsockname", s.calls.getsockname(pair[0], local));
    s.note("getpeername", s.calls.getpeername(pair[1], remote));
    s.note("address", local.address());
    s.note("same port", local.port() == remote.port());
    s.note("its address", remote.address());
    final int any = s.tcp();
    s.calls.bind(any, INADDR_ANY, 0);
    s.calls.listen(any, 1);
    s.calls.getsockname(any, local);
    s.note("listener's address", local.address());
    final int client = s.tcp();
    s.note("connect to 0.0.0.0", s.calls.connect(client, INADDR_ANY, local.port()));
    s.calls.getpeername(client, remote);
    s.note("goes to", remote.address());
  }

  private static void peerFinished(final Scene s) {
    final int[] pair = s.pair();
    s.noteMask("connected", pair[0]);
    s.send(pair[1], "bye");
    s.noteMaskWith(EPOLLIN, "data", pair[0]);
    s.note("shutdown", s.calls.shutdown(pair[1], SHUT_WR));
    s.noteMaskWith(EPOLLRDHUP, "finished", pair[0]);
    s.noteRecv("recv", pair[0], 10, 0);
    s.noteMask("read", pair[0]);
    s.noteRecv("recv", pair[0], 10, 0);
    s.noteRecv("recv again", pair[0], 10, 0);
    s.note("send", s.send(pair[0], "answer"));
    s.await(pair[1], EPOLLIN);
    s.noteRecv("peer", pair[1], 10, 0);
    s.note("getpeername", s.calls.getpeername(pair[0], new SocketAddress4()));
  }

  private static void weFinished(final Scene s) {
    final int[] pair = s.pair();
    s.note("shutdown", s.calls.shutdown(pair[0], SHUT_WR));
    s.noteMask("then", pair[0]);
    s.note("send", s.send(pair[0], "x"));
    s.note("again", s.calls.shutdown(pair[0], SHUT_WR));
    s.send(pair[1], "still");
    s.noteMaskWith(EPOLLIN, "data", pair[0]);
    s.noteRecv("recv", pair[0], 10, 0);
  }

  private static void bothFinished(final Scene s) {
    final int[] pair = s.pair();
    s.calls.shutdown(pair[0], SHUT_WR);
    s.await(pair[1], EPOLLRDHUP);
    s.calls.shutdown(pair[1], SHUT_WR);
    s.noteMaskWith(EPOLLHUP, "second", pair[1]);
    s.noteMaskWith(EPOLLHUP, "first", pair[0]);
    s.awaitOver(pair[0]);
    s.noteMask("over", pair[0]);
    s.noteRecv("recv", pair[0], 10, 0);
    s.note("send", s.send(pair[0], "x"));
    s.note("SO_ERROR", s.calls.getsockopt(pair[0], SOL_SOCKET, SO_ERROR));
    s.note("getpeername", s.calls.getpeername(pair[0], new SocketAddress4()));
    s.note("shutdown", s.calls.shutdown(pair[0], SHUT_RDWR));
    s.note("connect", s.calls.connect(pair[0], INADDR_LOOPBACK, 1));
  }

  private static void shutdownReading(final Scene s) {
    final int[] pair = s.pair();
    s.note("shutdown", s.calls.shutdown(pair[0], SHUT_RD));
    s.noteMask("then", pair[0]);
    s.noteRecv("recv", pair[0], 10, 0);
    s.note("send", s.send(pair[0], "we"));
    s.await(pair[1], EPOLLIN);
    s.noteRecv("peer", pair[1], 10, 0);
    s.note("shutdown both", s.calls.shutdown(pair[0], SHUT_RDWR));
    s.noteMaskWith(EPOLLHUP, "then", pair[0]);
    s.noteMaskWith(EPOLLRDHUP, "peer", pair[1]);
  }

  /** [0] is reset: [1] closes with data unread. */
  private static int[] reset(final Scene s) {
    final int[] pair = s.pair();
    s.send(pair[0], "never read");
    s.await(pair[1], EPOLLIN);
    s.closeNow(pair[1]);
    s.await(pair[0], EPOLLHUP);
    return pair;
  }

  private static void resetThenReceive(final Scene s) {
    final int fd = reset(s)[0];
    s.noteMask("reset", fd);
    s.noteRecv("recv", fd, 10, 0);
    s.noteMask("told", fd);
    s.noteRecv("recv again", fd, 10, 0);
    s.note("send", s.send(fd, "x"));
    s.note("getpeername", s.calls.getpeername(fd, new SocketAddress4()));
    s.note("shutdown", s.calls.shutdown(fd, SHUT_WR));
    s.note("connect", s.calls.connect(fd, INADDR_LOOPBACK, 1));
    s.note("close", s.closeNow(fd));
  }

  private static void resetThenSend(final Scene s) {
    final int fd = reset(s)[0];
    s.note("send", s.send(fd, "x"));
    s.note("send again", s.send(fd, "x"));
    s.noteRecv("recv", fd, 10, 0);
  }

  private static void resetThenError(final Scene s) {
    final int fd = reset(s)[0];
    s.note("SO_ERROR", s.calls.getsockopt(fd, SOL_SOCKET, SO_ERROR));
    s.note("SO_ERROR again", s.calls.getsockopt(fd, SOL_SOCKET, SO_ERROR));
    s.noteRecv("recv", fd, 10, 0);
    s.note("send", s.send(fd, "x"));
  }

  private static void resetBehindData(final Scene s) {
    final int[] pair = s.pair();
    s.send(pair[1], "last words");
    s.await(pair[0], EPOLLIN);
    s.send(pair[0], "never read");
    s.await(pair[1], EPOLLIN);
    s.closeNow(pair[1]);
    s.noteMaskWith(EPOLLERR, "reset", pair[0]);
    s.noteRecv("recv", pair[0], 4, 0);
    s.noteRecv("recv", pair[0], 10, 0);
    s.noteRecv("recv", pair[0], 10, 0);
    s.noteRecv("recv", pair[0], 10, 0);
  }

  private static void resetAfterFin(final Scene s) {
    final int[] pair = s.pair();
    s.calls.shutdown(pair[1], SHUT_WR);
    s.await(pair[0], EPOLLRDHUP);
    s.send(pair[0], "never read");
    s.await(pair[1], EPOLLIN);
    s.closeNow(pair[1]);
    s.noteMaskWith(EPOLLERR, "reset", pair[0]);
    s.noteRecv("recv", pair[0], 10, 0);
    s.note("SO_ERROR", s.calls.getsockopt(pair[0], SOL_SOCKET, SO_ERROR));
    s.note("send", s.send(pair[0], "x"));
  }

  private static void disconnect(final Scene s) {
    final int[] pair = s.pair();
    s.note("disconnect", s.calls.disconnect(pair[0]));
    s.noteMask("then", pair[0]);
    s.note("getpeername", s.calls.getpeername(pair[0], new SocketAddress4()));
    s.noteMaskWith(EPOLLHUP, "peer", pair[1]);
    s.noteRecv("peer", pair[1], 10, 0);
    s.note("SO_ERROR", s.calls.getsockopt(pair[0], SOL_SOCKET, SO_ERROR));
    final int listener = s.listener(1);
    s.note("connect again", s.calls.connect(pair[0], INADDR_LOOPBACK, s.port(listener)));
    s.noteMask("then", pair[0]);
  }

  private static void receiveFlags(final Scene s) {
    final int[] pair = s.pair();
    s.noteRecv("MSG_DONTWAIT", pair[0], 10, MSG_DONTWAIT);
    s.send(pair[1], "abcdefgh");
    s.await(pair[0], EPOLLIN);
    s.noteRecv("MSG_PEEK", pair[0], 3, MSG_PEEK);
    s.noteRecv("MSG_PEEK again", pair[0], 3, MSG_PEEK);
    s.note("MSG_TRUNC", s.calls.recv(pair[0], new byte[2], 2, MSG_TRUNC));
    s.noteRecv("MSG_WAITALL", pair[0], 4, MSG_WAITALL);
    s.noteRecv("MSG_WAITALL, less there", pair[0], 10, MSG_WAITALL | MSG_DONTWAIT);
    s.noteRecv("MSG_OOB", pair[0], 10, MSG_OOB);
    s.noteRecv("empty", pair[0], 10, MSG_DONTWAIT);
    s.send(pair[1], "tail");
    s.calls.shutdown(pair[1], SHUT_WR);
    s.noteRecv("MSG_WAITALL to the end", pair[0], 10, MSG_WAITALL);
  }

  private static void sendFlags(final Scene s) {
    final int[] pair = s.pair();
    s.note("MSG_DONTWAIT", s.send(pair[0], "abc", MSG_DONTWAIT));
    s.await(pair[1], EPOLLIN);
    s.noteRecv("arrives", pair[1], 10, 0);
  }

  private static void zeroLength(final Scene s) {
    final int[] pair = s.pair();
    s.note("send", s.calls.send(pair[0], new byte[0], 0, 0));
    s.noteRecv("recv of nothing", pair[0], 0, MSG_DONTWAIT);
    s.send(pair[1], "abc");
    s.await(pair[0], EPOLLIN);
    s.noteRecv("recv with data there", pair[0], 0, 0);
    s.noteRecv("data is still there", pair[0], 10, 0);
    s.calls.shutdown(pair[0], SHUT_WR);
    s.note("send after shutdown", s.calls.send(pair[0], new byte[0], 0, SocketOption.MSG_NOSIGNAL));
  }

  private static void sendBufferFull(final Scene s) {
    final int[] pair = s.pair();
    final int sent = s.fill(pair[0]);
    s.note("took some", sent > 0);
    s.drain(pair[1], sent);
    s.noteMaskWith(EPOLLOUT, "read", pair[0]);
  }

  private static void addressOnStream(final Scene s) {
    final int[] pair = s.pair();
    s.note("sendto", s.sendto(pair[0], "abc", 1));
    s.await(pair[1], EPOLLIN);
    s.noteRecv("goes to the peer", pair[1], 10, 0);
    s.note("unconnected", s.sendto(s.tcp(), "abc", 1));
  }

  private static void options(final Scene s) {
    final int fd = s.tcp();
    s.note("SO_TYPE", s.calls.getsockopt(fd, SOL_SOCKET, SO_TYPE));
    s.note("SO_PROTOCOL", s.calls.getsockopt(fd, SOL_SOCKET, SocketOption.SO_PROTOCOL));
    s.note("SO_DOMAIN", s.calls.getsockopt(fd, SOL_SOCKET, SocketOption.SO_DOMAIN));
    s.note("SO_REUSEADDR", s.calls.getsockopt(fd, SOL_SOCKET, SO_REUSEADDR));
    s.note("set", s.calls.setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, 7));
    s.note("SO_REUSEADDR", s.calls.getsockopt(fd, SOL_SOCKET, SO_REUSEADDR));
    s.note("TCP_NODELAY", s.calls.getsockopt(fd, IPPROTO_TCP, TCP_NODELAY));
    s.note("set", s.calls.setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, 1));
    s.note("TCP_NODELAY", s.calls.getsockopt(fd, IPPROTO_TCP, TCP_NODELAY));
    s.note("set", s.calls.setsockopt(fd, SOL_SOCKET, SO_RCVBUF, 8192));
    s.note("SO_RCVBUF", s.calls.getsockopt(fd, SOL_SOCKET, SO_RCVBUF));
    s.note("set", s.calls.setsockopt(fd, SOL_SOCKET, SO_SNDBUF, 8192));
    s.note("SO_SNDBUF", s.calls.getsockopt(fd, SOL_SOCKET, SO_SNDBUF));
    s.note("set", s.calls.setsockopt(fd, SOL_SOCKET, SO_RCVBUF, 1));
    s.note("SO_RCVBUF", s.calls.getsockopt(fd, SOL_SOCKET, SO_RCVBUF));
    s.note("set", s.calls.setsockopt(fd, SOL_SOCKET, SO_SNDBUF, 1));
    s.note("SO_SNDBUF", s.calls.getsockopt(fd, SOL_SOCKET, SO_SNDBUF));
    s.note("unknown", s.calls.setsockopt(fd, SOL_SOCKET, 9999, 1));
    s.note("unknown", s.calls.getsockopt(fd, SOL_SOCKET, 9999));
    s.note("unknown", s.calls.setsockopt(fd, IPPROTO_TCP, 9999, 1));
    s.note("unknown", s.calls.getsockopt(fd, IPPROTO_TCP, 9999));
    s.note("unknown level", s.calls.setsockopt(fd, 9999, 1, 1));
    s.note("unknown level", s.calls.getsockopt(fd, 9999, 1));
    IpScenes.options(s, fd);
    s.note("unknown of IP", s.calls.getsockopt(fd, 0, 9999));
    s.note("unknown of IP", s.calls.setsockopt(fd, 0, 9999, 1));
    s.note("set SO_TYPE", s.calls.setsockopt(fd, SOL_SOCKET, SO_TYPE, 1));
    s.note("set SO_ERROR", s.calls.setsockopt(fd, SOL_SOCKET, SO_ERROR, 1));
    s.note("set SO_ACCEPTCONN", s.calls.setsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, 1));
  }

  private static void inheritedOptions(final Scene s) {
    final int listener = s.tcp();
    s.calls.setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, 1);
    s.calls.setsockopt(listener, IPPROTO_TCP, TCP_NODELAY, 1);
    s.calls.setsockopt(listener, SOL_SOCKET, SO_RCVBUF, 50_000);
    s.calls.setsockopt(listener, 0, SocketOption.IP_TOS, 0x28);
    s.calls.setsockopt(listener, 0, SocketOption.IP_TTL, 9);
    s.calls.bind(listener, INADDR_LOOPBACK, 0);
    s.calls.listen(listener, 1);
    final int client = s.tcp();
    s.calls.connect(client, INADDR_LOOPBACK, s.port(listener));
    final int server = s.accept(listener);
    s.note("SO_REUSEADDR", s.calls.getsockopt(server, SOL_SOCKET, SO_REUSEADDR));
    s.note("TCP_NODELAY", s.calls.getsockopt(server, IPPROTO_TCP, TCP_NODELAY));
    s.note("IP_TOS", s.calls.getsockopt(server, 0, SocketOption.IP_TOS));
    s.note("IP_TTL", s.calls.getsockopt(server, 0, SocketOption.IP_TTL));
    s.note("SO_RCVBUF", s.calls.getsockopt(server, SOL_SOCKET, SO_RCVBUF));
    s.note("SO_ACCEPTCONN", s.calls.getsockopt(server, SOL_SOCKET, SO_ACCEPTCONN));
  }

  private static void nonBlockingFlag(final Scene s) {
    final int fd = s.pair()[0];
    s.note("F_GETFL", s.calls.fcntl(fd, F_GETFL, 0));
    s.note("F_SETFL", s.calls.fcntl(fd, F_SETFL, O_NONBLOCK));
    s.note("F_GETFL", s.calls.fcntl(fd, F_GETFL, 0));
    s.noteRecv("recv", fd, 10, 0);
    s.note("F_SETFL", s.calls.fcntl(fd, F_SETFL, 0));
    s.note("F_GETFL", s.calls.fcntl(fd, F_GETFL, 0));
    s.note("SOCK_NONBLOCK", s.calls.fcntl(s.nonBlockingTcp(), F_GETFL, 0));
    s.note("unknown command", s.calls.fcntl(fd, 999, 0));
  }
}
