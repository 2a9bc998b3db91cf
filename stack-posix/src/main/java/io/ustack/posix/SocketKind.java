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

  /**
   * 0 for a pair that can be had, of AF_UNIX: SOCK_STREAM, SOCK_DGRAM or SOCK_SEQPACKET; the errors
   * of {@link #refuse}; -EOPNOTSUPP for AF_INET. In the order of Linux's __sys_socketpair.
   */
  static int refusePair(final int domain, final int type, final int protocol) {
    if ((type & ~TYPE & ~FLAGS) != 0) {
      return -Errno.EINVAL;
    }
    if (domain != SocketOption.AF_UNIX) {
      final int refusal = refuse(domain, type, protocol);
      return refusal == 0 ? -Errno.EOPNOTSUPP : refusal;
    }
    if ((type & TYPE) > 10) {
      return -Errno.EINVAL;
    }
    if (protocol != 0 && protocol != SocketOption.AF_UNIX) {
      return -Errno.EPROTONOSUPPORT;
    }
    return switch (type & TYPE) {
      case SocketOption.SOCK_STREAM, SocketOption.SOCK_DGRAM, SocketOption.SOCK_SEQPACKET -> 0;
      default -> -Errno.ESOCKTNOSUPPORT;
    };
  }

  /** The type without its flags. */
  static int typeOf(final int type) {
    return type & TYPE;
  }

  /** Whether a type that is not refused is a stream's; else it is a datagram socket's. */
  static boolean isStream(final int type) {
    return (type & TYPE) == SocketOption.SOCK_STREAM;
  }
}
