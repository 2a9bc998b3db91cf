package io.ustack.posix;

import static io.ustack.posix.Epoll.EPOLLIN;
import static io.ustack.posix.SocketOption.INADDR_LOOPBACK;
import static io.ustack.posix.SocketOption.MSG_DONTWAIT;
import static io.ustack.posix.SocketOption.MSG_NOSIGNAL;
import static io.ustack.posix.SocketOption.MSG_PEEK;
import static io.ustack.posix.SocketOption.MSG_WAITFORONE;
import static io.ustack.posix.SocketOption.SOL_SOCKET;
import static io.ustack.posix.SocketOption.SO_ERROR;

import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/** sendmmsg(2) and recvmmsg(2). */
final class ManyMessagesScenes {
  private static final long NO_TIMEOUT = -1;

  private ManyMessagesScenes() {}

  static Map<String, Consumer<Scene>> all() {
    return Map.ofEntries(
        Map.entry("messages: there and back", ManyMessagesScenes::thereAndBack),
        Map.entry("messages: of a stream", ManyMessagesScenes::stream),
        Map.entry("messages: how many", ManyMessagesScenes::howMany),
        Map.entry("messages: sending fails at once or later", ManyMessagesScenes::sendFails),
        Map.entry("messages: receiving fails at once or later", ManyMessagesScenes::receiveFails),
        Map.entry("messages: MSG_WAITFORONE", ManyMessagesScenes::waitForOne),
        Map.entry("messages: timeout", ManyMessagesScenes::timeout),
        Map.entry("messages: an error that waits", ManyMessagesScenes::pendingError),
        Map.entry("messages: peek", ManyMessagesScenes::peek),
        Map.entry("messages: descriptors that can't", ManyMessagesScenes::badDescriptors));
  }

  private static Message[] texts(final int port, final String... texts) {
    final Message[] messages = new Message[texts.length];
    for (int i = 0; i < texts.length; i++) {
      messages[i] = new Message();
      if (port >= 0) {
        messages[i].name(INADDR_LOOPBACK, port);
      }
      MessageScenes.of(messages[i].ranges(), texts[i], "+");
    }
    return messages;
  }

  private static Message[] rooms(final int count, final int... lengths) {
    final Message[] messages = new Message[count];
    for (int i = 0; i < count; i++) {
      messages[i] = new Message();
      MessageScenes.room(messages[i].ranges(), lengths);
    }
    return messages;
  }

  private static void noteAll(
      final Scene s, final String what, final int result, final Message... messages) {
    s.note(what, result);
    for (int i = 0; i < result; i++) {
      s.note(what + ": msg_len " + i, messages[i].lengthBytes());
      s.note(what + ": msg_flags " + i, messages[i].flags());
      s.note(what + ": named " + i, messages[i].isNamed());
      s.note(what + ": " + MessageScenes.text(messages[i].ranges()), true);
    }
  }

  private static void thereAndBack(final Scene s) {
    final int server = s.boundUdp();
    final int client = s.boundUdp();
    final Message[] texts = texts(s.port(server), "a", "bcd", "", "efghijk");
    final int sent = s.calls.sendmmsg(client, texts, 4, 0);
    s.note("sendmmsg", sent);
    for (final Message text : texts) {
      s.note("msg_len", text.lengthBytes());
    }
    s.settle(client);
    final Message[] rooms = rooms(6, 2, 3);
    noteAll(s, "recvmmsg", s.calls.recvmmsg(server, rooms, 6, MSG_DONTWAIT, NO_TIMEOUT), rooms);
    s.note("from the client", rooms[0].port() == s.port(client));
    s.note("none", s.calls.recvmmsg(server, rooms, 6, MSG_DONTWAIT, NO_TIMEOUT));
  }

  private static void stream(final Scene s) {
    final int[] pair = s.pair();
    s.note("sendmmsg", s.calls.sendmmsg(pair[0], texts(-1, "abc", "de"), 2, MSG_NOSIGNAL));
    s.await(pair[1], EPOLLIN);
    Message[] rooms = rooms(3, 1, 1);
    noteAll(s, "recvmmsg", s.calls.recvmmsg(pair[1], rooms, 3, 0, NO_TIMEOUT), rooms);
    rooms = rooms(3, 8);
    noteAll(s, "the rest", s.calls.recvmmsg(pair[1], rooms, 3, MSG_DONTWAIT, NO_TIMEOUT), rooms);
    s.calls.shutdown(pair[0], SocketOption.SHUT_WR);
    s.await(pair[1], Epoll.EPOLLRDHUP);
    noteAll(s, "the end", s.calls.recvmmsg(pair[1], rooms, 2, 0, NO_TIMEOUT), rooms);
  }

  private static void howMany(final Scene s) {
    final int server = s.boundUdp();
    final int client = s.udp();
    final Message[] texts = texts(s.port(server), "a", "b", "c");
    s.note("none", s.calls.sendmmsg(client, texts, 0, 0));
    s.note("none of nothing", s.calls.sendmmsg(client, null, 0, 0));
    s.note("two of three", s.calls.sendmmsg(client, texts, 2, 0));
    s.settle(client);
    final Message[] rooms = rooms(3, 8);
    s.note("none", s.calls.recvmmsg(server, rooms, 0, 0, NO_TIMEOUT));
    s.note("none of nothing", s.calls.recvmmsg(server, null, 0, 0, NO_TIMEOUT));
    noteAll(s, "one of two", s.calls.recvmmsg(server, rooms, 1, 0, NO_TIMEOUT), rooms);
    noteAll(s, "the other", s.calls.recvmmsg(server, rooms, 3, MSG_DONTWAIT, NO_TIMEOUT), rooms);
    final Message[] many = new Message[1030];
    java.util.Arrays.fill(many, texts[0]);
    s.note("1030", s.calls.sendmmsg(client, many, 1030, 0));
  }

  private static void sendFails(final Scene s) {
    final int server = s.boundUdp();
    final int client = s.boundUdp();
    final Message[] texts = texts(s.port(server), "a", "b", "c", "d");
    texts[2].ranges().clear().add((byte[]) null, 0, 3);
    s.note("third", s.calls.sendmmsg(client, texts, 4, 0));
    s.note("no error is kept", s.calls.getsockopt(client, SOL_SOCKET, SO_ERROR));
    texts[0].name(INADDR_LOOPBACK, 0);
    s.note("first", s.calls.sendmmsg(client, texts, 4, 0));
    s.note("first, null", s.calls.sendmmsg(client, new Message[] {null, texts[1]}, 2, 0));
    s.note("second, null", s.calls.sendmmsg(client, new Message[] {texts[1], null}, 2, 0));
    s.note("null", s.calls.sendmmsg(client, null, 2, 0));
    final Message many = new Message().name(INADDR_LOOPBACK, s.port(server));
    for (int i = 0; i < 1025; i++) {
      many.ranges().add(new byte[1], 0, 1);
    }
    s.note("first has 1025 ranges", s.calls.sendmmsg(client, new Message[] {many}, 1, 0));
  }

  private static void receiveFails(final Scene s) {
    final int server = s.boundUdp();
    final int client = s.udp();
    s.calls.sendmmsg(client, texts(s.port(server), "a", "b", "c"), 3, 0);
    s.settle(client);
    final Message[] rooms = rooms(3, 8);
    rooms[1].ranges().clear().add(new byte[1], 0, -1);
    noteAll(s, "second", s.calls.recvmmsg(server, rooms, 3, 0, NO_TIMEOUT), rooms);
    s.noteMask("the error waits", server);
    s.note("first, told first", s.calls.recvmmsg(server, rooms, 3, 0, NO_TIMEOUT));
    noteAll(s, "then", s.calls.recvmmsg(server, rooms, 1, MSG_DONTWAIT, NO_TIMEOUT), rooms);
    rooms[0].ranges().clear().add(new byte[1], 0, -1);
    s.note("first", s.calls.recvmmsg(server, rooms, 3, MSG_DONTWAIT, NO_TIMEOUT));
    s.note("kept for nobody", s.calls.getsockopt(server, SOL_SOCKET, SO_ERROR));
    s.note("null", s.calls.recvmmsg(server, null, 3, MSG_DONTWAIT, NO_TIMEOUT));
    final Message[] nulls = {null};
    s.note("of null", s.calls.recvmmsg(server, nulls, 1, MSG_DONTWAIT, NO_TIMEOUT));
  }

  private static void waitForOne(final Scene s) {
    final int server = s.boundUdp();
    final int client = s.udp();
    s.calls.sendmmsg(client, texts(s.port(server), "a", "b"), 2, 0);
    final Message[] rooms = rooms(3, 8);
    s.settle(client);
    final int flags = MSG_WAITFORONE;
    noteAll(s, "two", s.calls.recvmmsg(server, rooms, 3, flags, NO_TIMEOUT), rooms);
    s.note("none", s.calls.recvmmsg(server, rooms, 3, flags | MSG_DONTWAIT, NO_TIMEOUT));
  }

  private static void timeout(final Scene s) {
    final int server = s.boundUdp();
    final int client = s.udp();
    s.calls.sendmmsg(client, texts(s.port(server), "a", "b", "c"), 3, 0);
    final Message[] rooms = rooms(3, 8);
    s.settle(client);
    noteAll(s, "no time", s.calls.recvmmsg(server, rooms, 3, 0, 0), rooms);
    final long long9 = TimeUnit.SECONDS.toNanos(9);
    final int two = s.calls.recvmmsg(server, rooms, 3, MSG_WAITFORONE, long9);
    noteAll(s, "much time", two, rooms);
    s.note("none", s.calls.recvmmsg(server, rooms, 3, MSG_DONTWAIT, 0));
  }

  private static void pendingError(final Scene s) {
    final int gone = s.boundUdp();
    final int port = s.port(gone);
    s.closeNow(gone);
    final int fd = s.udp();
    s.calls.connect(fd, INADDR_LOOPBACK, port);
    s.send(fd, "x");
    s.await(fd, Epoll.EPOLLERR);
    final Message[] texts = texts(-1, "a", "b");
    s.note("recvmmsg of none", s.calls.recvmmsg(fd, rooms(1, 8), 0, MSG_DONTWAIT, NO_TIMEOUT));
    s.note("recvmmsg", s.calls.recvmmsg(fd, rooms(1, 8), 1, MSG_DONTWAIT, NO_TIMEOUT));
    s.send(fd, "x");
    s.await(fd, Epoll.EPOLLERR);
    s.note("sendmmsg of none", s.calls.sendmmsg(fd, texts, 0, 0));
    s.note("sendmmsg", s.calls.sendmmsg(fd, texts, 1, 0));
    final int[] pair = s.pair();
    s.send(pair[1], "unread");
    s.await(pair[0], EPOLLIN);
    s.send(pair[0], "unread");
    s.await(pair[1], EPOLLIN);
    s.closeNow(pair[1]);
    s.await(pair[0], Epoll.EPOLLERR);
    s.note("reset", s.calls.recvmmsg(pair[0], rooms(1, 8), 1, 0, NO_TIMEOUT));
  }

  private static void peek(final Scene s) {
    final int server = s.boundUdp();
    final int client = s.udp();
    s.calls.sendmmsg(client, texts(s.port(server), "abcdef", "gh"), 2, 0);
    s.settle(client);
    final Message[] rooms = rooms(2, 3);
    noteAll(s, "peek", s.calls.recvmmsg(server, rooms, 2, MSG_PEEK, NO_TIMEOUT), rooms);
    noteAll(s, "take", s.calls.recvmmsg(server, rooms, 2, 0, NO_TIMEOUT), rooms);
  }

  private static void badDescriptors(final Scene s) {
    final Message[] rooms = rooms(1, 8);
    for (final int fd : new int[] {-1, 1 << 20, s.epoll()}) {
      s.note("sendmmsg", s.calls.sendmmsg(fd, rooms, 1, 0));
      s.note("recvmmsg", s.calls.recvmmsg(fd, rooms, 1, 0, NO_TIMEOUT));
      s.note("sendmmsg of none", s.calls.sendmmsg(fd, rooms, 0, 0));
      s.note("recvmmsg of none", s.calls.recvmmsg(fd, rooms, 0, 0, NO_TIMEOUT));
      s.note("sendmmsg of null", s.calls.sendmmsg(fd, null, 1, 0));
    }
    s.note("recvmmsg of a listener", s.calls.recvmmsg(s.listener(1), rooms, 1, 0, NO_TIMEOUT));
  }
}
