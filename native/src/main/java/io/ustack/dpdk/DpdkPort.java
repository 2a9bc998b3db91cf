package io.ustack.dpdk;

import io.ustack.link.LinkCapabilities;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * An open, started port. It closes when the last of its links is closed, or at once by {@link
 * #close}.
 *
 * <p>Set-up, statistics and closing are cold and may be called by any thread.
 */
public final class DpdkPort implements AutoCloseable {
  private static final int EAGAIN = 11;
  private static final int ENOTSUP = 95;

  static final String TAP = "net_tap";

  /** So that a burst has room for two. */
  private static final int TRAIN_SEGMENTS = DpdkLayout.BURST / 2;

  private final PortConfig config;
  private final int port;
  private final List<DpdkLink> links = new ArrayList<>();
  private final List<DpdkPacketPool> ownPools = new ArrayList<>();
  private PortStatistics lastStatistics = PortStatistics.NONE;

  /** What it counted before it was reset. */
  private PortStatistics earlierStatistics = PortStatistics.NONE;

  private int offered;
  private int active;
  private int openLinks;
  private int sortingEntries;
  private boolean touched;
  private boolean multicast;

  /** Not while it was reset and could not be set up again. */
  private boolean runs;

  private boolean closed;

  private DpdkPort(final PortConfig config, final int port) {
    this.config = config;
    this.port = port;
  }

  /**
   * Opens, configures and starts a port: promiscuous mode off.
   *
   * @throws DpdkException in one line: no such port, opened before, too many queues, MTU or MAC
   *     address refused, not enough memory, no lcore for the ring
   */
  public static DpdkPort open(final DpdkEal eal, final PortConfig config) throws DpdkException {
    final String name = config.name();
    if (!eal.claim(name)) {
      throw new DpdkException(
          "port " + name + " was opened before: DPDK opens a port once per process");
    }
    final int number = DpdkCalls.ustack_port_find(name);
    if (number < 0) {
      eal.unclaim(name);
      throw EalFailure.portNotFound(name, eal.portNames(), DpdkEal.logTail());
    }
    final DpdkPort port = new DpdkPort(config, number);
    boolean complete = false;
    try {
      port.start(eal);
      complete = true;
      return port;
    } finally {
      if (!complete) {
        port.abandon(eal);
      }
    }
  }

  private synchronized void start(final DpdkEal eal) throws DpdkException {
    final int most = DpdkCalls.ustack_port_max_queues(port);
    if (config.queues() > most) {
      throw new DpdkException(
          "port "
              + config.name()
              + " has "
              + most
              + " queue(s), not "
              + config.queues()
              + ": ask for as many with --queues, or give it more (af_packet: qpairs=)");
    }
    if (config.transport() == Transport.RING && eal.spareLcores() < config.queues()) {
      throw noLcore();
    }
    offered = check(DpdkCalls.ustack_port_offloads(port), "does not say what it can do");
    active = new OffloadChoice(config, driver(), offered, mtuBytes()).bits();
    configure();
    final List<DpdkPacketPool> pools = pools(eal);
    for (int queue = 0; queue < config.queues(); queue++) {
      setUp(queue, pools.get(queue), active);
    }
    run(config.macAddress());
    runs = true;
    sortingEntries = askSorting();
    for (final DpdkLink link : links) {
      link.open();
    }
  }

  private void configure() throws DpdkException {
    check(
        DpdkCalls.ustack_port_configure(
            port, config.queues(), config.mtuBytes(), active, config.vlan()),
        config.mtuBytes() == 0
            ? "can't be configured"
            : "does not take MTU " + config.mtuBytes() + " (a smaller --mtu?)");
  }

  /** Starts it, with that address if it is not 0. */
  private void run(final long macAddress) throws DpdkException {
    if (macAddress != 0 && !sharesMacAddress()) {
      check(DpdkCalls.ustack_port_set_mac(port, macAddress), "does not take a MAC address");
    }
    check(DpdkCalls.ustack_port_start(port), "does not start");
    if (config.vlan() != 0) {
      check(DpdkCalls.ustack_port_vlan(port, config.vlan()), "does not take a VLAN");
    }
  }

  private int askSorting() {
    return config.queues() == 1 ? 0 : DpdkCalls.ustack_port_sorting(port, config.queues());
  }

  private List<DpdkPacketPool> pools(final DpdkEal eal) throws DpdkException {
    if (config.pool() != null) {
      return List.of(config.pool());
    }
    for (int queue = 0; queue < config.queues(); queue++) {
      ownPools.add(
          DpdkPacketPool.create(
              eal,
              "ustack_" + port + "_" + queue,
              config.poolPackets(),
              mtuBytes(),
              (active & OffloadChoice.MIXED) == 0 ? 0 : config.scatterBytes(),
              DpdkCalls.ustack_port_numa_node(port)));
    }
    return ownPools;
  }

  private synchronized void setUp(final int queue, final DpdkPacketPool pool, final int offloads)
      throws DpdkException {
    touched = true;
    giveDescriptors(queue, pool);
    final long handle =
        DpdkCalls.ustack_queue_open(port, queue, pool.handle(), offloads, config.vlan());
    check(handle < 0 ? (int) handle : 0, "can't open queue " + queue);
    openLinks++;
    links.add(new DpdkLink(this, queue, pool, handle));
  }

  private void giveDescriptors(final int queue, final DpdkPacketPool pool) throws DpdkException {
    check(
        DpdkCalls.ustack_port_queue(
            port, queue, pool.handle(), config.descriptors(), config.descriptors()),
        "can't set up queue " + queue + " (too few --packets, or too little memory: -m?)");
  }

  /** A port that did not open is as it was, as long as it has no queues. */
  private synchronized void abandon(final DpdkEal eal) {
    if (touched) {
      close();
      return;
    }
    closed = true;
    for (final DpdkPacketPool pool : ownPools) {
      pool.close();
    }
    eal.unclaim(config.name());
  }

  private DpdkException noLcore() {
    return new DpdkException(
        "no spare lcore for the ring transport of port "
            + config.name()
            + ": start with more cores (-l 0,1), or use the direct transport");
  }

  /** Gives the queue an lcore of its own, once the port runs. */
  void startRing(final long queue) throws DpdkException {
    final int result = DpdkCalls.ustack_ring_start(queue, config.ringEntries());
    if (result == -EAGAIN) {
      throw noLcore();
    }
    check(result, "can't start its ring transport");
  }

  private int check(final int result, final String what) throws DpdkException {
    if (result < 0) {
      throw EalFailure.portRefuses(
          config.name(), what, DpdkEal.errorText(-result), DpdkEal.logTail());
    }
    return result;
  }

  /**
   * Entries of the port's indirection table where it sorts flows into its queues by the symmetric
   * Toeplitz hash, in turn; 0 where it does not, or has one queue.
   */
  public int sortingEntries() {
    return Math.max(0, sortingEntries);
  }

  /** The link of one queue pair. */
  public DpdkLink link(final int queue) {
    return links.get(queue);
  }

  /**
   * What the driver says that it can do: the {@code RX_} and {@code TX_} checksum bits of {@link
   * io.ustack.buffer.Packet}, and those of other offloads.
   */
  public int offered() {
    return offered;
  }

  /** What of it the port does, and what the shim does besides. */
  public int active() {
    return active;
  }

  /** What the shim counted on all queues together. */
  public long counter(final QueueCounter counter) {
    return links.stream().mapToLong(link -> link.counter(counter)).sum();
  }

  /** How many segments a train to transmit may have. */
  int trainSegments() {
    final int trains = Offload.GSO.bits() | Offload.TSO.bits();
    return (active & trains) == 0 ? 1 : TRAIN_SEGMENTS;
  }

  /** How it was opened. */
  public PortConfig config() {
    return config;
  }

  /** DPDK's name of the driver: {@code net_tap}, {@code net_ixgbe}. */
  public String driver() {
    final byte[] text = new byte[256];
    return DpdkEal.text(text, DpdkCalls.ustack_port_driver(port, text, text.length));
  }

  /**
   * The address that a stack on this port has; 48 bits.
   *
   * <p>A tap's address in DPDK is that of its kernel interface, which is the other end of the wire:
   * the stack's differs from it in the last bit, unless the configuration names one.
   */
  public long macAddress() {
    if (config.macAddress() != 0) {
      return config.macAddress();
    }
    final long own = Math.max(0, DpdkCalls.ustack_port_mac(port));
    return sharesMacAddress() ? own ^ 1 : own;
  }

  /**
   * Gives the kernel's interface at the far end of a tap this address, 48 bits of one interface.
   * Other drivers that lead to the kernel are told by their own arguments ({@code mac=}), and
   * nothing happens here.
   *
   * @throws DpdkException when the kernel refuses
   */
  public void farMacAddress(final long address) throws DpdkException {
    if (sharesMacAddress()) {
      check(DpdkCalls.ustack_port_set_mac(port, address), "can't give its interface a MAC address");
    }
  }

  /**
   * From now on frames to multicast addresses are received as well.
   *
   * @throws DpdkException when the driver refuses; one that filters nothing does not
   */
  public synchronized void receiveMulticast() throws DpdkException {
    final int result = DpdkCalls.ustack_port_multicast(port);
    if (result != -ENOTSUP) {
      check(result, "does not let multicast frames pass");
    }
    multicast = true;
  }

  private boolean sharesMacAddress() {
    return driver().equals(TAP);
  }

  /** Largest IP packet. */
  public int mtuBytes() {
    return DpdkCalls.ustack_port_mtu(port);
  }

  /** The state of the medium now; does not wait for it. */
  public synchronized LinkState linkState() {
    final long[] state = new long[3];
    if (!runs || closed || DpdkCalls.ustack_port_link(port, state) < 0) {
      return new LinkState(false, -1, false);
    }
    return new LinkState(state[2] != 0, state[0], state[1] != 0);
  }

  /** What has become of its device; {@link PortFate#RUNS} when closed. */
  public synchronized PortFate fate() {
    return closed ? PortFate.RUNS : PortFate.of(DpdkCalls.ustack_port_fate(port));
  }

  /** What the port counted; the last values once it is closed. */
  public synchronized PortStatistics statistics() {
    final long[] s = new long[8];
    if (runs && !closed && DpdkCalls.ustack_port_stats(port, s) == 0) {
      lastStatistics =
          new PortStatistics(s[0], s[1], s[2], s[3], s[4], s[5], s[6], s[7])
              .plus(earlierStatistics);
    }
    return lastStatistics;
  }

  /** The driver's own counters by name, in the driver's order. */
  public synchronized Map<String, Long> extendedStatistics() {
    final Map<String, Long> result = new LinkedHashMap<>();
    final int count = !runs || closed ? 0 : DpdkCalls.ustack_port_xstats_count(port);
    if (count <= 0) {
      return result;
    }
    final byte[] text = new byte[count * 64];
    final long[] values = new long[count];
    final int written = DpdkCalls.ustack_port_xstats(port, text, text.length, values, count);
    if (written <= 0) {
      return result;
    }
    final @Nullable String[] names = DpdkEal.text(text, text.length).split("\n", written + 1);
    for (int i = 0; i < written; i++) {
      result.put(String.valueOf(names[i]), values[i]);
    }
    return result;
  }

  /** What is to be done with it when its device was reset. */
  PortReset.Target resetTarget() {
    return new PortReset.Target() {
      @Override
      public boolean quieten() {
        return quietenQueues();
      }

      @Override
      public void setUpAgain() throws DpdkException {
        DpdkPort.this.setUpAgain();
      }

      @Override
      public void resume() {
        resumeQueues();
      }
    };
  }

  private synchronized boolean quietenQueues() {
    if (!isWhole()) {
      return false;
    }
    boolean quiet = true;
    for (final DpdkLink link : links) {
      quiet &= DpdkCalls.ustack_queue_quieten(link.queue()) == 1;
    }
    return quiet;
  }

  /** Whether it is open with all its queues: a device is set up with all or not at all. */
  private boolean isWhole() {
    return !closed && openLinks == links.size();
  }

  private synchronized void setUpAgain() throws DpdkException {
    if (!isWhole()) {
      throw new DpdkException("port " + config.name() + " has closed a queue meanwhile");
    }
    final LinkCapabilities before = links.get(0).capabilities();
    final PortStatistics counted = statistics();
    if (runs) {
      links.forEach(link -> DpdkCalls.ustack_queue_give_up(link.queue()));
      runs = false;
    }
    check(DpdkCalls.ustack_port_reset(port), "can't be reset");
    configure();
    for (int queue = 0; queue < links.size(); queue++) {
      giveDescriptors(queue, links.get(queue).pool());
    }
    final boolean same = DpdkCalls.ustack_port_mac(port) == before.macAddress();
    run(same ? 0 : before.macAddress());
    if (multicast) {
      receiveMulticast();
    }
    // Stacks rely on these, and can't learn others.
    if (mtuBytes() != before.mtuBytes() || askSorting() != sortingEntries) {
      throw new DpdkException(
          "port " + config.name() + " is not what it was: its MTU, or how it sorts flows");
    }
    runs = true;
    keep(counted);
  }

  /** Counts on from there: some drivers begin anew after a reset, others don't. */
  private void keep(final PortStatistics counted) {
    earlierStatistics = PortStatistics.NONE;
    final PortStatistics now = statistics();
    final boolean anew =
        now.framesIn() + now.framesOut() < counted.framesIn() + counted.framesOut();
    earlierStatistics = anew ? counted : PortStatistics.NONE;
  }

  private synchronized void resumeQueues() {
    for (final DpdkLink link : links) {
      if (link.queue() != 0) {
        DpdkCalls.ustack_queue_resume(link.queue());
      }
    }
  }

  /** Called by each link that closes. */
  synchronized void linkClosed() {
    openLinks--;
    if (openLinks == 0) {
      close();
    }
  }

  /**
   * Stops and closes the port with all its links, and gives back the pools that are its own.
   * Idempotent.
   */
  @Override
  public synchronized void close() {
    if (closed) {
      return;
    }
    statistics();
    closed = true;
    for (final DpdkLink link : links) {
      link.close();
    }
    DpdkCalls.ustack_port_stop(port);
    DpdkCalls.ustack_port_close(port);
    for (final DpdkPacketPool pool : ownPools) {
      pool.close();
    }
  }
}
