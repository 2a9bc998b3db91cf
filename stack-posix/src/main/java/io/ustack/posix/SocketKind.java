package io.ustack.posix;

/** What socket(2) is asked for, as the kernel judges it. */
final class SocketKind {
  private static final int TYPE = 0xF;
  private static final int FLAGS = SocketOption.SOCK_NONBLOCK | SocketOption.SOCK_CLOEXEC;

  private SocketKind() {}

  /**
   * 0 for what can be had; -EINVAL for unknown flags, types and protocols; -EAFNOSUPPORT;
   * -ESOCKTNOSUPPORT; -EPROTONOSUPPORT. In the order of Linux's inet_create.
   */
  static int refuse(final int domain, final int type, final int protocol) {
    if ((type & ~TYPE & ~FLAGS) != 0) {
      return -Errno.EINVAL;
    }
    if (domain != SocketOption.AF_INET) {
      return -Errno.EAFNOSUPPORT;
    }
    if ((type & TYPE) > 10 || protocol < 0 || protocol > 262) {
      return -Errno.EINVAL;
    }
    return switch (type & TYPE) {
      case SocketOption.SOCK_STREAM ->
          protocol == 0 || protocol == SocketOption.IPPROTO_TCP ? 0 : -Errno.EPROTONOSUPPORT;
      case SocketOption.SOCK_DGRAM ->
          protocol == 0 || protocol == SocketOption.IPPROTO_UDP ? 0 : -Errno.EPROTONOSUPPORT;
      default -> -Errno.ESOCKTNOSUPPORT;
    };
  }

  /** Whether a type that is not refused is a stream's; else it is a datagram socket's. */
  static boolean isStream(final int type) {
    return (type & TYPE) == SocketOption.SOCK_STREAM;
  }
}
