package io.ustack.posix;

import io.ustack.udp.DatagramInfo;
import io.ustack.udp.UdpEndpoint;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * What a received datagram's header says, for those who asked for it with IP_PKTINFO, IP_RECVTTL
 * and IP_RECVTOS. One thread at a time.
 */
final class ReceiveControl {
  /** Bits of what was asked for. */
  static final int PACKET_INFO = 1;

  static final int TIME_TO_LIVE = 1 << 1;
  static final int TYPE_OF_SERVICE = 1 << 2;

  /** Nothing that a header says: IP_RECVERR. */
  static final int ERRORS = 1 << 3;

  private static final int HEADERS = PACKET_INFO | TIME_TO_LIVE | TYPE_OF_SERVICE;

  /** The interfaces' indices: loopback is always the first. */
  static final int LOOPBACK_INDEX = 1;

  static final int LINK_INDEX = 2;

  private static final int PACKET_INFO_BYTES = 12;

  private final ByteBuffer data =
      ByteBuffer.allocate(PACKET_INFO_BYTES).order(ByteOrder.nativeOrder());

  /**
   * Linux ip_cmsg_recv: says what was asked for, in its order. Returns MSG_CTRUNC when not all of
   * it fitted, else 0
   */
  int put(
      final int asked, final DatagramInfo info, final UdpEndpoint endpoint, final Message message) {
    final ControlData control = message.control();
    if (control == null) {
      return (asked & HEADERS) == 0 ? 0 : SocketOption.MSG_CTRUNC;
    }
    control.clear();
    boolean whole = true;
    if ((asked & PACKET_INFO) != 0) {
      data.putInt(0, endpoint.isLocal(info.address()) ? LOOPBACK_INDEX : LINK_INDEX);
      final int answersAs = endpoint.addressFor(info.localAddress());
      data.putInt(4, ControlData.networkOrder(answersAs));
      data.putInt(8, ControlData.networkOrder(info.localAddress()));
      whole = put(control, SocketOption.IP_PKTINFO, PACKET_INFO_BYTES);
    }
    if ((asked & TIME_TO_LIVE) != 0) {
      data.putInt(0, info.timeToLive());
      whole &= put(control, SocketOption.IP_TTL, Integer.BYTES);
    }
    if ((asked & TYPE_OF_SERVICE) != 0) {
      data.put(0, (byte) info.typeOfService());
      whole &= put(control, SocketOption.IP_TOS, Byte.BYTES);
    }
    return whole ? 0 : SocketOption.MSG_CTRUNC;
  }

  private boolean put(final ControlData control, final int type, final int bytes) {
    return control.put(SocketOption.IPPROTO_IP, type, data, bytes);
  }
}
