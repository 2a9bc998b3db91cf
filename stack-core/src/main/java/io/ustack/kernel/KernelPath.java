package io.ustack.kernel;

import io.ustack.buffer.Packet;
import io.ustack.buffer.PacketPool;
import io.ustack.counter.Counter;
import io.ustack.counter.Counters;
import io.ustack.counter.DropReason;
import io.ustack.ethernet.EthernetHeader;
import io.ustack.ipv4.Ipv4Header;
import io.ustack.ipv4.Ipv4Subnet;
import io.ustack.ipv4.LocalAddresses;
import io.ustack.link.FlowShare;
import io.ustack.link.LinkCapabilities;
import io.ustack.link.LinkDevice;
import io.ustack.link.Train;
import io.ustack.time.TokenBucket;

/**
 * A wire that the stack shares with the kernel. What arrives for the kernel goes there and not to
 * the stack, as the bytes that it came in; what comes from the kernel leaves on the wire. For the
 * stack it is the wire.
 *
 * <p>Frames move in their packets, so both links must have one pool; only what both have to see is
 * copied. The kernel gets frames at a bounded rate. What nobody asked for does not get the last
 * half of a burst, so that a flood of it leaves room for what a rule asks for. What is too much, or
 * finds the kernel's ring full, is dropped and counted. What the kernel sends waits here, at most a
 * burst, until the wire takes it; the rest waits in the kernel.
 *
 * <p>Used by the stack's thread; beside it, {@link #lostFrames} and {@link #counters}.
 */
public final class KernelPath implements LinkDevice, FlowShare {
  /** Flows of the kernel's own that are remembered. */
  static final int FLOWS = 8192;

  private static final int BURST = 32;

  private final LinkDevice wire;
  private final LinkDevice kernel;
  private final KernelRules rules;
  private final FrameSorter sorter;
  private final TokenBucket rate;

  /** Tokens that what nobody asked for must leave. */
  private final int reserve;

  private final Counters counters = new Counters();

  /** On its way to the kernel; empty between two calls. */
  private final Packet[] arriving = new Packet[BURST];

  private int arrivingCount;

  /** On its way to the wire. */
  private final Packet[] leaving = new Packet[BURST];

  private int leavingCount;

  /** In the last cycle, to the kernel and from it. */
  private int passedBy;

  private long lastNs;
  private boolean closed;

  /**
   * The path between two links, which it owns and closes; the one to the kernel must not make
   * trains of what it receives.
   *
   * @param kernel its far end has the MAC address of {@code wire} and the address of {@code subnet}
   * @param subnet the stack's address, and the subnet around it
   * @param perSecond frames to the kernel [1 to 10^9]
   * @param burst of them at once [1 to 2^30]
   */
  public KernelPath(
      final LinkDevice wire,
      final LinkDevice kernel,
      final Ipv4Subnet subnet,
      final KernelRules rules,
      final int perSecond,
      final int burst,
      final long startNs) {
    if (wire.pool() != kernel.pool()) {
      throw new IllegalArgumentException("KernelPath: the links do not have the same pool");
    }
    this.wire = wire;
    this.kernel = kernel;
    this.rules = rules;
    sorter =
        new FrameSorter(
            wire.capabilities().macAddress(),
            new LocalAddresses(subnet),
            rules,
            new KernelFlows(FLOWS, counters));
    rate = new TokenBucket(perSecond, burst, startNs);
    reserve = burst / 2;
  }

  /** What went to the kernel and came from it, and what was dropped on the way; any thread. */
  public Counters counters() {
    return counters;
  }

  // ---- FlowShare

  @Override
  public int owner(
      final int localAddress, final int localPort, final int remoteAddress, final int remotePort) {
    return wire.flows().owner(localAddress, localPort, remoteAddress, remotePort);
  }

  /** What the kernel's rules ask for does not come to the stack, which so chooses other ports. */
  @Override
  public boolean arrivesHere(
      final int localAddress, final int localPort, final int remoteAddress, final int remotePort) {
    return wire.flows().arrivesHere(localAddress, localPort, remoteAddress, remotePort)
        && !rules.owns(Ipv4Header.PROTOCOL_TCP, remoteAddress, localPort);
  }

  @Override
  public int number() {
    return wire.flows().number();
  }

  @Override
  public int links() {
    return wire.flows().links();
  }

  // ---- LinkDevice

  @Override
  public FlowShare flows() {
    return this;
  }

  @Override
  public LinkCapabilities capabilities() {
    return wire.capabilities();
  }

  @Override
  public PacketPool pool() {
    return wire.pool();
  }

  @Override
  public int receive(final Packet[] frames, final int max, final long nowNs) {
    lastNs = nowNs;
    passedBy = 0;
    if (closed) {
      return 0;
    }
    takeFromKernel(nowNs);
    final int received = wire.receive(frames, max, nowNs);
    final int kept = sort(frames, received, nowNs);
    passedBy += received - kept;
    deliver(nowNs);
    return kept;
  }

  /** Passes on what is the kernel's; what stays moves to the front. */
  private int sort(final Packet[] frames, final int count, final long nowNs) {
    int kept = 0;
    for (int i = 0; i < count; i++) {
      final Packet frame = frames[i];
      final int to = sorter.of(frame, nowNs);
      if ((to & FrameSorter.STACK) == 0) {
        pass(frame, to, nowNs);
        continue;
      }
      if ((to & FrameSorter.KERNEL) != 0) {
        copy(frame, to, nowNs);
      }
      frames[kept++] = frame;
    }
    return kept;
  }

  /** A train is passed on as the frames that it came in: their headers are still there. */
  private void pass(final Packet head, final int to, final long nowNs) {
    final int headerBytes = head.follower == null ? 0 : Train.headerBytes(head);
    Packet next = head.follower;
    head.follower = null;
    head.segments(1);
    passOne(head, to, nowNs);
    while (next != null) {
      final Packet frame = next;
      next = frame.follower;
      frame.follower = null;
      frame.prepend(headerBytes);
      passOne(frame, to, nowNs);
    }
  }

  private void passOne(final Packet frame, final int to, final long nowNs) {
    if (isAllowed(to, nowNs)) {
      add(frame, nowNs);
    } else {
      drop(frame, DropReason.KERNEL_RATE_LIMITED);
    }
  }

  private void copy(final Packet frame, final int to, final long nowNs) {
    if (isAnothers(frame)) {
      return;
    }
    if (!isAllowed(to, nowNs)) {
      counters.drop(DropReason.KERNEL_RATE_LIMITED);
      return;
    }
    final Packet copy = pool().allocate();
    if (copy == null) {
      counters.increment(Counter.PACKET_POOL_EXHAUSTED);
      return;
    }
    final int length = frame.length();
    copy.bytes().put(copy.append(length), frame.bytes(), frame.offset(), length);
    add(copy, nowNs);
  }

  private boolean isAllowed(final int to, final long nowNs) {
    return rate.take((to & FrameSorter.WANTED) == 0 ? reserve : 0, nowNs);
  }

  private void add(final Packet frame, final long nowNs) {
    frame.flags(0); // the kernel looks at checksums itself, and finds them as they came
    arriving[arrivingCount++] = frame;
    if (arrivingCount == BURST) {
      deliver(nowNs);
    }
  }

  private void deliver(final long nowNs) {
    if (arrivingCount == 0) {
      return;
    }
    final int count = arrivingCount;
    arrivingCount = 0; // whatever a link throws, nothing is handed over twice
    final int taken = kernel.transmit(arriving, count, nowNs);
    counters.add(Counter.FRAMES_TO_KERNEL, taken);
    for (int i = taken; i < count; i++) {
      drop(arriving[i], DropReason.KERNEL_QUEUE_FULL);
    }
  }

  /** What the kernel sends goes first: it is little, and the stack fills whatever room is left. */
  private void takeFromKernel(final long nowNs) {
    if (leavingCount == 0) {
      leavingCount = admit(kernel.receive(leaving, BURST, nowNs), nowNs);
      passedBy += kernel.passedBy();
    }
    if (leavingCount > 0) {
      final int count = leavingCount;
      leavingCount = 0;
      final int gone = wire.transmit(leaving, count, nowNs);
      leavingCount = count - gone;
      passedBy += gone;
      System.arraycopy(leaving, gone, leaving, 0, leavingCount);
    }
  }

  private int admit(final int count, final long nowNs) {
    int kept = 0;
    for (int i = 0; i < count; i++) {
      final Packet frame = leaving[i];
      if (isAnothers(frame)) {
        frame.release();
        continue;
      }
      sorter.sent(frame, nowNs);
      frame.flags(0);
      leaving[kept++] = frame;
    }
    counters.add(Counter.FRAMES_FROM_KERNEL, kept);
    return kept;
  }

  /** Of shards each gets all ARP, from either side, and the first one passes it on. */
  private boolean isAnothers(final Packet frame) {
    return number() != 0
        && frame.length() >= EthernetHeader.LENGTH_BYTES
        && EthernetHeader.type(frame.bytes(), frame.offset()) == EthernetHeader.TYPE_ARP;
  }

  @Override
  public int transmit(final Packet[] frames, final int count, final long nowNs) {
    return wire.transmit(frames, count, nowNs);
  }

  private void drop(final Packet frame, final DropReason reason) {
    counters.drop(reason);
    frame.release();
  }

  /** Those of both links. */
  @Override
  public long lostFrames() {
    return wire.lostFrames() + kernel.lostFrames();
  }

  @Override
  public long nextArrivalNs() {
    if (leavingCount > 0) {
      return lastNs;
    }
    final long wireNs = wire.nextArrivalNs();
    final long kernelNs = kernel.nextArrivalNs();
    if (wireNs == Long.MAX_VALUE || kernelNs == Long.MAX_VALUE) {
      return Math.min(wireNs, kernelNs);
    }
    return wireNs - kernelNs <= 0 ? wireNs : kernelNs;
  }

  @Override
  public int passedBy() {
    return passedBy + wire.passedBy();
  }

  @Override
  public void waker(final Runnable waker) {
    wire.waker(waker);
    kernel.waker(waker);
  }

  /** Closes the kernel's link before the wire, whose pool it may have. */
  @Override
  public void close() {
    if (closed) {
      return;
    }
    closed = true;
    for (int i = 0; i < leavingCount; i++) {
      leaving[i].release();
    }
    leavingCount = 0;
    kernel.close();
    wire.close();
  }
}
