package io.ustack.posix;

import static io.ustack.posix.SocketOption.AF_UNIX;
import static io.ustack.posix.SocketOption.IPPROTO_IP;
import static io.ustack.posix.SocketOption.IPPROTO_UDP;
import static io.ustack.posix.SocketOption.SOL_SOCKET;

import java.util.Arrays;
import java.util.Map;
import java.util.function.Consumer;

/**
 * Options with values of every size, of sockets of every kind; TCP's are {@link TcpOptionScenes}'.
 */
final class OptionSizeScenes {
  private static final int[] SIZES = {0, 1, 2, 3, 4, 5, 7, 8, 9, 100};

  /** Of one int each. */
  private static final int[] OF_SOCKETS = {
    SocketOption.SO_REUSEADDR,
    SocketOption.SO_TYPE,
    SocketOption.SO_ERROR,
    SocketOption.SO_BROADCAST,
    SocketOption.SO_SNDBUF,
    SocketOption.SO_RCVBUF,
    SocketOption.SO_REUSEPORT,
    SocketOption.SO_RCVLOWAT,
    SocketOption.SO_SNDLOWAT,
    SocketOption.SO_ACCEPTCONN,
    SocketOption.SO_PROTOCOL,
    SocketOption.SO_DOMAIN,
    9999
  };

  private static final int[] OF_IP = {
    SocketOption.IP_TOS,
    SocketOption.IP_TTL,
    SocketOption.IP_PKTINFO,
    SocketOption.IP_RECVERR,
    SocketOption.IP_RECVTTL,
    SocketOption.IP_RECVTOS,
    9999
  };

  private OptionSizeScenes() {}

  static Map<String, Consumer<Scene>> all() {
    return Map.ofEntries(
        Map.entry("option sizes: a stream", s -> sizes(s, s.tcp(), SOL_SOCKET, OF_SOCKETS)),
        Map.entry("option sizes: a listener", s -> sizes(s, s.listener(1), SOL_SOCKET, OF_SOCKETS)),
        Map.entry("option sizes: datagrams", s -> sizes(s, s.udp(), SOL_SOCKET, OF_SOCKETS)),
        Map.entry("option sizes: a pair", s -> sizes(s, end(s), SOL_SOCKET, OF_PAIRS)),
        Map.entry("option sizes: IP's of datagrams", s -> sizes(s, s.udp(), IPPROTO_IP, OF_IP)),
        Map.entry("option sizes: IP's of a pair", s -> sizes(s, end(s), IPPROTO_IP, OF_IP)),
        Map.entry("option sizes: UDP's", s -> sizes(s, s.udp(), IPPROTO_UDP, 1, 9999)),
        Map.entry("option sizes: UDP's of a stream", s -> sizes(s, s.tcp(), IPPROTO_UDP, 1, 9999)),
        Map.entry("option sizes: no level", s -> sizes(s, s.udp(), 9999, 1, 2)),
        Map.entry("option sizes: no level of a stream", s -> sizes(s, s.tcp(), -1, 1, 2)));
  }

  /** What an end of a pair has. */
  private static final int[] OF_PAIRS = {
    SocketOption.SO_REUSEADDR,
    SocketOption.SO_TYPE,
    SocketOption.SO_ERROR,
    SocketOption.SO_SNDBUF,
    SocketOption.SO_ACCEPTCONN,
    SocketOption.SO_PROTOCOL,
    SocketOption.SO_DOMAIN,
    9999
  };

  private static int end(final Scene s) {
    final int[] fds = new int[2];
    s.calls.socketpair(AF_UNIX, SocketOption.SOCK_STREAM, 0, fds);
    s.track(fds[0]);
    return s.track(fds[1]);
  }

  private static void sizes(final Scene s, final int fd, final int level, final int... options) {
    for (final int option : options) {
      final String name = "option " + option;
      // What buffers have at first differs.
      s.noteSet(name, fd, level, option, Scene.bytes(20_000 + option));
      for (final int size : SIZES) {
        s.noteGet(name, fd, level, option, size);
        s.noteSet(name, fd, level, option, Arrays.copyOf(Scene.bytes(7, 9), size));
        s.noteGet(name, fd, level, option, 4);
      }
      s.note(name + ", -1", s.calls.setsockopt(fd, level, option, new byte[4], -1));
      s.note(name + ", room for -1", s.calls.getsockopt(fd, level, option, new byte[4], -1));
    }
  }
}
