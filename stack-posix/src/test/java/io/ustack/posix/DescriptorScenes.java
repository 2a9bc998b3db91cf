package io.ustack.posix;

import static io.ustack.posix.Epoll.EPOLLIN;
import static io.ustack.posix.Epoll.EPOLLOUT;
import static io.ustack.posix.SocketOption.FD_CLOEXEC;
import static io.ustack.posix.SocketOption.FIOCLEX;
import static io.ustack.posix.SocketOption.FIONBIO;
import static io.ustack.posix.SocketOption.FIONCLEX;
import static io.ustack.posix.SocketOption.FIONREAD;
import static io.ustack.posix.SocketOption.F_DUPFD;
import static io.ustack.posix.SocketOption.F_DUPFD_CLOEXEC;
import static io.ustack.posix.SocketOption.F_GETFD;
import static io.ustack.posix.SocketOption.F_GETFL;
import static io.ustack.posix.SocketOption.F_SETFD;
import static io.ustack.posix.SocketOption.F_SETFL;
import static io.ustack.posix.SocketOption.INADDR_LOOPBACK;
import static io.ustack.posix.SocketOption.MSG_DONTWAIT;
import static io.ustack.posix.SocketOption.O_CLOEXEC;
import static io.ustack.posix.SocketOption.O_NONBLOCK;
import static io.ustack.posix.SocketOption.SHUT_WR;
import static io.ustack.posix.SocketOption.SIOCOUTQ;
import static io.ustack.posix.SocketOption.SOCK_CLOEXEC;
import static io.ustack.posix.SocketOption.SOCK_STREAM;

import java.util.Map;
import java.util.function.Consumer;

/** What can be done with any descriptor: copies of it, its flags, read and write, ioctl. */
final class DescriptorScenes {
  /** No descriptor on either side. */
  private static final int BAD = 100_000;

  private DescriptorScenes() {}

  static Map<String, Consumer<Scene>> all() {
    return Map.ofEntries(
        Map.entry("fd: dup shares the socket", DescriptorScenes::dupShares),
        Map.entry("fd: dup of a listener", DescriptorScenes::dupOfListener),
        Map.entry("fd: dup2 and dup3", DescriptorScenes::dup2),
        Map.entry("fd: status flags", DescriptorScenes::statusFlags),
        Map.entry("fd: copies refused", DescriptorScenes::dupRefused),
        Map.entry("fd: FD_CLOEXEC", DescriptorScenes::closeOnExec),
        Map.entry("fd: FIONBIO", DescriptorScenes::nonBlocking),
        Map.entry("fd: FIONREAD and SIOCOUTQ of TCP", DescriptorScenes::queuesOfTcp),
        Map.entry("fd: SIOCOUTQNSD", DescriptorScenes::notSent),
        Map.entry("fd: FIONREAD of UDP", DescriptorScenes::queuesOfUdp),
        Map.entry("fd: ioctl refused", DescriptorScenes::ioctlRefused),
        Map.entry("fd: read and write", DescriptorScenes::readAndWrite),
        Map.entry("fd: read and write of UDP", DescriptorScenes::readAndWriteOfUdp),
        Map.entry("fd: read and write refused", DescriptorScenes::readAndWriteRefused),
        Map.entry("fd: a copy in an epoll set", DescriptorScenes::dupInEpoll),
        Map.entry("fd: closed, and a copy lives on in the set", DescriptorScenes::ghost));
  }

  private static void dupShares(final Scene s) {
    final int[] pair = s.pair();
    final int copy = s.track(s.calls.dup(pair[0]));
    s.noteSuccess("dup", copy);
    s.note("another number", copy != pair[0]);
    s.send(copy, "one");
    s.noteRecv("through the copy", pair[1], 10, 0);
    s.note("F_SETFL", s.calls.fcntl(pair[0], F_SETFL, O_NONBLOCK));
    s.note("is the copy's too", s.calls.fcntl(copy, F_GETFL, 0));
    s.note("close one", s.closeNow(pair[0]));
    s.noteMask("the other end", pair[1]);
    s.note("send on the other", s.send(copy, "two"));
    s.noteRecv("arrives", pair[1], 10, 0);
    s.note("close the last", s.closeNow(copy));
    s.noteRecv("end", pair[1], 10, 0);
  }

  private static void dupOfListener(final Scene s) {
    final int listener = s.listener(1);
    final int port = s.port(listener);
    final int copy = s.track(s.calls.dup(listener));
    s.closeNow(listener);
    s.note("same name", s.port(copy) == port);
    final int client = s.tcp();
    s.note("connect", s.calls.connect(client, INADDR_LOOPBACK, port));
    s.noteSuccess("accept", s.accept(copy));
    s.closeNow(copy);
    s.note("nobody listens any more", s.calls.connect(s.tcp(), INADDR_LOOPBACK, port));
  }

  private static void dup2(final Scene s) {
    final int[] pair = s.pair();
    final int[] other = s.pair();
    s.note("over another", s.calls.dup2(pair[0], other[0]) == other[0]);
    s.noteRecv("whose connection ends", other[1], 10, 0);
    s.send(other[0], "one");
    s.noteRecv("it is the first now", pair[1], 10, 0);
    s.note("over itself", s.calls.dup2(pair[0], pair[0]) == pair[0]);
    s.note("over a copy of itself", s.calls.dup2(pair[0], other[0]) == other[0]);
    s.send(other[0], "two");
    s.noteRecv("still", pair[1], 10, 0);
    s.note("F_GETFD", s.calls.fcntl(other[0], F_GETFD, 0));
    s.note("dup3", s.calls.dup3(pair[0], other[0], O_CLOEXEC) == other[0]);
    s.note("F_GETFD after dup3", s.calls.fcntl(other[0], F_GETFD, 0));
    s.note("dup2 of the same clears it", s.calls.dup2(pair[0], other[0]) == other[0]);
    s.note("F_GETFD", s.calls.fcntl(other[0], F_GETFD, 0));
    s.calls.fcntl(other[0], F_SETFD, FD_CLOEXEC);
    s.note("dup2 clears it", s.calls.dup2(other[1], other[0]) == other[0]);
    s.note("F_GETFD after dup2", s.calls.fcntl(other[0], F_GETFD, 0));
  }

  private static void dupRefused(final Scene s) {
    final int fd = s.tcp();
    s.note("dup of nothing", s.calls.dup(BAD));
    s.note("dup of -1", s.calls.dup(-1));
    s.note("dup2 of nothing", s.calls.dup2(BAD, fd));
    s.note("dup2 of nothing to itself", s.calls.dup2(BAD, BAD));
    s.note("dup2 to -1", s.calls.dup2(fd, -1));
    s.note("dup2 beyond the limit", s.calls.dup2(fd, Integer.MAX_VALUE));
    s.note("dup3 to itself", s.calls.dup3(fd, fd, 0));
    s.note("dup3 flags", s.calls.dup3(fd, fd + 1, 1));
    s.note("dup3 of nothing", s.calls.dup3(BAD, fd, 0));
    s.note("F_DUPFD of nothing", s.calls.fcntl(BAD, F_DUPFD, 0));
    s.note("F_DUPFD from -1", s.calls.fcntl(fd, F_DUPFD, -1));
    s.note("F_DUPFD beyond the limit", s.calls.fcntl(fd, F_DUPFD, Integer.MAX_VALUE));
    s.note("unknown command", s.calls.fcntl(fd, 9999, 0));
    s.note("the socket still is one", s.calls.fcntl(fd, F_GETFL, 0));
  }

  private static void closeOnExec(final Scene s) {
    final int fd = s.track(s.calls.socket(SocketOption.AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    s.note("SOCK_CLOEXEC", s.calls.fcntl(fd, F_GETFD, 0));
    s.note("without", s.calls.fcntl(s.tcp(), F_GETFD, 0));
    s.note("epoll", s.calls.fcntl(s.track(s.calls.epollCreate(O_CLOEXEC)), F_GETFD, 0));
    s.note("dup", s.calls.fcntl(s.track(s.calls.dup(fd)), F_GETFD, 0));
    s.note("F_DUPFD", s.calls.fcntl(s.track(s.calls.fcntl(fd, F_DUPFD, 0)), F_GETFD, 0));
    final int copy = s.track(s.calls.fcntl(fd, F_DUPFD_CLOEXEC, 50));
    s.note("F_DUPFD_CLOEXEC", s.calls.fcntl(copy, F_GETFD, 0));
    s.note("from 50 on", copy >= 50);
    s.note("F_SETFD 0", s.calls.fcntl(fd, F_SETFD, 0));
    s.note("F_GETFD", s.calls.fcntl(fd, F_GETFD, 0));
    s.note("of the copy", s.calls.fcntl(copy, F_GETFD, 0));
    s.note("F_SETFD", s.calls.fcntl(fd, F_SETFD, FD_CLOEXEC));
    s.note("F_GETFD", s.calls.fcntl(fd, F_GETFD, 0));
    s.note("FIONCLEX", s.calls.ioctl(fd, FIONCLEX, 0));
    s.note("F_GETFD", s.calls.fcntl(fd, F_GETFD, 0));
    s.note("FIOCLEX", s.calls.ioctl(fd, FIOCLEX, 0));
    s.note("F_GETFD", s.calls.fcntl(fd, F_GETFD, 0));
    s.note("F_GETFL", s.calls.fcntl(fd, F_GETFL, 0));
  }

  private static void nonBlocking(final Scene s) {
    final int[] pair = s.pair();
    s.note("FIONBIO 1", s.calls.ioctl(pair[0], FIONBIO, 1));
    s.note("F_GETFL", s.calls.fcntl(pair[0], F_GETFL, 0));
    s.noteRecv("recv", pair[0], 10, 0);
    s.note("FIONBIO 0", s.calls.ioctl(pair[0], FIONBIO, 0));
    s.note("F_GETFL", s.calls.fcntl(pair[0], F_GETFL, 0));
    final int set = s.epoll();
    s.note("FIONBIO of a set", s.calls.ioctl(set, FIONBIO, 1));
    s.note("F_GETFL of a set", s.calls.fcntl(set, F_GETFL, 0));
    s.note("F_SETFL of a set", s.calls.fcntl(set, F_SETFL, 0));
    s.note("F_GETFL of a set", s.calls.fcntl(set, F_GETFL, 0));
  }

  private static void statusFlags(final Scene s) {
    final int[] local = new int[2];
    s.note("socketpair", s.calls.socketpair(SocketOption.AF_UNIX, SOCK_STREAM, 0, local));
    s.track(local[0]);
    s.track(local[1]);
    final int[] fds = {
      s.tcp(),
      s.udp(),
      local[0],
      s.epoll(),
      s.track(s.calls.eventfd(0, 0)),
      s.track(s.calls.timerfdCreate(SocketOption.CLOCK_MONOTONIC, 0))
    };
    final int[] flags = {
      SocketOption.O_APPEND,
      SocketOption.O_ASYNC,
      SocketOption.O_NOATIME,
      O_NONBLOCK,
      SocketOption.O_APPEND | SocketOption.O_ASYNC | O_NONBLOCK,
      SocketOption.O_DIRECT,
      SocketOption.O_DIRECT | SocketOption.O_APPEND,
      1,
      SocketOption.O_CLOEXEC,
      0x40, // O_CREAT
      0,
      -1 & ~SocketOption.O_DIRECT
    };
    for (final int fd : fds) {
      for (final int flag : flags) {
        s.note("F_SETFL " + Integer.toHexString(flag), s.calls.fcntl(fd, F_SETFL, flag));
        s.note("F_GETFL", s.calls.fcntl(fd, F_GETFL, 0));
      }
      s.note("FIONBIO", s.calls.ioctl(fd, FIONBIO, 0));
      s.note("F_GETFL", s.calls.fcntl(fd, F_GETFL, 0));
    }
  }

  private static void queuesOfTcp(final Scene s) {
    s.note("FIONREAD, unconnected", s.calls.ioctl(s.tcp(), FIONREAD, 9));
    s.note("SIOCOUTQ, unconnected", s.calls.ioctl(s.tcp(), SIOCOUTQ, 9));
    s.note("FIONREAD of a listener", s.calls.ioctl(s.listener(1), FIONREAD, 9));
    s.note("SIOCOUTQ of a listener", s.calls.ioctl(s.listener(1), SIOCOUTQ, 9));
    final int[] pair = s.pair();
    s.note("FIONREAD, nothing there", s.calls.ioctl(pair[1], FIONREAD, 9));
    s.send(pair[0], "12345");
    s.await(pair[1], EPOLLIN);
    s.note("FIONREAD", s.calls.ioctl(pair[1], FIONREAD, 0));
    s.noteRecv("part", pair[1], 2, 0);
    s.note("FIONREAD of the rest", s.calls.ioctl(pair[1], FIONREAD, 0));
    s.calls.shutdown(pair[0], SHUT_WR);
    s.await(pair[1], Epoll.EPOLLRDHUP);
    s.note("FIONREAD with a FIN behind", s.calls.ioctl(pair[1], FIONREAD, 0));
    s.noteRecv("rest", pair[1], 10, 0);
    s.note("FIONREAD at the end", s.calls.ioctl(pair[1], FIONREAD, 0));
    final int[] full = s.pair();
    s.fill(full[0]);
    s.note("SIOCOUTQ of a full buffer", s.calls.ioctl(full[0], SIOCOUTQ, 0) > 0);
  }

  private static void noteNotSent(final Scene s, final String what, final int fd) {
    s.note(what + ": not sent", s.calls.ioctl(fd, SocketOption.SIOCOUTQNSD, 9));
    s.note(what + ": not acknowledged", s.calls.ioctl(fd, SIOCOUTQ, 9));
  }

  private static void notSent(final Scene s) {
    noteNotSent(s, "unconnected", s.tcp());
    noteNotSent(s, "a listener", s.listener(1));
    final int[] pair = s.pair();
    noteNotSent(s, "nothing", pair[0]);
    s.calls.setsockopt(pair[0], SocketOption.IPPROTO_TCP, SocketOption.TCP_CORK, 1);
    s.send(pair[0], "12345");
    noteNotSent(s, "corked", pair[0]);
    s.send(pair[0], "678");
    noteNotSent(s, "more", pair[0]);
    s.calls.setsockopt(pair[0], SocketOption.IPPROTO_TCP, SocketOption.TCP_CORK, 0);
    s.settleStream(pair[0]);
    noteNotSent(s, "sent", pair[0]);
    s.note("some", s.fill(pair[0]) > 0);
    s.note("of them not sent", s.calls.ioctl(pair[0], SocketOption.SIOCOUTQNSD, 0) > 0);
    final int[] finished = s.pair();
    s.calls.shutdown(finished[0], SocketOption.SHUT_WR);
    s.settleStream(finished[0]);
    noteNotSent(s, "a FIN that was acknowledged", finished[0]);
    s.calls.shutdown(finished[1], SocketOption.SHUT_WR);
    s.awaitOver(finished[0]);
    noteNotSent(s, "over", finished[0]);
  }

  private static void queuesOfUdp(final Scene s) {
    final int server = s.boundUdp();
    final int client = s.udp();
    s.note("FIONREAD, nothing there", s.calls.ioctl(server, FIONREAD, 9));
    s.note("FIONREAD, unbound", s.calls.ioctl(client, FIONREAD, 9));
    s.sendto(client, "12345", s.port(server));
    s.await(server, EPOLLIN);
    s.sendto(client, "123", s.port(server));
    s.note("FIONREAD is the next one's", s.calls.ioctl(server, FIONREAD, 9));
    s.noteRecv("recv", server, 2, 0);
    s.await(server, EPOLLIN);
    s.note("FIONREAD of the second", s.calls.ioctl(server, FIONREAD, 9));
  }

  private static void ioctlRefused(final Scene s) {
    s.note("no descriptor", s.calls.ioctl(BAD, FIONREAD, 0));
    s.note("FIONBIO, no descriptor", s.calls.ioctl(-1, FIONBIO, 0));
    s.note("unknown", s.calls.ioctl(s.tcp(), 0x7777, 0));
    s.note("unknown of UDP", s.calls.ioctl(s.udp(), 0x7777, 0));
    // EINVAL since Linux 6.9 (EPIOCGPARAMS), ENOTTY before.
    s.note("FIONREAD of a set", s.calls.ioctl(s.epoll(), FIONREAD, 0) < 0);
    s.note("unknown of a set", s.calls.ioctl(s.epoll(), 0x7777, 0) < 0);
  }

  private static void readAndWrite(final Scene s) {
    final int[] pair = s.pair();
    s.note("write", s.write(pair[0], "hello"));
    s.noteRead("read", pair[1], 3);
    s.noteRead("rest", pair[1], 10);
    s.note("write nothing", s.write(pair[0], ""));
    s.noteRead("read nothing", pair[1], 0);
    s.calls.fcntl(pair[1], F_SETFL, O_NONBLOCK);
    s.noteRead("non-blocking", pair[1], 10);
    s.noteRead("non-blocking, nothing", pair[1], 0);
    s.calls.shutdown(pair[0], SHUT_WR);
    s.await(pair[1], Epoll.EPOLLRDHUP);
    s.noteRead("at the end", pair[1], 10);
    s.noteRead("unconnected", s.tcp(), 10);
    s.noteRead("unconnected, nothing", s.tcp(), 0);
    s.noteRead("of a listener", s.listener(1), 10);
  }

  private static void readAndWriteOfUdp(final Scene s) {
    final int server = s.boundUdp();
    final int client = s.udp();
    s.note("write without a peer", s.write(client, "x"));
    s.calls.connect(client, INADDR_LOOPBACK, s.port(server));
    s.note("write", s.write(client, "hello"));
    s.noteRead("read cuts", server, 3);
    s.note("write nothing", s.write(client, ""));
    s.await(server, EPOLLIN);
    s.noteRead("read nothing leaves it", server, 0);
    s.noteRead("an empty datagram", server, 10);
    s.noteRecv("that was all", server, 10, MSG_DONTWAIT);
  }

  private static void readAndWriteRefused(final Scene s) {
    s.noteRead("read of nothing", BAD, 10);
    s.note("write to nothing", s.write(-1, "x"));
    s.noteRead("read of a set", s.epoll(), 10);
    s.note("write to a set", s.write(s.epoll(), "x"));
  }

  private static void dupInEpoll(final Scene s) {
    final int set = s.epoll();
    final int fd = s.udp();
    final int copy = s.track(s.calls.dup(fd));
    s.note("ADD", s.calls.epollCtl(set, Epoll.EPOLL_CTL_ADD, fd, EPOLLOUT, 1));
    s.note("ADD the copy", s.calls.epollCtl(set, Epoll.EPOLL_CTL_ADD, copy, EPOLLOUT, 2));
    s.note("ADD the copy again", s.calls.epollCtl(set, Epoll.EPOLL_CTL_ADD, copy, EPOLLOUT, 3));
    EpollScenes.noteWait(s, "both", set, 8, 0);
    s.note("DEL", s.calls.epollCtl(set, Epoll.EPOLL_CTL_DEL, fd, 0, 0));
    EpollScenes.noteWait(s, "the copy", set, 8, 0);
    s.note("MOD of what is gone", s.calls.epollCtl(set, Epoll.EPOLL_CTL_MOD, fd, EPOLLOUT, 1));
    final int third = s.track(s.calls.dup(fd));
    s.note("MOD of a third", s.calls.epollCtl(set, Epoll.EPOLL_CTL_MOD, third, EPOLLOUT, 1));
  }

  /** What epoll(7) calls its first question: the description leaves, not the descriptor. */
  private static void ghost(final Scene s) {
    final int set = s.epoll();
    final int fd = s.udp();
    final int copy = s.track(s.calls.dup(fd));
    s.calls.epollCtl(set, Epoll.EPOLL_CTL_ADD, fd, EPOLLOUT, 1);
    s.closeNow(fd);
    EpollScenes.noteWait(s, "still reported", set, 8, 0);
    s.note("DEL of the copy", s.calls.epollCtl(set, Epoll.EPOLL_CTL_DEL, copy, 0, 0));
    s.closeNow(copy);
    EpollScenes.noteWait(s, "gone with the last", set, 8, 0);
  }
}
