package io.ustack.link;

import io.ustack.buffer.Checksum;
import io.ustack.buffer.Packet;
import io.ustack.buffer.PacketPool;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * One direction of a {@link FaultInjector}: frames go in, some come out, later, in order of the
 * time at which they are due. Frames due at the same time come out as they went in.
 */
final class FaultLane {
  private static final int ETHERNET_HEADER_BYTES = 14;
  private static final int ETHERTYPE_OFFSET = 12;
  private static final int ETHERTYPE_IPV4 = 0x0800;
  // RFC 791 3.1, RFC 3168 5: the least header, type of service with the ECN codepoint, checksum.
  private static final int IPV4_HEADER_BYTES = 20;
  private static final int VERSION_AND_TYPE_OFFSET = ETHERNET_HEADER_BYTES;
  private static final int IPV4_CHECKSUM_OFFSET = ETHERNET_HEADER_BYTES + 10;
  private static final int ECN_MASK = 3;

  private static final long NS_PER_SECOND = 1_000_000_000L;

  private final SplitMix64 random;
  private final PacketPool pool;
  private final boolean inbound;
  private Faults faults;

  // A binary heap ordered by (due time, sequence); parallel arrays, so that nothing is allocated
  // per frame.
  private final long[] dueNs;
  private final long[] sequence;
  private final Packet[] held;
  private int count;
  private long nextSequence;

  private long latestDueNs;
  private long lineFreeNs;
  private boolean started;

  private long frames;
  private long lost;
  private long queueDrops;
  private long duplicated;
  private long corrupted;
  private long reordered;
  private long marked;

  /**
   * A lane that holds at most {@code capacityFrames}.
   *
   * @param inbound whether frames come from the wire, so that a corrupted one needs a new verdict
   *     on its checksums, or go there
   */
  FaultLane(
      final Faults faults,
      final long seed,
      final PacketPool pool,
      final int capacityFrames,
      final boolean inbound) {
    this.faults = faults;
    this.pool = pool;
    this.inbound = inbound;
    random = new SplitMix64(seed);
    dueNs = new long[capacityFrames];
    sequence = new long[capacityFrames];
    held = new Packet[capacityFrames];
  }

  void faults(final Faults newFaults) {
    faults = newFaults;
  }

  int room() {
    return held.length - count;
  }

  /**
   * Takes a frame; there is {@link #room()} for it.
   *
   * @param more frames that are offered next and were promised their room, so that a copy can't
   *     have it
   */
  void offer(final Packet frame, final int more, final long nowNs) {
    if (!started) {
      started = true;
      lineFreeNs = nowNs;
    }
    frames++;
    if (random.happens(faults.loss())) {
      lost++;
      frame.release();
      return;
    }
    final Packet copy =
        random.happens(faults.duplication()) && room() > 1 + more ? copyOf(frame) : null;
    schedule(frame, nowNs);
    if (copy != null) {
      duplicated++;
      schedule(copy, nowNs);
    }
  }

  /** The next frame whose time has come, or null; the caller owns it. */
  @Nullable Packet poll(final long nowNs) {
    return count > 0 && dueNs[0] - nowNs <= 0 ? removeFirst() : null;
  }

  /** When the next frame is due; {@link Long#MAX_VALUE} when there is none. */
  long nextDueNs() {
    return count == 0 ? Long.MAX_VALUE : dueNs[0];
  }

  long lostFrames() {
    return lost + queueDrops;
  }

  FaultCounts counts() {
    return new FaultCounts(frames, lost, queueDrops, duplicated, corrupted, reordered, marked);
  }

  void releaseAll() {
    while (count > 0) {
      removeFirst().release();
    }
  }

  private @Nullable Packet copyOf(final Packet frame) {
    final Packet copy = pool.allocate();
    if (copy != null) {
      final int length = frame.length();
      copy.bytes().put(copy.append(length), frame.bytes(), frame.offset(), length);
      copy.flags(frame.flags());
    }
    return copy;
  }

  private void schedule(final Packet frame, final long nowNs) {
    if (random.happens(faults.corruption().probability())) {
      corrupt(frame);
    }
    final long waitNs = Math.max(0, lineFreeNs - nowNs);
    final long departureNs = departureNs(frame.length(), nowNs);
    if (departureNs - nowNs < 0) {
      queueDrops++;
      frame.release();
      return;
    }
    if (random.happens(faults.marking()) || isLongWait(waitNs)) {
      mark(frame);
    }
    final Faults.Delay delay = faults.delay();
    final long jitterNs = delay.jitterNs() == 0 ? 0 : random.below(delay.jitterNs() + 1);
    long due = departureNs + delay.fixedNs() + jitterNs;
    if (random.happens(faults.reordering().probability())) {
      reordered++;
      due += faults.reordering().heldBackNs();
    } else {
      // Jitter does not reorder: a frame is never due before the one in front of it.
      due = count > 0 && latestDueNs - due > 0 ? latestDueNs : due;
      latestDueNs = due;
    }
    add(frame, due);
  }

  /** When the frame has left the line; before {@code nowNs} when it finds the queue full. */
  private long departureNs(final int lengthBytes, final long nowNs) {
    final long rate = faults.line().bitsPerSecond();
    if (rate == 0) {
      return nowNs;
    }
    final long frameNs = lengthBytes * 8L * NS_PER_SECOND / rate;
    final long waitNs = Math.max(0, lineFreeNs - nowNs);
    final long queueNs = faults.line().queueBytes() * 8L * NS_PER_SECOND / rate;
    if (waitNs > 0 && waitNs + frameNs > queueNs) {
      return nowNs - 1;
    }
    lineFreeNs = nowNs + waitNs + frameNs;
    return lineFreeNs;
  }

  private void corrupt(final Packet frame) {
    final ByteBuffer bytes = frame.bytes();
    int from = frame.offset();
    if (!faults.corruption().anywhere()) {
      if (frame.length() <= ETHERNET_HEADER_BYTES
          || bytes.getShort(from + ETHERTYPE_OFFSET) != ETHERTYPE_IPV4) {
        return;
      }
      from += ETHERNET_HEADER_BYTES;
    }
    if (frame.end() == from) {
      return;
    }
    // What is damaged on its way is the finished frame, so its checksums are filled in before.
    SoftwareChecksum.fill(frame);
    for (int i = 0; i < faults.corruption().bits(); i++) {
      final int bit = (int) random.below((frame.end() - from) * 8L);
      final int at = from + bit / 8;
      bytes.put(at, (byte) (bytes.get(at) ^ 1 << bit % 8));
    }
    if (inbound) {
      SoftwareChecksum.verify(frame);
    }
    corrupted++;
  }

  /** Whether the queue in front of the line was longer than it may be without marks. */
  private boolean isLongWait(final long waitNs) {
    final Faults.Line line = faults.line();
    return line.markBytes() > 0
        && line.bitsPerSecond() > 0
        && waitNs > line.markBytes() * 8L * NS_PER_SECOND / line.bitsPerSecond();
  }

  /** RFC 3168 5: what a router does that would otherwise drop the packet. */
  private void mark(final Packet frame) {
    final ByteBuffer bytes = frame.bytes();
    final int start = frame.offset();
    if (frame.length() < ETHERNET_HEADER_BYTES + IPV4_HEADER_BYTES
        || bytes.getShort(start + ETHERTYPE_OFFSET) != ETHERTYPE_IPV4) {
      return;
    }
    final int word = bytes.getShort(start + VERSION_AND_TYPE_OFFSET) & 0xFFFF;
    final int codepoint = word & ECN_MASK;
    if (codepoint == 0 || codepoint == ECN_MASK) {
      return; // its ends don't know of ECN, or it is marked already
    }
    bytes.putShort(start + VERSION_AND_TYPE_OFFSET, (short) (word | ECN_MASK));
    if ((frame.flags() & Packet.TX_IPV4_CHECKSUM) == 0) { // else the link sums what stands here
      final int checksum = bytes.getShort(start + IPV4_CHECKSUM_OFFSET) & 0xFFFF;
      // RFC 1624 3, equation 3: a wrong checksum stays wrong.
      final int sum = (~checksum & 0xFFFF) + (~word & 0xFFFF) + (word | ECN_MASK);
      bytes.putShort(start + IPV4_CHECKSUM_OFFSET, (short) Checksum.fold(sum));
    }
    marked++;
  }

  private void add(final Packet frame, final long due) {
    int hole = count++;
    final long number = nextSequence++;
    while (hole > 0) {
      final int parent = (hole - 1) >>> 1;
      if (!isBefore(due, number, parent)) {
        break;
      }
      move(parent, hole);
      hole = parent;
    }
    put(hole, frame, due, number);
  }

  private Packet removeFirst() {
    final Packet first = held[0];
    final int last = --count;
    final long due = dueNs[last];
    final long number = sequence[last];
    int hole = 0;
    for (int child = 1; child < last; child = 2 * hole + 1) {
      if (child + 1 < last && isBefore(dueNs[child + 1], sequence[child + 1], child)) {
        child++;
      }
      if (isBefore(due, number, child)) {
        break;
      }
      move(child, hole);
      hole = child;
    }
    put(hole, held[last], due, number);
    return first;
  }

  private boolean isBefore(final long due, final long number, final int slot) {
    final long difference = due - dueNs[slot];
    return difference != 0 ? difference < 0 : number - sequence[slot] < 0;
  }

  private void move(final int from, final int to) {
    put(to, held[from], dueNs[from], sequence[from]);
  }

  private void put(final int slot, final Packet frame, final long due, final long number) {
    held[slot] = frame;
    dueNs[slot] = due;
    sequence[slot] = number;
  }
}
