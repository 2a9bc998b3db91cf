package io.ustack.posix;

import static io.ustack.posix.Epoll.EPOLLIN;
import static io.ustack.posix.Epoll.EPOLLOUT;
import static io.ustack.posix.Epoll.EPOLLPRI;
import static io.ustack.posix.Epoll.EPOLLRDHUP;
import static io.ustack.posix.SocketOption.INADDR_LOOPBACK;
import static io.ustack.posix.SocketOption.SHUT_RD;
import static io.ustack.posix.SocketOption.SHUT_WR;

import java.util.Map;
import java.util.function.Consumer;

/** poll(2) and select(2). */
final class PollScenes {
  /** No descriptor on either side. */
  private static final int BAD = 100_000;

  private PollScenes() {}

  static Map<String, Consumer<Scene>> all() {
    return Map.ofEntries(
        Map.entry("poll: nothing, then data", PollScenes::data),
        Map.entry("poll: several", PollScenes::several),
        Map.entry("poll: what is reported unasked", PollScenes::unasked),
        Map.entry("poll: states of a connection", PollScenes::states),
        Map.entry("poll: a listener", PollScenes::listener),
        Map.entry("poll: an epoll set", PollScenes::epollSet),
        Map.entry("poll: no descriptors", PollScenes::noDescriptors),
        Map.entry("poll: bad descriptors", PollScenes::badDescriptors),
        Map.entry("poll: timeouts", PollScenes::timeouts),
        Map.entry("select: reads and writes", PollScenes::select),
        Map.entry("select: end and errors", PollScenes::selectEnd),
        Map.entry("select: refused", PollScenes::selectRefused),
        Map.entry("select: timeouts", PollScenes::selectTimeouts));
  }

  private static void notePoll(
      final Scene s, final String what, final int timeoutMs, final int... fdsAndEvents) {
    final PollFds fds = new PollFds(fdsAndEvents.length / 2);
    for (int i = 0; i < fds.capacity(); i++) {
      fds.set(i, fdsAndEvents[2 * i], fdsAndEvents[2 * i + 1]);
    }
    s.note(what, s.calls.poll(fds, fds.capacity(), timeoutMs));
    for (int i = 0; i < fds.capacity(); i++) {
      s.note("  " + i + " " + Epoll.describe(fds.revents(i)), 0);
    }
  }

  private static void data(final Scene s) {
    final int[] pair = s.pair();
    notePoll(s, "nothing", 0, pair[1], EPOLLIN);
    s.send(pair[0], "x");
    notePoll(s, "data", -1, pair[1], EPOLLIN);
    notePoll(s, "still", -1, pair[1], EPOLLIN);
    notePoll(s, "all", 0, pair[1], Scene.ALL);
    s.recv(pair[1]);
    notePoll(s, "read", 0, pair[1], EPOLLIN);
    notePoll(s, "all", 0, pair[1], Scene.ALL);
  }

  private static void several(final Scene s) {
    final int[] one = s.pair();
    final int[] two = s.pair();
    notePoll(s, "none", 0, one[1], EPOLLIN, two[1], EPOLLIN);
    s.send(two[0], "x");
    notePoll(s, "the second", -1, one[1], EPOLLIN, two[1], EPOLLIN);
    notePoll(s, "and one to write", 0, one[1], EPOLLIN | EPOLLOUT, two[1], EPOLLIN);
    notePoll(s, "the same twice", 0, two[1], EPOLLIN, two[1], EPOLLIN);
    notePoll(s, "the same, asked two ways", 0, two[1], EPOLLIN, two[1], EPOLLOUT);
    notePoll(s, "negative ones", 0, -1, EPOLLIN, two[1], EPOLLIN, -77, EPOLLOUT);
  }

  private static void unasked(final Scene s) {
    notePoll(s, "unconnected", 0, s.tcp(), 0);
    notePoll(s, "unconnected, all", 0, s.tcp(), Scene.ALL);
    final int[] pair = s.pair();
    notePoll(s, "nothing asked", 0, pair[0], 0);
    s.closeNow(pair[1]);
    s.calls.shutdown(pair[0], SHUT_WR);
    s.awaitOver(pair[0]);
    notePoll(s, "over, nothing asked", -1, pair[0], 0);
    final int client = s.boundUdp();
    s.calls.connect(client, INADDR_LOOPBACK, 1);
    s.send(client, "x");
    notePoll(s, "an error, nothing asked", -1, client, 0);
    notePoll(s, "an error, all", 0, client, Scene.ALL);
  }

  private static void states(final Scene s) {
    final int[] pair = s.pair();
    s.calls.shutdown(pair[1], SHUT_WR);
    notePoll(s, "peer finished", -1, pair[0], EPOLLRDHUP);
    notePoll(s, "peer finished, IN", 0, pair[0], EPOLLIN);
    notePoll(s, "peer finished, all", 0, pair[0], Scene.ALL);
    s.calls.shutdown(pair[0], SHUT_RD);
    notePoll(s, "both, all", 0, pair[0], Scene.ALL);
    final int[] full = s.pair();
    s.fill(full[0]);
    notePoll(s, "full", 0, full[0], EPOLLOUT);
    notePoll(s, "full, all", 0, full[0], Scene.ALL);
    notePoll(s, "PRI only", 0, full[1], EPOLLPRI);
  }

  private static void listener(final Scene s) {
    final int listener = s.listener(2);
    notePoll(s, "nobody", 0, listener, Scene.ALL);
    s.calls.connect(s.tcp(), INADDR_LOOPBACK, s.port(listener));
    notePoll(s, "somebody", -1, listener, EPOLLIN);
    notePoll(s, "all", 0, listener, Scene.ALL);
    s.accept(listener);
    notePoll(s, "accepted", 0, listener, Scene.ALL);
  }

  private static void epollSet(final Scene s) {
    final int set = s.epoll();
    final int fd = s.udp();
    notePoll(s, "empty", 0, set, Scene.ALL);
    s.calls.epollCtl(set, Epoll.EPOLL_CTL_ADD, fd, EPOLLOUT, 1);
    notePoll(s, "ready", -1, set, EPOLLIN);
    notePoll(s, "all", 0, set, Scene.ALL);
    s.calls.epollCtl(set, Epoll.EPOLL_CTL_MOD, fd, EPOLLIN, 1);
    notePoll(s, "no more", 0, set, Scene.ALL);
  }

  private static void noDescriptors(final Scene s) {
    s.note("at once", s.calls.poll(new PollFds(0), 0, 0));
    s.note("3 ms", s.calls.poll(new PollFds(0), 0, 3));
    s.note("select", s.calls.select(0, null, null, null, 2_000_000));
  }

  private static void badDescriptors(final Scene s) {
    notePoll(s, "no descriptor", -1, BAD, EPOLLIN);
    notePoll(s, "no descriptor, nothing asked", -1, BAD, 0);
    notePoll(s, "beside a good one", -1, BAD, EPOLLIN, s.udp(), EPOLLOUT);
    s.note("count -1", s.calls.poll(new PollFds(1), -1, 0));
  }

  private static void timeouts(final Scene s) {
    final int fd = s.boundUdp();
    notePoll(s, "3 ms", 3, fd, EPOLLIN);
    notePoll(s, "3 ms, ready", 3, fd, EPOLLIN | EPOLLOUT);
  }

  private static FdSet setOf(final int... fds) {
    final FdSet set = new FdSet();
    for (final int fd : fds) {
      set.set(fd);
    }
    return set;
  }

  private static void noteSelect(
      final Scene s, final String what, final long timeoutNs, final int one, final int two) {
    final FdSet reads = setOf(one, two);
    final FdSet writes = setOf(one, two);
    final FdSet excepts = setOf(one, two);
    final int end = Math.max(one, two) + 1;
    s.note(what, s.calls.select(end, reads, writes, excepts, timeoutNs));
    for (final int fd : new int[] {one, two}) {
      s.note("  reads", reads.isSet(fd));
      s.note("  writes", writes.isSet(fd));
      s.note("  excepts", excepts.isSet(fd));
    }
  }

  private static void select(final Scene s) {
    final int[] pair = s.pair();
    noteSelect(s, "both to write", -1, pair[0], pair[1]);
    s.send(pair[0], "x");
    s.await(pair[1], EPOLLIN);
    noteSelect(s, "one to read", -1, pair[0], pair[1]);
    final FdSet reads = setOf(pair[0], pair[1]);
    s.note("reads alone", s.calls.select(pair[0] + pair[1], reads, null, null, -1));
    s.note("  the one", reads.isSet(pair[1]));
    s.note("  the other", reads.isSet(pair[0]));
    s.note("below the end", s.calls.select(0, setOf(pair[1]), null, null, 0));
    s.note("empty sets", s.calls.select(pair[1] + 1, setOf(), setOf(), setOf(), 0));
  }

  private static void selectEnd(final Scene s) {
    final int[] pair = s.pair();
    final int refused = s.udp();
    s.calls.connect(refused, INADDR_LOOPBACK, 1);
    s.send(refused, "x");
    s.await(refused, Epoll.EPOLLERR);
    s.calls.shutdown(pair[1], SHUT_WR);
    s.await(pair[0], EPOLLRDHUP);
    noteSelect(s, "an end and an error", -1, pair[0], refused);
    noteSelect(s, "a listener, and nothing", 0, s.listener(1), s.tcp());
  }

  private static void selectRefused(final Scene s) {
    final int fd = s.udp();
    // A number that was one, and that no other thread is given soon. Linux looks at none above its
    // table of descriptors; here those are EBADF like the others.
    final int bad = s.calls.fcntl(fd, SocketOption.F_DUPFD, 240);
    s.calls.close(bad);
    s.note("no descriptor", s.calls.select(bad + 1, setOf(bad), null, null, 0));
    final FdSet writes = setOf(fd, bad);
    s.note("beside a good one", s.calls.select(bad + 1, null, writes, null, 0));
    s.note("the sets are as they were", writes.isSet(fd) && writes.isSet(bad));
    s.note("above the end nobody looks", s.calls.select(fd + 1, null, writes, null, 0));
    s.note("negative end", s.calls.select(-1, null, null, null, 0));
  }

  private static void selectTimeouts(final Scene s) {
    final int fd = s.boundUdp();
    final FdSet reads = setOf(fd);
    s.note("2 ms", s.calls.select(fd + 1, reads, null, null, 2_000_000));
    s.note("cleared", reads.isSet(fd));
  }
}
