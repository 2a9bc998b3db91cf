package io.ustack.posix;

import static io.ustack.posix.Epoll.EPOLLERR;
import static io.ustack.posix.Epoll.EPOLLIN;
import static io.ustack.posix.SocketOption.INADDR_ANY;
import static io.ustack.posix.SocketOption.INADDR_LOOPBACK;
import static io.ustack.posix.SocketOption.IPPROTO_TCP;
import static io.ustack.posix.SocketOption.MSG_DONTWAIT;
import static io.ustack.posix.SocketOption.MSG_NOSIGNAL;
import static io.ustack.posix.SocketOption.MSG_PEEK;
import static io.ustack.posix.SocketOption.MSG_TRUNC;
import static io.ustack.posix.SocketOption.SHUT_RD;
import static io.ustack.posix.SocketOption.SHUT_RDWR;
import static io.ustack.posix.SocketOption.SHUT_WR;
import static io.ustack.posix.SocketOption.SOL_SOCKET;
import static io.ustack.posix.SocketOption.SO_ERROR;
import static io.ustack.posix.SocketOption.SO_RCVBUF;
import static io.ustack.posix.SocketOption.SO_REUSEADDR;
import static io.ustack.posix.SocketOption.SO_SNDBUF;
import static io.ustack.posix.SocketOption.SO_TYPE;
import static io.ustack.posix.SocketOption.TCP_NODELAY;

import java.util.Map;
import java.util.function.Consumer;

/** What can be seen of a UDP socket. */
final class UdpScenes {
  private static final int ELSEWHERE = 0xCB007107; // 203.0.113.7, RFC 5737: nobody's

  private UdpScenes() {}

  static Map<String, Consumer<Scene>> all() {
    return Map.ofEntries(
        Map.entry("udp: fresh socket", UdpScenes::freshSocket),
        Map.entry("udp: bind", UdpScenes::bind),
        Map.entry("udp: bind with SO_REUSEADDR", UdpScenes::reuseAddress),
        Map.entry("udp: calls of a stream", UdpScenes::streamCalls),
        Map.entry("udp: datagrams", UdpScenes::datagrams),
        Map.entry("udp: flags and truncation", UdpScenes::flags),
        Map.entry("udp: empty datagram", UdpScenes::emptyDatagram),
        Map.entry("udp: readiness", UdpScenes::readiness),
        Map.entry("udp: send refused", UdpScenes::sendRefused),
        Map.entry("udp: connect", UdpScenes::connect),
        Map.entry("udp: a connected socket hears only its peer", UdpScenes::connectedFilter),
        Map.entry("udp: disconnect", UdpScenes::disconnect),
        Map.entry("udp: refused by the peer, then recv", UdpScenes::refusedThenReceive),
        Map.entry("udp: refused by the peer, then send", UdpScenes::refusedThenSend),
        Map.entry("udp: refused by the peer, then SO_ERROR", UdpScenes::refusedThenError),
        Map.entry("udp: refused, not connected", UdpScenes::refusedUnconnected),
        Map.entry("udp: shutdown", UdpScenes::shutdown),
        Map.entry("udp: shutdown, connected", UdpScenes::shutdownConnected),
        Map.entry("udp: receive buffer full", UdpScenes::receiveBufferFull),
        Map.entry("udp: options", UdpScenes::options));
  }

  private static void freshSocket(final Scene s) {
    final int fd = s.udp();
    s.noteMask("readiness", fd);
    s.noteRecv("recv", fd, 10, MSG_DONTWAIT);
    s.note("send", s.send(fd, "x"));
    s.note("getpeername", s.calls.getpeername(fd, new SocketAddress4()));
    final SocketAddress4 name = new SocketAddress4();
    s.note("getsockname", s.calls.getsockname(fd, name));
    s.note("address", name.address());
    s.note("the failed send gave it a port", name.port() != 0);
    s.note("SO_ERROR", s.calls.getsockopt(fd, SOL_SOCKET, SO_ERROR));
  }

  private static void bind(final Scene s) {
    final int fd = s.udp();
    s.note("elsewhere", s.calls.bind(fd, ELSEWHERE, 0));
    s.note("loopback", s.calls.bind(fd, INADDR_LOOPBACK, 0));
    s.note("has a port", s.port(fd) != 0);
    s.note("again", s.calls.bind(fd, INADDR_LOOPBACK, 0));
    final int other = s.udp();
    s.note("same port", s.calls.bind(other, INADDR_LOOPBACK, s.port(fd)));
    s.note("same port, any address", s.calls.bind(other, INADDR_ANY, s.port(fd)));
    final int sender = s.udp();
    s.sendto(sender, "x", s.port(fd));
    s.note("sending has bound it", s.port(sender) != 0);
    s.note("bind after sending", s.calls.bind(sender, INADDR_LOOPBACK, 0));
    final int connected = s.udp();
    s.calls.connect(connected, INADDR_LOOPBACK, s.port(fd));
    s.note("bind after connecting", s.calls.bind(connected, INADDR_LOOPBACK, 0));
  }

  private static void reuseAddress(final Scene s) {
    final int first = s.udp();
    final int second = s.udp();
    s.calls.setsockopt(first, SOL_SOCKET, SO_REUSEADDR, 1);
    s.calls.setsockopt(second, SOL_SOCKET, SO_REUSEADDR, 1);
    s.calls.bind(first, INADDR_LOOPBACK, 0);
    s.note("second", s.calls.bind(second, INADDR_LOOPBACK, s.port(first)));
    s.note("without", s.calls.bind(s.udp(), INADDR_LOOPBACK, s.port(first)));
    final int sender = s.udp();
    s.sendto(sender, "who?", s.port(first));
    s.await(second, EPOLLIN);
    s.noteRecv("the later one receives", second, 10, 0);
    s.noteMask("the earlier one", first);
  }

  private static void streamCalls(final Scene s) {
    final int fd = s.boundUdp();
    s.note("listen", s.calls.listen(fd, 1));
    s.note("accept", s.calls.accept4(fd, new SocketAddress4(), 0));
  }

  private static void datagrams(final Scene s) {
    final int server = s.boundUdp();
    final int client = s.boundUdp();
    s.note("sendto", s.sendto(client, "one", s.port(server)));
    s.note("sendto", s.sendto(client, "three", s.port(server)));
    s.await(server, EPOLLIN);
    final SocketAddress4 source = new SocketAddress4();
    final byte[] into = new byte[10];
    s.note("recvfrom", s.calls.recvfrom(server, into, 10, 0, source));
    s.note("address", source.address());
    s.note("port", source.port() == s.port(client));
    s.note("answer", s.sendto(server, "two", source.port()));
    s.noteRecv("second", server, 10, 0);
    s.noteRecv("no third", server, 10, MSG_DONTWAIT);
    s.noteRecv("the answer", client, 10, 0);
    s.note("to 0.0.0.0", s.calls.sendto(client, into, 3, 0, INADDR_ANY, s.port(server)));
    s.noteRecv("comes here", server, 10, 0);
  }

  private static void flags(final Scene s) {
    final int server = s.boundUdp();
    final int client = s.udp();
    s.sendto(client, "abcdefgh", s.port(server));
    s.await(server, EPOLLIN);
    s.noteRecv("MSG_PEEK", server, 3, MSG_PEEK);
    s.noteRecv("MSG_PEEK|MSG_TRUNC", server, 3, MSG_PEEK | MSG_TRUNC);
    s.noteRecv("truncated", server, 3, 0);
    s.noteRecv("the rest is gone", server, 10, MSG_DONTWAIT);
    s.sendto(client, "abcdefgh", s.port(server));
    s.noteRecv("MSG_TRUNC", server, 3, MSG_TRUNC);
  }

  private static void emptyDatagram(final Scene s) {
    final int server = s.boundUdp();
    final int client = s.udp();
    s.note("sendto", s.sendto(client, "", s.port(server)));
    s.noteMaskWith(EPOLLIN, "arrived", server);
    s.noteRecv("recv", server, 10, 0);
    s.noteMask("taken", server);
    s.sendto(client, "abc", s.port(server));
    s.noteRecv("recv of nothing", server, 0, 0);
    s.noteRecv("takes the datagram", server, 10, MSG_DONTWAIT);
  }

  private static void readiness(final Scene s) {
    final int server = s.boundUdp();
    s.noteMask("bound", server);
    final int client = s.udp();
    s.sendto(client, "x", s.port(server));
    s.noteMaskWith(EPOLLIN, "one there", server);
    s.recv(server);
    s.noteMask("taken", server);
  }

  private static void sendRefused(final Scene s) {
    final int fd = s.boundUdp();
    final byte[] data = new byte[70_000];
    s.note("port 0", s.calls.sendto(fd, data, 1, MSG_NOSIGNAL, INADDR_LOOPBACK, 0));
    s.note("too long", s.calls.sendto(fd, data, 65_508, MSG_NOSIGNAL, INADDR_LOOPBACK, 9));
    s.note("much too long", s.calls.sendto(fd, data, 70_000, MSG_NOSIGNAL, INADDR_LOOPBACK, 9));
    s.note("no destination", s.calls.send(fd, data, 1, MSG_NOSIGNAL));
    s.note("no destination, too long", s.calls.send(fd, data, 70_000, MSG_NOSIGNAL));
  }

  private static void connect(final Scene s) {
    final int server = s.boundUdp();
    final int client = s.udp();
    s.note("connect", s.calls.connect(client, INADDR_LOOPBACK, s.port(server)));
    s.note("has a port", s.port(client) != 0);
    final SocketAddress4 name = new SocketAddress4();
    s.note("getsockname", s.calls.getsockname(client, name));
    s.note("address", name.address());
    s.note("getpeername", s.calls.getpeername(client, name));
    s.note("peer", name.port() == s.port(server));
    s.noteMask("readiness", client);
    s.note("send", s.send(client, "abc"));
    s.noteRecv("arrives", server, 10, 0);
    final int other = s.boundUdp();
    s.note("connect anew", s.calls.connect(client, INADDR_LOOPBACK, s.port(other)));
    s.note("send", s.send(client, "def"));
    s.noteRecv("arrives", other, 10, 0);
    s.note("sendto elsewhere", s.sendto(client, "ghi", s.port(server)));
    s.noteRecv("arrives", server, 10, 0);
  }

  private static void connectedFilter(final Scene s) {
    final int friend = s.boundUdp();
    final int stranger = s.boundUdp();
    final int fd = s.boundUdp();
    s.calls.connect(fd, INADDR_LOOPBACK, s.port(friend));
    s.sendto(stranger, "no", s.port(fd));
    s.sendto(friend, "yes", s.port(fd));
    s.noteRecv("first", fd, 10, 0);
    s.noteRecv("second", fd, 10, MSG_DONTWAIT);
  }

  private static void disconnect(final Scene s) {
    final int server = s.boundUdp();
    final int fd = s.boundUdp();
    s.note("unconnected", s.calls.disconnect(fd));
    s.calls.connect(fd, INADDR_LOOPBACK, s.port(server));
    s.note("connected", s.calls.disconnect(fd));
    s.note("getpeername", s.calls.getpeername(fd, new SocketAddress4()));
    s.note("send", s.send(fd, "x"));
    s.sendto(server, "hello", s.port(fd));
    s.noteRecv("recv", fd, 10, 0);
  }

  /** A UDP socket connected to a port of 127.0.0.1 that nobody has, which has heard so. */
  private static int refused(final Scene s) {
    final int gone = s.boundUdp();
    final int port = s.port(gone);
    s.closeNow(gone);
    final int fd = s.udp();
    s.note("connect", s.calls.connect(fd, INADDR_LOOPBACK, port));
    s.note("send", s.send(fd, "x"));
    s.noteMaskWith(EPOLLERR, "refused", fd);
    return fd;
  }

  private static void refusedThenReceive(final Scene s) {
    final int fd = refused(s);
    s.noteRecv("recv", fd, 10, MSG_DONTWAIT);
    s.noteRecv("recv again", fd, 10, MSG_DONTWAIT);
    s.noteMask("then", fd);
  }

  private static void refusedThenSend(final Scene s) {
    final int fd = refused(s);
    s.note("send", s.send(fd, "x"));
    s.note("send again", s.send(fd, "x"));
  }

  private static void refusedThenError(final Scene s) {
    final int fd = refused(s);
    s.note("SO_ERROR", s.calls.getsockopt(fd, SOL_SOCKET, SO_ERROR));
    s.note("SO_ERROR again", s.calls.getsockopt(fd, SOL_SOCKET, SO_ERROR));
    s.noteMask("then", fd);
  }

  private static void refusedUnconnected(final Scene s) {
    final int gone = s.boundUdp();
    final int port = s.port(gone);
    s.closeNow(gone);
    final int fd = s.boundUdp();
    s.note("sendto", s.sendto(fd, "x", port));
    // What comes after it shows that the refusal was not for this socket.
    s.note("sendto itself", s.sendto(fd, "y", s.port(fd)));
    s.noteRecv("recv", fd, 10, 0);
    s.noteMask("then", fd);
  }

  private static void shutdown(final Scene s) {
    final int fd = s.boundUdp();
    s.note("how = 7", s.calls.shutdown(fd, 7));
    s.note("SHUT_RD", s.calls.shutdown(fd, SHUT_RD));
    s.noteMask("then", fd);
    s.noteRecv("recv", fd, 10, 0);
    s.noteRecv("recv, not waiting", fd, 10, MSG_DONTWAIT);
    s.note("SHUT_RDWR", s.calls.shutdown(fd, SHUT_RDWR));
    s.noteMask("then", fd);
    s.note("sendto", s.sendto(fd, "x", s.port(fd)));
  }

  private static void shutdownConnected(final Scene s) {
    final int server = s.boundUdp();
    final int fd = s.udp();
    s.calls.connect(fd, INADDR_LOOPBACK, s.port(server));
    s.note("SHUT_WR", s.calls.shutdown(fd, SHUT_WR));
    s.noteMask("then", fd);
    s.note("send", s.send(fd, "x"));
    s.sendto(server, "still", s.port(fd));
    s.noteRecv("recv", fd, 10, 0);
  }

  /** How many fit is the implementation's; the first are kept, the others lost without a word. */
  private static void receiveBufferFull(final Scene s) {
    final int server = s.boundUdp();
    s.note("SO_RCVBUF", s.calls.setsockopt(server, SOL_SOCKET, SO_RCVBUF, 10_000));
    final int client = s.udp();
    for (int i = 0; i < 200; i++) {
      final byte[] data = new byte[1000];
      data[0] = (byte) i;
      s.note("sendto", s.calls.sendto(client, data, 1000, 0, INADDR_LOOPBACK, s.port(server)));
    }
    s.settle(client);
    s.noteMask("readiness", server);
    s.note("SO_ERROR", s.calls.getsockopt(server, SOL_SOCKET, SO_ERROR));
    final byte[] into = new byte[1000];
    int received = 0;
    boolean first = true;
    while (s.calls.recv(server, into, into.length, MSG_DONTWAIT) > 0) {
      first &= into[0] == (byte) received;
      received++;
    }
    s.note("some", received > 0 && received < 200);
    s.note("the first ones", first);
    s.sendto(client, "room again", s.port(server));
    s.noteRecv("recv", server, 10, 0);
  }

  private static void options(final Scene s) {
    final int fd = s.udp();
    s.note("SO_TYPE", s.calls.getsockopt(fd, SOL_SOCKET, SO_TYPE));
    s.note("SO_PROTOCOL", s.calls.getsockopt(fd, SOL_SOCKET, SocketOption.SO_PROTOCOL));
    s.note("SO_ACCEPTCONN", s.calls.getsockopt(fd, SOL_SOCKET, SocketOption.SO_ACCEPTCONN));
    s.note("SO_RCVBUF", s.calls.getsockopt(fd, SOL_SOCKET, SO_RCVBUF));
    s.note("SO_SNDBUF", s.calls.getsockopt(fd, SOL_SOCKET, SO_SNDBUF));
    s.note("set", s.calls.setsockopt(fd, SOL_SOCKET, SO_RCVBUF, 10_000));
    s.note("SO_RCVBUF", s.calls.getsockopt(fd, SOL_SOCKET, SO_RCVBUF));
    s.note("set", s.calls.setsockopt(fd, SOL_SOCKET, SO_SNDBUF, 10_000));
    s.note("SO_SNDBUF", s.calls.getsockopt(fd, SOL_SOCKET, SO_SNDBUF));
    IpScenes.options(s, fd);
    s.note("unknown", s.calls.setsockopt(fd, SOL_SOCKET, 9999, 1));
    s.note("TCP_NODELAY", s.calls.setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, 1));
    s.note("get TCP_NODELAY", s.calls.getsockopt(fd, IPPROTO_TCP, TCP_NODELAY));
  }
}
