package io.ustack.dpdk;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ustack.dpdk.PortReset.Step;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Which step follows which when a port's device is reset. */
class PortResetTest {
  private static final long SECOND_NS = 1_000_000_000L;

  private final List<String> done = new ArrayList<>();
  private boolean quiet = true;
  private boolean broken;
  private long nowNs = Long.MAX_VALUE - SECOND_NS;
  private final PortReset reset =
      new PortReset(
          new PortReset.Target() {
            @Override
            public boolean quieten() {
              done.add(quiet ? "quiet" : "ask");
              return quiet;
            }

            @Override
            public void setUpAgain() throws DpdkException {
              if (broken) {
                throw new DpdkException("port x can't be reset: Input/output error");
              }
              done.add("set up");
            }

            @Override
            public void resume() {
              done.add("resume");
            }
          });

  private void step(final Step expected, final String... actions) {
    assertEquals(expected, reset.step(nowNs));
    assertEquals(List.of(actions), done);
    done.clear();
  }

  @Test
  void nothingIsTouchedBeforeAllQueuesAreQuiet() {
    quiet = false;
    step(Step.WAITS, "ask");
    step(Step.WAITS, "ask");
    assertTrue(reset.isUnderWay());
    quiet = true;
    step(Step.DONE, "quiet", "set up", "resume");
    assertFalse(reset.isUnderWay());
  }

  /** One whose thread has ended, or whose application never polls. */
  @Test
  void aStackThatDoesNotAnswerIsNotWaitedForForEver() {
    quiet = false;
    step(Step.WAITS, "ask");
    nowNs += PortReset.PATIENCE_NS - 1;
    step(Step.WAITS, "ask");
    nowNs++;
    step(Step.LOST, "ask", "resume");
    assertTrue(reset.failure().contains("a stack on it does not look"), reset::failure);
    reset.abandon();
    assertEquals(List.of(), done);
  }

  @Test
  void aDeviceThatIsNotReadyIsTriedAgain() {
    broken = true;
    step(Step.FAILED_ONCE, "quiet");
    step(Step.FAILED_ONCE, "quiet");
    broken = false;
    step(Step.DONE, "quiet", "set up", "resume");
    // The next one has as many tries.
    broken = true;
    for (int i = 1; i < PortReset.TRIES; i++) {
      step(Step.FAILED_ONCE, "quiet");
    }
    step(Step.LOST, "quiet");
    assertEquals(
        "the NIC was reset, and to set it up again has failed 10 times (port x can't be reset:"
            + " Input/output error): start again",
        reset.failure());
    reset.abandon();
    assertEquals(List.of(), done, "nobody may use a port that is half set up");
  }

  @Test
  void whoIsResetAllTheTimeIsGivenUp() {
    for (int i = 0; i < PortReset.MOST_A_MINUTE; i++) {
      step(Step.DONE, "quiet", "set up", "resume");
      nowNs += 11 * SECOND_NS;
    }
    nowNs += 5 * SECOND_NS; // the first one was a minute ago
    step(Step.DONE, "quiet", "set up", "resume");
    nowNs += 10 * SECOND_NS;
    step(Step.LOST);
    assertTrue(reset.failure().startsWith("the NIC was reset more than 5 times in a minute"));
  }

  @Test
  void whoIsNoMoreWaitedForGoesOn() {
    reset.abandon();
    assertEquals(List.of(), done);
    quiet = false;
    step(Step.WAITS, "ask");
    reset.abandon();
    assertEquals(List.of("resume"), done);
    assertFalse(reset.isUnderWay());
  }
}
