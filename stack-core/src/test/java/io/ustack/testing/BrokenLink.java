package io.ustack.testing;

import io.ustack.buffer.Packet;
import io.ustack.link.ForwardingLink;
import io.ustack.link.LinkDevice;

/** A link with a bug, on purpose: it throws as soon as it has sent so many frames of one call. */
public final class BrokenLink extends ForwardingLink {
  private int takes;
  private boolean deaf;

  /** Like {@code link}, but takes at most {@code takes} frames before it throws. */
  public BrokenLink(final LinkDevice link, final int takes) {
    super(link);
    this.takes = takes;
  }

  /** Takes so many frames from now on. */
  public void takes(final int frames) {
    takes = frames;
  }

  /** Whether receiving throws, too. */
  public void deaf(final boolean throwing) {
    deaf = throwing;
  }

  @Override
  public int receive(final Packet[] frames, final int max, final long nowNs) {
    if (deaf) {
      throw new IllegalStateException("on purpose");
    }
    return link.receive(frames, max, nowNs);
  }

  @Override
  public int transmit(final Packet[] frames, final int count, final long nowNs) {
    if (count <= takes) {
      return link.transmit(frames, count, nowNs);
    }
    for (int i = 0; i < takes; i++) {
      frames[i].release();
    }
    throw new IllegalStateException("on purpose");
  }
}
