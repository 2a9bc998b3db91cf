package io.ustack.posix;

import io.ustack.buffer.ByteRanges;
import io.ustack.buffer.LentPackets;
import io.ustack.buffer.Packet;
import io.ustack.ipv4.Ipv4Header;
import io.ustack.udp.UdpHeader;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * A UDP socket as Linux has it. This is the application's half; {@link UdpStackSide} is the
 * stack's.
 */
public final class UdpSocket extends StackSocket {
  /** Set in {@link #remote} when there is one. */
  static final long CONNECTED = 1L << 48;

  /** Linux datagram_poll says all three. */
  static final int WRITE_KEY = Epoll.WRITE_KEY | Epoll.EPOLLWRBAND;

  /** Linux net.core.rmem_default and wmem_default. */
  private static final int DEFAULT_BUFFER_BYTES = 212_992;

  /** Linux net.core.rmem_max and wmem_max, here a limit of our own. */
  private static final int MAX_BUFFER_BYTES = 4 << 20;

  final UdpSides sides = new UdpSides(this);
  private final UdpErrors errors = new UdpErrors(this);
  private final UdpTransfer transfer = new UdpTransfer(this, errors);
  private final UdpReception reception = new UdpReception(this, errors);

  /** Written by the stack side while a call waits; see {@link #name}. */
  volatile long local;

  volatile long remote;

  /** What SO_RCVBUF and SO_SNDBUF asked for; 0 leaves the stack's default. */
  volatile int receiveBufferBytes;

  volatile int sendBufferBytes;

  /** IP_TOS. */
  volatile int typeOfService;

  /** IP_PKTINFO, IP_RECVTTL, IP_RECVTOS and IP_RECVERR: bits of {@link ReceiveControl}. */
  volatile int asked;

  /** UDP_CORK. */
  volatile boolean cork;

  /** IP_TTL. */
  volatile int timeToLive = Ipv4Header.DEFAULT_TIME_TO_LIVE;

  UdpSocket(final SocketEngine engine) {
    super(engine);
  }

  /** An address in bits 47..16 and a port in bits 15..0. */
  static long name(final int address, final int port) {
    return (address & 0xFFFF_FFFFL) << 16 | port;
  }

  /** INLINE only the thread that runs the stack touches it. */
  @Override
  boolean isShared() {
    return engine.execution.isShared();
  }

  @Override
  public int type() {
    return SocketOption.SOCK_DGRAM;
  }

  /** As Linux datagram_poll. */
  @Override
  public int readiness() {
    final int shutdown = shut;
    int events = hasError() || sides.hasErrors() ? Epoll.EPOLLERR : 0;
    if ((shutdown & SHUT_RECEIVE) != 0) {
      events |= Epoll.READ_KEY | Epoll.EPOLLRDHUP;
    }
    if (shutdown == SHUT_BOTH) {
      events |= Epoll.EPOLLHUP;
    }
    if (sides.isReadable()) {
      events |= Epoll.READ_KEY;
    }
    if (sides.isWritable()) {
      events |= WRITE_KEY;
    }
    return events;
  }

  /** As Linux __skb_wait_for_more_packets: what is in the error queue ends no wait. */
  @Override
  boolean isReady(final int events, final int bytes) {
    return super.isReady(hasError() ? events : events & ~Epoll.EPOLLERR, bytes);
  }

  // ---- Life

  @Override
  public int bind(final int address, final int port) {
    if (!isPort(port)) {
      return -Errno.EINVAL;
    }
    control.lock();
    try {
      return sides.bind(address, port);
    } finally {
      control.unlock();
    }
  }

  /** Sees to it that it has a port. Returns 0, -EAGAIN when none is free, -EBADF, -EIO */
  int bindAny() {
    control.lock();
    try {
      return sides.bindAny();
    } finally {
      control.unlock();
    }
  }

  /**
   * connect(2): where send goes, and the only peer that is heard. May be called again.
   *
   * @return 0, -ENETUNREACH, -EINVAL for a port out of range, -EAGAIN without a free port of ours
   */
  @Override
  public int connect(final int address, final int port) {
    if (!isPort(port)) {
      return -Errno.EINVAL;
    }
    control.lock();
    try {
      return sides.connect(toThisHost(address), port);
    } finally {
      control.unlock();
    }
  }

  /** Linux ip_route_output: to 0.0.0.0 is to this host. */
  static int toThisHost(final int address) {
    return address == SocketOption.INADDR_ANY ? SocketOption.INADDR_LOOPBACK : address;
  }

  @Override
  public int disconnect() {
    final int refusal = refusal();
    if (refusal != 0) {
      return refusal;
    }
    control.lock();
    try {
      return sides.disconnect();
    } finally {
      control.unlock();
    }
  }

  /** As Linux inet_shutdown: it works without a peer too, and still says -ENOTCONN. */
  @Override
  public int shutdown(final int how) {
    if (how < SocketOption.SHUT_RD || how > SocketOption.SHUT_RDWR) {
      return -Errno.EINVAL;
    }
    sending.lock();
    try {
      final int refusal = refusal();
      if (refusal != 0) {
        return refusal;
      }
      shut = (byte) (shut | (how + 1));
    } finally {
      sending.unlock();
    }
    raise(0);
    return remote == 0 ? -Errno.ENOTCONN : 0;
  }

  @Override
  void onClose() {
    // Whoever is copying into the send queue finishes first; nobody starts any more.
    sending.lock();
    try {
      sides.ring(UdpStackSide.CLOSE);
    } finally {
      sending.unlock();
    }
  }

  // ---- Data

  @Override
  public int send(
      final @Nullable ByteBuffer buffer,
      final byte @Nullable [] array,
      final int offset,
      final int length,
      final int flags,
      final int address,
      final int port) {
    return transfer.send(buffer, array, null, offset, length, flags, address, port, null);
  }

  @Override
  public int receive(
      final @Nullable ByteBuffer buffer,
      final byte @Nullable [] array,
      final int offset,
      final int length,
      final int flags,
      final @Nullable SocketAddress4 source) {
    return reception.receive(buffer, array, null, offset, length, flags, source, null);
  }

  @Override
  int lendNow(final LoanMemory loan, final @Nullable SocketAddress4 source) {
    return reception.lendNow(loan, source);
  }

  /** Of one without a peer nobody knows where its datagrams will leave. */
  @Override
  Shard shard() {
    final long peer = remote;
    return peer == 0
        ? engine.shard
        : sides.towards((int) (peer >> 16), (int) (peer & 0xFFFF)).shard;
  }

  @Override
  int claimable(final int length) {
    final int most = engine.mtuBytes - Ipv4Header.LENGTH_BYTES - UdpHeader.LENGTH_BYTES;
    return length > most ? -Errno.EMSGSIZE : length;
  }

  @Override
  int sendNow(
      final Packet packet,
      final LentPackets lender,
      final int flags,
      final int address,
      final int port) {
    return transfer.sendNow(packet, lender, flags, address, port);
  }

  @Override
  public int send(final Message message, final int flags) {
    final ByteRanges ranges = message.ranges();
    final int length = BufferRange.length(ranges);
    final int port = message.isNamed() ? message.port() : NO_PORT;
    return transfer.send(
        null, null, ranges, 0, length, flags, message.address(), port, message.control());
  }

  @Override
  public int receive(final Message message, final int flags) {
    final ByteRanges ranges = message.ranges();
    final int length = BufferRange.length(ranges);
    return reception.receive(null, null, ranges, 0, length, flags, null, message);
  }

  @Override
  public int write(final ByteRanges ranges) {
    return transfer.send(null, null, ranges, 0, BufferRange.length(ranges), 0, 0, NO_PORT, null);
  }

  @Override
  public int read(final ByteRanges ranges) {
    return reception.receive(null, null, ranges, 0, BufferRange.length(ranges), 0, null, null);
  }

  @Override
  public int inquire(final int request) {
    if (request == SocketOption.SIOCOUTQ) {
      return sides.queuedBytes();
    }
    return reception.inquire(request);
  }

  // ---- Names and options

  @Override
  public int localAddress(final SocketAddress4 address) {
    if (isClosed()) {
      return -Errno.EBADF;
    }
    final long name = local;
    address.set((int) (name >> 16), (int) (name & 0xFFFF));
    return 0;
  }

  @Override
  public int remoteAddress(final SocketAddress4 address) {
    if (isClosed()) {
      return -Errno.EBADF;
    }
    final long name = remote;
    if (name == 0) {
      return -Errno.ENOTCONN;
    }
    address.set((int) (name >> 16), (int) (name & 0xFFFF));
    return 0;
  }

  @Override
  int protocolOption(final int level, final int option, final int value) {
    if (level == SocketOption.IPPROTO_IP) {
      return ipOption(option, value);
    }
    if (level == SocketOption.IPPROTO_UDP && option == SocketOption.UDP_CORK) {
      cork = value != 0;
      if (!cork) {
        transfer.uncork();
      }
      return 0;
    }
    if (level != SocketOption.SOL_SOCKET) {
      return -Errno.ENOPROTOOPT;
    }
    switch (option) {
      case SocketOption.SO_RCVBUF -> {
        receiveBufferBytes = bufferBytes(value, MIN_RECEIVE_BYTES, MAX_BUFFER_BYTES);
        sides.ring(UdpStackSide.OPTIONS);
      }
      case SocketOption.SO_KEEPALIVE -> keepsAlive = value != 0;
      case SocketOption.SO_SNDBUF -> {
        sendBufferBytes = bufferBytes(value, MIN_SEND_BYTES, MAX_BUFFER_BYTES);
        resizeSendQueue(sendBufferBytes);
      }
      default -> {
        return -Errno.ENOPROTOOPT;
      }
    }
    return 0;
  }

  private int ipOption(final int option, final int value) {
    final int bit = askedBit(option);
    if (bit != 0) {
      asked = value == 0 ? asked & ~bit : asked | bit;
      if (option == SocketOption.IP_RECVERR) {
        errors.keep(value != 0);
      }
    } else if (option == SocketOption.IP_TOS) {
      typeOfService = value & 0xFF;
    } else if (option != SocketOption.IP_TTL) {
      return -Errno.ENOPROTOOPT;
    } else if (!isTimeToLive(value)) {
      return -Errno.EINVAL;
    } else {
      timeToLive = value == -1 ? Ipv4Header.DEFAULT_TIME_TO_LIVE : value;
    }
    return 0;
  }

  /** The bit of an option that asks for what headers say; 0 for another. */
  private static int askedBit(final int option) {
    return switch (option) {
      case SocketOption.IP_PKTINFO -> ReceiveControl.PACKET_INFO;
      case SocketOption.IP_RECVTTL -> ReceiveControl.TIME_TO_LIVE;
      case SocketOption.IP_RECVERR -> ReceiveControl.ERRORS;
      case SocketOption.IP_RECVTOS -> ReceiveControl.TYPE_OF_SERVICE;
      default -> 0;
    };
  }

  /** The producer's side of the queue is ours. */
  private void resizeSendQueue(final int bytes) {
    sending.lock();
    try {
      transfer.sendCapacity(bytes);
    } finally {
      sending.unlock();
    }
    // Linux sock_setsockopt: who waits for room looks again.
    raise(WRITE_KEY);
  }

  private int pathMtu() {
    control.lock();
    try {
      return sides.pathMtu();
    } finally {
      control.unlock();
    }
  }

  @Override
  int protocolOption(final int level, final int option) {
    if (level == SocketOption.IPPROTO_IP && option == SocketOption.IP_MTU) {
      return pathMtu();
    }
    if (level == SocketOption.IPPROTO_IP && option == SocketOption.IP_TOS) {
      return typeOfService;
    }
    if (level == SocketOption.IPPROTO_IP && option == SocketOption.IP_TTL) {
      return timeToLive;
    }
    if (level == SocketOption.IPPROTO_UDP) {
      return option == SocketOption.UDP_CORK ? (cork ? 1 : 0) : -Errno.ENOPROTOOPT;
    }
    if (level == SocketOption.IPPROTO_IP && askedBit(option) != 0) {
      return (asked & askedBit(option)) != 0 ? 1 : 0;
    }
    if (level != SocketOption.SOL_SOCKET) {
      return noSuchLevel(level);
    }
    return switch (option) {
      case SocketOption.SO_RCVBUF -> reportedBytes(receiveBufferBytes, DEFAULT_BUFFER_BYTES);
      case SocketOption.SO_SNDBUF -> reportedBytes(sendBufferBytes, DEFAULT_BUFFER_BYTES);
      case SocketOption.SO_KEEPALIVE -> keepsAlive ? 1 : 0;
      case SocketOption.SO_ACCEPTCONN -> 0;
      case SocketOption.SO_PROTOCOL -> SocketOption.IPPROTO_UDP;
      default -> -Errno.ENOPROTOOPT;
    };
  }
}
