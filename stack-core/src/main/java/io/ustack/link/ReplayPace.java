package io.ustack.link;

/** When the frames of a capture arrive. */
public enum ReplayPace {
  /** As far apart as they were captured. */
  AS_CAPTURED,
  /** As soon as somebody asks. */
  AS_FAST_AS_POSSIBLE
}
