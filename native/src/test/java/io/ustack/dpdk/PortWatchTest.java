package io.ustack.dpdk;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What is told of what a port says. */
class PortWatchTest {
  private static final LinkState UP = new LinkState(true, 10_000, true);
  private static final LinkState DOWN = new LinkState(false, 10_000, true);

  private final List<String> told = new ArrayList<>();
  private LinkState link = UP;
  private PortFate fate = PortFate.RUNS;
  private final PortWatch watch =
      new PortWatch(
          () -> link,
          () -> fate,
          new PortWatch.Observer() {
            @Override
            public void onLink(final LinkState state) {
              told.add(state.toString());
            }

            @Override
            public void onGone(final PortFate how) {
              told.add(how.name());
            }
          });

  private void look(final LinkState state, final String... expected) {
    link = state;
    assertTrue(watch.look());
    assertEquals(List.of(expected), told);
    told.clear();
  }

  @Test
  void changesAreTold() {
    look(UP);
    look(UP);
    look(DOWN, "link down");
    look(DOWN);
    look(UP, "link up, 10 Gbit/s");
    look(UP);
    fate = PortFate.DELETED;
    link = DOWN;
    assertFalse(watch.look());
    assertEquals(List.of("DELETED"), told);
  }

  @Test
  void aLinkThatIsDownAtFirstIsTold() {
    look(DOWN, "link down");
    look(new LinkState(true, -1, false), "link up");
    look(DOWN, "link down");
    look(new LinkState(true, 2_500, true), "link up, 2500 Mbit/s");
  }

  @Test
  void everyEndSaysWhatToDo() {
    for (final PortFate end : PortFate.values()) {
      assertEquals(end != PortFate.RUNS, end.remedy().contains("start again"), end::name);
      assertEquals(end, PortFate.of(end.ordinal()));
    }
  }
}
