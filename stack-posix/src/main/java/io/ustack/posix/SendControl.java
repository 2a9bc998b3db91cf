package io.ustack.posix;

import io.ustack.udp.DatagramInfo;

/** What control messages ask of what is sent, as the kernel judges them. */
final class SendControl {
  /** CMSG_LEN of {@code struct in_pktinfo}, without its header. */
  private static final int PACKET_INFO_BYTES = 12;

  private SendControl() {}

  /**
   * What a stream can be asked: nothing. Linux tcp_sendmsg does not look at what is IP's. Returns 0
   * or -EINVAL
   */
  static int ofStream(final ControlData control) {
    for (control.rewind(); control.next(); ) {
      if (!control.isWhole() || control.level() == SocketOption.SOL_SOCKET) {
        return -Errno.EINVAL;
      }
    }
    return 0;
  }

  /**
   * Linux ip_cmsg_send: puts address, TOS and TTL into {@code target}. Returns the index of the
   * interface asked for, 0 for any, or -EINVAL
   */
  static int ofDatagram(final ControlData control, final DatagramInfo target) {
    int interfaceIndex = 0;
    for (control.rewind(); control.next(); ) {
      final int level = control.isWhole() ? control.level() : SocketOption.SOL_SOCKET;
      if (level == SocketOption.SOL_SOCKET || level == SocketOption.IPPROTO_UDP) {
        // No segmentation offload, no time stamps, no marks.
        return -Errno.EINVAL;
      }
      if (level != SocketOption.IPPROTO_IP) {
        continue;
      }
      if (control.type() == SocketOption.IP_PKTINFO && control.dataBytes() == PACKET_INFO_BYTES) {
        interfaceIndex = control.dataInt(0) == 0 ? interfaceIndex : control.dataInt(0);
        target.from(control.dataAddress(4));
      } else if (!applyService(control, target)) {
        return -Errno.EINVAL;
      }
    }
    // An index that can't be is nobody's.
    return interfaceIndex < 0 ? Integer.MAX_VALUE : interfaceIndex;
  }

  private static boolean applyService(final ControlData control, final DatagramInfo target) {
    final int size = control.dataBytes();
    if (size != Integer.BYTES && (control.type() != SocketOption.IP_TOS || size != Byte.BYTES)) {
      return false;
    }
    final int value = size == Byte.BYTES ? control.dataByte(0) : control.dataInt(0);
    if (control.type() == SocketOption.IP_TTL && value >= 1 && value <= 0xFF) {
      target.service(target.typeOfService(), value);
      return true;
    }
    if (control.type() == SocketOption.IP_TOS && value >= 0 && value <= 0xFF) {
      target.service(value, target.timeToLive());
      return true;
    }
    return false;
  }
}
