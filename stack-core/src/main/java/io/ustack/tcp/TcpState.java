package io.ustack.tcp;

/** The states of RFC 9293 3.3.2. */
public enum TcpState {
  CLOSED,
  LISTEN,
  SYN_SENT,
  SYN_RECEIVED,
  ESTABLISHED,
  FIN_WAIT_1,
  FIN_WAIT_2,
  CLOSE_WAIT,
  CLOSING,
  LAST_ACK,
  TIME_WAIT;

  /** Both ends know both initial sequence numbers. */
  public boolean isSynchronized() {
    return this.ordinal() >= ESTABLISHED.ordinal();
  }

  /** Data of the peer is still welcome: its FIN has not come. */
  boolean receivesData() {
    return this == ESTABLISHED || this == FIN_WAIT_1 || this == FIN_WAIT_2;
  }

  /** Data or a FIN may have to be sent or sent again. */
  boolean sendsData() {
    return this == ESTABLISHED
        || this == CLOSE_WAIT
        || this == FIN_WAIT_1
        || this == CLOSING
        || this == LAST_ACK;
  }
}
