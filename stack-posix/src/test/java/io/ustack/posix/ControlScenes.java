package io.ustack.posix;

import static io.ustack.posix.Epoll.EPOLLIN;
import static io.ustack.posix.SocketOption.INADDR_ANY;
import static io.ustack.posix.SocketOption.INADDR_LOOPBACK;
import static io.ustack.posix.SocketOption.IPPROTO_IP;
import static io.ustack.posix.SocketOption.IP_PKTINFO;
import static io.ustack.posix.SocketOption.IP_RECVTOS;
import static io.ustack.posix.SocketOption.IP_RECVTTL;
import static io.ustack.posix.SocketOption.IP_TOS;
import static io.ustack.posix.SocketOption.IP_TTL;
import static io.ustack.posix.SocketOption.MSG_DONTWAIT;
import static io.ustack.posix.SocketOption.MSG_NOSIGNAL;
import static io.ustack.posix.SocketOption.MSG_PEEK;
import static io.ustack.posix.SocketOption.SOL_SOCKET;

import java.util.Map;
import java.util.function.Consumer;

/** Control messages: what headers say, and what is said for one datagram. */
final class ControlScenes {
  private static final int ANOTHER_LOOPBACK = 0x7F00_0109; // 127.0.1.9
  private static final int ELSEWHERE = 0xCB007107; // 203.0.113.7, RFC 5737: nobody's
  private static final int[] ASKING = {IP_PKTINFO, IP_RECVTTL, IP_RECVTOS};

  private ControlScenes() {}

  static Map<String, Consumer<Scene>> all() {
    return Map.ofEntries(
        Map.entry("control: options", ControlScenes::options),
        Map.entry("control: what headers say", ControlScenes::headers),
        Map.entry("control: too little room", ControlScenes::truncated),
        Map.entry("control: a bound and a connected socket", ControlScenes::boundAndConnected),
        Map.entry("control: source, TTL and TOS of one datagram", ControlScenes::sent),
        Map.entry("control: sources that are refused", ControlScenes::badSources),
        Map.entry("control: values that are refused", ControlScenes::badValues),
        Map.entry("control: bytes that make no sense", ControlScenes::badBytes),
        Map.entry("control: of a stream", ControlScenes::stream));
  }

  private static void options(final Scene s) {
    final int fd = s.udp();
    for (final int option : ASKING) {
      s.note("get " + option, s.calls.getsockopt(fd, IPPROTO_IP, option));
      for (final int value : new int[] {1, 0, -1, 0, 1_000_000, 255}) {
        s.note("set " + option, s.calls.setsockopt(fd, IPPROTO_IP, option, value));
        s.note("get " + option, s.calls.getsockopt(fd, IPPROTO_IP, option));
      }
    }
  }

  private static void ask(final Scene s, final int fd) {
    for (final int option : ASKING) {
      s.calls.setsockopt(fd, IPPROTO_IP, option, 1);
    }
  }

  /** Receives one and notes all that is said of it. */
  private static void noteControl(
      final Scene s, final String what, final int fd, final int room, final int flags) {
    final ControlData control = new ControlData(room);
    final Message message = new Message().control(control);
    MessageScenes.room(message.ranges(), 9);
    s.note(what, s.calls.recvmsg(fd, message, flags));
    s.note(what + ": msg_flags", message.flags());
    s.note(what + ": msg_controllen", control.lengthBytes());
    while (control.next()) {
      final int bytes = control.dataBytes();
      s.note(what + ": level", control.level());
      s.note(what + ": type", control.type());
      s.note(what + ": bytes", bytes);
      for (int i = 0; i < bytes; i++) {
        s.note(what + ": byte " + i, control.dataByte(i));
      }
    }
  }

  private static int anyUdp(final Scene s) {
    final int fd = s.udp();
    s.calls.bind(fd, INADDR_ANY, 0);
    return fd;
  }

  private static void headers(final Scene s) {
    final int server = anyUdp(s);
    final int client = s.udp();
    s.calls.setsockopt(client, IPPROTO_IP, IP_TTL, 7);
    s.calls.setsockopt(client, IPPROTO_IP, IP_TOS, 0xB9);
    s.sendto(client, "before", s.port(server));
    s.settle(client);
    noteControl(s, "not asked for", server, 100, 0);
    for (final int option : ASKING) {
      s.calls.setsockopt(server, IPPROTO_IP, option, 1);
      s.sendto(client, "abc", s.port(server));
      noteControl(s, "also " + option, server, 100, 0);
    }
    final byte[] data = new byte[3];
    s.calls.sendto(client, data, 3, 0, ANOTHER_LOOPBACK, s.port(server));
    noteControl(s, "to another address, peeked", server, 100, MSG_PEEK);
    noteControl(s, "to another address", server, 100, 0);
    noteControl(s, "none", server, 100, MSG_DONTWAIT);
    s.sendto(client, "", s.port(server));
    noteControl(s, "empty", server, 100, 0);
  }

  private static void truncated(final Scene s) {
    final int server = anyUdp(s);
    final int client = s.udp();
    ask(s, server);
    for (final int room : new int[] {0, 8, 15, 16, 20, 27, 28, 32, 47, 48, 52, 56, 72, 73, 80}) {
      s.sendto(client, "abc", s.port(server));
      noteControl(s, "room for " + room, server, room, 0);
    }
    s.sendto(client, "abc", s.port(server));
    final Message message = new Message();
    MessageScenes.room(message.ranges(), 2);
    s.note("no room", s.calls.recvmsg(server, message, 0));
    s.note("no room: msg_flags", message.flags());
  }

  private static void boundAndConnected(final Scene s) {
    final int server = s.udp();
    s.calls.bind(server, ANOTHER_LOOPBACK, 0);
    ask(s, server);
    final int client = s.udp();
    ask(s, client);
    s.calls.connect(client, ANOTHER_LOOPBACK, s.port(server));
    s.send(client, "abc");
    s.await(server, EPOLLIN);
    final SocketAddress4 source = new SocketAddress4();
    s.note("recvfrom", s.calls.recvfrom(server, new byte[9], 9, MSG_PEEK, source));
    noteControl(s, "bound", server, 100, 0);
    s.calls.sendto(server, new byte[2], 2, 0, source.address(), source.port());
    noteControl(s, "connected", client, 100, 0);
  }

  private static int send(
      final Scene s, final int fd, final int address, final int port, final ControlData control) {
    final Message message = new Message().name(address, port).control(control);
    MessageScenes.of(message.ranges(), "abc");
    return s.calls.sendmsg(fd, message, MSG_NOSIGNAL);
  }

  private static void sent(final Scene s) {
    final int server = anyUdp(s);
    final int port = s.port(server);
    ask(s, server);
    final int client = anyUdp(s);
    final ControlData control = new ControlData(200);
    s.note("nothing", send(s, client, INADDR_LOOPBACK, port, control));
    noteControl(s, "nothing", server, 100, 0);
    control.clear().add(IPPROTO_IP, IP_TTL, 3);
    s.note("TTL", send(s, client, INADDR_LOOPBACK, port, control));
    noteControl(s, "TTL", server, 100, 0);
    control.clear().add(IPPROTO_IP, IP_TOS, 0xFF).add(IPPROTO_IP, IP_TTL, 255);
    s.note("both", send(s, client, INADDR_LOOPBACK, port, control));
    noteControl(s, "both", server, 100, 0);
    s.note("plain", s.sendto(client, "abc", port));
    noteControl(s, "for one datagram only", server, 100, 0);
    control.clear().addPacketInfo(0, ANOTHER_LOOPBACK);
    s.note("from another address", send(s, client, INADDR_LOOPBACK, port, control));
    s.await(server, EPOLLIN);
    final SocketAddress4 source = new SocketAddress4();
    s.note("comes", s.calls.recvfrom(server, new byte[9], 9, MSG_PEEK, source));
    s.note("from", source.address());
    s.note("and the same port", source.port() == s.port(client));
    noteControl(s, "from another address", server, 100, 0);
    control.clear().addPacketInfo(1, 0).add(IPPROTO_IP, IP_TTL, 2).add(IPPROTO_IP, IP_TTL, 4);
    s.note("by loopback, TTL twice", send(s, client, INADDR_LOOPBACK, port, control));
    noteControl(s, "by loopback, TTL twice", server, 100, 0);
    final int bound = s.boundUdp();
    control.clear().addPacketInfo(0, ANOTHER_LOOPBACK);
    s.note("bound elsewhere", send(s, bound, INADDR_LOOPBACK, port, control));
    s.note("comes", s.calls.recvfrom(server, new byte[9], 9, 0, source));
    s.note("from", source.address());
  }

  private static void badSources(final Scene s) {
    final int fd = anyUdp(s);
    final ControlData control = new ControlData(100);
    control.clear().addPacketInfo(0, ELSEWHERE);
    s.note("not ours", send(s, fd, INADDR_LOOPBACK, 9, control));
    control.clear().addPacketInfo(9999, 0);
    s.note("no such interface", send(s, fd, INADDR_LOOPBACK, 9, control));
    control.clear().addPacketInfo(-1, 0);
    s.note("interface -1", send(s, fd, INADDR_LOOPBACK, 9, control));
    control.clear().addPacketInfo(9999, ELSEWHERE);
    s.note("neither", send(s, fd, INADDR_LOOPBACK, 9, control));
    s.note("port 0 before", send(s, fd, INADDR_LOOPBACK, 0, control));
  }

  private static void badValues(final Scene s) {
    final int fd = anyUdp(s);
    final int port = s.port(fd);
    final ControlData control = new ControlData(100);
    for (final int value : new int[] {0, -1, 256, 1 << 20, Integer.MIN_VALUE}) {
      control.clear().add(IPPROTO_IP, IP_TTL, value);
      s.note("TTL " + value, send(s, fd, INADDR_LOOPBACK, port, control));
    }
    for (final int value : new int[] {-1, 256, Integer.MAX_VALUE, 0, 255}) {
      control.clear().add(IPPROTO_IP, IP_TOS, value);
      s.note("TOS " + value, send(s, fd, INADDR_LOOPBACK, port, control));
    }
    for (final int type : new int[] {IP_RECVTTL, IP_RECVTOS, 99, 0, -1}) {
      control.clear().add(IPPROTO_IP, type, 1);
      s.note("type " + type, send(s, fd, INADDR_LOOPBACK, port, control));
    }
    control.clear().add(IPPROTO_IP, IP_PKTINFO, 0);
    s.note("IP_PKTINFO of an int", send(s, fd, INADDR_LOOPBACK, port, control));
    control.clear().add(41, 1, 1);
    s.note("IPv6's", send(s, fd, INADDR_LOOPBACK, port, control));
    control.clear().add(SOL_SOCKET, 9999, 1);
    s.note("the socket's", send(s, fd, INADDR_LOOPBACK, port, control));
    control.clear().add(SocketOption.IPPROTO_UDP, 9999, 1);
    s.note("UDP's", send(s, fd, INADDR_LOOPBACK, port, control));
    control.clear().add(IPPROTO_IP, IP_TTL, 5).add(IPPROTO_IP, IP_TTL, 0);
    s.note("good, then bad", send(s, fd, INADDR_LOOPBACK, port, control));
  }

  private static void badBytes(final Scene s) {
    final int fd = anyUdp(s);
    final int port = s.port(fd);
    final ControlData control = new ControlData(100);
    for (final long length :
        new long[] {0, 1, 15, 16, 17, 18, 20, 21, 24, 25, 1000, -1, Long.MIN_VALUE, 1L << 32}) {
      control.clear().add(IPPROTO_IP, IP_TOS, 1).lengthBytes(24);
      control.bytes().putLong(0, length);
      s.note("cmsg_len " + length, send(s, fd, INADDR_LOOPBACK, port, control));
    }
    control.clear().add(IPPROTO_IP, IP_TTL, 0);
    for (final int length : new int[] {0, 1, 8, 15, 16, 19, 20, 21, 24}) {
      control.lengthBytes(length);
      s.note("msg_controllen " + length, send(s, fd, INADDR_LOOPBACK, port, control));
    }
  }

  private static void stream(final Scene s) {
    final int[] pair = s.pair();
    final ControlData control = new ControlData(100);
    control.add(IPPROTO_IP, IP_TTL, 5);
    s.note("IP's", send(s, pair[0], 0, 0, control));
    control.clear().add(IPPROTO_IP, IP_TTL, 0);
    s.note("IP's, bad", send(s, pair[0], 0, 0, control));
    control.clear().add(SOL_SOCKET, 9999, 1);
    s.note("the socket's", send(s, pair[0], 0, 0, control));
    control.clear().add(IPPROTO_IP, IP_TTL, 5).bytes().putLong(0, 3);
    s.note("cmsg_len 3", send(s, pair[0], 0, 0, control));
    s.noteRecv("the first", pair[1], 4, SocketOption.MSG_WAITALL);
    noteControl(s, "received", pair[1], 100, 0);
  }
}
