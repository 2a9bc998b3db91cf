package io.ustack.tcp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ustack.testing.Frames;
import org.junit.jupiter.api.Test;

/** RFC 5961 7: the rate of ACKs that answer what is not accepted. */
class ChallengeAckTest {
  private static final long INTERVAL = 500;

  @Test
  void firstIsPermittedWhateverTheTime() {
    assertTrue(new ChallengeAck(INTERVAL).permit(0));
    assertTrue(new ChallengeAck(INTERVAL).permit(Long.MIN_VALUE));
    assertTrue(new ChallengeAck(INTERVAL).permit(Long.MAX_VALUE));
  }

  @Test
  void intervalIsKept() {
    final ChallengeAck ack = new ChallengeAck(INTERVAL);
    assertTrue(ack.permit(1000));
    assertFalse(ack.permit(1000));
    assertFalse(ack.permit(1499));
    assertTrue(ack.permit(1500));
    assertFalse(ack.permit(1999), "from the last one that was permitted");
    assertTrue(ack.permit(9000));
  }

  @Test
  void clockMayWrap() {
    final ChallengeAck ack = new ChallengeAck(INTERVAL);
    assertTrue(ack.permit(Long.MAX_VALUE - 10));
    assertFalse(ack.permit(Long.MIN_VALUE + 10));
    assertTrue(ack.permit(Long.MIN_VALUE + 490));
  }

  /** Two ends that do not understand each other must not answer each other for ever. */
  @Test
  void twoConfusedEndsFallSilent() {
    try (TestStack s = TestStack.established()) {
      // The peer echoes whatever ACK we send from outside our window, as a confused end would.
      int answers = 0;
      s.burst(". 70000:70000(0) ack 1 win 65535");
      for (int i = 0; i < 1000; i++) {
        final byte[] answer = s.net.link.takeSent();
        if (answer == null) {
          s.net.advance(1_000_000);
          continue;
        }
        assertEquals(Frames.IPV4 + 20, answer.length);
        answers++;
        s.net.inject(
            io.ustack.testing.TestNet.ipv4ToUs(
                TcpHeader.PROTOCOL,
                ScriptedSegment.parse(". 70000:70000(0) ack 1 win 65535")
                    .bytes(
                        TestStack.PEER_PORT,
                        TestStack.OUR_PORT,
                        TestStack.PEER_ISN,
                        TestStack.OUR_ISN)));
      }
      assertTrue(answers <= 3, "an ACK storm");
    }
  }
}
