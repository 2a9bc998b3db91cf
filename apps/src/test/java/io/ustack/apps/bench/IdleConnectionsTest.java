package io.ustack.apps.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
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
    return new Fields().with("bytes", bytes).with("collectionMs", "9,7,8");
  }

  /** More than one port of the server can take. */
  @Test
  void areWeighedInAProcessOfTheirOwn() throws CommandFailure {
    final Cell cell = Cell.parse("idle-30000").orElseThrow();
    final IdleResult result = new IdleProcess(Build.own(), new StopSignal()).weigh(cell);
    assertTrue(result.bytesPerEnd() > 64 && result.bytesPerEnd() < 16_384, result::line);
    assertTrue(result.collectionMs() > 0, result::line);
    assertEquals(List.of(), result.doubts());
  }

  @Test
  void bothEndsAreCounted() {
    final IdleResult result = IdleResult.of(SUBJECT, weight("2000000,2000000,2000000"));
    assertEquals(1000, result.bytesPerEnd());
    assertEquals(8, result.collectionMs());
    assertTrue(result.isTrusted());
    final IdleResult beside =
        result.beside("../old", IdleResult.of(SUBJECT, weight("4000000,4000000,4000000")));
    assertEquals(0.5, beside.ratio());
    assertTrue(beside.line().endsWith("0.50 x ../old"), beside::line);
    assertTrue(
        beside.json().contains("\"bytesPerConnectionEnd\":1000.0,\"fullCollectionMs\":8,"),
        beside::json);
  }

  @Test
  void collectionsThatDisagreeAreADoubt() {
    final IdleResult result = IdleResult.of(SUBJECT, weight("2000000,1900000,2000000"));
    assertTrue(
        result.line().endsWith("NOT TRUSTED: full collections do not agree about what is alive"),
        result::line);
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
