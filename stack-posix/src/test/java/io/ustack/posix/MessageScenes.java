package io.ustack.posix;

import static io.ustack.posix.Epoll.EPOLLIN;
import static io.ustack.posix.SocketOption.INADDR_LOOPBACK;
import static io.ustack.posix.SocketOption.MSG_DONTWAIT;
import static io.ustack.posix.SocketOption.MSG_NOSIGNAL;
import static io.ustack.posix.SocketOption.MSG_PEEK;
import static io.ustack.posix.SocketOption.MSG_TRUNC;
import static io.ustack.posix.SocketOption.MSG_WAITALL;
import static io.ustack.posix.SocketOption.SHUT_WR;

import io.ustack.buffer.ByteRanges;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.function.Consumer;

/** readv(2), writev(2), sendmsg(2) and recvmsg(2). */
final class MessageScenes {
  private static final int MOST_RANGES = 1024;

  private MessageScenes() {}

  static Map<String, Consumer<Scene>> all() {
    return Map.ofEntries(
        Map.entry("message: writev and readv of a stream", MessageScenes::streamVectors),
        Map.entry("message: writev and readv of datagrams", MessageScenes::datagramVectors),
        Map.entry("message: vectors that are refused", MessageScenes::badVectors),
        Map.entry("message: vectors of what is no socket", MessageScenes::noSocket),
        Map.entry("message: many ranges", MessageScenes::manyRanges),
        Map.entry("message: sendmsg and recvmsg of a stream", MessageScenes::stream),
        Map.entry("message: the end of a stream", MessageScenes::streamEnd),
        Map.entry("message: a stream in one piece", MessageScenes::waitAll),
        Map.entry("message: sendmsg and recvmsg of datagrams", MessageScenes::datagrams),
        Map.entry("message: truncation", MessageScenes::truncation),
        Map.entry("message: empty datagrams", MessageScenes::emptyDatagrams),
        Map.entry("message: messages that are refused", MessageScenes::badMessages),
        Map.entry("message: socket pairs", MessageScenes::socketPairs),
        Map.entry("message: names that are refused", MessageScenes::badNames));
  }

  /** Ranges of these texts, in turn of an array, a buffer on the heap and a direct one. */
  static ByteRanges of(final ByteRanges ranges, final String... texts) {
    ranges.clear();
    for (int i = 0; i < texts.length; i++) {
      final byte[] bytes = ("(" + texts[i] + ")").getBytes(StandardCharsets.US_ASCII);
      final int length = bytes.length - 2;
      switch (i % 3) {
        case 0 -> ranges.add(bytes, 1, length);
        case 1 -> ranges.add(ByteBuffer.wrap(bytes), 1, length);
        default -> ranges.add(ByteBuffer.allocateDirect(bytes.length).put(bytes), 1, length);
      }
    }
    return ranges;
  }

  /** Places to receive into. */
  static ByteRanges room(final ByteRanges ranges, final int... lengths) {
    final String[] dots = new String[lengths.length];
    for (int i = 0; i < lengths.length; i++) {
      dots[i] = ".".repeat(lengths[i]);
    }
    return of(ranges, dots);
  }

  /** What is in them, each in brackets. */
  static String text(final ByteRanges ranges) {
    final StringBuilder text = new StringBuilder();
    for (int i = 0; i < ranges.count(); i++) {
      final byte[] bytes = new byte[ranges.length(i)];
      if (ranges.array(i) != null) {
        System.arraycopy(ranges.array(i), ranges.offset(i), bytes, 0, bytes.length);
      } else {
        ranges.buffer(i).get(ranges.offset(i), bytes);
      }
      text.append('[').append(new String(bytes, StandardCharsets.US_ASCII)).append(']');
    }
    return text.toString();
  }

  private static void noteReadv(
      final Scene s, final String what, final int fd, final int... lengths) {
    final ByteRanges ranges = room(new ByteRanges(), lengths);
    s.note(what, s.calls.readv(fd, ranges));
    s.note(what + " " + text(ranges), true);
  }

  /** One recvmsg with all that it tells. */
  static void noteRecvmsg(
      final Scene s, final String what, final int fd, final int flags, final int... lengths) {
    final Message message = new Message().name(1, 2);
    room(message.ranges(), lengths);
    final int result = s.calls.recvmsg(fd, message, flags);
    s.note(what, result);
    s.note(what + " " + text(message.ranges()), true);
    if (result >= 0) {
      s.note(what + ": msg_flags", message.flags());
      s.note(what + ": has a name", message.isNamed());
      if (message.isNamed()) {
        s.note(what + ": address", message.address());
      }
    }
  }

  private static void streamVectors(final Scene s) {
    final int[] pair = s.pair();
    final ByteRanges ranges = new ByteRanges();
    s.note("writev", s.calls.writev(pair[0], of(ranges, "ab", "", "cde", "f")));
    s.await(pair[1], EPOLLIN);
    noteReadv(s, "readv", pair[1], 1, 0, 4, 9);
    s.note("nothing", s.calls.writev(pair[0], ranges.clear()));
    s.note("empty ranges", s.calls.writev(pair[0], of(ranges, "", "")));
    s.note("into nothing", s.calls.readv(pair[1], ranges.clear()));
    s.note("into empty ranges", s.calls.readv(pair[1], room(ranges, 0, 0)));
    s.calls.writev(pair[0], of(ranges, "ghi"));
    noteReadv(s, "less than there is", pair[1], 1, 1);
    noteReadv(s, "the rest", pair[1], 5, 5);
    s.calls.fcntl(pair[1], SocketOption.F_SETFL, SocketOption.O_NONBLOCK);
    noteReadv(s, "none", pair[1], 5, 5);
    s.calls.shutdown(pair[0], SHUT_WR);
    s.await(pair[1], Epoll.EPOLLRDHUP);
    noteReadv(s, "end", pair[1], 5, 5);
    s.note("readv, unconnected", s.calls.readv(s.tcp(), room(ranges, 3)));
  }

  private static void datagramVectors(final Scene s) {
    final int server = s.boundUdp();
    final int client = s.udp();
    final ByteRanges ranges = new ByteRanges();
    s.note("without a peer", s.calls.writev(client, of(ranges, "x")));
    s.calls.connect(client, INADDR_LOOPBACK, s.port(server));
    s.note("writev", s.calls.writev(client, of(ranges, "ab", "c", "", "defg")));
    s.note("writev", s.calls.writev(client, of(ranges, "hi", "j")));
    s.await(server, EPOLLIN);
    noteReadv(s, "one datagram", server, 3, 1, 9);
    noteReadv(s, "truncated", server, 1, 1);
    s.note("sends nothing", s.calls.writev(client, of(ranges, "", "")));
    s.noteRecv("nothing came", server, 10, MSG_DONTWAIT);
    s.send(client, "k");
    s.await(server, EPOLLIN);
    s.note("asks for nothing", s.calls.readv(server, room(ranges, 0, 0)));
    s.noteRecv("still there", server, 10, MSG_DONTWAIT);
  }

  private static void badVectors(final Scene s) {
    final int[] pair = s.pair();
    final int udp = s.boundUdp();
    s.calls.connect(udp, INADDR_LOOPBACK, s.port(udp));
    final ByteRanges ranges = new ByteRanges();
    s.calls.send(pair[0], new byte[100], 100, MSG_NOSIGNAL);
    s.await(pair[1], EPOLLIN);
    final byte[] bytes = new byte[8];
    for (final int fd : new int[] {pair[0], udp}) {
      s.note("null", s.calls.writev(fd, ranges.clear().add((byte[]) null, 0, 5)));
      s.note("null of no length", s.calls.writev(fd, ranges.clear().add((byte[]) null, 0, 0)));
      s.note("null buffer", s.calls.writev(fd, ranges.clear().add((ByteBuffer) null, 0, 5)));
      s.note("negative length", s.calls.writev(fd, ranges.clear().add(bytes, 0, -1)));
      s.note("least length", s.calls.writev(fd, ranges.clear().add(bytes, 0, Integer.MIN_VALUE)));
      ranges.clear().add((byte[]) null, 0, 5).add(bytes, 0, -1);
      s.note("null before negative length", s.calls.writev(fd, ranges));
      s.note("good, then null", s.calls.writev(fd, of(ranges, "ab").add((byte[]) null, 0, 5)));
    }
    final int[] readers = {pair[1], udp};
    s.send(udp, "0123456789");
    s.await(udp, EPOLLIN);
    for (final int fd : readers) {
      s.note("into null of no length", s.calls.readv(fd, ranges.clear().add((byte[]) null, 0, 0)));
      s.note("into negative length", s.calls.readv(fd, ranges.clear().add(bytes, 0, -1)));
      s.note("into null", s.calls.readv(fd, ranges.clear().add((byte[]) null, 0, 5)));
    }
  }

  private static void noSocket(final Scene s) {
    final ByteRanges ranges = of(new ByteRanges(), "abc");
    final ByteRanges none = new ByteRanges();
    final ByteRanges bad = new ByteRanges().add((byte[]) null, 0, -1);
    final int set = s.epoll();
    final int gone = s.closeNow(s.udp()) == 0 ? 1 << 20 : -1;
    for (final int fd : new int[] {-1, gone, Integer.MIN_VALUE, Integer.MAX_VALUE}) {
      s.note("writev", s.calls.writev(fd, ranges));
      s.note("readv", s.calls.readv(fd, ranges));
      s.note("writev of nothing", s.calls.writev(fd, none));
      s.note("readv of something bad", s.calls.readv(fd, bad));
      s.note("sendmsg", s.calls.sendmsg(fd, new Message(), 0));
      s.note("recvmsg", s.calls.recvmsg(fd, new Message(), 0));
      s.note("sendmsg of null", s.calls.sendmsg(fd, null, 0));
      s.note("recvmsg of null", s.calls.recvmsg(fd, null, 0));
    }
    s.note("writev to an epoll set", s.calls.writev(set, ranges));
    s.note("readv from an epoll set", s.calls.readv(set, ranges));
    s.note("sendmsg to an epoll set", s.calls.sendmsg(set, new Message(), 0));
    s.note("recvmsg from an epoll set", s.calls.recvmsg(set, new Message(), 0));
  }

  private static void manyRanges(final Scene s) {
    final int server = s.boundUdp();
    final int client = s.udp();
    s.calls.connect(client, INADDR_LOOPBACK, s.port(server));
    final byte[] bytes = new byte[MOST_RANGES + 1];
    final Message message = new Message();
    for (int i = 0; i < MOST_RANGES; i++) {
      bytes[i] = (byte) ('a' + i % 26);
      message.ranges().add(bytes, i, 1);
    }
    s.note("writev of 1024", s.calls.writev(client, message.ranges()));
    s.noteRecv("whole", server, 2000, 0);
    s.note("sendmsg of 1024", s.calls.sendmsg(client, message, 0));
    s.note("readv into 1024", s.calls.readv(server, message.ranges()));
    s.note("whole " + text(message.ranges()), true);
    message.ranges().add(bytes, 0, 0);
    s.note("writev of 1025", s.calls.writev(client, message.ranges()));
    s.note("readv into 1025", s.calls.readv(server, message.ranges()));
    s.note("sendmsg of 1025", s.calls.sendmsg(client, message, 0));
    s.note("recvmsg into 1025", s.calls.recvmsg(server, message, MSG_DONTWAIT));
    message.ranges().add((byte[]) null, 0, -1);
    s.note("bad and too many", s.calls.sendmsg(client, message, 0));
  }

  private static void stream(final Scene s) {
    final int[] pair = s.pair();
    final Message message = new Message();
    of(message.ranges(), "ab", "", "cde");
    s.note("sendmsg", s.calls.sendmsg(pair[0], message, MSG_NOSIGNAL));
    s.await(pair[1], EPOLLIN);
    noteRecvmsg(s, "peek", pair[1], MSG_PEEK, 2, 1);
    noteRecvmsg(s, "recvmsg", pair[1], 0, 2, 1, 9);
    // Linux: whom a stream goes to is settled.
    message.name(0x7F000099, 9);
    s.note("to somebody else", s.calls.sendmsg(pair[0], message, MSG_NOSIGNAL));
    s.await(pair[1], EPOLLIN);
    noteRecvmsg(s, "thrown away", pair[1], MSG_TRUNC, 2, 1);
    noteRecvmsg(s, "the rest", pair[1], 0, 9);
    noteRecvmsg(s, "none", pair[1], MSG_DONTWAIT, 9);
    message.ranges().clear();
    s.note("nothing", s.calls.sendmsg(pair[0], message, MSG_NOSIGNAL));
  }

  private static void streamEnd(final Scene s) {
    final int[] pair = s.pair();
    s.send(pair[0], "abc");
    s.calls.shutdown(pair[0], SHUT_WR);
    s.await(pair[1], Epoll.EPOLLRDHUP);
    noteRecvmsg(s, "data", pair[1], 0, 9);
    noteRecvmsg(s, "end", pair[1], 0, 9);
    noteRecvmsg(s, "end again", pair[1], 0, 9);
    final Message message = new Message();
    of(message.ranges(), "x");
    s.note("sendmsg after SHUT_WR", s.calls.sendmsg(pair[0], message, MSG_NOSIGNAL));
    s.note("sendmsg, unconnected", s.calls.sendmsg(s.tcp(), message, MSG_NOSIGNAL));
    noteRecvmsg(s, "recvmsg, unconnected", s.tcp(), 0, 9);
    noteRecvmsg(s, "recvmsg of a listener", s.listener(1), 0, 9);
  }

  private static void waitAll(final Scene s) {
    final int[] pair = s.pair();
    s.send(pair[0], "abc");
    s.send(pair[0], "defg");
    noteRecvmsg(s, "all", pair[1], MSG_WAITALL, 2, 0, 3, 2);
  }

  private static void datagrams(final Scene s) {
    final int server = s.boundUdp();
    final int client = s.boundUdp();
    final Message message = new Message().name(INADDR_LOOPBACK, s.port(server));
    of(message.ranges(), "ab", "", "cde");
    s.note("sendmsg", s.calls.sendmsg(client, message, 0));
    s.await(server, EPOLLIN);
    noteRecvmsg(s, "peek", server, MSG_PEEK, 2, 2, 2);
    final Message received = new Message();
    room(received.ranges(), 1, 4);
    s.note("recvmsg", s.calls.recvmsg(server, received, 0));
    s.note("[a][bcde]".equals(text(received.ranges())) ? "scattered" : "not scattered", true);
    s.note("from the client", received.port() == s.port(client));
    message.noName();
    s.note("no name, no peer", s.calls.sendmsg(client, message, 0));
    s.calls.connect(client, INADDR_LOOPBACK, s.port(server));
    s.note("to the peer", s.calls.sendmsg(client, message, 0));
    noteRecvmsg(s, "arrives", server, 0, 5);
    s.note("to itself all the same", sendTo(s, client, s.port(client)));
    noteRecvmsg(s, "not the peer", client, MSG_DONTWAIT, 5);
    noteRecvmsg(s, "none", server, MSG_DONTWAIT, 5);
    s.calls.shutdown(server, SocketOption.SHUT_RD);
    noteRecvmsg(s, "shut", server, 0, 5);
  }

  private static int sendTo(final Scene s, final int fd, final int port) {
    final Message message = new Message().name(INADDR_LOOPBACK, port);
    of(message.ranges(), "abc");
    return s.calls.sendmsg(fd, message, 0);
  }

  private static void truncation(final Scene s) {
    final int server = s.boundUdp();
    final int client = s.udp();
    for (int i = 0; i < 3; i++) {
      s.sendto(client, "abcdefgh", s.port(server));
    }
    s.settle(client);
    noteRecvmsg(s, "peek", server, MSG_PEEK, 2, 1);
    noteRecvmsg(s, "peek whole length", server, MSG_PEEK | MSG_TRUNC, 2, 1);
    noteRecvmsg(s, "exactly", server, 0, 4, 4);
    noteRecvmsg(s, "truncated", server, 0, 2, 1);
    noteRecvmsg(s, "whole length", server, MSG_TRUNC);
    noteRecvmsg(s, "none", server, MSG_DONTWAIT, 9);
  }

  private static void emptyDatagrams(final Scene s) {
    final int server = s.boundUdp();
    final int client = s.udp();
    final Message message = new Message().name(INADDR_LOOPBACK, s.port(server));
    s.note("sendmsg", s.calls.sendmsg(client, message, 0));
    of(message.ranges(), "", "");
    s.note("sendmsg of empty ranges", s.calls.sendmsg(client, message, 0));
    s.await(server, EPOLLIN);
    noteRecvmsg(s, "one", server, 0, 9);
    noteRecvmsg(s, "two", server, 0);
    noteRecvmsg(s, "none", server, MSG_DONTWAIT, 9);
  }

  private static void badMessages(final Scene s) {
    final int server = s.boundUdp();
    final int[] pair = s.pair();
    final Message message = new Message().name(INADDR_LOOPBACK, s.port(server));
    for (final int fd : new int[] {server, pair[0]}) {
      s.note("null", s.calls.sendmsg(fd, null, 0));
      s.note("recvmsg of null", s.calls.recvmsg(fd, null, 0));
      message.ranges().clear().add((byte[]) null, 0, 5);
      s.note("null range", s.calls.sendmsg(fd, message, 0));
      message.ranges().clear().add((byte[]) null, 0, 0);
      s.note("null range of no length", s.calls.sendmsg(fd, message, 0));
      message.ranges().clear().add(new byte[4], 0, -4);
      s.note("negative length", s.calls.sendmsg(fd, message, 0));
      s.note("recvmsg, negative length", s.calls.recvmsg(fd, message, MSG_DONTWAIT));
    }
    of(message.ranges(), "x".repeat(40_000), "y".repeat(40_000));
    s.note("too long", s.calls.sendmsg(server, message, 0));
    message.ranges().clear();
    for (int i = 0; i < MOST_RANGES; i++) {
      message.ranges().add((byte[]) null, 0, Integer.MAX_VALUE);
    }
    s.note("much too long", s.calls.sendmsg(server, message.noName(), MSG_DONTWAIT) < 0);
  }

  private static void socketPairs(final Scene s) {
    final int[] types = {
      SocketOption.SOCK_STREAM, SocketOption.SOCK_DGRAM, SocketOption.SOCK_SEQPACKET
    };
    for (final int type : types) {
      final int[] pair = new int[2];
      s.note("socketpair", s.calls.socketpair(SocketOption.AF_UNIX, type, 0, pair));
      s.track(pair[0]);
      s.track(pair[1]);
      final Message message = new Message();
      of(message.ranges(), "ab", "", "cde");
      s.note("sendmsg", s.calls.sendmsg(pair[0], message, MSG_NOSIGNAL));
      s.note("writev", s.calls.writev(pair[0], of(message.ranges(), "fg", "h")));
      noteRecvmsg(s, "peek", pair[1], MSG_PEEK, 1, 2);
      noteReadv(s, "readv", pair[1], 2, 1);
      noteRecvmsg(s, "recvmsg", pair[1], 0, 1, 1);
      noteReadv(s, "into nothing", pair[1]);
      noteRecvmsg(s, "the rest", pair[1], MSG_DONTWAIT, 9);
      s.closeNow(pair[0]);
      noteRecvmsg(s, "the other end is gone", pair[1], MSG_DONTWAIT, 9);
    }
  }

  private static void badNames(final Scene s) {
    final int fd = s.boundUdp();
    final Message message = new Message().name(INADDR_LOOPBACK, 0);
    of(message.ranges(), "x");
    s.note("port 0", s.calls.sendmsg(fd, message, 0));
    s.calls.connect(fd, INADDR_LOOPBACK, s.port(fd));
    s.note("port 0, connected", s.calls.sendmsg(fd, message, 0));
    message.name(0, s.port(fd));
    s.note("0.0.0.0 is here", s.calls.sendmsg(fd, message, 0));
    noteRecvmsg(s, "arrives", fd, 0, 3);
  }
}
