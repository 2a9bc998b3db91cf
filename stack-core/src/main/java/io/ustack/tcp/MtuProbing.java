package io.ustack.tcp;

/** When segments of several lengths are tried to find what the path takes (RFC 4821). */
public enum MtuProbing {
  /** Never: only the network's word lowers the MSS (RFC 1191; Linux tcp_mtu_probing = 0). */
  OFF,
  /** Once repeated timeouts say that long segments vanish without a word (Linux 1). */
  ON_BLACK_HOLE,
  /** From the start of each connection (Linux 2). */
  ALWAYS
}
