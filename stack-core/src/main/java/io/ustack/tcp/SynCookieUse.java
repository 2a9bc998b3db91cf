package io.ustack.tcp;

/** When a SYN is answered with a cookie (RFC 4987 3.6) instead of being kept. */
public enum SynCookieUse {
  /** Never: with a full SYN queue it is dropped (Linux tcp_syncookies = 0). */
  OFF,
  /** When the SYN queue is full (1, the default). */
  WHEN_FULL,
  /** Each one (2). */
  ALWAYS
}
