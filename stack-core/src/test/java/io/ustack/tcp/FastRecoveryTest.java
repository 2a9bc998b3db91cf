package io.ustack.tcp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** When to retransmit, alone: RFC 5681 3.2, RFC 6582 3.2. */
class FastRecoveryTest {
  private static final int MSS = 1000;
  private static final int ISS = -3 * MSS;

  private final NewReno reno = new NewReno(10);
  private final FastRecovery recovery = new FastRecovery(reno);
  private int una = ISS + 1;
  private final int max = una + 10 * MSS;

  @BeforeEach
  void start() {
    reno.start(MSS, false);
    recovery.start(ISS);
  }

  private boolean duplicate() {
    return recovery.onDuplicateAck(una, max);
  }

  private boolean ack(final int bytes) {
    final int before = max - una;
    una += bytes;
    return recovery.onAck(una, bytes, before, max - una);
  }

  @Test
  void onlyTheThirdDuplicateRetransmits() {
    assertFalse(duplicate());
    assertFalse(duplicate());
    assertTrue(duplicate());
    for (int i = 0; i < 10; i++) {
      assertFalse(duplicate());
    }
    assertEquals(5 * MSS + 3 * MSS + 10 * MSS, reno.cwnd());
  }

  @Test
  void anAckInBetweenStartsTheCountAgain() {
    duplicate();
    duplicate();
    ack(MSS);
    assertFalse(duplicate());
    assertFalse(duplicate());
    assertTrue(duplicate());
  }

  @Test
  void partialAcksRetransmitUntilTheFullOne() {
    duplicate();
    duplicate();
    duplicate();
    assertTrue(ack(MSS));
    assertTrue(ack(3 * MSS));
    assertTrue(recovery.isRecovering());
    assertFalse(ack(6 * MSS));
    assertFalse(recovery.isRecovering());
  }

  @Test
  void onlyOnePartialAckIsTheFirst() {
    duplicate();
    duplicate();
    duplicate();
    ack(MSS);
    assertTrue(recovery.takeFirstPartialAck());
    ack(MSS);
    assertFalse(recovery.takeFirstPartialAck());
  }

  @Test
  void nextRecoveryHasAFirstPartialAckOfItsOwn() {
    duplicate();
    duplicate();
    duplicate();
    recovery.takeFirstPartialAck();
    ack(10 * MSS);
    final int further = max + 10 * MSS;
    una += MSS;
    recovery.onAck(una, MSS, 10 * MSS, 9 * MSS);
    for (int i = 0; i < 3; i++) {
      recovery.onDuplicateAck(una, further);
    }
    assertTrue(recovery.isRecovering());
    assertTrue(recovery.takeFirstPartialAck());
  }

  @Test
  void duplicatesAtTheRecoveryPointAreEchoes() {
    duplicate();
    duplicate();
    duplicate();
    ack(10 * MSS);
    assertEquals(max, una);
    for (int i = 0; i < 5; i++) {
      assertFalse(recovery.onDuplicateAck(una, max + 5 * MSS));
    }
    assertFalse(recovery.isRecovering());
  }

  @Test
  void duplicatesAfterATimeoutAreEchoes() {
    recovery.onTimeout(max);
    for (int i = 0; i < 5; i++) {
      assertFalse(duplicate());
    }
    ack(9 * MSS);
    for (int i = 0; i < 5; i++) {
      assertFalse(duplicate());
    }
    ack(MSS);
    una++;
    recovery.onAck(una, 1, 1, MSS);
    recovery.onDuplicateAck(una, max + MSS);
    recovery.onDuplicateAck(una, max + MSS);
    assertTrue(recovery.onDuplicateAck(una, max + MSS), "beyond what was sent before the timeout");
  }

  @Test
  void timeoutInRecoveryEndsIt() {
    duplicate();
    duplicate();
    duplicate();
    recovery.onTimeout(max);
    assertFalse(recovery.isRecovering());
    assertFalse(ack(MSS), "no partial ACK any more");
  }
}
