package io.ustack.apps.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ustack.apps.CommandFailure;
import io.ustack.apps.StopSignal;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** That idle connections have a weight; how much is for people to judge. */
@Tag("one-jdk")
class IdleConnectionsTest {
  private static final Subject SUBJECT =
      new Subject(Cell.parse("idle-1000").orElseThrow(), "pipe", "inline", "", "17", List.of());

  private static Fields weight(final String bytes) {
    return weight("500000,500000,500000", bytes);
  }

  private static Fields weight(final String empty, final String bytes) {
    return new Fields().with("empty", empty).with("bytes", bytes).with("collectionMs", "9,7,8");
  }

  private static IdleResult weighed(final String cell) throws CommandFailure {
    return new IdleProcess(Build.own(), new StopSignal()).weigh(Cell.parse(cell).orElseThrow());
  }

  /**
   * More than one port of the server can take, and few: what a stack keeps for whoever is busy next
   * is no part of the weight, nor what the JVM's threads have set aside to allocate from.
   */
  @Test
  void fewWeighAsMuchAsMany() throws CommandFailure {
    final IdleResult many = weighed("idle-30000");
    assertTrue(many.bytesPerEnd() > 64 && many.bytesPerEnd() < 16_384, many::line);
    final IdleResult few = weighed("idle-600");
    assertEquals(many.bytesPerEnd(), few.bytesPerEnd(), 0.1 * many.bytesPerEnd(), few::line);
  }

  /** What one brings is mostly what all share. */
  @Test
  void oneIsTooLightToBeWeighed() throws CommandFailure {
    final IdleResult one = weighed("idle-1");
    assertFalse(one.isTrusted(), one::line);
  }

  @Test
  void bothEndsAreCounted() {
    final IdleResult result = IdleResult.of(SUBJECT, weight("2000000,2000000,2000000"), List.of());
    assertEquals(1000, result.bytesPerEnd());
    assertEquals(8, result.collectionMs());
    assertTrue(result.isTrusted());
    final IdleResult beside =
        result.beside(
            "../old", IdleResult.of(SUBJECT, weight("4000000,4000000,4000000"), List.of()));
    assertEquals(0.5, beside.ratio());
    assertTrue(beside.line().endsWith("0.50 x ../old"), beside::line);
    assertTrue(
        beside.json().contains("\"bytesPerConnectionEnd\":1000.0,\"fullCollectionMs\":8,"),
        beside::json);
  }

  @Test
  void whatTookProcessorsIsADoubtAboutTheTime() {
    final IdleResult result =
        IdleResult.of(SUBJECT, weight("2000000,2000000,2000000"), List.of("fog"));
    assertEquals(List.of("the time: fog"), result.doubts());
  }

  @Test
  void collectionsThatDisagreeAreADoubt() {
    final IdleResult result = IdleResult.of(SUBJECT, weight("2000000,1900000,2000000"), List.of());
    assertTrue(
        result.line().endsWith("NOT TRUSTED: full collections do not agree about what is alive"),
        result::line);
  }

  /** By a kilobyte at least, also where three looks saw no difference. */
  @Test
  void aWeightWithinTheNoiseOfTheEmptyHeapIsADoubt() {
    final String most = "102400,102400,102400";
    assertTrue(IdleResult.of(SUBJECT, weight(most), List.of()).isTrusted());
    assertEquals(
        List.of("they weigh 102399 bytes, and the empty heap varies by 1024"),
        IdleResult.of(SUBJECT, weight("102399,102399,102399"), List.of()).doubts());
    assertEquals(
        List.of("they weigh 102400 bytes, and the empty heap varies by 1025"),
        IdleResult.of(SUBJECT, weight("9000,10000,8975", most), List.of()).doubts());
  }

  @Test
  void noWeightAndLessAreDoubts() {
    assertFalse(IdleResult.of(SUBJECT, weight("0,0,0"), List.of()).isTrusted());
    final IdleResult less = IdleResult.of(SUBJECT, weight("-1700000,-1700000,-1700000"), List.of());
    assertTrue(less.line().contains(" NOT TRUSTED: "), less::line);
    final IdleResult beside =
        IdleResult.of(SUBJECT, weight("2000000,2000000,2000000"), List.of()).beside("../old", less);
    assertTrue(
        beside
            .line()
            .endsWith("../old: they weigh -1700000 bytes, and the empty heap varies by 1024"),
        beside::line);
  }

  /** Those before had megabytes more or less in it, and all collections agreed. */
  @Test
  void anOlderBuildIsADoubt() {
    final Fields old = new Fields().with("bytes", "2000000,2000000").with("collectionMs", "9,7,8");
    assertEquals(
        List.of("a build that measures the empty heap with what its threads had set aside"),
        IdleResult.of(SUBJECT, old, List.of()).doubts());
  }

  @Test
  void moreThanTheMachineHoldsIsSaidBefore() {
    final Cell cell = new Cell(Cell.Kind.IDLE, Integer.MAX_VALUE, false, 0, 0);
    final CommandFailure failure =
        assertThrows(
            CommandFailure.class, () -> new IdleProcess(Build.own(), new StopSignal()).weigh(cell));
    assertTrue(String.valueOf(failure.getMessage()).endsWith("ask for fewer connections"));
  }
}
