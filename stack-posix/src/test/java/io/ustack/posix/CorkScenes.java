package io.ustack.posix;

import static io.ustack.posix.Epoll.EPOLLERR;
import static io.ustack.posix.SocketOption.INADDR_LOOPBACK;
import static io.ustack.posix.SocketOption.IPPROTO_IP;
import static io.ustack.posix.SocketOption.IPPROTO_UDP;
import static io.ustack.posix.SocketOption.MSG_DONTWAIT;
import static io.ustack.posix.SocketOption.MSG_MORE;
import static io.ustack.posix.SocketOption.MSG_NOSIGNAL;
import static io.ustack.posix.SocketOption.UDP_CORK;

import io.ustack.buffer.ByteRanges;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.function.Consumer;

/** One datagram of several sends: MSG_MORE and UDP_CORK. */
final class CorkScenes {
  private CorkScenes() {}

  static Map<String, Consumer<Scene>> all() {
    return Map.ofEntries(
        Map.entry("cork: MSG_MORE", CorkScenes::more),
        Map.entry("cork: UDP_CORK", CorkScenes::cork),
        Map.entry("cork: the option", CorkScenes::option),
        Map.entry("cork: where the rest goes", CorkScenes::rest),
        Map.entry("cork: empty parts", CorkScenes::emptyParts),
        Map.entry("cork: messages and vectors", CorkScenes::messages),
        Map.entry("cork: what is said of the first part", CorkScenes::service),
        Map.entry("cork: an error loses all parts", CorkScenes::error),
        Map.entry("cork: a smaller SO_SNDBUF", CorkScenes::smallerBuffer),
        Map.entry("cork: closed before the end", CorkScenes::closed),
        Map.entry("cork: shut before the end", CorkScenes::shut));
  }

  private static int sendto(
      final Scene s, final int fd, final String text, final int port, final int flags) {
    final byte[] data = text.getBytes(StandardCharsets.US_ASCII);
    return s.calls.sendto(fd, data, data.length, flags | MSG_NOSIGNAL, INADDR_LOOPBACK, port);
  }

  private static void more(final Scene s) {
    final int server = s.boundUdp();
    final int client = s.udp();
    s.note("no destination", s.send(client, "ab", MSG_MORE));
    s.calls.connect(client, INADDR_LOOPBACK, s.port(server));
    s.note("first", s.send(client, "ab", MSG_MORE));
    s.note("second", s.send(client, "c", MSG_MORE));
    s.noteRecv("nothing yet", server, 9, MSG_DONTWAIT);
    s.noteMask("writable", client);
    s.note("last", s.send(client, "def"));
    s.noteRecv("whole", server, 9, 0);
    s.note("plain", s.send(client, "g"));
    s.noteRecv("alone", server, 9, 0);
    s.note("too long", s.calls.send(client, new byte[70_000], 70_000, MSG_MORE | MSG_NOSIGNAL));
  }

  private static void cork(final Scene s) {
    final int server = s.boundUdp();
    final int client = s.udp();
    s.calls.connect(client, INADDR_LOOPBACK, s.port(server));
    s.note("cork", s.calls.setsockopt(client, IPPROTO_UDP, UDP_CORK, 1));
    s.note("first", s.send(client, "ab"));
    s.note("second", s.send(client, "cd"));
    s.noteRecv("nothing yet", server, 9, MSG_DONTWAIT);
    s.note("uncork", s.calls.setsockopt(client, IPPROTO_UDP, UDP_CORK, 0));
    s.noteRecv("whole", server, 9, 0);
    s.note("uncork again", s.calls.setsockopt(client, IPPROTO_UDP, UDP_CORK, 0));
    s.settle(client);
    s.noteRecv("nothing", server, 9, MSG_DONTWAIT);
    s.note("MSG_MORE", s.send(client, "ef", MSG_MORE));
    s.note("uncork", s.calls.setsockopt(client, IPPROTO_UDP, UDP_CORK, 0));
    s.noteRecv("whole", server, 9, 0);
  }

  private static void option(final Scene s) {
    final int fd = s.udp();
    s.note("at first", s.calls.getsockopt(fd, IPPROTO_UDP, UDP_CORK));
    for (final int value : new int[] {1, 0, -1, 0, 1000, 0}) {
      s.note("set", s.calls.setsockopt(fd, IPPROTO_UDP, UDP_CORK, value));
      s.note("get", s.calls.getsockopt(fd, IPPROTO_UDP, UDP_CORK));
    }
    s.note("unknown", s.calls.setsockopt(fd, IPPROTO_UDP, 9999, 1));
    s.note("get unknown", s.calls.getsockopt(fd, IPPROTO_UDP, 9999));
    final int tcp = s.tcp();
    s.note("of TCP", s.calls.setsockopt(tcp, IPPROTO_UDP, UDP_CORK, 1));
  }

  private static void rest(final Scene s) {
    final int server = s.boundUdp();
    final int other = s.boundUdp();
    final int client = s.udp();
    s.note("first", sendto(s, client, "ab", s.port(server), MSG_MORE));
    s.note("to another", sendto(s, client, "cd", s.port(other), MSG_MORE));
    s.note("to port 0", sendto(s, client, "ef", 0, MSG_MORE));
    s.note("to nobody", s.send(client, "gh"));
    s.noteRecv("whole", server, 9, 0);
    s.noteRecv("the other", other, 9, MSG_DONTWAIT);
    s.note("then to another", sendto(s, client, "ij", s.port(other), 0));
    s.noteRecv("the other", other, 9, 0);
  }

  private static void emptyParts(final Scene s) {
    final int server = s.boundUdp();
    final int client = s.udp();
    s.calls.connect(client, INADDR_LOOPBACK, s.port(server));
    s.note("empty", s.send(client, "", MSG_MORE));
    s.note("empty", s.send(client, "", MSG_MORE));
    s.note("empty end", s.send(client, ""));
    s.noteRecv("empty datagram", server, 9, 0);
    s.note("first", s.send(client, "ab", MSG_MORE));
    s.note("empty end", s.send(client, ""));
    s.noteRecv("whole", server, 9, 0);
    s.note("empty", s.send(client, "", MSG_MORE));
    s.note("last", s.send(client, "cd"));
    s.noteRecv("whole", server, 9, 0);
    s.noteRecv("no more", server, 9, MSG_DONTWAIT);
  }

  private static void messages(final Scene s) {
    final int server = s.boundUdp();
    final int client = s.udp();
    final Message message = new Message().name(INADDR_LOOPBACK, s.port(server));
    MessageScenes.of(message.ranges(), "ab", "", "c");
    s.note("sendmsg", s.calls.sendmsg(client, message, MSG_MORE));
    MessageScenes.of(message.ranges(), "d", "ef");
    s.note("sendmsg", s.calls.sendmsg(client, message, 0));
    s.noteRecv("whole", server, 9, 0);
    s.calls.connect(client, INADDR_LOOPBACK, s.port(server));
    s.calls.setsockopt(client, IPPROTO_UDP, UDP_CORK, 1);
    s.note("writev", s.calls.writev(client, MessageScenes.of(new ByteRanges(), "gh", "i")));
    s.note("sendmmsg", s.calls.sendmmsg(client, new Message[] {message, message}, 2, 0));
    s.calls.setsockopt(client, IPPROTO_UDP, UDP_CORK, 0);
    s.noteRecv("whole", server, 99, 0);
  }

  private static void service(final Scene s) {
    final int server = s.boundUdp();
    s.calls.setsockopt(server, IPPROTO_IP, SocketOption.IP_RECVTTL, 1);
    final int client = s.udp();
    final ControlData control = new ControlData(100).add(IPPROTO_IP, SocketOption.IP_TTL, 9);
    final Message message = new Message().name(INADDR_LOOPBACK, s.port(server)).control(control);
    MessageScenes.of(message.ranges(), "ab");
    s.note("TTL 9", s.calls.sendmsg(client, message, MSG_MORE));
    control.clear().add(IPPROTO_IP, SocketOption.IP_TTL, 7);
    s.note("TTL 7", s.calls.sendmsg(client, message, MSG_MORE));
    control.clear().add(IPPROTO_IP, SocketOption.IP_TTL, 0);
    s.note("TTL 0", s.calls.sendmsg(client, message, 0));
    final Message received = new Message().control(control);
    MessageScenes.room(received.ranges(), 9);
    s.note("recvmsg", s.calls.recvmsg(server, received, 0));
    s.note("control", control.next());
    s.note("TTL", control.dataInt(0));
  }

  private static void error(final Scene s) {
    final int gone = s.boundUdp();
    final int port = s.port(gone);
    s.closeNow(gone);
    final int server = s.boundUdp();
    final int client = s.udp();
    s.calls.connect(client, INADDR_LOOPBACK, port);
    s.send(client, "x");
    s.await(client, EPOLLERR);
    s.note("the error first", sendto(s, client, "ab", s.port(server), MSG_MORE));
    s.note("then", sendto(s, client, "cd", s.port(server), MSG_MORE));
    s.note("last", sendto(s, client, "ef", s.port(server), 0));
    s.noteRecv("whole", server, 9, 0);
  }

  /** What is stored stays, behind what waits to leave. */
  private static void smallerBuffer(final Scene s) {
    final int server = s.boundUdp();
    final int client = s.udp();
    s.calls.connect(client, INADDR_LOOPBACK, s.port(server));
    final byte[] large = new byte[1_400];
    for (int i = 0; i < 20; i++) {
      s.note("before", s.calls.send(client, large, large.length, MSG_DONTWAIT));
    }
    s.note("cork", s.calls.setsockopt(client, IPPROTO_UDP, UDP_CORK, 1));
    s.note("part", s.calls.send(client, large, 1_000, MSG_DONTWAIT));
    s.note(
        "SO_SNDBUF",
        s.calls.setsockopt(client, SocketOption.SOL_SOCKET, SocketOption.SO_SNDBUF, 1));
    s.note("uncork", s.calls.setsockopt(client, IPPROTO_UDP, UDP_CORK, 0));
    for (int i = 0; i < 21; i++) {
      s.note("arrives", s.recv(server));
    }
  }

  private static void closed(final Scene s) {
    final int server = s.boundUdp();
    final int client = s.udp();
    s.note("first", sendto(s, client, "ab", s.port(server), MSG_MORE));
    s.note("close", s.closeNow(client));
    s.settle(s.udp());
    s.noteRecv("nothing came", server, 9, MSG_DONTWAIT);
  }

  private static void shut(final Scene s) {
    final int server = s.boundUdp();
    final int client = s.udp();
    s.calls.connect(client, INADDR_LOOPBACK, s.port(server));
    s.note("first", s.send(client, "ab", MSG_MORE));
    s.note("shutdown", s.calls.shutdown(client, SocketOption.SHUT_WR));
    s.note("uncork", s.calls.setsockopt(client, IPPROTO_UDP, UDP_CORK, 0));
    s.noteRecv("came", server, 9, 0);
    s.note("send", s.send(client, "cd"));
  }
}
