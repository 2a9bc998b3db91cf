package io.ustack.readiness;

/**
 * Told by an endpoint, on the stack thread, each time one of the moments of {@link Readiness}
 * happens: an edge, not a level.
 */
public interface ReadinessObserver {
  /**
   * One or more of the {@link Readiness} bits was raised anew. The observer may read the endpoint,
   * but not close it or write to it from inside the call.
   */
  void onReadiness(int bits);

  /**
   * Nothing has happened for a while. Whoever can be sure that nobody writes to the endpoint's send
   * buffer now may {@linkplain io.ustack.buffer.ByteRing#sleep give its memory back}.
   */
  default void onIdle() {}

  /**
   * Reads what {@link #onReadiness}, and the application after it, will need, so that it is near
   * then; changes nothing.
   *
   * @param step counts up from 0: each follows the references that the one before has read, and
   *     between them other observers have their turn
   * @return anything
   */
  default int touch(final int step) {
    return 0;
  }

  /**
   * Whether only the stack's thread ever touches the endpoint, and nobody keeps its buffers from
   * one look to the next: then they may become others while nothing is in them.
   */
  default boolean isAlone() {
    return false;
  }

  /** An observer that does not care. */
  ReadinessObserver NONE = bits -> {};

  /** In the place of one that was alone, and does not care any more. */
  ReadinessObserver NONE_ALONE =
      new ReadinessObserver() {
        @Override
        public void onReadiness(final int bits) {}

        @Override
        public boolean isAlone() {
          return true;
        }
      };
}
