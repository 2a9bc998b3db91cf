package io.ustack.pcap;

import java.io.IOException;

/** What a captured frame begins with. */
public enum LinkType {
  /** An Ethernet header. */
  ETHERNET,
  /** An IPv4 or IPv6 header; its version field tells which. */
  RAW_IP;

  /**
   * The link type of a LINKTYPE_ value in a file.
   *
   * @throws IOException when it is neither
   */
  static LinkType of(final int code) throws IOException {
    return switch (code) {
      case 1 -> ETHERNET;
      // LINKTYPE_RAW, what BSD and OpenBSD write for it, LINKTYPE_IPV4, LINKTYPE_IPV6
      case 101, 12, 14, 228, 229 -> RAW_IP;
      default -> throw new IOException("link type " + code + " is neither Ethernet nor raw IP");
    };
  }
}
