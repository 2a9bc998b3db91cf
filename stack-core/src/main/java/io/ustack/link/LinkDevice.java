package io.ustack.link;

import io.ustack.buffer.Packet;
import io.ustack.buffer.PacketPool;

/**
 * A queue pair that carries Ethernet frames in bursts. Used by one thread, the one that owns the
 * stack on top of it.
 *
 * <p>Checksums are the link's work (DESIGN 4): on transmit it fills in what the packet's {@code
 * TX_} flags ask for; on receive it verifies the IPv4 header, TCP and UDP checksums of packets that
 * are not fragments, and sets the {@code RX_..._BAD} flags on wrong ones. It never drops a frame
 * for a wrong checksum. A frame so broken that its checksum can't be found passes without a flag.
 */
public interface LinkDevice extends AutoCloseable {
  /** What this link is and can do; constant for the life of the link. */
  LinkCapabilities capabilities();

  /** The pool that received packets come from and that packets to transmit must come from. */
  PacketPool pool();

  /**
   * Takes up to {@code max} received frames or trains; never blocks.
   *
   * @param frames receives the packets from index 0; the caller owns them
   * @return the number of packets
   */
  int receive(Packet[] frames, int max, long nowNs);

  /**
   * Hands over frames, and trains of at most {@link LinkCapabilities#trainSegments}; never blocks.
   *
   * @return how many, counted from index 0, the link took. It owns those and releases them when
   *     they are sent or lost; the rest stay with the caller, who may try again. Of a train it may
   *     have taken the first segments: then what is left, a train or a frame of its own, stands in
   *     its place in {@code frames}. When it throws, which is a bug, it has taken those that it has
   *     released and no others.
   */
  int transmit(Packet[] frames, int count, long nowNs);

  /**
   * Frames that this link lost or refused to take from the medium (no buffer, ring full, broken);
   * any thread.
   */
  long lostFrames();

  /**
   * When this link will have something to receive, as far as it knows: simulated links with delay
   * say so. {@link Long#MAX_VALUE} when it can't know or there is nothing on its way.
   */
  default long nextArrivalNs() {
    return Long.MAX_VALUE;
  }

  /**
   * How many frames the last {@link #receive} moved for others than its caller: other shards, the
   * kernel. Whoever runs the link has work as long as there are some.
   */
  default int passedBy() {
    return 0;
  }

  /** Which of the host's flows arrive on this link; constant for the life of the link. */
  default FlowShare flows() {
    return FlowShare.ALL;
  }

  /**
   * Whom to wake when another thread has something for this link to receive; links to which nothing
   * comes that way need nobody. Before the link is used.
   */
  default void waker(final Runnable waker) {}

  /** Releases all packets that the link still holds and lets go of the medium. Idempotent. */
  @Override
  void close();
}
