package io.ustack.link;

import org.jspecify.annotations.Nullable;

/**
 * Something that may have frames to send: a TCP connection, a UDP endpoint. Transmit is a pull:
 * when it wants to send it joins the {@link ReadyList}, and is asked when the device has room.
 *
 * <p>An emitter is in the list at most once; the list's fields live here so that joining allocates
 * nothing.
 */
public abstract class Emitter {
  @Nullable Emitter nextReady;
  boolean ready;

  /**
   * Sends at most one frame.
   *
   * @return true when there is more to send now
   */
  public abstract boolean emit(long nowNs);
}
