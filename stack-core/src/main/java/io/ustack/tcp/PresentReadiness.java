package io.ustack.tcp;

import io.ustack.readiness.Failure;
import io.ustack.readiness.Readiness;

/** What a connection would have raised for its present state, had anybody listened. */
final class PresentReadiness {
  private PresentReadiness() {}

  /** {@link Readiness} bits. */
  static int of(final TcpConnection c) {
    final TcpState state = c.state();
    int bits = 0;
    if (c.receiveBuffer().length() > 0) {
      bits |= Readiness.READABLE;
    }
    if (c.receiver().isEnded() || state == TcpState.CLOSED) {
      bits |= Readiness.READABLE | Readiness.READ_CLOSED;
    }
    if (state == TcpState.ESTABLISHED || state == TcpState.CLOSE_WAIT || c.isOpenedFast()) {
      bits |= Readiness.WRITABLE;
    }
    if (c.failure() != Failure.NONE) {
      bits |= Readiness.FAILED | Readiness.WRITABLE;
    }
    if (state == TcpState.CLOSED || state == TcpState.TIME_WAIT) {
      bits |= Readiness.CLOSED;
    }
    return bits;
  }
}
