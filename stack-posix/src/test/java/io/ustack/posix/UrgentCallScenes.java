package io.ustack.posix;

import static io.ustack.posix.Epoll.EPOLLERR;
import static io.ustack.posix.Epoll.EPOLLIN;
import static io.ustack.posix.Epoll.EPOLLPRI;
import static io.ustack.posix.Epoll.EPOLLRDHUP;
import static io.ustack.posix.SocketOption.AF_UNIX;
import static io.ustack.posix.SocketOption.INADDR_LOOPBACK;
import static io.ustack.posix.SocketOption.IPPROTO_TCP;
import static io.ustack.posix.SocketOption.MSG_DONTWAIT;
import static io.ustack.posix.SocketOption.MSG_ERRQUEUE;
import static io.ustack.posix.SocketOption.MSG_NOSIGNAL;
import static io.ustack.posix.SocketOption.MSG_OOB;
import static io.ustack.posix.SocketOption.MSG_PEEK;
import static io.ustack.posix.SocketOption.SHUT_RD;
import static io.ustack.posix.SocketOption.SHUT_RDWR;
import static io.ustack.posix.SocketOption.SHUT_WR;
import static io.ustack.posix.SocketOption.SIOCATMARK;
import static io.ustack.posix.SocketOption.SOCK_DGRAM;
import static io.ustack.posix.SocketOption.SOCK_SEQPACKET;
import static io.ustack.posix.SocketOption.SOL_SOCKET;
import static io.ustack.posix.SocketOption.SO_OOBINLINE;
import static io.ustack.posix.UrgentScenes.noteState;

import io.ustack.buffer.ByteRanges;
import java.util.Arrays;
import java.util.Map;
import java.util.function.Consumer;

/** Urgent data of TCP: who can be asked for it, who is told of it, and what becomes of it. */
final class UrgentCallScenes {
  private UrgentCallScenes() {}

  static Map<String, Consumer<Scene>> all() {
    return Map.ofEntries(
        Map.entry("urgent calls: epoll, level", s -> epoll(s, 0)),
        Map.entry("urgent calls: epoll, edge", s -> epoll(s, Epoll.EPOLLET)),
        Map.entry("urgent calls: epoll, one shot", s -> epoll(s, Epoll.EPOLLONESHOT)),
        Map.entry("urgent calls: epoll, edge and one shot", UrgentCallScenes::edgeAndOneShot),
        Map.entry("urgent calls: epoll, exclusive", UrgentCallScenes::exclusive),
        Map.entry("urgent calls: poll", UrgentCallScenes::poll),
        Map.entry("urgent calls: select", UrgentCallScenes::select),
        Map.entry("urgent calls: SO_OOBINLINE", UrgentCallScenes::inline),
        Map.entry("urgent calls: where there is none", UrgentCallScenes::none),
        Map.entry("urgent calls: send refused", UrgentCallScenes::refused),
        Map.entry("urgent calls: SIOCATMARK of others", UrgentCallScenes::others),
        Map.entry("urgent calls: flags beside", UrgentCallScenes::flags),
        Map.entry("urgent calls: messages", UrgentCallScenes::messages),
        Map.entry("urgent calls: after a FIN", UrgentCallScenes::afterFin),
        Map.entry("urgent calls: after a reset", UrgentCallScenes::afterReset),
        Map.entry("urgent calls: shutdown", UrgentCallScenes::shutdown),
        Map.entry("urgent calls: disconnect", UrgentCallScenes::disconnect),
        Map.entry("urgent calls: close with it unread", UrgentCallScenes::closeUnread),
        Map.entry("urgent calls: close with it read", UrgentCallScenes::closeRead),
        Map.entry("urgent calls: datagrams", UrgentCallScenes::datagrams));
  }

  // ---- Readiness

  private static void noteWait(final Scene s, final String what, final int set, final int ms) {
    final EpollEvents events = new EpollEvents(2);
    final int count = s.calls.epollWait(set, events, 2, ms);
    s.note(what, count);
    if (count > 0) {
      s.note("  " + Epoll.describe(events.events(0)), 0);
    }
  }

  private static void epoll(final Scene s, final int how) {
    final int[] pair = s.pair();
    final int urgent = s.epoll();
    final int both = s.epoll();
    s.calls.epollCtl(urgent, Epoll.EPOLL_CTL_ADD, pair[1], EPOLLPRI | how, 0);
    s.calls.epollCtl(both, Epoll.EPOLL_CTL_ADD, pair[1], EPOLLPRI | EPOLLIN | how, 0);
    noteWait(s, "nothing", urgent, 0);
    s.send(pair[0], "abc");
    noteWait(s, "data is not urgent", both, -1);
    noteWait(s, "data is not urgent", urgent, 0);
    s.note("send", s.send(pair[0], "X", MSG_OOB));
    s.settleStream(pair[0]);
    noteWait(s, "urgent", urgent, how == Epoll.EPOLLONESHOT ? 0 : -1);
    noteWait(s, "urgent again", urgent, 0);
    noteWait(s, "both", both, 0);
    noteWait(s, "both again", both, 0);
    s.note("send", s.send(pair[0], "d"));
    s.settleStream(pair[0]);
    noteWait(s, "urgent, and new data", urgent, 0);
    noteWait(s, "both, and new data", both, 0);
    s.noteRecv("urgent", pair[1], 1, MSG_OOB);
    noteWait(s, "taken", urgent, 0);
    noteWait(s, "taken", both, 0);
    s.calls.epollCtl(urgent, Epoll.EPOLL_CTL_MOD, pair[1], EPOLLPRI | how, 0);
    s.calls.epollCtl(both, Epoll.EPOLL_CTL_MOD, pair[1], EPOLLPRI | EPOLLIN | how, 0);
    noteWait(s, "changed", urgent, 0);
    noteWait(s, "changed", both, 0);
    s.note("send", s.send(pair[0], "Y", MSG_OOB));
    s.settleStream(pair[0]);
    noteWait(s, "another", urgent, 0);
    noteWait(s, "another", both, 0);
    s.drain(pair[1], 3);
    noteWait(s, "read to the mark", urgent, 0);
    s.noteRecv("over the mark", pair[1], 9, MSG_DONTWAIT);
    s.noteRecv("over the mark", pair[1], 9, MSG_DONTWAIT);
    noteWait(s, "passed", urgent, 0);
    noteWait(s, "passed", both, 0);
  }

  private static void edgeAndOneShot(final Scene s) {
    final int[] pair = s.pair();
    final int set = s.epoll();
    final int how = Epoll.EPOLLET | Epoll.EPOLLONESHOT;
    s.send(pair[0], "X", MSG_OOB);
    s.settleStream(pair[0]);
    s.calls.epollCtl(set, Epoll.EPOLL_CTL_ADD, pair[1], EPOLLPRI | how, 0);
    noteWait(s, "there before", set, -1);
    noteWait(s, "again", set, 0);
    s.calls.epollCtl(set, Epoll.EPOLL_CTL_MOD, pair[1], EPOLLPRI | how, 0);
    noteWait(s, "armed again", set, 0);
    s.noteRecv("urgent", pair[1], 1, MSG_OOB);
    s.calls.epollCtl(set, Epoll.EPOLL_CTL_MOD, pair[1], EPOLLPRI | how, 0);
    noteWait(s, "taken", set, 0);
  }

  private static void exclusive(final Scene s) {
    final int[] pair = s.pair();
    final int set = s.epoll();
    s.note(
        "PRI",
        s.calls.epollCtl(set, Epoll.EPOLL_CTL_ADD, pair[1], EPOLLPRI | Epoll.EPOLLEXCLUSIVE, 0));
    s.note(
        "IN",
        s.calls.epollCtl(set, Epoll.EPOLL_CTL_ADD, pair[1], EPOLLIN | Epoll.EPOLLEXCLUSIVE, 0));
    s.send(pair[0], "X", MSG_OOB);
    s.settleStream(pair[0]);
    noteWait(s, "urgent alone is nothing to read", set, 0);
    s.send(pair[0], "a");
    noteWait(s, "data behind it is", set, -1);
  }

  private static void notePoll(
      final Scene s, final String what, final int fd, final int events, final int timeoutMs) {
    final PollFds fds = new PollFds(1);
    fds.set(0, fd, events);
    s.note(what, s.calls.poll(fds, 1, timeoutMs));
    s.note("  " + Epoll.describe(fds.revents(0)), 0);
  }

  private static void poll(final Scene s) {
    final int[] pair = s.pair();
    notePoll(s, "nothing", pair[1], EPOLLPRI, 0);
    s.send(pair[0], "a");
    s.settleStream(pair[0]);
    notePoll(s, "data", pair[1], EPOLLPRI, 0);
    s.send(pair[0], "X", MSG_OOB);
    notePoll(s, "urgent", pair[1], EPOLLPRI, -1);
    notePoll(s, "urgent, still", pair[1], EPOLLPRI, -1);
    notePoll(s, "nothing asked", pair[1], 0, 0);
    notePoll(s, "band", pair[1], Epoll.EPOLLRDBAND, 0);
    notePoll(s, "all", pair[1], Scene.ALL, 0);
    s.recv(pair[1]);
    notePoll(s, "at the mark", pair[1], Scene.ALL, 0);
    s.noteRecv("urgent", pair[1], 1, MSG_OOB);
    notePoll(s, "taken", pair[1], Scene.ALL, 0);
    s.calls.setsockopt(pair[1], SOL_SOCKET, SO_OOBINLINE, 1);
    notePoll(s, "in line", pair[1], Scene.ALL, 0);
  }

  private static void noteSelect(final Scene s, final String what, final int fd, final long ns) {
    final FdSet reads = new FdSet();
    final FdSet excepts = new FdSet();
    reads.set(fd);
    excepts.set(fd);
    s.note(what, s.calls.select(fd + 1, reads, null, excepts, ns));
    s.note("  reads", reads.isSet(fd));
    s.note("  excepts", excepts.isSet(fd));
  }

  private static void select(final Scene s) {
    final int[] pair = s.pair();
    noteSelect(s, "nothing", pair[1], 0);
    s.send(pair[0], "X", MSG_OOB);
    noteSelect(s, "urgent alone", pair[1], -1);
    s.send(pair[0], "a");
    s.settleStream(pair[0]);
    noteSelect(s, "data behind it", pair[1], -1);
    s.noteRecv("urgent", pair[1], 1, MSG_OOB);
    noteSelect(s, "taken", pair[1], -1);
    s.recv(pair[1]);
    noteSelect(s, "read", pair[1], 0);
  }

  // ---- Options and errors

  private static void inline(final Scene s) {
    final int[] fds = {s.tcp(), s.listener(1), s.pair()[0], s.udp()};
    for (final int fd : fds) {
      s.noteGet("at first", fd, SOL_SOCKET, SO_OOBINLINE, 4);
      for (final int value : new int[] {1, 0, 7, -1, 0, 2}) {
        s.note("set " + value, s.calls.setsockopt(fd, SOL_SOCKET, SO_OOBINLINE, value));
        s.note("get", s.calls.getsockopt(fd, SOL_SOCKET, SO_OOBINLINE));
      }
      for (final int length : new int[] {0, 1, 3, 5, 8}) {
        final byte[] value = Arrays.copyOf(Scene.bytes(0, 1), length);
        s.noteSet("SO_OOBINLINE", fd, SOL_SOCKET, SO_OOBINLINE, value);
        s.noteGet("SO_OOBINLINE", fd, SOL_SOCKET, SO_OOBINLINE, length);
      }
    }
    s.note("another level", s.calls.setsockopt(fds[3], IPPROTO_TCP, SO_OOBINLINE, 1));
    final int[] local = new int[2];
    s.calls.socketpair(AF_UNIX, SOCK_DGRAM, 0, local);
    s.track(local[0]);
    s.track(local[1]);
    s.note("AF_UNIX", s.calls.setsockopt(local[0], SOL_SOCKET, SO_OOBINLINE, 1));
    s.note("AF_UNIX", s.calls.getsockopt(local[0], SOL_SOCKET, SO_OOBINLINE));
    s.note("a set", s.calls.setsockopt(s.epoll(), SOL_SOCKET, SO_OOBINLINE, 1));
    s.note("a set", s.calls.getsockopt(s.epoll(), SOL_SOCKET, SO_OOBINLINE));
  }

  private static void none(final Scene s) {
    final int[] pair = s.pair();
    final int[] fds = {pair[0], s.tcp(), s.listener(1)};
    for (final int fd : fds) {
      s.noteRecv("MSG_OOB", fd, 1, MSG_OOB);
      s.noteRecv("without room", fd, 0, MSG_OOB);
      s.noteRecv("peek", fd, 1, MSG_OOB | MSG_PEEK);
      s.note("SIOCATMARK", s.calls.ioctl(fd, SIOCATMARK, 7));
      s.calls.setsockopt(fd, SOL_SOCKET, SO_OOBINLINE, 1);
      s.noteRecv("in line", fd, 1, MSG_OOB);
    }
    s.noteRecv("no descriptor", -1, 1, MSG_OOB);
    s.noteRecv("no socket", s.epoll(), 1, MSG_OOB);
    s.note("an empty one", s.calls.send(pair[0], new byte[0], 0, MSG_OOB));
    s.settleStream(pair[0]);
    noteState(s, "is nothing", pair[1]);
  }

  private static void refused(final Scene s) {
    s.note("unconnected", s.send(s.tcp(), "X", MSG_OOB));
    s.note("a listener", s.send(s.listener(1), "X", MSG_OOB));
    s.note("no descriptor", s.send(-1, "X", MSG_OOB));
    s.note("no socket", s.send(s.epoll(), "X", MSG_OOB));
    final int[] pair = s.pair();
    s.calls.shutdown(pair[0], SHUT_WR);
    s.note("shut", s.send(pair[0], "X", MSG_OOB));
    s.note("an address is nothing", s.sendto(pair[1], "X", 1));
    s.await(pair[0], EPOLLIN);
    final int[] full = s.pair();
    s.fill(full[0]);
    s.note("full", s.send(full[0], "X", MSG_OOB | MSG_DONTWAIT));
    final int refusing = s.tcp();
    s.calls.connect(refusing, INADDR_LOOPBACK, 1);
    s.note("refused", s.send(refusing, "X", MSG_OOB));
  }

  private static void others(final Scene s) {
    final int[] local = new int[2];
    for (final int type : new int[] {SOCK_DGRAM, SOCK_SEQPACKET}) {
      s.calls.socketpair(AF_UNIX, type, 0, local);
      s.track(local[0]);
      s.track(local[1]);
      s.note("AF_UNIX", s.calls.ioctl(local[0], SIOCATMARK, 0));
      s.note("AF_UNIX, not sent", s.calls.ioctl(local[0], SocketOption.SIOCOUTQNSD, 0));
      s.note("AF_UNIX, send", s.send(local[0], "X", MSG_OOB));
      s.noteRecv("AF_UNIX, recv", local[1], 1, MSG_OOB | MSG_DONTWAIT);
    }
    final int eventFd = s.track(s.calls.eventfd(0, 0));
    // Of an epoll set the answer depends on the kernel: EINVAL since Linux 6.9.
    for (final int fd : new int[] {s.udp(), s.boundUdp(), eventFd, -1}) {
      s.note("SIOCATMARK", s.calls.ioctl(fd, SIOCATMARK, 0));
      s.note("SIOCOUTQNSD", s.calls.ioctl(fd, SocketOption.SIOCOUTQNSD, 0));
    }
  }

  private static void flags(final Scene s) {
    final int[] pair = s.pair();
    s.note("MSG_NOSIGNAL", s.send(pair[0], "abX", MSG_OOB | MSG_NOSIGNAL | MSG_DONTWAIT));
    s.await(pair[1], EPOLLPRI);
    s.noteRecv("MSG_ERRQUEUE", pair[1], 1, MSG_OOB | MSG_ERRQUEUE);
    s.noteRecv("MSG_NOSIGNAL", pair[1], 1, MSG_OOB | MSG_NOSIGNAL | MSG_PEEK);
    final SocketAddress4 from = new SocketAddress4();
    s.note("recvfrom", s.calls.recvfrom(pair[1], new byte[1], 1, MSG_OOB | MSG_PEEK, from));
    s.note("read", s.calls.read(pair[1], new byte[9], 9));
    noteState(s, "then", pair[1]);
    final int copy = s.track(s.calls.dup(pair[1]));
    s.noteRecv("a copy's", copy, 1, MSG_OOB);
    s.noteRecv("is the same", pair[1], 1, MSG_OOB);
  }

  private static void messages(final Scene s) {
    final int[] pair = s.pair();
    final Message message = new Message();
    MessageScenes.of(message.ranges(), "ab", "", "cX");
    s.note("sendmsg", s.calls.sendmsg(pair[0], message, MSG_OOB | MSG_NOSIGNAL));
    s.await(pair[1], EPOLLPRI);
    MessageScenes.noteRecvmsg(s, "peek", pair[1], MSG_OOB | MSG_PEEK, 2, 1);
    MessageScenes.noteRecvmsg(s, "an empty range first", pair[1], MSG_OOB | MSG_PEEK, 0, 1);
    MessageScenes.noteRecvmsg(s, "no room, peek", pair[1], MSG_OOB | MSG_PEEK, 0);
    MessageScenes.noteRecvmsg(s, "no room", pair[1], MSG_OOB);
    MessageScenes.noteRecvmsg(s, "gone", pair[1], MSG_OOB, 1);
    MessageScenes.noteRecvmsg(s, "to the mark", pair[1], MSG_DONTWAIT, 2, 9);
    // In line before the next one comes: see the deviation in UrgentByte.
    s.calls.setsockopt(pair[1], SOL_SOCKET, SO_OOBINLINE, 1);
    MessageScenes.of(message.ranges(), "ab", "", "cX");
    s.calls.sendmsg(pair[0], message, MSG_OOB | MSG_NOSIGNAL);
    s.settleStream(pair[0]);
    MessageScenes.noteRecvmsg(s, "in line", pair[1], MSG_OOB, 1);
    MessageScenes.noteRecvmsg(s, "in line, stream", pair[1], MSG_DONTWAIT, 9);
    MessageScenes.noteRecvmsg(s, "in line, stream", pair[1], MSG_DONTWAIT, 9);
    final ByteRanges room = new ByteRanges();
    final byte[] into = new byte[9];
    room.add(into, 0, 9);
    s.send(pair[0], "deY", MSG_OOB);
    s.settleStream(pair[0]);
    s.note("readv to the mark", s.calls.readv(pair[1], room));
    s.note("readv of the mark", s.calls.readv(pair[1], room));
  }

  // ---- Ends

  private static void afterFin(final Scene s) {
    final int[] pair = s.pair();
    s.send(pair[0], "abX", MSG_OOB);
    s.calls.shutdown(pair[0], SHUT_WR);
    s.await(pair[1], EPOLLRDHUP);
    noteState(s, "finished", pair[1]);
    s.noteRecv("peek urgent", pair[1], 1, MSG_OOB | MSG_PEEK);
    s.noteRecv("stream", pair[1], 9, 0);
    noteState(s, "at the mark", pair[1]);
    s.noteRecv("urgent", pair[1], 1, MSG_OOB);
    s.noteRecv("end", pair[1], 9, 0);
    noteState(s, "at the end", pair[1]);
    s.noteRecv("urgent", pair[1], 1, MSG_OOB);
    final int[] over = s.pair();
    s.send(over[0], "abX", MSG_OOB);
    s.calls.shutdown(over[0], SHUT_WR);
    s.await(over[1], EPOLLRDHUP);
    s.calls.shutdown(over[1], SHUT_WR);
    s.awaitOver(over[1]);
    noteState(s, "over", over[1]);
    s.noteRecv("urgent", over[1], 1, MSG_OOB);
    s.noteRecv("stream", over[1], 9, 0);
  }

  private static void afterReset(final Scene s) {
    final int[] pair = s.pair();
    s.send(pair[1], "never read");
    s.await(pair[0], EPOLLIN);
    s.send(pair[0], "abX", MSG_OOB);
    s.await(pair[1], EPOLLPRI);
    s.closeNow(pair[0]);
    s.await(pair[1], EPOLLERR);
    noteState(s, "reset", pair[1]);
    s.noteRecv("urgent", pair[1], 1, MSG_OOB);
    s.note("SO_ERROR", s.calls.getsockopt(pair[1], SOL_SOCKET, SocketOption.SO_ERROR));
    s.noteRecv("urgent", pair[1], 1, MSG_OOB);
    s.noteRecv("stream", pair[1], 9, 0);
    s.noteRecv("stream", pair[1], 9, 0);
    s.note("send", s.send(pair[1], "X", MSG_OOB));
  }

  private static void shutdown(final Scene s) {
    final int[] pair = s.pair();
    s.send(pair[0], "abX", MSG_OOB);
    s.await(pair[1], EPOLLPRI);
    s.calls.shutdown(pair[1], SHUT_RD);
    noteState(s, "SHUT_RD", pair[1]);
    s.noteRecv("urgent", pair[1], 1, MSG_OOB | MSG_PEEK);
    s.noteRecv("stream", pair[1], 9, 0);
    s.noteRecv("urgent", pair[1], 1, MSG_OOB);
    s.send(pair[0], "cdY", MSG_OOB);
    s.settleStream(pair[0]);
    s.noteRecv("another", pair[1], 1, MSG_OOB);
    s.calls.shutdown(pair[0], SHUT_RDWR);
    s.await(pair[1], EPOLLRDHUP);
    s.noteRecv("stream", pair[1], 9, 0);
  }

  private static void disconnect(final Scene s) {
    final int[] pair = s.pair();
    s.send(pair[0], "abX", MSG_OOB);
    s.await(pair[1], EPOLLPRI);
    s.note("disconnect", s.calls.disconnect(pair[1]));
    noteState(s, "then", pair[1]);
    s.noteRecv("urgent", pair[1], 1, MSG_OOB);
  }

  private static void closeUnread(final Scene s) {
    final int[] pair = s.pair();
    s.send(pair[0], "X", MSG_OOB);
    s.await(pair[1], EPOLLPRI);
    s.closeNow(pair[1]);
    s.await(pair[0], Epoll.EPOLLHUP);
    s.noteRecv("a reset: it was not read", pair[0], 9, 0);
    final int[] taken = s.pair();
    s.send(taken[0], "X", MSG_OOB);
    s.await(taken[1], EPOLLPRI);
    s.noteRecv("urgent", taken[1], 1, MSG_OOB);
    s.closeNow(taken[1]);
    s.await(taken[0], EPOLLRDHUP);
    s.noteRecv("taken, but it is in the stream", taken[0], 9, 0);
  }

  private static void closeRead(final Scene s) {
    final int[] pair = s.pair();
    s.send(pair[0], "X", MSG_OOB);
    s.await(pair[1], EPOLLPRI);
    s.noteRecv("urgent", pair[1], 1, MSG_OOB);
    s.noteRecv("passed", pair[1], 9, MSG_DONTWAIT);
    s.closeNow(pair[1]);
    s.await(pair[0], EPOLLRDHUP);
    s.noteRecv("a FIN", pair[0], 9, 0);
  }

  private static void datagrams(final Scene s) {
    final int client = s.udp();
    final int server = s.boundUdp();
    s.calls.connect(client, INADDR_LOOPBACK, s.port(server));
    s.note("send", s.send(client, "X", MSG_OOB));
    s.note("send, more", s.send(client, "X", MSG_OOB | SocketOption.MSG_MORE));
    final int unbound = s.udp();
    s.note("unconnected", s.send(unbound, "X", MSG_OOB));
    s.note("it has a port", s.port(unbound) > 0);
    s.note("too long", s.calls.send(client, new byte[70_000], 70_000, MSG_OOB));
    s.send(client, "abc");
    s.await(server, EPOLLIN);
    s.noteMask("nothing urgent", server);
    s.noteRecv("MSG_OOB", server, 9, MSG_OOB | MSG_DONTWAIT);
    s.noteRecv("empty", server, 9, MSG_OOB | MSG_DONTWAIT);
  }
}
