package io.ustack.apps.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ustack.apps.CommandFailure;
import io.ustack.apps.CommandRun;
import io.ustack.apps.StopSignal;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** That {@code bench --sockets} measures something; how much is for people to judge. */
@Tag("one-jdk")
class SocketBenchTest {
  private static final String NUMBER = "[0-9]+\\.[0-9]+";
  private static final String TRUST =
      "\"trusted\":(true,\"doubts\":\\[]|false,\"doubts\":\\[\".*\"])}";

  @Test
  void measuresNeighbours() {
    final CommandRun run = CommandRun.of("bench", "--neighbours", "--seconds", "1", "--json");
    assertEquals(0, run.exitCode(), run::toString);
    assertTrue(
        run.out()
            .matches(
                "\\{\"cell\":\"neighbours\",.*\"ratioToBaseline\":"
                    + NUMBER
                    + ",.*\"blocks\":40,"
                    + TRUST
                    + "\\R"),
        run::toString);
  }

  @Test
  void measuresEpollAndTheHandOver() {
    final CommandRun run = CommandRun.of("bench", "--sockets", "--seconds", "1", "--json");
    assertEquals(0, run.exitCode(), run::toString);
    final List<String> lines = run.out().lines().toList();
    assertEquals(3, lines.size(), run::toString);
    for (int i = 0; i < 2; i++) {
      final String line = lines.get(i);
      assertTrue(line.startsWith("{\"cell\":\"epoll-cost\",\"wire\":\"pipe\""), line);
      assertTrue(line.contains("\"conns\":" + (i == 0 ? 1 : 64) + ","), line);
      assertTrue(line.matches(".*\"serverNsPerOp\":" + NUMBER + ",.*"), line);
      assertTrue(
          line.matches(".*\"ratioToBaseline\":" + NUMBER + ",.*\"blocks\":40," + TRUST), line);
    }
    assertTrue(lines.get(2).startsWith("{\"cell\":\"hand-over\""), lines.get(2));
    assertTrue(lines.get(2).matches(".*\"samples\":[1-9][0-9]*," + TRUST), lines.get(2));
  }

  /** They end soon and in their order, as when somebody presses Ctrl-C. */
  @Test
  void endWhenTheyAreAsked() {
    final StopSignal stop = new StopSignal();
    stop.request();
    assertThrows(CommandFailure.class, () -> new EpollCost(1).run(3600, stop));
    assertThrows(CommandFailure.class, () -> new HandOver().run(3600, stop));
    assertThrows(CommandFailure.class, () -> new Neighbours().run(3600, stop));
  }
}
