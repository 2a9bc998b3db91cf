package io.ustack.dpdk;

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

  /** Drivers whose offload is a loop in software, slower than the shim's. */
  private static final List<String> SOFTWARE_OFFLOAD = List.of("net_tap", "net_tun");

  private final PortConfig config;
  private final int port;
  private final List<DpdkLink> links = new ArrayList<>();
  private final List<DpdkPacketPool> ownPools = new ArrayList<>();
  private PortStatistics lastStatistics = PortStatistics.NONE;
  private int openLinks;
  private boolean closed;

  private DpdkPort(final PortConfig config, final int port) {
    this.config = config;
    this.port = port;
  }

  /**
   * Opens, configures and starts a port: promiscuous mode off.
   *
   * @throws DpdkException in one line: no such port, too many queues, MTU or MAC address refused,
   *     not enough memory, no lcore for the ring
   */
  public static DpdkPort open(final DpdkEal eal, final PortConfig config) throws DpdkException {
    final int number = DpdkCalls.ustack_port_find(config.name());
    if (number < 0) {
      throw EalFailure.portNotFound(config.name(), eal.portNames(), DpdkEal.logTail());
    }
    final DpdkPort port = new DpdkPort(config, number);
    boolean complete = false;
    try {
      port.start(eal);
      complete = true;
      return port;
    } finally {
      if (!complete) {
        port.close();
      }
    }
  }

  private void start(final DpdkEal eal) throws DpdkException {
    final int most = DpdkCalls.ustack_port_max_queues(port);
    if (config.queues() > most) {
      throw new DpdkException(
          "port " + config.name() + " has " + most + " queue(s), not " + config.queues());
    }
    final boolean ask =
        switch (config.offload()) {
          case PORT -> true;
          case SHIM -> false;
          case AUTO -> !SOFTWARE_OFFLOAD.contains(driver());
        };
    final int offloads =
        check(
            DpdkCalls.ustack_port_configure(port, config.queues(), config.mtuBytes(), ask ? 1 : 0),
            config.mtuBytes() == 0
                ? "can't be configured"
                : "does not take MTU " + config.mtuBytes());
    for (int queue = 0; queue < config.queues(); queue++) {
      final DpdkPacketPool pool = pool(eal, queue);
      check(
          DpdkCalls.ustack_port_queue(
              port, queue, pool.handle(), config.descriptors(), config.descriptors()),
          "can't set up queue " + queue);
      links.add(new DpdkLink(this, queue, pool, openQueue(queue, pool, offloads)));
    }
    if (config.macAddress() != 0) {
      check(
          DpdkCalls.ustack_port_set_mac(port, config.macAddress()), "does not take a MAC address");
    }
    check(DpdkCalls.ustack_port_start(port), "does not start");
    for (final DpdkLink link : links) {
      link.open();
    }
  }

  private DpdkPacketPool pool(final DpdkEal eal, final int queue) throws DpdkException {
    final DpdkPacketPool shared = config.pool();
    if (shared != null) {
      return shared;
    }
    final DpdkPacketPool pool =
        DpdkPacketPool.create(
            eal,
            "ustack_" + port + "_" + queue,
            config.poolPackets(),
            mtuBytes(),
            DpdkCalls.ustack_port_numa_node(port));
    ownPools.add(pool);
    return pool;
  }

  private synchronized long openQueue(
      final int queue, final DpdkPacketPool pool, final int offloads) throws DpdkException {
    final long handle = DpdkCalls.ustack_queue_open(port, queue, pool.handle(), offloads);
    check(handle < 0 ? (int) handle : 0, "can't open queue " + queue);
    openLinks++;
    return handle;
  }

  /** Gives the queue an lcore of its own, once the port runs. */
  void startRing(final long queue) throws DpdkException {
    final int result = DpdkCalls.ustack_ring_start(queue, config.ringEntries());
    if (result == -EAGAIN) {
      throw new DpdkException(
          "no spare lcore for the ring transport of port "
              + config.name()
              + ": start with more cores (-l 0,1), or use the direct transport");
    }
    check(result, "can't start its ring transport");
  }

  private int check(final int result, final String what) throws DpdkException {
    if (result < 0) {
      throw new DpdkException(
          "port " + config.name() + " " + what + ": " + DpdkEal.errorText(-result),
          DpdkEal.logTail());
    }
    return result;
  }

  /** The link of one queue pair. */
  public DpdkLink link(final int queue) {
    return links.get(queue);
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

  /** 48 bits. */
  public long macAddress() {
    return Math.max(0, DpdkCalls.ustack_port_mac(port));
  }

  /** Largest IP packet. */
  public int mtuBytes() {
    return DpdkCalls.ustack_port_mtu(port);
  }

  /** The state of the medium now; does not wait for it. */
  public synchronized LinkState linkState() {
    final long[] state = new long[3];
    if (closed || DpdkCalls.ustack_port_link(port, state) < 0) {
      return new LinkState(false, -1, false);
    }
    return new LinkState(state[2] != 0, state[0], state[1] != 0);
  }

  /** What the port counted; the last values once it is closed. */
  public synchronized PortStatistics statistics() {
    final long[] s = new long[8];
    if (!closed && DpdkCalls.ustack_port_stats(port, s) == 0) {
      lastStatistics = new PortStatistics(s[0], s[1], s[2], s[3], s[4], s[5], s[6], s[7]);
    }
    return lastStatistics;
  }

  /** The driver's own counters by name, in the driver's order. */
  public synchronized Map<String, Long> extendedStatistics() {
    final Map<String, Long> result = new LinkedHashMap<>();
    final int count = closed ? 0 : DpdkCalls.ustack_port_xstats_count(port);
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
