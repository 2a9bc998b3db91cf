package io.ustack.dpdk;

import io.ustack.buffer.Packet;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Locale;

/**
 * How many frames per second one Java thread takes from a port, turns round (MAC addresses swapped)
 * and gives back.
 *
 * <p>Arguments: seconds, packets of the pool, direct or ring, port, then EAL arguments. Compare
 * with {@code dpdk-testpmd --forward-mode=macswap} with the same number of mbufs. "Per core"
 * divides by the thread's CPU time, so that a busy machine does not spoil it.
 */
public final class SwapBenchmark {
  private static final int BURST = 32;

  private SwapBenchmark() {}

  public static void main(final String[] arguments) throws DpdkException {
    final int seconds = Integer.parseInt(arguments[0]);
    final int poolPackets = Integer.parseInt(arguments[1]);
    final Transport transport = Transport.valueOf(arguments[2].toUpperCase(Locale.ROOT));
    final DpdkEal eal = DpdkEal.start(List.of(arguments).subList(4, arguments.length));
    final PortConfig config =
        PortConfig.of(arguments[3]).withTransport(transport).withSizes(512, 1024, poolPackets);
    try (DpdkPort port = DpdkPort.open(eal, config)) {
      final DpdkLink link = port.link(0);
      final ThreadMXBean threads = ManagementFactory.getThreadMXBean();
      for (int second = 0; second < seconds; second++) {
        final long startNs = System.nanoTime();
        final long startCpuNs = threads.getCurrentThreadCpuTime();
        final long frames = run(link, startNs + 1_000_000_000L);
        final double elapsedNs = System.nanoTime() - startNs;
        final double cpuNs = threads.getCurrentThreadCpuTime() - startCpuNs;
        System.out.printf(
            "%.2f Mpps, %.2f Mpps per core%n", frames * 1e3 / elapsedNs, frames * 1e3 / cpuNs);
      }
      System.out.println("in use " + link.pool().inUse() + ", lost " + link.lostFrames());
    }
  }

  private static long run(final DpdkLink link, final long untilNs) {
    final Packet[] frames = new Packet[BURST];
    long total = 0;
    while (System.nanoTime() - untilNs < 0) {
      for (int i = 0; i < 1000; i++) {
        total += turnRound(link, frames);
      }
    }
    return total;
  }

  private static int turnRound(final DpdkLink link, final Packet[] frames) {
    final int count = link.receive(frames, BURST, 0);
    for (int i = 0; i < count; i++) {
      swap(frames[i].bytes(), frames[i].offset());
    }
    final int sent = link.transmit(frames, count, 0);
    for (int i = sent; i < count; i++) {
      frames[i].release();
    }
    return sent;
  }

  private static void swap(final ByteBuffer bytes, final int offset) {
    final long destination = bytes.getLong(offset); // six bytes and two of the source
    final long rest = bytes.getLong(offset + 4); // two bytes and six of the source
    final long source = rest << 16 >>> 16;
    bytes.putLong(offset, source << 16 | destination >>> 48);
    bytes.putInt(offset + 8, (int) (destination >>> 16));
  }
}
