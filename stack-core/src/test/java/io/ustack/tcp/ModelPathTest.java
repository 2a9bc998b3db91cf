package io.ustack.tcp;

import static io.ustack.tcp.ModelPath.MS;
import static io.ustack.tcp.ModelPath.MSS;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ustack.house.Covers;
import io.ustack.tcp.congestion.CongestionControls;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The algorithms in a closed loop, with the delivery rate and pacing, against what theory and the
 * published measurements say of them.
 */
class ModelPathTest {
  private static final CongestionControls ALL = CongestionControls.builtIn();

  /** 100 Mbit/s. */
  private static final long RATE = 12_500_000;

  private static ModelPath path(final long rttMs, final double queueProducts, final double loss) {
    return new ModelPath(RATE, (long) (queueProducts * RATE * rttMs / 1000), loss);
  }

  /** What the line could have carried, of which the flow got this share between two moments. */
  private static double share(
      final ModelPath path, final ModelFlow flow, final long fromMs, final long toMs) {
    path.run(fromMs * MS);
    final long before = flow.goodBytes();
    path.run(toMs * MS);
    return (flow.goodBytes() - before) / (RATE * (toMs - fromMs) / 1e3);
  }

  /** M. Mathis et al., 1997: the window of Reno is sqrt(3 / 2p) segments. */
  @ParameterizedTest(name = "loss {0}, {1} ms")
  @CsvSource({"0.001, 40", "0.003, 40", "0.01, 40", "0.001, 100", "0.01, 100"})
  @Covers(rfc = "RFC 3465", clause = "2.1")
  void renoIsAsFastAsItsFormula(final double loss, final long rttMs) {
    final ModelPath path = path(rttMs, 4, loss);
    final ModelFlow flow = path.flow(ALL.create("reno"), rttMs * MS, 0);
    final double got = share(path, flow, 20_000, 320_000);
    final double formula = Math.sqrt(1.5 / loss) * MSS / (rttMs / 1e3) / RATE;
    assertEquals(1, got / formula, 0.25, got + " of the line, formula " + formula);
  }

  /** RFC 9438 5.1, equation 6: AVG_W_cubic = 1.054 * RTT^0.75 / p^0.75. */
  @ParameterizedTest(name = "loss {0}, {1} ms")
  @CsvSource({"0.0003, 200", "0.0001, 100", "0.0003, 400", "0.001, 400"})
  @Covers(rfc = "RFC 9438", clause = "4.2, 4.4, 4.5")
  void cubicIsAsFastAsItsFormula(final double loss, final long rttMs) {
    final ModelPath path = path(rttMs, 2, loss);
    final ModelFlow flow = path.flow(ALL.create("cubic"), rttMs * MS, 0);
    final double got = share(path, flow, 50_000, 1_050_000);
    final double window = 1.054 * Math.pow(rttMs / 1e3, 0.75) / Math.pow(loss, 0.75);
    final double formula = window * MSS / (rttMs / 1e3) / RATE;
    assertEquals(1, got / formula, 0.3, got + " of the line, formula " + formula);
  }

  /** Where Reno is fast enough, CUBIC is about as fast: RFC 9438 4.3. */
  @ParameterizedTest
  @ValueSource(doubles = {0.003, 0.01})
  @Covers(rfc = "RFC 9438", clause = "4.3")
  void cubicIsReno(final double loss) {
    final ModelPath one = path(10, 4, loss);
    final ModelFlow reno = one.flow(ALL.create("reno"), 10 * MS, 0);
    final ModelPath other = path(10, 4, loss);
    final ModelFlow cubic = other.flow(ALL.create("cubic"), 10 * MS, 0);
    final double ratio = share(other, cubic, 5_000, 65_000) / share(one, reno, 5_000, 65_000);
    assertEquals(1.1, ratio, 0.2);
  }

  /** ACM Queue 14-5, figure 8: BBR holds the line where others give in. */
  @ParameterizedTest(name = "loss {0}")
  @CsvSource({"0, 0.95", "0.001, 0.95", "0.01, 0.95", "0.05, 0.9"})
  @Covers(rfc = "draft-cardwell-iccrg-bbr-congestion-control-00", clause = "4.2.3.4")
  void bbrTakesNoLossForCongestion(final double loss, final double least) {
    final ModelPath path = path(40, 1, loss);
    final ModelFlow flow = path.flow(ALL.create("bbr"), 40 * MS, 0);
    final double got = share(path, flow, 5_000, 65_000);
    assertTrue(got >= least, "got " + got);
  }

  /** Its queue is what the cycle puts into it, not what the buffer holds. */
  @Test
  void bbrLeavesADeepBufferEmpty() {
    final ModelPath path = path(40, 16, 0);
    final ModelFlow flow = path.flow(ALL.create("bbr"), 40 * MS, 0);
    path.run(5_000 * MS);
    path.mostQueuedBytes = 0;
    assertTrue(share(path, flow, 5_000, 65_000) >= 0.95);
    assertTrue(path.mostQueuedBytes < RATE * 40 / 1000, "less than one product, at any time");
    assertEquals(0, path.drops);
  }

  @ParameterizedTest
  @ValueSource(strings = {"reno", "cubic"})
  void othersFillTheLineWithAProductOfBuffer(final String name) {
    final ModelPath path = path(40, 1, 0);
    final ModelFlow flow = path.flow(ALL.create(name), 40 * MS, 0);
    assertTrue(share(path, flow, 5_000, 65_000) >= 0.9);
    assertEquals(0, flow.timeouts);
  }

  /** HyStart++ leaves slow start, which would double the window until it overflows any queue. */
  @ParameterizedTest
  @ValueSource(strings = {"reno", "cubic"})
  @Covers(rfc = "RFC 9406", clause = "4.2", what = "delay ends slow start")
  void slowStartEndsBeforeADeepBufferIsFull(final String name) {
    final ModelPath path = path(100, 12, 0);
    final ModelFlow flow = path.flow(ALL.create(name), 100 * MS, 0);
    path.run(5_000 * MS);
    assertEquals(0, path.drops);
    assertTrue(flow.goodBytes() > RATE * 5 * 7 / 10);
  }

  @ParameterizedTest
  @ValueSource(strings = {"reno", "cubic", "bbr"})
  void twoOfAKindShare(final String name) {
    final ModelPath path = path(40, 1, 0);
    path.flow(ALL.create(name), 40 * MS, 0);
    path.flow(ALL.create(name), 40 * MS, 5_000 * MS);
    path.run(185_000 * MS);
    assertTrue(path.fairness() > 0.95, "Jain's index " + path.fairness());
  }
}
