package io.ustack.posix;

import static io.ustack.posix.SocketOption.INADDR_ANY;
import static io.ustack.posix.SocketOption.INADDR_LOOPBACK;
import static io.ustack.posix.SocketOption.MSG_DONTWAIT;
import static io.ustack.posix.SocketOption.MSG_NOSIGNAL;
import static io.ustack.posix.SocketOption.SOL_SOCKET;
import static io.ustack.posix.SocketOption.SO_BROADCAST;
import static io.ustack.posix.SocketOption.SO_REUSEADDR;

import java.util.Map;
import java.util.function.Consumer;

/** SO_BROADCAST. All of it is on 127.255.255.255, where everybody is us. */
final class BroadcastScenes {
  private static final int EVERYBODY = 0x7FFF_FFFF;

  private BroadcastScenes() {}

  static Map<String, Consumer<Scene>> all() {
    return Map.ofEntries(
        Map.entry("broadcast: option", BroadcastScenes::option),
        Map.entry("broadcast: without leave", BroadcastScenes::without),
        Map.entry("broadcast: to everybody", BroadcastScenes::toEverybody),
        Map.entry("broadcast: nobody there", BroadcastScenes::nobody),
        Map.entry("broadcast: connected", BroadcastScenes::connected),
        Map.entry("broadcast: where it was sent to", BroadcastScenes::packetInfo));
  }

  private static int send(final Scene s, final int fd, final int port) {
    return s.calls.sendto(fd, new byte[] {'a', 'b', 'c'}, 3, MSG_NOSIGNAL, EVERYBODY, port);
  }

  private static void option(final Scene s) {
    for (final int fd : new int[] {s.udp(), s.tcp()}) {
      s.note("at first", s.calls.getsockopt(fd, SOL_SOCKET, SO_BROADCAST));
      for (final int value : new int[] {1, 0, -7, 0, 99}) {
        s.note("set", s.calls.setsockopt(fd, SOL_SOCKET, SO_BROADCAST, value));
        s.note("get", s.calls.getsockopt(fd, SOL_SOCKET, SO_BROADCAST));
      }
    }
  }

  private static void without(final Scene s) {
    final int fd = s.udp();
    s.note("sendto", send(s, fd, 9));
    s.note("it has a port all the same", s.port(fd) != 0);
    s.note("too long", s.calls.sendto(fd, new byte[66_000], 66_000, 0, EVERYBODY, 9));
    s.note("longer than can be", s.calls.sendto(fd, new byte[65_530], 65_530, 0, EVERYBODY, 9));
    s.note("port 0", send(s, fd, 0));
    s.note("connect", s.calls.connect(fd, EVERYBODY, 9));
    s.note("not connected", s.calls.getpeername(fd, new SocketAddress4()));
    s.calls.setsockopt(fd, SOL_SOCKET, SO_BROADCAST, 1);
    s.note("with leave", send(s, fd, 9));
    s.calls.setsockopt(fd, SOL_SOCKET, SO_BROADCAST, 0);
    s.note("without again", send(s, fd, 9));
  }

  private static int sharing(final Scene s, final int address, final int port) {
    final int fd = s.udp();
    s.calls.setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, 1);
    s.note("bind", s.calls.bind(fd, address, port));
    return fd;
  }

  private static void toEverybody(final Scene s) {
    final int any = sharing(s, INADDR_ANY, 0);
    final int port = s.port(any);
    final int alsoAny = sharing(s, INADDR_ANY, port);
    final int everybodys = sharing(s, EVERYBODY, port);
    final int ours = sharing(s, INADDR_LOOPBACK, port);
    final int sender = s.udp();
    s.calls.setsockopt(sender, SOL_SOCKET, SO_BROADCAST, 1);
    s.note("sendto", send(s, sender, port));
    s.settle(sender);
    s.noteRecv("any", any, 9, MSG_DONTWAIT);
    s.noteRecv("also any", alsoAny, 9, MSG_DONTWAIT);
    s.noteRecv("bound to it", everybodys, 9, MSG_DONTWAIT);
    s.noteRecv("bound to one address", ours, 9, MSG_DONTWAIT);
    send(s, sender, port);
    s.settle(sender);
    final SocketAddress4 source = new SocketAddress4();
    s.note("recvfrom", s.calls.recvfrom(any, new byte[9], 9, 0, source));
    s.note("from", source.address());
  }

  private static void nobody(final Scene s) {
    final int gone = s.boundUdp();
    final int port = s.port(gone);
    s.closeNow(gone);
    final int sender = s.udp();
    s.calls.setsockopt(sender, SOL_SOCKET, SO_BROADCAST, 1);
    s.note("sendto", send(s, sender, port));
    s.settle(sender);
    s.noteMask("nothing comes back", sender);
  }

  private static void connected(final Scene s) {
    final int server = s.udp();
    s.calls.bind(server, INADDR_ANY, 0);
    final int client = s.udp();
    s.calls.setsockopt(client, SOL_SOCKET, SO_BROADCAST, 1);
    s.note("connect", s.calls.connect(client, EVERYBODY, s.port(server)));
    final SocketAddress4 name = new SocketAddress4();
    s.note("getpeername", s.calls.getpeername(client, name));
    s.note("peer", name.address());
    s.note("getsockname", s.calls.getsockname(client, name));
    s.note("own", name.address());
    s.note("send", s.send(client, "abc"));
    s.noteRecv("comes", server, 9, 0);
    s.calls.setsockopt(client, SOL_SOCKET, SO_BROADCAST, 0);
    // Linux asks when it looks for the route, and a connected socket has one.
    s.note("send without leave", s.send(client, "def"));
    s.sendto(server, "no", s.port(client));
    s.settle(server);
    s.noteRecv("from one address", client, 9, MSG_DONTWAIT);
  }

  private static void packetInfo(final Scene s) {
    final int server = s.udp();
    s.calls.bind(server, INADDR_ANY, 0);
    s.calls.setsockopt(server, SocketOption.IPPROTO_IP, SocketOption.IP_PKTINFO, 1);
    final int sender = s.udp();
    s.calls.setsockopt(sender, SOL_SOCKET, SO_BROADCAST, 1);
    send(s, sender, s.port(server));
    final ControlData control = new ControlData(100);
    final Message message = new Message().control(control);
    MessageScenes.room(message.ranges(), 9);
    s.note("recvmsg", s.calls.recvmsg(server, message, 0));
    s.note("from", message.address());
    s.note("control", control.next());
    s.note("interface", control.dataInt(0));
    s.note("ours", control.dataAddress(4));
    s.note("sent to", control.dataAddress(8));
  }
}
