package io.ustack.tcp;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What a connection has only until its handshake is done and, when it came in through a listener,
 * until it is accepted. Given up then: open connections are many.
 */
final class Opening {
  /** Until the handshake is done. */
  private @Nullable SynOffer offer;

  /** It came in through a listener. */
  boolean passive;

  /** Until accept: where the connection came in. */
  @Nullable TcpListener listener;

  /** The next connection in the accept queue. */
  @Nullable TcpConnection nextWaiting;

  /** The ACK of our SYN came, and the listener waits for data; {@link DeferAccept}. */
  boolean acknowledged;

  /** Where it counts while a cookie has opened it and its handshake is not done. */
  @Nullable FastOpenQueue fastOpens;

  Opening(final TcpConfig config) {
    offer = new SynOffer(config);
  }

  /** What our SYN offers. */
  SynOffer offer() {
    return Objects.requireNonNull(offer, "the handshake is done");
  }

  void forgetOffer() {
    offer = null;
  }

  /** Whether the SYN waits for the first data that is written. */
  boolean isSynDeferred() {
    return offer != null && offer.isSynDeferred();
  }

  void endFastOpen() {
    if (fastOpens != null) {
      fastOpens.onEnded();
      fastOpens = null;
    }
  }

  /**
   * The connection is gone, and counts nowhere any more; but as long as it waits for accept it
   * still does that.
   */
  void onDeath(final boolean handshaking) {
    if (fastOpens != null) {
      endFastOpen();
    } else if (handshaking && listener != null) {
      listener.onHandshakeEnded();
      listener = null;
    }
  }

  /** Nothing of it will be asked for any more. */
  boolean isOver() {
    return offer == null && listener == null && fastOpens == null;
  }
}
