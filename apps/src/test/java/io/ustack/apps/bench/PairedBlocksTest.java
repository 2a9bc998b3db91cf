package io.ustack.apps.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.ustack.apps.CommandFailure;
import io.ustack.apps.StopSignal;
import io.ustack.apps.measure.JsonLine;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class PairedBlocksTest {
  @Test
  void comparesNeighbours() {
    final PairedBlocks blocks =
        PairedBlocks.of(
            new double[] {10, 40, 11, 12}, new double[] {10, 20, 10, 10}, List.of("clouds"));
    assertEquals(12, blocks.ns());
    assertEquals(10, blocks.baselineNs());
    assertEquals(1.2, blocks.median());
    assertEquals(1.1, blocks.lowerQuartile());
    assertEquals(1.2, blocks.upperQuartile());
    assertEquals(8, blocks.blocks());
    assertEquals(List.of("clouds"), blocks.doubts());
  }

  @Test
  void doubtsWhatSpreads() {
    final double[] alone = {10, 10, 10, 10, 10};
    assertEquals(
        List.of(), PairedBlocks.of(new double[] {1, 9, 10, 11.4, 99}, alone, List.of()).doubts());
    assertEquals(
        List.of(CellResult.FAR_APART),
        PairedBlocks.of(new double[] {1, 9, 10, 11.6, 99}, alone, List.of()).doubts());
    final double[] endless = new double[5];
    Arrays.fill(endless, Double.POSITIVE_INFINITY);
    assertEquals(
        List.of(CellResult.FAR_APART), PairedBlocks.of(alone, endless, List.of()).doubts());
    assertEquals(
        List.of(CellResult.FAR_APART), PairedBlocks.of(endless, alone, List.of()).doubts());
    final double[] nothing = {0, 0, 0, 0, 0};
    assertEquals(
        List.of(CellResult.FAR_APART), PairedBlocks.of(nothing, nothing, List.of()).doubts());
  }

  /** What can be said before anything is measured. */
  @Test
  void threadsThatShareAProcessorAreADoubt() throws CommandFailure {
    final int processors = Runtime.getRuntime().availableProcessors();
    assertEquals(List.of(), Cores.doubts(processors));
    assertEquals(
        (processors + 1) + " busy threads share " + processors,
        new PartWatch(processors + 1).doubts().get(0).replaceAll(" processors?$", ""));
  }

  /** In a block that warms up, and in one that counts. */
  @ParameterizedTest
  @ValueSource(ints = {1, 80 + 37})
  void endsWhenItIsAsked(final int block) {
    final StopSignal stop = new StopSignal();
    final AtomicInteger blocks = new AtomicInteger();
    final PairedBlocks.Side side =
        blockNs -> {
          if (blocks.incrementAndGet() == block) {
            stop.request();
          }
          return 1;
        };
    assertThrows(CommandFailure.class, () -> PairedBlocks.measure(side, side, 1, 2, stop));
  }

  @Test
  void whatIsDoubtedIsMarked() {
    final PartResult doubted =
        PartResult.of("7 ns", new JsonLine().whole("ns", 7), List.of("fog", "rain"));
    assertEquals("7 ns  NOT TRUSTED: fog; rain", doubted.line());
    assertEquals("{\"ns\":7,\"trusted\":false,\"doubts\":[\"fog\",\"rain\"]}", doubted.json());
    final PartResult clear = PartResult.of("7 ns", new JsonLine().whole("ns", 7), List.of());
    assertEquals("7 ns", clear.line());
    assertEquals("{\"ns\":7,\"trusted\":true,\"doubts\":[]}", clear.json());
  }
}
