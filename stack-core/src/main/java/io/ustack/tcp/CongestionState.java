package io.ustack.tcp;

/** What the sender thinks of the network: Linux's {@code tcp_ca_state}, in its order. */
public enum CongestionState {
  /** Nothing suspicious. */
  OPEN,
  /** Duplicate ACKs have come, fewer than prove a loss. */
  DISORDER,
  /** The window was reduced without a loss: ECN. */
  CWR,
  /** A loss is being repaired by fast retransmission. */
  RECOVERY,
  /** The retransmission timeout expired, and what it gave up is not acknowledged yet. */
  LOSS
}
