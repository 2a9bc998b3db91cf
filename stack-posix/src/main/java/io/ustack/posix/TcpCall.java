package io.ustack.posix;

import io.ustack.tcp.TcpInfo;
import org.jspecify.annotations.Nullable;

/**
 * What a {@link TcpSocket} has its stack side do while it waits. Under the socket's control lock.
 */
final class TcpCall extends StackCall {
  enum Kind {
    BIND,
    BIND_ANY,
    UNBIND,
    RELEASE,
    LISTEN,
    CONNECT,
    CONNECT_FAST,
    START,
    ACCEPT,
    DISCONNECT,
    OPTION,
    OPTIONS,
    PATH_MTU,
    INFO,
    UNSENT,
    LINGER
  }

  private final TcpStackSide stackSide;
  private final Kind kind;
  private final int first;
  private final int second;
  private final @Nullable TcpInfo info;
  private final @Nullable Lingering lingering;
  private int result = -Errno.EIO;
  private @Nullable TcpSocket accepted;

  TcpCall(final TcpStackSide stackSide, final Kind kind, final int first, final int second) {
    this.stackSide = stackSide;
    this.kind = kind;
    this.first = first;
    this.second = second;
    info = null;
    lingering = null;
  }

  /** INFO, to be put there. */
  TcpCall(final TcpStackSide stackSide, final TcpInfo info) {
    this.stackSide = stackSide;
    kind = Kind.INFO;
    first = 0;
    second = 0;
    this.info = info;
    lingering = null;
  }

  /** LINGER, which is told when it is over. */
  TcpCall(final TcpStackSide stackSide, final Lingering lingering) {
    this.stackSide = stackSide;
    kind = Kind.LINGER;
    first = 0;
    second = 0;
    info = null;
    this.lingering = lingering;
  }

  /** 0 or -errno, once it is done. */
  int result() {
    return result;
  }

  /** What ACCEPT found, once. */
  @Nullable TcpSocket takeAccepted() {
    final TcpSocket found = accepted;
    accepted = null;
    return found;
  }

  @Override
  void run(final long nowNs) {
    result =
        switch (kind) {
          case BIND -> stackSide.bind(first, second, /* locked= */ second != 0);
          case BIND_ANY -> stackSide.bind(first, second, /* locked= */ false);
          case UNBIND -> stackSide.unbind();
          case RELEASE -> stackSide.release(first);
          case LISTEN -> stackSide.listen(first, second);
          case CONNECT -> stackSide.connect(first, second, /* fast= */ false, nowNs);
          case CONNECT_FAST -> stackSide.connect(first, second, /* fast= */ true, nowNs);
          case START -> stackSide.start(nowNs);
          case ACCEPT -> {
            accepted = stackSide.accept(nowNs);
            yield 0;
          }
          case OPTION -> stackSide.option(first);
          case OPTIONS -> stackSide.options(nowNs);
          case PATH_MTU -> stackSide.pathMtu(nowNs);
          case UNSENT -> stackSide.unsent(first);
          case DISCONNECT -> stackSide.disconnect(nowNs);
          case INFO -> stackSide.info(info, nowNs);
          case LINGER -> stackSide.linger(lingering);
        };
  }
}
