package io.ustack.dpdk;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What is told of what a port says. */
class PortWatchTest {
  private static final LinkState UP = new LinkState(true, 10_000, true);
  private static final LinkState DOWN = new LinkState(false, 10_000, true);

  private static final long SECOND_NS = 1_000_000_000L;
  private static final long SOON_NS = 1_000_000L;

  private final List<String> told = new ArrayList<>();
  private LinkState link = UP;
  private PortFate fate = PortFate.RUNS;
  private boolean quiet;
  private boolean broken;
  private final PortReset reset =
      new PortReset(
          new PortReset.Target() {
            @Override
            public boolean quieten() {
              return quiet;
            }

            @Override
            public void setUpAgain() throws DpdkException {
              fate = PortFate.RUNS; // whatever comes of it
              if (broken) {
                throw new DpdkException("broken");
              }
            }

            @Override
            public void resume() {}
          });
  private final PortWatch watch =
      new PortWatch(
          () -> link,
          () -> fate,
          reset,
          new PortWatch.Observer() {
            @Override
            public void onLink(final LinkState state) {
              told.add(state.toString());
            }

            @Override
            public void onReset() {
              told.add("reset");
            }

            @Override
            public void onGone(final String why) {
              told.add(why);
            }
          });

  private void lookAtReset(final long nextNs, final String... expected) {
    assertEquals(nextNs, watch.look(0));
    assertEquals(List.of(expected), told);
    told.clear();
  }

  private void look(final LinkState state, final String... expected) {
    link = state;
    assertEquals(SECOND_NS, watch.look(0));
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
    assertEquals(0, watch.look(0));
    assertEquals(List.of(PortFate.DELETED.remedy()), told);
  }

  @Test
  void aResetIsToldWhenItIsOver() {
    fate = PortFate.RESET;
    lookAtReset(SOON_NS);
    lookAtReset(SOON_NS);
    quiet = true;
    lookAtReset(SECOND_NS, "reset");
    lookAtReset(SECOND_NS);
  }

  @Test
  void aDeviceThatDoesNotComeBackIsGone() {
    fate = PortFate.RESET;
    quiet = true;
    broken = true;
    for (int i = 1; i < PortReset.TRIES; i++) {
      lookAtReset(SECOND_NS);
    }
    lookAtReset(
        0, "the NIC was reset, and to set it up again has failed 10 times (broken): start again");
  }

  @Test
  void aDeviceThatIsUnpluggedWhileItIsResetIsGone() {
    fate = PortFate.RESET;
    lookAtReset(SOON_NS);
    fate = PortFate.UNPLUGGED;
    lookAtReset(0, PortFate.UNPLUGGED.remedy());
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
      assertEquals(
          end != PortFate.RUNS && end != PortFate.RESET,
          end.remedy().contains("start again"),
          end::name);
      assertEquals(end, PortFate.of(end.ordinal()));
    }
  }
}
