package io.ustack.posix;

/** What is asked of IP, whatever the socket is. */
final class IpScenes {
  private IpScenes() {}

  /** The options of IP, within their ranges and beyond; of a socket without a peer. */
  static void options(final Scene s, final int fd) {
    s.note("IP_MTU without a peer", s.calls.getsockopt(fd, 0, SocketOption.IP_MTU));
    s.note("set IP_MTU", s.calls.setsockopt(fd, 0, SocketOption.IP_MTU, 1500));
    s.note("IP_TOS", s.calls.getsockopt(fd, 0, SocketOption.IP_TOS));
    s.note("IP_TTL", s.calls.getsockopt(fd, 0, SocketOption.IP_TTL));
    for (final int value : new int[] {0xB8, 0xFF, 0x100, 0x1B3, -1, Integer.MAX_VALUE, 0x10}) {
      s.note("set IP_TOS " + value, s.calls.setsockopt(fd, 0, SocketOption.IP_TOS, value));
      s.note("IP_TOS", s.calls.getsockopt(fd, 0, SocketOption.IP_TOS));
    }
    for (final int value : new int[] {7, 0, 256, -2, Integer.MIN_VALUE, 255, -1, 1}) {
      s.note("set IP_TTL " + value, s.calls.setsockopt(fd, 0, SocketOption.IP_TTL, value));
      s.note("IP_TTL", s.calls.getsockopt(fd, 0, SocketOption.IP_TTL));
    }
  }
}
