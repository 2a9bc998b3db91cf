package io.ustack.tcp;

/**
 * Explicit congestion notification of one connection, as its receiver (RFC 3168 6.1.3); made when
 * both SYNs agreed on it. What the sender makes of an echo is {@link LossRecovery}'s.
 */
final class Ecn {
  private boolean echoes;

  Ecn(final boolean echoes) {
    this.echoes = echoes;
  }

  /**
   * Data arrived (RFC 3168 6.1.3): a mark is echoed by every ACK from now on, until the peer says
   * that it has heard.
   *
   * @return true when it was marked, which is told at once
   */
  boolean onData(final TcpSegment segment) {
    if (segment.has(TcpHeader.CWR)) {
      echoes = false;
    }
    if (segment.isMarked) {
      echoes = true;
    }
    return segment.isMarked;
  }

  /** ECN-Echo stands in each segment that leaves now. */
  boolean echoes() {
    return echoes;
  }
}
