package io.ustack.posix;

import static io.ustack.posix.SocketOption.AF_UNIX;
import static io.ustack.posix.SocketOption.INADDR_LOOPBACK;
import static io.ustack.posix.SocketOption.IPPROTO_IP;
import static io.ustack.posix.SocketOption.IPPROTO_TCP;
import static io.ustack.posix.SocketOption.IPPROTO_UDP;
import static io.ustack.posix.SocketOption.MSG_DONTWAIT;
import static io.ustack.posix.SocketOption.MSG_NOSIGNAL;
import static io.ustack.posix.SocketOption.O_NONBLOCK;
import static io.ustack.posix.SocketOption.SOL_SOCKET;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.ToIntFunction;

/** Every call on every kind of descriptor, whether it has a meaning there or not. */
final class KindScenes {
  /** One call that does not wait, on a descriptor that is used for nothing else. */
  private interface Call {
    int on(Scene s, int fd);
  }

  private static final int[] LEVELS = {SOL_SOCKET, IPPROTO_IP, IPPROTO_TCP, IPPROTO_UDP, 9999};

  private KindScenes() {}

  static Map<String, Consumer<Scene>> all() {
    final Map<String, Consumer<Scene>> all = new LinkedHashMap<>();
    kinds().forEach((kind, maker) -> all.put("kind: " + kind, s -> play(s, maker)));
    return all;
  }

  private static Map<String, ToIntFunction<Scene>> kinds() {
    final Map<String, ToIntFunction<Scene>> kinds = new LinkedHashMap<>();
    kinds.put("a fresh stream", Scene::tcp);
    kinds.put("a bound stream", KindScenes::boundTcp);
    kinds.put("a listener", s -> s.listener(4));
    kinds.put("a connection", s -> s.pair()[0]);
    kinds.put("a connection that was accepted", s -> s.pair()[1]);
    kinds.put("a connection shut both ways", KindScenes::shut);
    kinds.put("a stream that was refused", KindScenes::refused);
    kinds.put("a fresh datagram socket", Scene::udp);
    kinds.put("a bound datagram socket", Scene::boundUdp);
    kinds.put("a connected datagram socket", KindScenes::connectedUdp);
    kinds.put("an epoll set", Scene::epoll);
    kinds.put("an eventfd", s -> s.track(s.calls.eventfd(0, 0)));
    kinds.put("a timerfd", s -> s.track(s.calls.timerfdCreate(SocketOption.CLOCK_MONOTONIC, 0)));
    kinds.put("an end of a stream", s -> pair(s, SocketOption.SOCK_STREAM));
    kinds.put("an end of datagrams", s -> pair(s, SocketOption.SOCK_DGRAM));
    kinds.put("an end of packets", s -> pair(s, SocketOption.SOCK_SEQPACKET));
    kinds.put("no descriptor", s -> 100_000);
    kinds.put("a negative number", s -> -1);
    return kinds;
  }

  private static int boundTcp(final Scene s) {
    final int fd = s.tcp();
    s.calls.bind(fd, INADDR_LOOPBACK, 0);
    return fd;
  }

  private static int shut(final Scene s) {
    final int fd = s.pair()[0];
    s.calls.shutdown(fd, SocketOption.SHUT_RDWR);
    return fd;
  }

  private static int refused(final Scene s) {
    final int gone = boundTcp(s);
    final int port = s.port(gone);
    s.closeNow(gone);
    final int fd = s.tcp();
    s.calls.connect(fd, INADDR_LOOPBACK, port);
    return fd;
  }

  private static int connectedUdp(final Scene s) {
    final int fd = s.boundUdp();
    s.calls.connect(fd, INADDR_LOOPBACK, s.port(s.boundUdp()));
    return fd;
  }

  private static int pair(final Scene s, final int type) {
    final int[] fds = new int[2];
    s.calls.socketpair(AF_UNIX, type, 0, fds);
    s.track(fds[1]);
    return s.track(fds[0]);
  }

  private static void play(final Scene s, final ToIntFunction<Scene> maker) {
    calls()
        .forEach(
            (name, call) -> {
              try (Scene stage = new Scene(s.calls)) {
                final int fd = maker.applyAsInt(stage);
                stage.calls.fcntl(fd, SocketOption.F_SETFL, O_NONBLOCK);
                s.note(name, call.on(stage, fd));
              }
            });
  }

  private static Map<String, Call> calls() {
    final Map<String, Call> calls = new LinkedHashMap<>();
    connections(calls);
    data(calls);
    messages(calls);
    descriptors(calls);
    waiting(calls);
    options(calls);
    return calls;
  }

  private static void connections(final Map<String, Call> calls) {
    final SocketAddress4 name = new SocketAddress4();
    calls.put("bind", (s, fd) -> s.calls.bind(fd, INADDR_LOOPBACK, 0));
    calls.put("bind elsewhere", (s, fd) -> s.calls.bind(fd, 0xCB007107, 0));
    calls.put("listen", (s, fd) -> s.calls.listen(fd, 1));
    calls.put("accept4", (s, fd) -> s.calls.accept4(fd, name, 0));
    calls.put("accept4, flags", (s, fd) -> s.calls.accept4(fd, name, 1));
    calls.put("connect", (s, fd) -> s.calls.connect(fd, INADDR_LOOPBACK, s.port(s.listener(1))));
    calls.put("disconnect", KindScenes::disconnect);
    for (final int how : new int[] {-1, 0, 1, 2, 3}) {
      calls.put("shutdown " + how, (s, fd) -> s.calls.shutdown(fd, how));
    }
    calls.put("getsockname", (s, fd) -> s.calls.getsockname(fd, name));
    calls.put("getpeername", (s, fd) -> s.calls.getpeername(fd, name));
  }

  /** DEVIATION: an end of datagrams stays one of its pair. */
  private static int disconnect(final Scene s, final int fd) {
    final boolean local = s.calls.getsockopt(fd, SOL_SOCKET, SocketOption.SO_DOMAIN) == AF_UNIX;
    return local ? 0 : s.calls.disconnect(fd);
  }

  private static void data(final Map<String, Call> calls) {
    final byte[] bytes = new byte[100];
    calls.put("read", (s, fd) -> s.calls.read(fd, bytes, 100));
    calls.put("read nothing", (s, fd) -> s.calls.read(fd, bytes, 0));
    calls.put("send", (s, fd) -> s.calls.send(fd, bytes, 10, MSG_NOSIGNAL));
    calls.put("send nothing", (s, fd) -> s.calls.send(fd, bytes, 0, MSG_NOSIGNAL));
    calls.put("sendto", (s, fd) -> s.sendto(fd, "text", s.port(s.boundUdp())));
    calls.put("sendto port 0", (s, fd) -> s.sendto(fd, "text", 0));
    calls.put("recv", (s, fd) -> s.calls.recv(fd, bytes, 10, 0));
    calls.put("recv nothing", (s, fd) -> s.calls.recv(fd, bytes, 0, MSG_DONTWAIT));
    calls.put("recv MSG_PEEK", (s, fd) -> s.calls.recv(fd, bytes, 10, SocketOption.MSG_PEEK));
    calls.put("recv MSG_WAITALL", (s, fd) -> s.calls.recv(fd, bytes, 9, SocketOption.MSG_WAITALL));
    calls.put("recvfrom", (s, fd) -> s.calls.recvfrom(fd, bytes, 10, 0, new SocketAddress4()));
  }

  private static Message message() {
    final Message message = new Message();
    MessageScenes.of(message.ranges(), "ab", "", "cd");
    return message;
  }

  private static Message[] messages() {
    return new Message[] {message(), message()};
  }

  private static void messages(final Map<String, Call> calls) {
    calls.put("readv", (s, fd) -> s.calls.readv(fd, message().ranges()));
    calls.put("readv of nothing", (s, fd) -> s.calls.readv(fd, new Message().ranges()));
    calls.put("writev of nothing", (s, fd) -> s.calls.writev(fd, new Message().ranges()));
    calls.put("sendmsg", (s, fd) -> s.calls.sendmsg(fd, message(), MSG_NOSIGNAL));
    calls.put("sendmsg of null", (s, fd) -> s.calls.sendmsg(fd, null, MSG_NOSIGNAL));
    calls.put("recvmsg", (s, fd) -> s.calls.recvmsg(fd, message(), 0));
    calls.put("sendmmsg", (s, fd) -> s.calls.sendmmsg(fd, messages(), 2, MSG_NOSIGNAL));
    calls.put("sendmmsg of none", (s, fd) -> s.calls.sendmmsg(fd, messages(), 0, MSG_NOSIGNAL));
    calls.put("recvmmsg", (s, fd) -> s.calls.recvmmsg(fd, messages(), 2, 0, -1));
    calls.put("recvmmsg of none", (s, fd) -> s.calls.recvmmsg(fd, messages(), 0, 0, -1));
    calls.put("sendfile, no file", (s, fd) -> s.calls.sendfile(fd, null, true, 0, 1));
  }

  private static void descriptors(final Map<String, Call> calls) {
    calls.put("fcntl F_GETFD", (s, fd) -> s.calls.fcntl(fd, SocketOption.F_GETFD, 0));
    calls.put("fcntl F_SETFD", (s, fd) -> s.calls.fcntl(fd, SocketOption.F_SETFD, 1));
    calls.put("fcntl F_GETFL", (s, fd) -> s.calls.fcntl(fd, SocketOption.F_GETFL, 0));
    calls.put("fcntl F_SETFL", (s, fd) -> s.calls.fcntl(fd, SocketOption.F_SETFL, 0));
    calls.put("fcntl F_DUPFD from -1", (s, fd) -> s.calls.fcntl(fd, SocketOption.F_DUPFD, -1));
    calls.put("fcntl no command", (s, fd) -> s.calls.fcntl(fd, 7777, 0));
    calls.put("dup", (s, fd) -> Math.min(0, s.track(s.calls.dup(fd))));
    calls.put("dup3", KindScenes::dup3);
    calls.put("dup3 onto itself", (s, fd) -> s.calls.dup3(fd, fd, 0));
    calls.put("dup2 onto itself", (s, fd) -> Math.min(0, s.calls.dup2(fd, fd)));
    calls.put("close", Scene::closeNow);
    calls.put("ioctl FIONBIO", (s, fd) -> s.calls.ioctl(fd, SocketOption.FIONBIO, 1));
    calls.put("ioctl FIONREAD", (s, fd) -> ask(s, fd, SocketOption.FIONREAD));
    calls.put("ioctl SIOCOUTQ", (s, fd) -> ask(s, fd, SocketOption.SIOCOUTQ));
    calls.put("ioctl FIOCLEX", (s, fd) -> s.calls.ioctl(fd, SocketOption.FIOCLEX, 0));
    calls.put("timerfd_gettime", (s, fd) -> s.calls.timerfdGettime(fd, new TimerSpec()));
    calls.put("timerfd_settime", (s, fd) -> s.calls.timerfdSettime(fd, 0, 0, 0, null));
    calls.put("timerfd_settime, flags", (s, fd) -> s.calls.timerfdSettime(fd, 64, 0, 0, null));
  }

  /** Of a set it is EINVAL since Linux 6.9, and ENOTTY before. */
  private static int ask(final Scene s, final int fd, final int request) {
    final boolean set = s.calls.epollWait(fd, new EpollEvents(1), 1, 0) == 0;
    final int result = set ? 0 : s.calls.ioctl(fd, request, 9);
    // Linux counts the FIN that is to be acknowledged, too, and the SYN that was refused.
    return request == SocketOption.SIOCOUTQ ? Math.min(0, result) : result;
  }

  private static int dup3(final Scene s, final int fd) {
    // A number that no other thread of the kernel's side comes to.
    final int target = s.track(s.calls.fcntl(s.udp(), SocketOption.F_DUPFD, 240));
    return Math.min(0, s.calls.dup3(fd, target, SocketOption.O_CLOEXEC));
  }

  private static void waiting(final Map<String, Call> calls) {
    final EpollEvents events = new EpollEvents(1);
    calls.put("epoll_wait", (s, fd) -> s.calls.epollWait(fd, events, 1, 0));
    calls.put("epoll_wait for none", (s, fd) -> s.calls.epollWait(fd, events, 0, 0));
    for (final int op : new int[] {0, 1, 2, 3, 4}) {
      calls.put("epoll_ctl " + op, (s, fd) -> s.calls.epollCtl(fd, op, s.udp(), 1, 0));
      calls.put("epoll_ctl of it " + op, (s, fd) -> s.calls.epollCtl(s.epoll(), op, fd, 1, 0));
      calls.put("epoll_ctl of both " + op, (s, fd) -> s.calls.epollCtl(fd, op, fd, 1, 0));
    }
    calls.put("poll", KindScenes::poll);
    calls.put("select", KindScenes::select);
  }

  /** DEVIATION: of what is no descriptor Linux says so only below the end of its table. */
  private static int select(final Scene s, final int fd) {
    if (fd < 0 || fd >= FdSet.FD_SETSIZE) {
      return 0;
    }
    final FdSet set = new FdSet();
    set.set(fd);
    return s.calls.select(fd + 1, set, null, null, 0);
  }

  private static int poll(final Scene s, final int fd) {
    final PollFds fds = new PollFds(1);
    fds.set(0, fd, 0xFFFF);
    return 1000 * s.calls.poll(fds, 1, 0) + fds.revents(0);
  }

  private static void options(final Map<String, Call> calls) {
    for (final int level : LEVELS) {
      for (final int option : new int[] {2, 9999}) {
        // What TCP_MAXSEG is of a connection depends on the MTU of loopback.
        final int other = level == IPPROTO_TCP && option == 2 ? 1 : option;
        final String name = "sockopt " + level + " " + other;
        calls.put("set" + name, (s, fd) -> s.calls.setsockopt(fd, level, other, 1));
        calls.put("get" + name, (s, fd) -> s.calls.getsockopt(fd, level, other));
      }
    }
    calls.put("set UDP_CORK", (s, fd) -> s.calls.setsockopt(fd, IPPROTO_UDP, 1, 1));
    calls.put("get UDP_CORK", (s, fd) -> s.calls.getsockopt(fd, IPPROTO_UDP, 1));
    calls.put("set IP_TOS", (s, fd) -> s.calls.setsockopt(fd, IPPROTO_IP, 1, 1));
    calls.put("get IP_TOS", (s, fd) -> s.calls.getsockopt(fd, IPPROTO_IP, 1));
    for (final int option :
        new int[] {SocketOption.SO_TYPE, SocketOption.SO_ERROR, SocketOption.SO_ACCEPTCONN}) {
      calls.put("set " + option, (s, fd) -> s.calls.setsockopt(fd, SOL_SOCKET, option, 1));
      calls.put("get " + option, (s, fd) -> s.calls.getsockopt(fd, SOL_SOCKET, option));
    }
  }
}
