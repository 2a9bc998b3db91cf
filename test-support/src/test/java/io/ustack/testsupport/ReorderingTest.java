package io.ustack.testsupport;

import io.ustack.testsupport.script.PacketScript;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * Five segments in each of their 120 orders, as scripts. What must be answered comes from a model
 * that keeps a map of what has arrived: the ACK is the end of its first run, and with SACK the run
 * of the segment that came last stands first, then those of the segments before it (RFC 2018 4).
 */
class ReorderingTest {
  private static final int[][] SIDE_BY_SIDE = {
    {1, 501}, {501, 1001}, {1001, 1501}, {1501, 2001}, {2001, 2501}
  };

  /** Each hides half of its neighbours; which bytes are taken from which must not matter. */
  private static final int[][] OVERLAPPING = {
    {1, 1001}, {501, 1501}, {1001, 2001}, {1501, 2501}, {2001, 3001}
  };

  @TestFactory
  Stream<DynamicTest> sideBySide() {
    return orders().map(order -> test(SIDE_BY_SIDE, order, false));
  }

  @TestFactory
  // covers: RFC 9293 3.10.7.4, seventh
  Stream<DynamicTest> sideBySideWithSack() {
    return orders().map(order -> test(SIDE_BY_SIDE, order, true));
  }

  @TestFactory
  // covers: RFC 9293 3.10.7.4, seventh
  Stream<DynamicTest> overlapping() {
    return orders().map(order -> test(OVERLAPPING, order, false));
  }

  private static DynamicTest test(
      final int[][] segments, final List<Integer> order, final boolean sack) {
    final String script = script(segments, order, sack);
    return DynamicTest.dynamicTest(
        order.toString(), () -> PacketScript.of("order " + order, script).run());
  }

  private static String script(
      final int[][] segments, final List<Integer> order, final boolean sack) {
    final String options = sack ? "<mss 1460,nop,nop,sackOK>" : "<mss 1460>";
    final StringBuilder script =
        new StringBuilder(
            """
            0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3
            +0 bind(3, ..., ...) = 0
            +0 listen(3, 1) = 0
            +0 < S 0:0(0) win 65535 %s
            +0 > S. 0:0(0) ack 1 win 65535 %s
            +0 < . 1:1(0) ack 1 win 65535
            +0 accept(3, ..., ...) = 4
            """
                .formatted(options, options));
    final Arrived arrived = new Arrived();
    for (final int index : order) {
      final int[] segment = segments[index];
      final int length = segment[1] - segment[0];
      arrived.take(segment[0], segment[1]);
      script.append(
          "+.01 < . %d:%d(%d) ack 1 win 65535%n".formatted(segment[0], segment[1], length));
      // A young connection acknowledges each segment at once.
      script.append(
          "+0 > . 1:1(0) ack %d%s%n".formatted(arrived.ack(), sack ? arrived.blocks() : ""));
    }
    final int all = segments[segments.length - 1][1] - 1;
    script.append("+0 read(4, ..., 10000) = %d%n".formatted(all));
    script.append("+1 %{ assert tcpi_bytes_received == ").append(all).append(" }%\n");
    return script.toString();
  }

  /** What has come: runs by their start, and the starts of the segments behind a hole. */
  private static final class Arrived {
    private final TreeMap<Integer, Integer> runs = new TreeMap<>();
    private final List<Integer> latest = new ArrayList<>();

    void take(final int from, final int to) {
      int start = from;
      int end = to;
      Integer run = runs.floorKey(end);
      while (run != null && runs.get(run) >= start) {
        start = Math.min(start, run);
        end = Math.max(end, runs.remove(run));
        run = runs.floorKey(end);
      }
      runs.put(start, end);
      latest.remove((Integer) from);
      latest.add(0, from);
    }

    int ack() {
      return runs.firstKey() == 1 ? runs.get(1) : 1;
    }

    String blocks() {
      final List<String> blocks = new ArrayList<>();
      for (final int start : latest) {
        final int run = runs.floorKey(start);
        final String block = run + ":" + runs.get(run);
        if (run != 1 && !blocks.contains(block)) {
          blocks.add(block);
        }
      }
      return blocks.isEmpty() ? "" : " <nop,nop,sack " + String.join(" ", blocks) + ">";
    }
  }

  private static Stream<List<Integer>> orders() {
    return permutations(List.of(0, 1, 2, 3, 4));
  }

  private static Stream<List<Integer>> permutations(final List<Integer> rest) {
    if (rest.isEmpty()) {
      return Stream.of(List.of());
    }
    return rest.stream()
        .flatMap(
            first -> {
              final List<Integer> others = new ArrayList<>(rest);
              others.remove(first);
              return permutations(others)
                  .map(
                      tail -> {
                        final List<Integer> order = new ArrayList<>(List.of(first));
                        order.addAll(tail);
                        return order;
                      });
            });
  }
}
