package io.ustack.link;

import io.ustack.buffer.PacketPool;

/**
 * Another link, and something that is done to the frames on their way, one by one: no trains are
 * taken, and the other link must not make any of what it receives. What does not concern the frames
 * is the other link's to answer. It owns that link: nobody else uses it from then on, and it is
 * closed with this one.
 */
public abstract class ForwardingLink implements LinkDevice {
  /** The link that this one owns. */
  protected final LinkDevice link;

  protected ForwardingLink(final LinkDevice link) {
    this.link = link;
  }

  @Override
  public LinkCapabilities capabilities() {
    return link.capabilities().withoutTrains();
  }

  @Override
  public PacketPool pool() {
    return link.pool();
  }

  @Override
  public long lostFrames() {
    return link.lostFrames();
  }

  @Override
  public long nextArrivalNs() {
    return link.nextArrivalNs();
  }

  @Override
  public int passedBy() {
    return link.passedBy();
  }

  @Override
  public FlowShare flows() {
    return link.flows();
  }

  @Override
  public void waker(final Runnable waker) {
    link.waker(waker);
  }

  @Override
  public void close() {
    link.close();
  }
}
