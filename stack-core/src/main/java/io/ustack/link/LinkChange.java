package io.ustack.link;

/** What has become of the medium of a link. */
public enum LinkChange {
  /** No frame passes: a cable is out, the other end is switched off. */
  DOWN,
  /** Frames pass again, maybe to others than before. */
  UP,
  /**
   * The device was reset and works again: what was in its queues is lost, all else is as before.
   */
  RESET,
  /** The device has been taken away, and no frame will ever pass again. */
  GONE
}
