package io.ustack.tcp;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.ustack.house.Covers;
import io.ustack.tcp.congestion.CongestionWindow;
import org.junit.jupiter.api.Test;

/** RFC 9937 6, with numbers computed by hand: segments of 1000 bytes. */
class PrrTest {
  private final CongestionWindow window = new CongestionWindow();
  private final Prr prr = new Prr();

  private void begin(final int flight, final int ssthresh) {
    window.start(1000, 10_000);
    window.ssthresh(ssthresh);
    prr.begin(flight);
  }

  private void ack(final int delivered, final boolean safe, final int inFlight, final int cwnd) {
    prr.onAck(window, delivered, safe, inFlight);
    assertEquals(cwnd, window.cwnd());
  }

  /** 20 in flight, to 14: of ten delivered seven may leave. */
  @Test
  @Covers(rfc = "RFC 9937", clause = "6", what = "proportional rate reduction", by = Prr.class)
  void theWindowShrinksInProportion() {
    begin(20_000, 14_000);
    ack(1000, false, 18_000, 19_000); // ceil(1000 * 0.7) = 700, but the first always leaves
    prr.onSent(1000);
    ack(1000, false, 18_000, 18_400); // 1400 - 1000
    ack(1000, false, 17_000, 18_100); // 2100 - 1000
    prr.onSent(1000);
    ack(1000, false, 17_000, 17_800); // 2800 - 2000
    ack(6000, false, 16_000, 21_000); // 7000 - 2000: what was saved up is not lost
  }

  @Test
  void sharesAreRoundedUp() {
    begin(3000, 2000);
    prr.onSent(10);
    ack(100, false, 2500, 2557); // ceil(66.7) - 10
  }

  /** Heavy losses: below ssthresh as much leaves as arrives (conservative reduction bound). */
  @Test
  @Covers(rfc = "RFC 9937", clause = "6")
  void belowTheThresholdPacketsAreConserved() {
    begin(20_000, 10_000);
    ack(1000, false, 4000, 5000);
    prr.onSent(1000);
    ack(1000, false, 4000, 5000);
    prr.onSent(1000);
    ack(2000, false, 3000, 5000);
  }

  /** SND.UNA moves and nothing more is lost: one segment more (slow start reduction bound). */
  @Test
  void recoveryThatGoesWellCatchesUp() {
    begin(20_000, 10_000);
    prr.onSent(1000);
    ack(1000, true, 4000, 6000);
    prr.onSent(2000);
    ack(1000, true, 5000, 7000);
  }

  @Test
  void neverBeyondTheThreshold() {
    begin(20_000, 10_000);
    prr.onSent(1000);
    ack(8000, true, 9500, 10_000);
    ack(1000, true, 10_000, 10_000);
  }

  /** An application that sent little has saved up what was delivered meanwhile. */
  @Test
  void whatTheApplicationDidNotSendIsBanked() {
    begin(10_000, 5000);
    prr.onSent(1000);
    ack(4000, false, 5000, 5000);
    ack(3000, false, 2000, 5000); // 7000 - 1000 banked, up to ssthresh
  }

  @Test
  void theFirstRepetitionAlwaysLeaves() {
    begin(20_000, 10_000);
    ack(0, false, 12_000, 13_000);
    prr.onSent(1000);
    ack(0, false, 12_000, 12_000);
  }

  @Test
  void aWindowOfAGigabyteDoesNotOverflow() {
    begin(1 << 30, 1 << 29);
    prr.onSent(1000);
    ack(1 << 29, false, (1 << 29) + 1, (1 << 29) + 1 + (1 << 28) - 1000);
  }
}
