package io.ustack.apps.measure;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Looks at the machine while blocks run: whether others used the processors, whether a hypervisor
 * took them away, whether the two clocks agree. What it saw are reasons not to trust a figure.
 */
public final class Witness {
  private static final Path STAT = Path.of("/proc/stat");

  /** A tick of {@code /proc/stat}, USER_HZ, is 10 ms on every machine that DPDK runs on. */
  private static final long TICK_NS = 10_000_000;

  /** Shares of one processor. */
  private static final double OTHERS_MOST = 0.1;

  private static final double STOLEN_MOST = 0.05;

  /** Share of the blocks that may have been disturbed; medians bear those. */
  private static final double DISTURBED_MOST = 0.25;

  private static final double DRIFT_MOST = 0.002;

  private final long firstNs = System.nanoTime();
  private final long firstMs = System.currentTimeMillis();
  private final List<Double> othersShares = new ArrayList<>();
  private final List<Double> stolenShares = new ArrayList<>();
  private int busy;
  private int stolen;
  private long beginNs;
  private Usage before = Usage.now();

  /**
   * Processor time so far.
   *
   * @param ofAllNs in user space and the kernel; interrupts do not count, they may be our packets'
   * @param ofOursNs of this process and those that it started
   * @param stolenNs taken by a hypervisor
   */
  record Usage(long ofAllNs, long ofOursNs, long stolenNs) {
    static Usage now() {
      final String[] ticks = firstLine().split(" +", -1);
      if (ticks.length < 9) {
        return new Usage(0, 0, 0);
      }
      final long all = ticks(ticks, 1) + ticks(ticks, 2) + ticks(ticks, 3);
      return new Usage(all * TICK_NS, ours(), ticks(ticks, 8) * TICK_NS);
    }

    private static long ticks(final String[] fields, final int index) {
      return Long.parseLong(fields[index]);
    }

    private static String firstLine() {
      try (Stream<String> lines = Files.lines(STAT)) {
        return lines.findFirst().orElse("");
      } catch (final IOException e) {
        return ""; // not Linux: nothing is known
      }
    }

    private static long ours() {
      final ProcessHandle self = ProcessHandle.current();
      return Stream.concat(Stream.of(self), self.descendants())
          .map(process -> process.info().totalCpuDuration())
          .flatMap(Optional::stream)
          .mapToLong(Duration::toNanos)
          .sum();
    }
  }

  /** A block begins. */
  public void begin() {
    before = Usage.now();
    beginNs = System.nanoTime();
  }

  /** The block has ended. */
  public void end() {
    final double elapsedNs = Math.max(1, System.nanoTime() - beginNs);
    judge(before, Usage.now(), elapsedNs);
  }

  /** Judges one block by what was used before and after it. */
  void judge(final Usage begin, final Usage end, final double elapsedNs) {
    final long others = end.ofAllNs() - begin.ofAllNs() - (end.ofOursNs() - begin.ofOursNs());
    final long taken = end.stolenNs() - begin.stolenNs();
    othersShares.add(others / elapsedNs);
    stolenShares.add(taken / elapsedNs);
    // Both are counted in ticks: in one block two of them are no evidence.
    busy += others > 2 * TICK_NS + OTHERS_MOST * elapsedNs ? 1 : 0;
    stolen += taken > TICK_NS + STOLEN_MOST * elapsedNs ? 1 : 0;
  }

  /** What speaks against the blocks seen so far; empty when nothing does. */
  public List<String> doubts() {
    final List<String> doubts = new ArrayList<>();
    doubt(doubts, "others used the processors", busy, othersShares, OTHERS_MOST);
    doubts.addAll(ofTheMachine());
    return doubts;
  }

  /** The same without what others did, for whom others are part of what is measured. */
  public List<String> ofTheMachine() {
    final List<String> doubts = new ArrayList<>();
    doubt(doubts, "the hypervisor took the processors", stolen, stolenShares, STOLEN_MOST);
    final double byNano = System.nanoTime() - firstNs;
    final double byDate = (System.currentTimeMillis() - firstMs) * 1e6;
    if (Math.abs(byDate - byNano) > DRIFT_MOST * byNano + 2e6) {
      doubts.add("the clocks disagree about how long it took");
    }
    return doubts;
  }

  /** In many blocks much, or in most of them a little that no single one is evidence of. */
  private static void doubt(
      final List<String> doubts,
      final String what,
      final int disturbed,
      final List<Double> shares,
      final double most) {
    final int blocks = shares.size();
    final double median = shares.stream().sorted().skip(blocks / 2).findFirst().orElse(0.0);
    if (disturbed > DISTURBED_MOST * blocks) {
      doubts.add(what + " in " + disturbed + " of " + blocks + " blocks");
    } else if (median > most) {
      doubts.add(what + ", " + Math.round(100 * median) + " % of one in the median block");
    }
  }
}
