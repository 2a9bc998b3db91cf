package io.ustack.shard;

import io.ustack.buffer.Packet;
import io.ustack.buffer.PacketPool;
import io.ustack.link.FlowShare;
import io.ustack.link.LinkCapabilities;
import io.ustack.link.LinkDevice;
import io.ustack.link.Train;
import java.lang.invoke.VarHandle;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * The link of one shard of several that share a wire. Those that have a queue pair of the wire run
 * it: what arrives for another shard is passed on to it as a copy, and what shards without a queue
 * send leaves through it. Used by the thread of its shard; beside it, only {@link #lostFrames}.
 *
 * <p>What one shard has for another waits in a ring. When that is full a received frame is lost and
 * counted, and a frame to be sent stays with its sender. Copies for all, of ARP, get half of it.
 *
 * <p>Where the queues are said to be sorted, the first frame of each burst is looked at all the
 * same: a NIC that takes key and table and sorts in another way is found out by the first flow that
 * is not where it should be, and from then on each frame is looked at.
 */
public final class ShardLink implements LinkDevice, FlowShare {
  private static final int MOST_RING_BYTES = 256 << 10;
  private static final int LEAST_RING_BYTES = 32 << 10;

  /** What may wait for one shard, as long as each ring has its least. */
  private static final int RINGS_BYTES = 2 << 20;

  /** Frames of others that were taken and that the queue has not. */
  private static final int CARRIED = 32;

  private final int number;
  private final ShardMap map;
  private final FrameOwner owner;
  private final LinkCapabilities capabilities;
  private final PacketPool pool;
  private final @Nullable LinkDevice queue;

  /** What the others received for this shard, by their numbers; its own place is never used. */
  private final List<FrameRing> received;

  /** The rings that this shard fills: {@link #received} of each of the others. */
  private List<FrameRing> toOthers = List.of();

  /** What shards without a queue want to be sent through this one's. */
  private final List<FrameRing> toSend = new ArrayList<>();

  /** Where this shard's frames go that has no queue. */
  private final @Nullable FrameRing sent;

  private final Packet[] carried = new Packet[CARRIED];
  private int carriedCount;

  /** In the last cycle, to others and for others. */
  private int passedBy;

  /** Whose ring is looked into first. */
  private int turn;

  /** Whose frames are sent first. */
  private int sendTurn;

  private final AtomicLong lost = new AtomicLong();

  /** Whom this shard has given something since it looked last, a bit for each of the first 64. */
  private long given;

  private final Waker waker = new Waker();

  /** Of all shards, by their numbers. */
  private List<Waker> wakers = List.of();

  /** Who sends for this shard when it has no queue. */
  private int carrier;

  private long lastNs;
  private volatile boolean sorted;
  private boolean closed;

  private ShardLink(
      final int number,
      final ShardMap map,
      final boolean sorted,
      final LinkCapabilities capabilities,
      final PacketPool pool,
      final @Nullable LinkDevice queue) {
    this.number = number;
    this.map = map;
    this.sorted = sorted;
    owner = new FrameOwner(map);
    this.capabilities = capabilities;
    this.pool = pool;
    this.queue = queue;
    received = rings(map.shards(), pool.frameCapacityBytes());
    sent = queue == null ? new FrameRing(MOST_RING_BYTES, pool.frameCapacityBytes()) : null;
  }

  private static List<FrameRing> rings(final int count, final int frameBytes) {
    final int ringBytes =
        Math.min(MOST_RING_BYTES, Math.max(LEAST_RING_BYTES, RINGS_BYTES / count));
    final List<FrameRing> rings = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      rings.add(new FrameRing(ringBytes, frameBytes));
    }
    return rings;
  }

  /**
   * A link for each shard: the first ones have the queues, the others the pools.
   *
   * @param queues queue pairs of one wire, at least one; owned by the links from now on
   * @param pools of the shards without a queue, with buffers not shorter than the queues'
   * @param sorted whether each queue receives the TCP and UDP that {@code map} gives to its shard,
   *     and nothing else of them
   */
  public static List<ShardLink> over(
      final List<? extends LinkDevice> queues,
      final List<? extends PacketPool> pools,
      final ShardMap map,
      final boolean sorted) {
    if (queues.isEmpty() || queues.size() + pools.size() != map.shards()) {
      throw new IllegalArgumentException(
          queues.size() + " queues and " + pools.size() + " pools for " + map.shards() + " shards");
    }
    final LinkCapabilities wire = queues.get(0).capabilities();
    final boolean sorts = sorted && pools.isEmpty();
    final List<ShardLink> links = new ArrayList<>();
    for (int i = 0; i < map.shards(); i++) {
      final LinkDevice queue = i < queues.size() ? queues.get(i) : null;
      final PacketPool pool = queue == null ? pools.get(i - queues.size()) : queue.pool();
      links.add(new ShardLink(i, map, sorts, named(wire, i, queue), pool, queue));
    }
    for (final ShardLink link : links) {
      link.connect(links, queues.size());
    }
    return Collections.unmodifiableList(links);
  }

  /** What is copied on its way out is single frames. */
  private static LinkCapabilities named(
      final LinkCapabilities wire, final int number, final @Nullable LinkDevice queue) {
    return new LinkCapabilities(
        number == 0 ? wire.name() : wire.name() + "/" + number,
        wire.macAddress(),
        wire.mtuBytes(),
        wire.loopback(),
        queue == null ? 1 : queue.capabilities().trainSegments());
  }

  private void connect(final List<ShardLink> all, final int queues) {
    wakers = all.stream().map(other -> other.waker).toList();
    carrier = number % queues;
    toOthers = all.stream().map(other -> other.received.get(number)).toList();
    if (sent != null) {
      all.get(carrier).toSend.add(sent);
    }
  }

  // ---- FlowShare

  @Override
  public int owner(
      final int localAddress, final int localPort, final int remoteAddress, final int remotePort) {
    return map.owner(remoteAddress, localAddress, remotePort, localPort);
  }

  @Override
  public int number() {
    return number;
  }

  @Override
  public int links() {
    return map.shards();
  }

  // ---- LinkDevice

  @Override
  public FlowShare flows() {
    return this;
  }

  @Override
  public LinkCapabilities capabilities() {
    return capabilities;
  }

  @Override
  public PacketPool pool() {
    return pool;
  }

  @Override
  public int receive(final Packet[] frames, final int max, final long nowNs) {
    lastNs = nowNs;
    int count = 0;
    passedBy = 0;
    if (queue != null) {
      carry(queue, nowNs);
      // What waits from others gets half of a burst: neither starves.
      final int most = isAnythingReceived() ? (max + 1) / 2 : max;
      count = sort(frames, queue.receive(frames, most, nowNs));
      wakeOthers();
    }
    return count == max ? count : takeReceived(frames, count, max);
  }

  /** Passes on what is for others; what stays moves to the front. */
  private int sort(final Packet[] frames, final int count) {
    if (sorted && count > 0 && isOutOfPlace(frames[0])) {
      sorted = false;
    }
    final boolean trusted = sorted;
    int kept = 0;
    for (int i = 0; i < count; i++) {
      final Packet frame = frames[i];
      final int to = owner.of(frame, trusted);
      if (to == FrameOwner.EVERYBODY) {
        passToOthers(frame);
      }
      if (to < 0 || to == number) {
        frames[kept++] = frame;
      } else {
        pass(frame, to);
        frame.release();
      }
    }
    passedBy += count - kept;
    return kept;
  }

  /** Whether it is of a flow that a sorting NIC would have given to another queue. */
  private boolean isOutOfPlace(final Packet frame) {
    final int to = owner.of(frame, /* sorted= */ false);
    return to != number && to != owner.of(frame, /* sorted= */ true);
  }

  /** Whether its queue brings the flows of this shard only, as far as has been seen; any thread. */
  public boolean isSorted() {
    return sorted;
  }

  private void passToOthers(final Packet frame) {
    for (int to = 0; to < toOthers.size(); to++) {
      if (to != number) {
        count(to, toOthers.get(to).offerSparingly(frame));
      }
    }
  }

  /** A train is passed on as the frames that it came in: their headers are still there. */
  private void pass(final Packet frame, final int to) {
    final int headerBytes = frame.follower == null ? 0 : Train.headerBytes(frame);
    offer(frame, to);
    for (Packet packet = frame.follower; packet != null; packet = packet.follower) {
      packet.prepend(headerBytes);
      offer(packet, to);
    }
  }

  private void offer(final Packet frame, final int to) {
    count(to, toOthers.get(to).offer(frame));
  }

  private void count(final int to, final boolean taken) {
    if (taken) {
      given |= 1L << to;
    } else {
      lost.setRelease(lost.getPlain() + 1);
    }
  }

  /** Once for a burst: whoever sleeps long would look too late. */
  private void wakeOthers() {
    if (given == 0) {
      return;
    }
    // Either the sleeper sees what it was given, or we see that it sleeps.
    VarHandle.fullFence();
    while (given != 0) {
      final int to = Long.numberOfTrailingZeros(given);
      given &= given - 1;
      wakers.get(to).wake();
    }
  }

  @Override
  public void waker(final Runnable newWaker) {
    waker.set(newWaker);
  }

  private boolean isAnythingReceived() {
    for (int i = 0; i < received.size(); i++) {
      if (!received.get(i).isEmpty()) {
        return true;
      }
    }
    return false;
  }

  private int takeReceived(final Packet[] frames, final int from, final int max) {
    int count = from;
    for (int i = 0; i < received.size() && count < max; i++) {
      final FrameRing ring = received.get(turn);
      turn = turn + 1 == received.size() ? 0 : turn + 1;
      Packet frame = ring.poll(pool);
      while (frame != null) {
        frames[count++] = frame;
        frame = count < max ? ring.poll(pool) : null;
      }
    }
    return count;
  }

  @Override
  public int transmit(final Packet[] frames, final int count, final long nowNs) {
    if (queue != null) {
      return queue.transmit(frames, count, nowNs);
    }
    int taken = 0;
    while (taken < count && !closed && sent != null && sent.offer(frames[taken])) {
      frames[taken].release();
      taken++;
    }
    if (taken > 0) {
      given = 1L << carrier;
      wakeOthers();
    }
    return taken;
  }

  /** Sends what shards without a queue have for it. */
  private void carry(final LinkDevice through, final long nowNs) {
    for (int i = 0; i < toSend.size() && carriedCount < CARRIED; i++) {
      final FrameRing ring = toSend.get(sendTurn);
      sendTurn = sendTurn + 1 == toSend.size() ? 0 : sendTurn + 1;
      Packet frame = ring.poll(pool);
      while (frame != null) {
        carried[carriedCount++] = frame;
        frame = carriedCount < CARRIED ? ring.poll(pool) : null;
      }
    }
    if (carriedCount > 0) {
      final int gone = through.transmit(carried, carriedCount, nowNs);
      carriedCount -= gone;
      passedBy += gone;
      System.arraycopy(carried, gone, carried, 0, carriedCount);
    }
  }

  @Override
  public int passedBy() {
    return passedBy;
  }

  /** Those of its queue, and those that the shard they were for was too slow to take. */
  @Override
  public long lostFrames() {
    return lost.getAcquire() + (queue == null ? 0 : queue.lostFrames());
  }

  @Override
  public long nextArrivalNs() {
    if (isAnythingReceived() || carriedCount > 0 || isAnythingToSend()) {
      return lastNs;
    }
    return queue == null ? Long.MAX_VALUE : queue.nextArrivalNs();
  }

  private boolean isAnythingToSend() {
    for (int i = 0; i < toSend.size(); i++) {
      if (!toSend.get(i).isEmpty()) {
        return true;
      }
    }
    return false;
  }

  /** Closes its queue as well; what waits in rings is lost. */
  @Override
  public void close() {
    if (closed) {
      return;
    }
    closed = true;
    for (int i = 0; i < carriedCount; i++) {
      carried[i].release();
    }
    carriedCount = 0;
    if (queue != null) {
      queue.close();
    }
  }
}
