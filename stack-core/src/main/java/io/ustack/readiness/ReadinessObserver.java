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

  /** An observer that does not care. */
  ReadinessObserver NONE = bits -> {};
}
