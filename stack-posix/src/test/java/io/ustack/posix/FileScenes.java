package io.ustack.posix;

import static io.ustack.posix.Epoll.EPOLLIN;
import static io.ustack.posix.SocketOption.INADDR_LOOPBACK;
import static io.ustack.posix.SocketOption.MSG_DONTWAIT;
import static io.ustack.posix.SocketOption.SHUT_WR;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.function.BiConsumer;
import java.util.function.Consumer;

/** sendfile(2). */
final class FileScenes {
  private static final int BYTES = 300_000;

  private FileScenes() {}

  static Map<String, Consumer<Scene>> all() {
    return Map.ofEntries(
        Map.entry("sendfile: parts of a file", withFile(FileScenes::parts)),
        Map.entry("sendfile: a file that does not fit", withFile(FileScenes::large)),
        Map.entry("sendfile: without waiting", withFile(FileScenes::nonBlocking)),
        Map.entry("sendfile: bad arguments", withFile(FileScenes::badArguments)),
        Map.entry("sendfile: sockets that can't", withFile(FileScenes::badSockets)),
        Map.entry("sendfile: datagrams", withFile(FileScenes::datagrams)));
  }

  /** Letters that say where they stand. */
  private static byte[] content() {
    final byte[] bytes = new byte[BYTES];
    for (int i = 0; i < BYTES; i++) {
      bytes[i] = (byte) ('a' + (i + i / 1000) % 26);
    }
    return bytes;
  }

  private static Consumer<Scene> withFile(final BiConsumer<Scene, Path> scene) {
    return s -> {
      try {
        final Path file = Files.createTempFile("ustack", ".sendfile");
        try {
          Files.write(file, content());
          scene.accept(s, file);
        } finally {
          Files.delete(file);
        }
      } catch (final IOException e) {
        throw new UncheckedIOException(e);
      }
    };
  }

  private static void parts(final Scene s, final Path file) {
    final int[] pair = s.pair();
    s.note("ten", s.calls.sendfile(pair[0], file, true, 0, 10));
    s.noteRecv("come", pair[1], 10, SocketOption.MSG_WAITALL);
    s.note("from the middle", s.calls.sendfile(pair[0], file, true, 200_001, 30));
    s.noteRecv("come", pair[1], 30, SocketOption.MSG_WAITALL);
    s.note("none", s.calls.sendfile(pair[0], file, true, 5, 0));
    s.note("over the end", s.calls.sendfile(pair[0], file, true, BYTES - 7, 100));
    s.noteRecv("come", pair[1], 7, SocketOption.MSG_WAITALL);
    s.note("at the end", s.calls.sendfile(pair[0], file, true, BYTES, 100));
    s.note("behind the end", s.calls.sendfile(pair[0], file, true, BYTES + 1, 100));
    s.note("far behind", s.calls.sendfile(pair[0], file, true, 1L << 40, 1L << 40));
    s.noteRecv("nothing came", pair[1], 7, MSG_DONTWAIT);
  }

  private static void large(final Scene s, final Path file) {
    final int[] pair = s.pair();
    final byte[] sent = content();
    // As much as fits both buffers on either side, so that nobody waits for ever.
    s.note("sendfile", s.calls.sendfile(pair[0], file, true, 1000, 50_000));
    final byte[] into = new byte[50_000];
    s.note("all", s.calls.recv(pair[1], into, into.length, SocketOption.MSG_WAITALL));
    s.note("the same", java.util.Arrays.equals(into, 0, 50_000, sent, 1000, 51_000));
  }

  private static void nonBlocking(final Scene s, final Path file) {
    final int[] pair = s.pair();
    s.calls.fcntl(pair[0], SocketOption.F_SETFL, SocketOption.O_NONBLOCK);
    final byte[] content = content();
    final byte[] into = new byte[BYTES];
    int sent = 0;
    int received = 0;
    boolean refused = false;
    boolean same = true;
    for (int round = 0; round < 10; round++) {
      int at = 0;
      while (at < BYTES) {
        final int outcome = s.calls.sendfile(pair[0], file, true, at, BYTES - at);
        if (outcome == -Errno.EAGAIN) {
          refused = true;
          s.await(pair[1], EPOLLIN);
        } else if (outcome <= 0) {
          s.note("failed", outcome);
          return;
        } else {
          at += outcome;
          sent += outcome;
        }
        // The reader is slow, so that the socket is full now and then.
        if (refused) {
          received += read(s, pair[1], into, received, content);
        }
      }
    }
    while (received < sent) {
      s.await(pair[1], EPOLLIN);
      final int count = read(s, pair[1], into, received, content);
      same &= count >= 0;
      received += count;
    }
    s.note("everything came", received);
    s.note("as it was", same);
  }

  /** Reads what is there; -1 000 000 when it is not what should come. */
  private static int read(
      final Scene s, final int fd, final byte[] into, final int from, final byte[] content) {
    final int count = Math.max(0, s.calls.recv(fd, into, into.length, MSG_DONTWAIT));
    for (int i = 0; i < count; i++) {
      if (into[i] != content[(from + i) % BYTES]) {
        return -1_000_000;
      }
    }
    return count;
  }

  private static void badArguments(final Scene s, final Path file) {
    final int[] pair = s.pair();
    s.note("position -1", s.calls.sendfile(pair[0], file, true, -1, 5));
    s.note("least position", s.calls.sendfile(pair[0], file, true, Long.MIN_VALUE, 5));
    s.note("count -1", s.calls.sendfile(pair[0], file, true, 0, -1));
    s.note("an end that can't be", s.calls.sendfile(pair[0], file, true, 1, Long.MAX_VALUE));
    s.note("the last end", s.calls.sendfile(pair[0], file, true, BYTES, Long.MAX_VALUE - BYTES));
    s.note("least count", s.calls.sendfile(pair[0], file, true, 0, Long.MIN_VALUE));
    s.note("no file", s.calls.sendfile(pair[0], null, true, 0, 5));
    s.note("no file, position -1", s.calls.sendfile(pair[0], null, true, -1, 5));
    s.note("not readable", s.calls.sendfile(pair[0], file, false, 0, 5));
    s.note("not readable, none", s.calls.sendfile(pair[0], file, false, 0, 0));
    s.note("no descriptor", s.calls.sendfile(-1, file, true, 0, 5));
    s.note("no descriptor, none", s.calls.sendfile(1 << 20, file, true, 0, 0));
    s.note("no descriptor, no file", s.calls.sendfile(-1, null, true, 0, 5));
    s.note("no descriptor, position -1", s.calls.sendfile(-1, file, true, -1, 5));
    s.note("epoll set", s.calls.sendfile(s.epoll(), file, true, 0, 5));
  }

  private static void badSockets(final Scene s, final Path file) {
    s.note("unconnected", s.calls.sendfile(s.tcp(), file, true, 0, 5));
    s.note("listener", s.calls.sendfile(s.listener(1), file, true, 0, 5));
    final int[] pair = s.pair();
    s.calls.shutdown(pair[0], SHUT_WR);
    s.note("after SHUT_WR", s.calls.sendfile(pair[0], file, true, 0, 5));
    s.note("after SHUT_WR, none", s.calls.sendfile(pair[0], file, true, 0, 0));
    s.note("after SHUT_WR, at the end", s.calls.sendfile(pair[0], file, true, BYTES, 9));
    s.note("UDP without a peer", s.calls.sendfile(s.udp(), file, true, 0, 5));
    final int appending = s.pair()[0];
    s.calls.fcntl(appending, SocketOption.F_SETFL, SocketOption.O_APPEND);
    s.note("O_APPEND", s.calls.sendfile(appending, file, true, 0, 10));
  }

  private static void datagrams(final Scene s, final Path file) {
    final int server = s.boundUdp();
    final int client = s.udp();
    s.calls.connect(client, INADDR_LOOPBACK, s.port(server));
    s.note("sendfile", s.calls.sendfile(client, file, true, 0, 26));
    s.noteRecv("one datagram", server, 100, 0);
    s.note("over the end", s.calls.sendfile(client, file, true, BYTES - 3, 26));
    s.noteRecv("one datagram", server, 100, 0);
    s.note("at the end", s.calls.sendfile(client, file, true, BYTES, 26));
    s.noteRecv("none", server, 100, MSG_DONTWAIT);
  }
}
