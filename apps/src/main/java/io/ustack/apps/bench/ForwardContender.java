package io.ustack.apps.bench;

import io.ustack.dpdk.DpdkEal;
import io.ustack.dpdk.DpdkException;
import io.ustack.dpdk.DpdkPort;
import io.ustack.dpdk.PortConfig;
import org.HdrHistogram.Histogram;

/**
 * Frames of 64 bytes from {@code net_null}, which has as many as anybody takes, received in Java,
 * their addresses swapped, and sent. One thread; what testpmd calls macswap.
 */
final class ForwardContender implements Contender {
  /** Of the pool and of the descriptor rings, here and at testpmd. */
  static final int PACKETS = 8191;

  static final int DESCRIPTORS = 1024;

  private final DpdkPort port;
  private final Forwarder forwarder;

  private ForwardContender(final DpdkPort port) {
    this.port = port;
    forwarder = new Forwarder(port.link(0));
  }

  static ForwardContender open(final NullMemory memory) throws DpdkException {
    final DpdkEal eal = DpdkEal.start(memory.eal());
    final PortConfig config = PortConfig.of("net_null0");
    return new ForwardContender(
        DpdkPort.open(eal, config.withSizes(DESCRIPTORS, config.ringEntries(), PACKETS)));
  }

  @Override
  public void open(final Cell cell) {}

  @Override
  public Block block(final long durationNs) {
    final long lost = port.link(0).lostFrames();
    final WorkMeter meter = new WorkMeter();
    final long beginNs = System.nanoTime();
    final long frames = forwarder.forward(durationNs);
    final long elapsedNs = System.nanoTime() - beginNs;
    return new Block(
        frames,
        elapsedNs,
        meter.work(),
        Work.NONE,
        port.link(0).lostFrames() - lost,
        new Histogram(1, 2, 1));
  }

  @Override
  public void shut() {}

  @Override
  public void close() {
    port.close();
  }
}
