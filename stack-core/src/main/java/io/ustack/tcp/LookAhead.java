package io.ustack.tcp;

import io.ustack.buffer.Packet;
import io.ustack.ethernet.EthernetHeader;
import io.ustack.ipv4.Ipv4Header;
import io.ustack.link.ReadyList;
import java.nio.ByteBuffer;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Reads what a number of connections consists of before the first of them is worked on. More
 * connections than fit the caches miss them dozens of times per segment, and each miss waits for
 * the one before, whose answer says where to look next; those of different connections need not
 * wait for each other, and here they do not.
 *
 * <p>It goes by steps, each of which follows the references that the one before has read, for all
 * of them before the next. The sums say nothing: they are what keeps the compiler from leaving out
 * loads whose values nobody needs. Nothing is changed, and what is wrong with a frame is seen
 * later.
 */
public final class LookAhead {
  /** With fewer connections the caches hold them all, as a rule. */
  static final int MANY_CONNECTIONS = 512;

  /** Connections that are looked at together: what they touch must fit the nearest caches. */
  public static final int SPAN = 32;

  /** A connection and its halves, their parts, what those refer to: {@link TcpConnection#touch}. */
  private static final int STEPS = 3;

  private static final int IPV4_WITHOUT_OPTIONS = 0x45;

  private final ConnectionTable connections;
  private final int many;
  private final @Nullable TcpConnection[] found = new @Nullable TcpConnection[SPAN];

  // Of the frame that is looked at.
  private int localAddress;
  private int localPort;
  private int remoteAddress;
  private int remotePort;

  private int sum;

  /** Among these, as soon as there are so many. */
  LookAhead(final ConnectionTable connections, final int many) {
    this.connections = connections;
    this.many = many;
  }

  /**
   * Looks at the connections of the first {@link #SPAN} of these frames, which stay the caller's.
   *
   * @return how many it looked at
   */
  public int atFrames(final Packet[] frames, final int count) {
    if (connections.count() < many) {
      return 0;
    }
    final int most = Math.min(count, SPAN);
    int slots = 0;
    for (int i = 0; i < most; i++) {
      slots += touchSlot(frames[i]);
    }
    int n = 0;
    for (int i = 0; i < most; i++) {
      final TcpConnection connection = find(frames[i]);
      if (connection != null) {
        found[n++] = connection;
      }
    }
    sum = slots + touch(n);
    return n;
  }

  /**
   * Looks at the connections among the {@link #SPAN} emitters that are to be asked next.
   *
   * @return how many it looked at
   */
  public int atReady(final ReadyList ready) {
    if (connections.count() < many) {
      return 0;
    }
    int n = 0;
    for (int i = 0; i < SPAN; i++) {
      if (ready.peek(i) instanceof TcpConnection connection) {
        found[n++] = connection;
      }
    }
    sum = touch(n);
    return n;
  }

  /** What the last look has read, added up. */
  int sum() {
    return sum;
  }

  private int touch(final int n) {
    int read = 0;
    for (int step = 0; step < STEPS; step++) {
      for (int i = 0; i < n; i++) {
        final TcpConnection connection = found[i];
        read += connection == null ? 0 : connection.touch(step);
      }
    }
    Arrays.fill(found, 0, n, null);
    return read;
  }

  private int touchSlot(final Packet frame) {
    return readEnds(frame)
        ? connections.touch(localAddress, localPort, remoteAddress, remotePort)
        : 0;
  }

  private @Nullable TcpConnection find(final Packet frame) {
    return readEnds(frame)
        ? connections.find(localAddress, localPort, remoteAddress, remotePort)
        : null;
  }

  /** Between whom a frame is; false when it does not hold a TCP segment of the usual kind. */
  private boolean readEnds(final Packet frame) {
    if (!isTcp(frame)) {
      return false;
    }
    final ByteBuffer bytes = frame.bytes();
    final int ipv4 = frame.offset() + EthernetHeader.LENGTH_BYTES;
    final int tcp = ipv4 + Ipv4Header.LENGTH_BYTES;
    localAddress = Ipv4Header.destination(bytes, ipv4);
    localPort = TcpHeader.destinationPort(bytes, tcp);
    remoteAddress = Ipv4Header.source(bytes, ipv4);
    remotePort = TcpHeader.sourcePort(bytes, tcp);
    return true;
  }

  /** Long enough for the ports, and of the usual kind; more is not asked here. */
  private static boolean isTcp(final Packet frame) {
    final ByteBuffer bytes = frame.bytes();
    final int at = frame.offset();
    final int ipv4 = at + EthernetHeader.LENGTH_BYTES;
    final int least = EthernetHeader.LENGTH_BYTES + Ipv4Header.LENGTH_BYTES;
    return frame.length() >= least + TcpHeader.MIN_LENGTH_BYTES
        && EthernetHeader.type(bytes, at) == EthernetHeader.TYPE_IPV4
        && bytes.get(ipv4) == IPV4_WITHOUT_OPTIONS
        && Ipv4Header.protocol(bytes, ipv4) == TcpHeader.PROTOCOL;
  }
}
