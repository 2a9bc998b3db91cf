package io.ustack.tcp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ustack.buffer.PacketRing;
import io.ustack.counter.Counters;
import io.ustack.house.Covers;
import io.ustack.tcp.congestion.NewReno;
import org.junit.jupiter.api.Test;

/** The sending half alone, over distances that a script can't reach. */
class SenderTest {
  private static final int ISS = -100;
  private static final int PEER_SEQ = 1;
  private static final int STEP = 1 << 29;

  private final PacketRing buffer = new PacketRing(1 << 30);
  private final Sender sender =
      new Sender(buffer, TcpConfig.DEFAULT, new NewReno(), new SenderParts(new Counters()), ISS);
  private long nowNs;

  /** Shakes hands with a peer whose window is 65535 times 2^14. */
  private void establish() {
    sender.onSynSent(0, nowNs);
    sender.onSyn(1460, TcpOptions.MAX_WINDOW_SHIFT, segment(PEER_SEQ - 1, 0));
    sender.onSynAcknowledged(ISS + 1, TcpSegment.NO_ECHO, nowNs);
    sender.onAck(segment(PEER_SEQ, ISS + 1), nowNs);
  }

  private static TcpSegment segment(final int seq, final int ack) {
    final TcpSegment segment = new TcpSegment();
    segment.seq = seq;
    segment.ack = ack;
    segment.flags = TcpHeader.ACK;
    segment.window = 0xFFFF;
    return segment;
  }

  /** So many bytes are written, sent and acknowledged; their content does not matter. */
  private void carry(final int bytes) {
    buffer.publish(bytes);
    sender.onSent(bytes, nowNs);
    nowNs += 1_000_000;
    assertEquals(bytes, sender.onAck(segment(PEER_SEQ, sender.sndNxt()), nowNs));
  }

  @Test
  @Covers(rfc = "RFC 9293", clause = "3.4", what = "sequence numbers modulo 2^32", by = Seq.class)
  void streamThatComesBackToItsInitialSequenceNumberGoesOn() {
    establish();
    for (int i = 0; i < 7; i++) {
      carry(STEP);
    }
    carry(STEP - 1);
    assertEquals(ISS, sender.sndUna());
    buffer.publish(10);
    assertEquals(0, sender.bufferOffset(sender.sndNxt()));
    sender.queueFin();
    assertTrue(sender.reachesFin(sender.sndNxt(), 10));
  }

  @Test
  void fastRetransmitStillWorksAfterTwoGigabytesWithoutLoss() {
    establish();
    for (int i = 0; i < 5; i++) {
      carry(STEP);
    }
    buffer.publish(10_000);
    sender.onSent(10_000, nowNs);
    for (int i = 0; i < 2; i++) {
      sender.onAck(segment(PEER_SEQ, sender.sndUna()), nowNs);
      assertFalse(Emission.retransmitsNow(sender, 0));
    }
    sender.onAck(segment(PEER_SEQ, sender.sndUna()), nowNs);
    assertTrue(Emission.retransmitsNow(sender, 0));
  }
}
