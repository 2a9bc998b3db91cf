package io.ustack.posix;

/**
 * What a {@link UdpSocket} has its stack side do while it waits. Under the socket's control lock.
 */
final class UdpCall extends StackCall {
  enum Kind {
    BIND,
    BIND_UNLOCKED,
    UNBIND,
    BIND_ANY,
    CONNECT,
    DISCONNECT,
    PATH_MTU
  }

  private final UdpStackSide stackSide;
  private final Kind kind;
  private final int address;
  private final int port;
  private int result = -Errno.EIO;

  UdpCall(final UdpStackSide stackSide, final Kind kind, final int address, final int port) {
    this.stackSide = stackSide;
    this.kind = kind;
    this.address = address;
    this.port = port;
  }

  /** 0 or -errno, once it is done. */
  int result() {
    return result;
  }

  @Override
  void run(final long nowNs) {
    result =
        switch (kind) {
          case BIND -> stackSide.bind(address, port, /* locked= */ port != 0);
          case BIND_UNLOCKED -> stackSide.bind(address, port, /* locked= */ false);
          case UNBIND -> stackSide.unbind();
          case BIND_ANY -> stackSide.bindAny(port);
          case CONNECT -> stackSide.connect(address, port);
          case DISCONNECT -> stackSide.disconnect();
          case PATH_MTU -> stackSide.pathMtu(nowNs);
        };
  }
}
