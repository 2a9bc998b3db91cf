package io.ustack.apps.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ustack.apps.CommandFailure;
import io.ustack.apps.StopSignal;
import java.util.List;
import org.junit.jupiter.api.Test;

final class EndProcessTest {
  private static EndProcess start(final String... command) throws CommandFailure {
    return EndProcess.start(
        "end", EndProcess.ANY_CORE, List.of(), List.of(command), new StopSignal());
  }

  /** A java that hangs, say. */
  @Test
  void whoNeverStartsIsNotWaitedForForEver() throws CommandFailure {
    try (EndProcess end = start("sleep", "3600")) {
      final CommandFailure failure =
          assertThrows(
              CommandFailure.class, () -> end.expect(BenchEnd.READY, List.of(), 1_000_000));
      assertTrue(failure.getMessage().startsWith("the end has said nothing for 0 s: /"));
    }
  }

  @Test
  void hearsWhatComesBehindAWarning() throws CommandFailure {
    try (EndProcess end = start("printf", "a warning\\n%sjdk=17\\n", BenchEnd.READY)) {
      assertEquals("17", end.expectReady(List.of()).text("jdk"));
    }
  }
}
