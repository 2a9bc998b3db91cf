package io.ustack.apps;

import org.jspecify.annotations.Nullable;

/**
 * One peer of a server. It tells its {@link Acceptor} when it makes progress and when it is closed,
 * and is let go when it makes none for too long.
 */
public abstract class ServedConnection implements EventHandler {
  /** {@link IdleList}'s. */
  long progressNs;

  @Nullable ServedConnection moreIdle;
  @Nullable ServedConnection lessIdle;

  /** It is in the loop, and may close itself from now on. */
  protected void begin() {}

  /** Lets go of the socket and of what the peer was given. Idempotent. */
  public abstract void close();

  /**
   * It has made no progress for too long: closes it, and gives up what it does not take, which the
   * stack would have to keep.
   */
  protected abstract void expire();
}
