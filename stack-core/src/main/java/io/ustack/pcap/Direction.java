package io.ustack.pcap;

/**
 * Which way a frame went, as pcapng's {@code epb_flags} says it (draft-ietf-opsawg-pcapng 4.3.1).
 */
public enum Direction {
  UNKNOWN,
  INBOUND,
  OUTBOUND
}
