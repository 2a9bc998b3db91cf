package io.ustack.posix;

import static io.ustack.posix.Epoll.EPOLLIN;
import static io.ustack.posix.SocketOption.INADDR_ANY;
import static io.ustack.posix.SocketOption.INADDR_LOOPBACK;
import static io.ustack.posix.SocketOption.SOL_SOCKET;
import static io.ustack.posix.SocketOption.SO_REUSEADDR;
import static io.ustack.posix.SocketOption.SO_REUSEPORT;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.IntSupplier;

/** Who may have a port that another one has: each first socket against each second one. */
final class BindScenes {
  /** How the port is held; each with its scene. */
  private enum Holder {
    BOUND,
    LISTENING,
    ACCEPTED,
    BOUND_AND_CONNECTED,
    CONNECTED,
    TIME_WAIT
  }

  private static final int OTHER = INADDR_LOOPBACK + 1;
  private static final int[] SECOND = {INADDR_LOOPBACK, INADDR_ANY, OTHER};

  private BindScenes() {}

  static Map<String, Consumer<Scene>> all() {
    final Map<String, Consumer<Scene>> all = new LinkedHashMap<>();
    for (final Holder holder : Holder.values()) {
      all.put("bind: tcp beside " + holder, s -> matrix(s, holder));
    }
    all.put("bind: udp", s -> udpMatrix(s, false));
    all.put("bind: udp beside one that is connected", s -> udpMatrix(s, true));
    all.put("bind: SO_REUSEPORT", BindScenes::option);
    all.put("bind: a group of listeners", BindScenes::groupOfListeners);
    all.put("bind: a group on UDP", BindScenes::groupOfDatagrams);
    all.put("bind: a group on UDP, senders on one port", BindScenes::sendersOnOnePort);
    all.put("bind: a group on UDP beside others", BindScenes::groupBesideOthers);
    all.put("bind: a connected member of a group", BindScenes::connectedMember);
    return all;
  }

  private static int[] addresses(final Holder holder) {
    return holder == Holder.CONNECTED
        ? new int[] {INADDR_LOOPBACK}
        : new int[] {INADDR_LOOPBACK, INADDR_ANY};
  }

  private static void matrix(final Scene s, final Holder holder) {
    for (final int address : addresses(holder)) {
      for (int sharing = 0; sharing < 4; sharing++) {
        final int[] results = row(s, holder, address, sharing);
        // The kernel chooses the port of a connection, and may choose one that other connections
        // of this host have, or TIME_WAITs: they can only add refusals.
        for (int again = 0; holder == Holder.CONNECTED && again < 2; again++) {
          final int[] more = row(s, holder, address, sharing);
          Arrays.setAll(results, at -> Math.max(results[at], more[at]));
        }
        int at = 0;
        for (final int second : SECOND) {
          for (int others = 0; others < 4; others++) {
            final String what = name(address, sharing) + " beside " + name(second, others);
            s.note(what, results[at++]);
            s.note("listen", results[at++]);
          }
        }
      }
    }
  }

  /** Results of bind, and of listen where that worked. */
  private static int[] row(
      final Scene s, final Holder holder, final int address, final int sharing) {
    try (Scene stage = new Scene(s.calls)) {
      final int port = hold(stage, holder, address, sharing);
      final int[] results = new int[SECOND.length * 4 * 2];
      int at = 0;
      for (final int second : SECOND) {
        for (int others = 0; others < 4; others++) {
          final int fd = stage.tcp();
          share(stage, fd, others);
          results[at] = stage.calls.bind(fd, second, port);
          results[at + 1] = results[at] == 0 ? stage.calls.listen(fd, 1) : results[at];
          at += 2;
          stage.closeNow(fd);
        }
      }
      return results;
    }
  }

  /** One that nobody has, not even in TIME_WAIT. */
  private static int freePort(final Scene s) {
    final int fd = s.tcp();
    s.calls.bind(fd, INADDR_ANY, 0);
    final int port = s.port(fd);
    s.closeNow(fd);
    return port;
  }

  private static String name(final int address, final int sharing) {
    final String what = address == INADDR_ANY ? "any" : address == OTHER ? "other" : "loopback";
    return what + ((sharing & 1) != 0 ? " addr" : "") + ((sharing & 2) != 0 ? " port" : "");
  }

  private static void share(final Scene s, final int fd, final int sharing) {
    s.calls.setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, sharing & 1);
    s.calls.setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, sharing >> 1);
  }

  /** Has a port held in that way; returns it. */
  private static int hold(
      final Scene s, final Holder holder, final int address, final int sharing) {
    final int fd = s.tcp();
    share(s, fd, sharing);
    if (holder == Holder.CONNECTED || holder == Holder.BOUND_AND_CONNECTED) {
      if (holder == Holder.BOUND_AND_CONNECTED) {
        s.calls.bind(fd, address, freePort(s));
      }
      s.pair(fd);
      return s.port(fd);
    }
    s.calls.bind(fd, address, freePort(s));
    final int port = s.port(fd);
    if (holder == Holder.BOUND) {
      return port;
    }
    s.calls.listen(fd, 1);
    if (holder == Holder.LISTENING) {
      return port;
    }
    final int client = s.tcp();
    s.calls.connect(client, INADDR_LOOPBACK, port);
    final int accepted = s.accept(fd);
    s.closeNow(fd);
    if (holder == Holder.TIME_WAIT) {
      s.closeNow(accepted);
      s.recv(client);
      s.closeNow(client);
    }
    return port;
  }

  private static void udpMatrix(final Scene s, final boolean connected) {
    for (final int address : new int[] {INADDR_LOOPBACK, INADDR_ANY}) {
      for (int sharing = 0; sharing < 4; sharing++) {
        final int first = s.udp();
        share(s, first, sharing);
        s.calls.bind(first, address, 0);
        if (connected) {
          s.calls.connect(first, INADDR_LOOPBACK, 9);
        }
        for (final int second : new int[] {INADDR_LOOPBACK, INADDR_ANY, OTHER}) {
          for (int others = 0; others < 4; others++) {
            final int fd = s.udp();
            share(s, fd, others);
            s.note(
                name(address, sharing) + " beside " + name(second, others),
                s.calls.bind(fd, second, s.port(first)));
            s.closeNow(fd);
          }
        }
        s.closeNow(first);
      }
    }
  }

  private static void option(final Scene s) {
    for (final int fd : new int[] {s.tcp(), s.udp(), s.listener(1), s.pair()[0]}) {
      s.noteGet("SO_REUSEPORT", fd, SOL_SOCKET, SO_REUSEPORT, 4);
      for (final int value : new int[] {1, 0, -7, 2}) {
        s.note("set " + value, s.calls.setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, value));
        s.noteGet("SO_REUSEPORT", fd, SOL_SOCKET, SO_REUSEPORT, 4);
      }
      s.noteSet("SO_REUSEPORT", fd, SOL_SOCKET, SO_REUSEPORT, new byte[3]);
      s.noteGet("SO_REUSEPORT", fd, SOL_SOCKET, SO_REUSEPORT, 2);
    }
    final int listener = s.tcp();
    share(s, listener, 2);
    s.calls.listen(listener, 1);
    s.calls.connect(s.tcp(), INADDR_LOOPBACK, s.port(listener));
    s.noteGet("inherited", s.accept(listener), SOL_SOCKET, SO_REUSEPORT, 4);
  }

  /** Which of them a connection comes to is a secret, but each gets some and none is lost. */
  private static void groupOfListeners(final Scene s) {
    final int[] group = new int[3];
    int port = 0;
    for (int i = 0; i < group.length; i++) {
      group[i] = s.nonBlockingTcp();
      share(s, group[i], 2);
      s.note("bind", s.calls.bind(group[i], INADDR_LOOPBACK, port));
      port = s.port(group[i]);
      s.note("listen", s.calls.listen(group[i], 100));
    }
    final int alone = s.tcp();
    s.note("without the option", s.calls.bind(alone, INADDR_LOOPBACK, port));
    s.note("one for all addresses", bindSharing(s, INADDR_ANY, port));
    connect(s, port, 60);
    for (final int fd : group) {
      s.noteMaskWith(EPOLLIN, "some came", fd);
    }
    s.note(
        "all came",
        all(60, () -> s.accept(group[0]), () -> s.accept(group[1]), () -> s.accept(group[2])));
    s.closeNow(group[1]);
    connect(s, port, 40);
    s.note("the others go on", all(40, () -> s.accept(group[0]), () -> s.accept(group[2])));
    s.closeNow(group[0]);
    connect(s, port, 10);
    s.note("the last has all", all(10, () -> s.accept(group[2])));
    s.closeNow(group[2]);
    s.note("nobody", s.calls.connect(s.tcp(), INADDR_LOOPBACK, port));
  }

  private static int bindSharing(final Scene s, final int address, final int port) {
    final int fd = s.tcp();
    share(s, fd, 2);
    return s.calls.bind(fd, address, port);
  }

  private static void connect(final Scene s, final int port, final int count) {
    for (int i = 0; i < count; i++) {
      s.calls.connect(s.tcp(), INADDR_LOOPBACK, port);
    }
  }

  /**
   * Calls until so many of the calls have worked, and none works any more; returns how many did.
   */
  private static int all(final int count, final IntSupplier... calls) {
    int sum = 0;
    for (int tries = 0; tries < 100_000; tries++) {
      boolean none = true;
      for (final IntSupplier call : calls) {
        if (call.getAsInt() >= 0) {
          sum++;
          none = false;
        }
      }
      if (none && sum >= count) {
        break;
      }
    }
    return sum;
  }

  private static void groupOfDatagrams(final Scene s) {
    final int[] group = new int[3];
    int port = 0;
    for (int i = 0; i < group.length; i++) {
      group[i] = s.udp();
      share(s, group[i], 2);
      s.note("bind", s.calls.bind(group[i], INADDR_LOOPBACK, port));
      port = s.port(group[i]);
    }
    for (int i = 0; i < 60; i++) {
      s.sendto(s.udp(), "x", port);
    }
    for (final int fd : group) {
      s.noteMaskWith(EPOLLIN, "some came", fd);
    }
    s.note("all came", all(60, receive(s, group[0]), receive(s, group[1]), receive(s, group[2])));
    final int sender = s.udp();
    for (int i = 0; i < 10; i++) {
      s.sendto(sender, "x", port);
    }
    final int[] counts = new int[3];
    final IntSupplier any =
        () -> {
          for (int i = 0; i < group.length; i++) {
            if (receive(s, group[i]).getAsInt() >= 0) {
              return counts[i]++;
            }
          }
          return -1;
        };
    s.note("all came", all(10, any));
    s.note("to one of them", Math.max(counts[0], Math.max(counts[1], counts[2])));
  }

  /** A UDP socket that shares its port. */
  private static int member(final Scene s, final int address, final int port) {
    final int fd = s.udp();
    share(s, fd, 2);
    s.note("bind", s.calls.bind(fd, address, port));
    return fd;
  }

  /** Their addresses alone tell them apart. */
  private static void sendersOnOnePort(final Scene s) {
    final int one = member(s, INADDR_LOOPBACK, 0);
    final int other = member(s, INADDR_LOOPBACK, s.port(one));
    final int first = s.boundUdp();
    for (int i = 1; i <= 60; i++) {
      final int sender = s.udp();
      s.note("sender", s.calls.bind(sender, INADDR_LOOPBACK + i, s.port(first)));
      s.sendto(sender, "x", s.port(one));
    }
    noteShares(s, one, other);
  }

  private static void groupBesideOthers(final Scene s) {
    final int one = member(s, INADDR_ANY, 0);
    final int port = s.port(one);
    for (int i = 1; i <= 30; i++) {
      member(s, INADDR_LOOPBACK + i, port);
    }
    final int other = member(s, INADDR_ANY, port);
    for (int i = 0; i < 60; i++) {
      s.sendto(s.udp(), "x", port);
    }
    noteShares(s, one, other);
  }

  /** Whether 60 datagrams are shared more or less evenly: fewer than 10 of 60 is no chance. */
  private static void noteShares(final Scene s, final int one, final int other) {
    final int[] counts = new int[2];
    final IntSupplier any =
        () ->
            receive(s, one).getAsInt() >= 0
                ? counts[0]++
                : receive(s, other).getAsInt() >= 0 ? counts[1]++ : -1;
    s.note("all came", all(60, any));
    s.note("to both", Math.min(counts[0], counts[1]) >= 10);
  }

  private static void connectedMember(final Scene s) {
    final int[] group = new int[4];
    for (int i = 0; i < group.length; i++) {
      group[i] = member(s, INADDR_LOOPBACK, i == 0 ? 0 : s.port(group[0]));
    }
    for (final int fd : group) {
      final int friend = s.boundUdp();
      s.note("connect", s.calls.connect(fd, INADDR_LOOPBACK, s.port(friend)));
      for (int i = 0; i < 3; i++) {
        s.sendto(friend, "for you", s.port(fd));
        s.noteRecv("the peer's", fd, 10, 0);
      }
    }
  }

  private static IntSupplier receive(final Scene s, final int fd) {
    return () -> s.calls.recv(fd, new byte[1], 1, SocketOption.MSG_DONTWAIT);
  }
}
