package io.ustack.tcp;

/** In which order a SYN has its options: it says nothing, but tells one system from another. */
public enum SynOptionOrder {
  /** MSS, SACK permitted, timestamps, window scale. */
  LINUX,
  /** MSS, window scale, SACK permitted, timestamps. */
  FREEBSD
}
