package io.ustack.posix;

import static io.ustack.posix.Epoll.EPOLLERR;
import static io.ustack.posix.SocketOption.INADDR_LOOPBACK;
import static io.ustack.posix.SocketOption.IPPROTO_IP;
import static io.ustack.posix.SocketOption.IP_RECVERR;
import static io.ustack.posix.SocketOption.MSG_DONTWAIT;
import static io.ustack.posix.SocketOption.MSG_ERRQUEUE;
import static io.ustack.posix.SocketOption.MSG_NOSIGNAL;
import static io.ustack.posix.SocketOption.MSG_PEEK;
import static io.ustack.posix.SocketOption.MSG_TRUNC;
import static io.ustack.posix.SocketOption.SOL_SOCKET;
import static io.ustack.posix.SocketOption.SO_ERROR;

import java.util.Map;
import java.util.function.Consumer;

/** IP_RECVERR and MSG_ERRQUEUE. */
final class ErrorQueueScenes {
  private ErrorQueueScenes() {}

  static Map<String, Consumer<Scene>> all() {
    return Map.ofEntries(
        Map.entry("errors: option", ErrorQueueScenes::option),
        Map.entry("errors: nothing there", ErrorQueueScenes::nothing),
        Map.entry("errors: refused, not connected", ErrorQueueScenes::unconnected),
        Map.entry("errors: refused, connected", ErrorQueueScenes::connected),
        Map.entry("errors: the pending one is told, the kept stay", ErrorQueueScenes::pending),
        Map.entry("errors: two", ErrorQueueScenes::two),
        Map.entry("errors: little room", ErrorQueueScenes::littleRoom),
        Map.entry("errors: a long datagram", ErrorQueueScenes::longQuote),
        Map.entry("errors: recv and recvfrom", ErrorQueueScenes::plainCalls),
        Map.entry("errors: recvmmsg", ErrorQueueScenes::manyMessages),
        Map.entry("errors: too long to send", ErrorQueueScenes::tooLong),
        Map.entry("errors: switched off", ErrorQueueScenes::switchedOff),
        Map.entry("errors: do not end a wait", ErrorQueueScenes::waiting),
        Map.entry("errors: of a stream", ErrorQueueScenes::stream));
  }

  private static void option(final Scene s) {
    final int fd = s.udp();
    s.note("at first", s.calls.getsockopt(fd, IPPROTO_IP, IP_RECVERR));
    for (final int value : new int[] {1, 0, -1, 0, 1000}) {
      s.note("set", s.calls.setsockopt(fd, IPPROTO_IP, IP_RECVERR, value));
      s.note("get", s.calls.getsockopt(fd, IPPROTO_IP, IP_RECVERR));
    }
  }

  /** What is kept has been told once: who waits for a datagram goes on. */
  private static void waiting(final Scene s) {
    final int fd = asking(s);
    s.calls.connect(fd, INADDR_LOOPBACK, portOfNobody(s));
    s.send(fd, "x");
    s.await(fd, EPOLLERR);
    s.note("SO_ERROR", s.calls.getsockopt(fd, SOL_SOCKET, SO_ERROR));
    s.calls.setsockopt(fd, SOL_SOCKET, SocketOption.SO_RCVTIMEO, Scene.timeval(0, 20_000), 16);
    s.noteMask("still kept", fd);
    s.noteRecv("recv", fd, 10, 0);
    s.noteMask("still kept", fd);
    noteError(s, "the kept one", fd, 100, 0);
  }

  private static void nothing(final Scene s) {
    final int fd = s.udp();
    noteError(s, "fresh", fd, 100, 0);
    s.calls.bind(fd, INADDR_LOOPBACK, 0);
    noteError(s, "never waits", fd, 100, 0);
    s.calls.setsockopt(fd, IPPROTO_IP, IP_RECVERR, 1);
    noteError(s, "never waits", fd, 100, 0);
    s.calls.shutdown(fd, SocketOption.SHUT_RDWR);
    noteError(s, "shut", fd, 100, 0);
    noteError(s, "no descriptor", -1, 100, 0);
  }

  /** A socket with IP_RECVERR. */
  private static int asking(final Scene s) {
    final int fd = s.udp();
    s.calls.setsockopt(fd, IPPROTO_IP, IP_RECVERR, 1);
    return fd;
  }

  private static int portOfNobody(final Scene s) {
    final int gone = s.boundUdp();
    final int port = s.port(gone);
    s.closeNow(gone);
    return port;
  }

  /** Takes one error and notes all that it says. */
  private static void noteError(
      final Scene s, final String what, final int fd, final int room, final int flags) {
    final ControlData control = new ControlData(room);
    final Message message = new Message().control(control);
    MessageScenes.room(message.ranges(), 4, 6);
    final int result = s.calls.recvmsg(fd, message, MSG_ERRQUEUE | flags);
    s.note(what, result);
    s.note(what + " " + MessageScenes.text(message.ranges()), true);
    if (result < 0) {
      return;
    }
    s.note(what + ": msg_flags", message.flags());
    s.note(what + ": named", message.isNamed());
    s.note(what + ": address", message.address());
    s.note(what + ": msg_controllen", control.lengthBytes());
    while (control.next()) {
      s.note(what + ": level", control.level());
      s.note(what + ": type", control.type());
      s.note(what + ": bytes", control.dataBytes());
      for (int i = 0; i < control.dataBytes(); i++) {
        s.note(what + ": byte " + i, control.dataByte(i));
      }
    }
  }

  private static void unconnected(final Scene s) {
    final int fd = asking(s);
    final int port = portOfNobody(s);
    s.note("sendto", s.sendto(fd, "hello", port));
    s.noteMaskWith(EPOLLERR, "refused", fd);
    final ControlData control = new ControlData(100);
    final Message message = new Message().control(control);
    MessageScenes.room(message.ranges(), 9);
    s.note("recvmsg", s.calls.recvmsg(fd, message, MSG_ERRQUEUE));
    s.note("where it went", message.port() == port);
    s.noteMask("then", fd);
    s.note("SO_ERROR", s.calls.getsockopt(fd, SOL_SOCKET, SO_ERROR));
    s.note("sendto", s.sendto(fd, "again", port));
    s.await(fd, EPOLLERR);
    noteError(s, "again", fd, 100, MSG_DONTWAIT);
    noteError(s, "none", fd, 100, 0);
    s.noteRecv("recv", fd, 9, MSG_DONTWAIT);
  }

  private static void connected(final Scene s) {
    final int fd = asking(s);
    s.calls.connect(fd, INADDR_LOOPBACK, portOfNobody(s));
    s.note("send", s.send(fd, "hello"));
    s.noteMaskWith(EPOLLERR, "refused", fd);
    noteError(s, "error", fd, 100, MSG_PEEK);
    noteError(s, "MSG_PEEK has taken it", fd, 100, MSG_PEEK);
    s.note("send", s.send(fd, ""));
    s.await(fd, EPOLLERR);
    noteError(s, "of an empty datagram", fd, 100, MSG_TRUNC);
  }

  private static void pending(final Scene s) {
    final int fd = asking(s);
    final int port = portOfNobody(s);
    s.sendto(fd, "hello", port);
    s.await(fd, EPOLLERR);
    s.noteRecv("recv tells", fd, 9, MSG_DONTWAIT);
    s.noteMask("still one", fd);
    s.noteRecv("recv tells once", fd, 9, MSG_DONTWAIT);
    noteError(s, "the one", fd, 100, 0);
    s.noteMask("none", fd);
    s.sendto(fd, "hello", port);
    s.await(fd, EPOLLERR);
    s.note("sendto tells", s.sendto(fd, "hello", port));
    noteError(s, "the one", fd, 100, 0);
    s.sendto(fd, "hello", port);
    s.await(fd, EPOLLERR);
    s.note("SO_ERROR tells", s.calls.getsockopt(fd, SOL_SOCKET, SO_ERROR));
    s.note("once", s.calls.getsockopt(fd, SOL_SOCKET, SO_ERROR));
    noteError(s, "the one", fd, 100, 0);
    s.note("none", s.calls.getsockopt(fd, SOL_SOCKET, SO_ERROR));
  }

  private static void two(final Scene s) {
    final int fd = asking(s);
    final int port = portOfNobody(s);
    s.sendto(fd, "one", port);
    s.await(fd, EPOLLERR);
    s.note("SO_ERROR", s.calls.getsockopt(fd, SOL_SOCKET, SO_ERROR));
    s.sendto(fd, "two", port);
    while (s.calls.getsockopt(fd, SOL_SOCKET, SO_ERROR) == 0) {
      s.mask(fd);
    }
    noteError(s, "first", fd, 100, 0);
    s.noteMask("one more", fd);
    s.note("its error is pending", s.calls.getsockopt(fd, SOL_SOCKET, SO_ERROR));
    noteError(s, "second", fd, 100, 0);
    s.noteMask("none", fd);
  }

  private static void littleRoom(final Scene s) {
    final int fd = asking(s);
    final int port = portOfNobody(s);
    for (final int room : new int[] {0, 15, 16, 20, 47, 48, 49}) {
      s.sendto(fd, "0123456789abc", port);
      s.await(fd, EPOLLERR);
      noteError(s, "room for " + room, fd, room, 0);
    }
  }

  private static void longQuote(final Scene s) {
    final int fd = asking(s);
    final byte[] data = new byte[1400];
    s.calls.sendto(fd, data, data.length, MSG_NOSIGNAL, INADDR_LOOPBACK, portOfNobody(s));
    s.await(fd, EPOLLERR);
    s.note("quoted", s.calls.recv(fd, data, data.length, MSG_ERRQUEUE));
  }

  private static void plainCalls(final Scene s) {
    final int fd = asking(s);
    final int port = portOfNobody(s);
    s.sendto(fd, "hello", port);
    s.await(fd, EPOLLERR);
    s.noteRecv("recv", fd, 3, MSG_ERRQUEUE);
    s.sendto(fd, "hello", port);
    s.await(fd, EPOLLERR);
    final SocketAddress4 name = new SocketAddress4();
    s.note("recvfrom", s.calls.recvfrom(fd, new byte[9], 9, MSG_ERRQUEUE, name));
    s.note("went to", name.port() == port);
    s.noteRecv("recv", fd, 3, MSG_ERRQUEUE);
  }

  private static void manyMessages(final Scene s) {
    final int fd = asking(s);
    s.sendto(fd, "hello", portOfNobody(s));
    s.await(fd, EPOLLERR);
    final Message[] messages = {new Message(), new Message()};
    MessageScenes.room(messages[0].ranges(), 9);
    MessageScenes.room(messages[1].ranges(), 9);
    s.note("recvmmsg", s.calls.recvmmsg(fd, messages, 2, MSG_ERRQUEUE, -1));
    s.note("msg_len", messages[0].lengthBytes());
    s.note("msg_flags", messages[0].flags());
    s.note("none", s.calls.recvmmsg(fd, messages, 2, MSG_ERRQUEUE, -1));
  }

  private static void tooLong(final Scene s) {
    final int fd = asking(s);
    final byte[] data = new byte[70_000];
    s.note("too long", s.calls.sendto(fd, data, 65_520, MSG_NOSIGNAL, INADDR_LOOPBACK, 9));
    s.noteMask("then", fd);
    s.note("SO_ERROR", s.calls.getsockopt(fd, SOL_SOCKET, SO_ERROR));
    final ControlData control = new ControlData(100);
    final Message message = new Message().control(control);
    s.note("recvmsg", s.calls.recvmsg(fd, message, MSG_ERRQUEUE));
    s.note("msg_flags", message.flags());
    s.note("address", message.address());
    s.note("port", message.port());
    s.note("control", control.next());
    s.note("errno", control.dataInt(0));
    s.note("origin", control.dataByte(4));
    s.note("type", control.dataByte(5));
    s.note("code", control.dataByte(6));
    s.note("says what would fit", control.dataInt(8) > 0);
    s.note("no reporter", control.dataInt(16));
    s.noteMask("taken", fd);
    s.note("much too long", s.calls.sendto(fd, data, 70_000, MSG_NOSIGNAL, INADDR_LOOPBACK, 9));
    noteError(s, "nothing is kept", fd, 100, 0);
    final int plain = s.udp();
    s.note("not asked", s.calls.sendto(plain, data, 65_520, MSG_NOSIGNAL, INADDR_LOOPBACK, 9));
    noteError(s, "nothing is kept", plain, 100, 0);
  }

  private static void switchedOff(final Scene s) {
    final int fd = asking(s);
    final int port = portOfNobody(s);
    s.sendto(fd, "hello", port);
    s.await(fd, EPOLLERR);
    s.note("off", s.calls.setsockopt(fd, IPPROTO_IP, IP_RECVERR, 0));
    noteError(s, "gone", fd, 100, 0);
    s.note("SO_ERROR stays", s.calls.getsockopt(fd, SOL_SOCKET, SO_ERROR));
    s.noteMask("then", fd);
    s.sendto(fd, "hello", port);
    s.settle(fd);
    s.noteMask("nobody asked", fd);
  }

  private static void stream(final Scene s) {
    final int[] pair = s.pair();
    s.send(pair[0], "abc");
    s.await(pair[1], Epoll.EPOLLIN);
    s.noteRecv("recv", pair[1], 9, MSG_ERRQUEUE);
    noteError(s, "recvmsg", pair[1], 100, 0);
    s.noteRecv("unconnected", s.tcp(), 9, MSG_ERRQUEUE);
  }
}
