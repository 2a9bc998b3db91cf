package io.ustack.link;

/**
 * Something that may have frames to send: a TCP connection, a UDP endpoint. Transmit is a pull:
 * when it wants to send it joins the {@link ReadyList}, and is asked when the device has room.
 *
 * <p>It says itself whether it is in the list, so that it is asked once.
 */
public abstract class Emitter {
  /** It is in no list. */
  static final byte NEVER = 0;

  /** It is to be asked in this duty cycle. */
  static final byte NOW = 1;

  /** It is to be asked in the next one. */
  static final byte LATER = 2;

  byte turn;

  /**
   * Sends at most one frame.
   *
   * @return true when there is more to send now
   */
  public abstract boolean emit(long nowNs);
}
