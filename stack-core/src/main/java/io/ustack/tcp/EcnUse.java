package io.ustack.tcp;

/** Whether connections use explicit congestion notification (RFC 3168), as Linux's tcp_ecn. */
public enum EcnUse {
  /** Never (0). */
  OFF,
  /** When the peer's SYN asks for it; ours do not (2, Linux's default). */
  WHEN_ASKED,
  /** Our SYNs ask for it, too (1). */
  ALWAYS
}
