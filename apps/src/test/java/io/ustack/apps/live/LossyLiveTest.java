package io.ustack.apps.live;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ustack.apps.CommandFailure;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * One stream between this stack and Linux with timestamps, SACK and ECN, over a wire that loses,
 * reorders and duplicates in both directions, or over one that marks congestion: what arrives is
 * what was sent, and both ends tell the same story of how. What the wire did to the frames is
 * known, so each end's counters are held against it and not only against each other.
 */
@Tag("live")
@Tag("one-jdk")
class LossyLiveTest {
  private static final long MEGABYTE = 1 << 20;

  /** Data segments may be up to this many fewer than frames: SYN, bare ACKs, ARP. */
  private static final long OTHER_FRAMES = 30;

  private static final int FULL_SEGMENT_BYTES = 1448;

  /** What chance may do to a small number besides its share. */
  private static final long FEW = 10;

  @TempDir private Path directory;

  @ParameterizedTest
  @CsvSource({"connect, send", "connect, receive", "listen, send", "listen, receive"})
  void thirtyTwoMegabytes(final String role, final String direction)
      throws CommandFailure, IOException, InterruptedException {
    carry(role, direction, 32 * MEGABYTE);
  }

  @Tag("nightly")
  @Timeout(value = 20, unit = TimeUnit.MINUTES)
  @ParameterizedTest
  @CsvSource({"connect, send", "connect, receive", "listen, send", "listen, receive"})
  void aGigabyte(final String role, final String direction)
      throws CommandFailure, IOException, InterruptedException {
    carry(role, direction, 1024 * MEGABYTE);
  }

  /** RFC 3168: the wire marks a packet in two hundred, both ways, and loses none. */
  @ParameterizedTest
  @CsvSource({"connect, send", "connect, receive", "listen, send", "listen, receive"})
  void marksSlowTheSenderAndNothingIsSentAgain(final String role, final String direction)
      throws CommandFailure, IOException, InterruptedException {
    final boolean weSend = direction.equals("send");
    final long bytes = 16 * MEGABYTE;
    try (LossyScene scene = new LossyScene(directory)) {
      final LossyResult r = scene.carry("crowded", role.equals("listen"), weSend, bytes);
      print(role + ", " + direction + ", marked", bytes, r);
      assertAll(
          () -> theOptionsAgree(r, weSend),
          () -> theBytesAgree(r, bytes, weSend),
          () -> {
            if (weSend) {
              weSlowDown(r);
            } else {
              theySlowDown(r);
            }
          },
          () -> theWindowIsThatOfACrowdedWire(r, weSend));
    }
  }

  private void carry(final String role, final String direction, final long bytes)
      throws CommandFailure, IOException, InterruptedException {
    final boolean weSend = direction.equals("send");
    try (LossyScene scene = new LossyScene(directory)) {
      final LossyResult r = scene.carry("bad", role.equals("listen"), weSend, bytes);
      print(role + ", " + direction, bytes, r);
      assertAll(
          () -> theOptionsAgree(r, weSend),
          () -> theBytesAgree(r, bytes, weSend),
          () -> whatTheWireLetThroughArrived(r),
          () -> theRoundTripHoldsTheDelays(r, weSend),
          () -> {
            if (weSend) {
              ourRetransmissionsAreWhatTheyHadToBe(r);
            } else {
              theirRetransmissionsAreWhatWeMadeThemSend(r);
            }
          },
          () -> theWindowIsThatOfAWireThatLoses(r, weSend));
    }
  }

  private static void theOptionsAgree(final LossyResult r, final boolean weSend) {
    for (final String option : new String[] {"timestamps", "sack", "ecn", "windowScaling"}) {
      assertEquals("true", r.ours().get(option), option);
    }
    for (final String option : new String[] {"ts", "sack", "ecn", "wscale"}) {
      assertTrue(r.socket().containsKey(option), () -> option + " in " + r.socket());
    }
    assertEquals(r.our("rcvWscale"), (long) r.theirs("wscale"), "our scale");
    assertEquals(r.our("sndWscale"), (long) r.theirs("rcvWscale"), "their scale");
    assertEquals(FULL_SEGMENT_BYTES, r.our("sndMssBytes"));
    assertEquals(FULL_SEGMENT_BYTES, (long) r.theirs("mss"));
    // What each end saw of the other's segments.
    assertEquals(FULL_SEGMENT_BYTES, weSend ? (long) r.theirs("rcvmss") : r.our("rcvMssBytes"));
  }

  private static void theBytesAgree(final LossyResult r, final long bytes, final boolean weSend) {
    final long carried = bytes & 0xFFFF_FFFFL;
    assertEquals(weSend ? carried : 1, r.our("bytesAcked"));
    assertEquals(weSend ? 1 : carried, r.our("bytesReceived"));
    assertEquals(weSend ? bytes : 1, (long) r.theirs("bytes_received"));
    final long acked = (long) r.theirs("bytes_acked"); // who connects counts its SYN
    assertTrue(acked - (weSend ? 1 : bytes) <= 1 && acked >= (weSend ? 1 : bytes), "" + acked);
    assertEquals(r.our("TCP_RETRANSMITTED_SEGMENTS"), r.our("totalRetrans"));
  }

  /** Nothing vanished that the wire is not to blame for; what did not arrive was ARP. */
  private static void whatTheWireLetThroughArrived(final LossyResult r) {
    final long toThem = r.our("out.frames") - r.our("out.lost") + r.our("out.duplicated");
    assertAtMost(0, toThem - r.kernel("TcpInSegs"), OTHER_FRAMES);
    assertAtMost(0, r.kernel("TcpInSegs") - (long) r.theirs("segs_in"), OTHER_FRAMES);
    final long toUs = r.our("in.frames") - r.our("in.lost") + r.our("in.duplicated");
    assertAtMost(0, toUs - r.our("segsIn"), OTHER_FRAMES);
    final long theirs = (long) r.theirs("segs_out");
    assertAtMost(-OTHER_FRAMES, theirs - r.our("in.frames"), OTHER_FRAMES);
    assertAtMost(-OTHER_FRAMES, r.our("out.frames") - r.our("segsOut"), OTHER_FRAMES);
  }

  /** Every frame waits at least once in each direction; Linux says thousandths of a millisecond. */
  private static void theRoundTripHoldsTheDelays(final LossyResult r, final boolean weSend) {
    final double roundTripMs = 2 * LossyEnd.DELAY_NS / 1e6;
    final double rttMs = weSend ? r.our("rttNs") / 1e6 : r.theirs("rtt");
    assertTrue(rttMs >= roundTripMs, () -> rttMs + " ms");
  }

  private static void ourRetransmissionsAreWhatTheyHadToBe(final LossyResult r) {
    final long lost = r.our("out.lost");
    final long again = r.our("totalRetrans");
    assertAtMost(0, r.kernel("TcpRetransSegs"), 3); // its last byte, its SYN
    assertTrue(r.kernel("IpExtInECT0Pkts") > 0.9 * (r.kernel("TcpInSegs") - again), "ECT");
    retransmissionsFitTheLosses(again, lost);
    // What came twice: copies of the wire and repetitions that were not needed. Each D-SACK is one.
    final long twice = r.our("out.duplicated") + again - lost;
    final long noted = r.kernel("TcpExtTCPDSACKOldSent") + r.kernel("TcpExtTCPDSACKOfoSent");
    assertNear("duplicates that Linux noted", twice, noted);
    whatLinuxReportsTwiceIsCounted(r, noted);
    // A hole for each loss and each frame held back, several segments behind each.
    assertTrue(r.theirs("rcv_ooopack") >= lost, () -> "out of order: " + r.socket());
    // A reduction is taken back where all that was sent again was not needed, and only there.
    assertAtMost(
        0,
        r.our("TCP_RECOVERIES_UNDONE"),
        Math.max(0, again - lost) + r.our("TCP_RECOVERIES") / 10);
    assertTrue(r.our("TCP_RECOVERIES") > lost / 10, "recoveries");
  }

  /**
   * Linux counts a D-SACK when it notes a duplicate (tcp_dsack_set), not when one leaves. It tells
   * at once of what lies below its ACK. Of what it holds above a hole it may tell nothing: once
   * three duplicate ACKs have left it compresses them (tcp_comp_sack_nr), and the one ACK that
   * leaves for many has no D-SACK. In a capture of 687 that were noted 555 left: 504 of 505 below,
   * 51 of 182 above; with compression off 336 of 338. So what left is read from the wire, and from
   * there on the numbers are exact: we count what arrived but for what came on an ACK that was
   * overtaken and is too old for PAWS.
   */
  private static void whatLinuxReportsTwiceIsCounted(final LossyResult r, final long noted) {
    final long below = r.kernel("TcpExtTCPDSACKOldSent");
    final long left = r.our("in.dsacks");
    assertAtMost(below - below / 50 - FEW, left, noted);
    final long arrived = r.our("near.dsacksIn");
    assertAtMost(left - left / 20 - FEW, arrived, left + left / 20 + FEW); // lost, doubled
    final long refused = r.our("drop.TCP_PAWS") + r.our("drop.TCP_BAD_ACK");
    assertAtMost(arrived - refused, r.our("TCP_DSACK_BLOCKS_IN"), arrived);
    assertEquals(0, r.our("TCP_SACK_BLOCKS_IGNORED"));
  }

  private static void theirRetransmissionsAreWhatWeMadeThemSend(final LossyResult r) {
    final long lost = r.our("in.lost");
    final long again = r.kernel("TcpRetransSegs");
    assertAtMost(0, r.our("totalRetrans"), 3);
    assertEquals(again, (long) r.theirs("totalRetrans"));
    retransmissionsFitTheLosses(again, lost);
    final long twice = r.our("in.duplicated") + again - lost;
    // Of those that came in one burst only the last, or what joins it, is told (RFC 2883 4).
    final long segments = r.kernel("TcpExtTCPDSACKRecvSegs");
    assertAtMost(twice - twice / 10 - OTHER_FRAMES, segments, twice + twice / 20 + OTHER_FRAMES);
    // Linux counts what arrived but for what came on an ACK too old for PAWS.
    final long told = r.our("near.dsacksOut");
    final long arrived = r.our("out.dsacks");
    assertAtMost(told - told / 20 - FEW, arrived, told + told / 20 + FEW);
    final long refused =
        r.kernel("TcpExtPAWSEstab") + r.nstat().getOrDefault("TcpExtPAWSOldAck", 0L); // since 6.14
    final long taken = r.kernel("TcpExtTCPDSACKRecv") + r.kernel("TcpExtTCPDSACKOfoRecv");
    assertAtMost(arrived - refused, taken, arrived);
    assertTrue(r.our("TCP_OUT_OF_ORDER_SEGMENTS") >= lost, "out of order");
    assertTrue(r.kernel("TcpExtTCPSackRecovery") > lost / 10, "recoveries");
    assertEquals(0, r.our("TCP_SACK_BLOCKS_IGNORED"));
  }

  /**
   * Each lost segment is sent again, and hardly any other: SACK blocks say what is there, and RACK
   * waits for what is only late. The tenth allows for timeouts of a machine that stands still.
   */
  private static void retransmissionsFitTheLosses(final long again, final long lost) {
    assertAtMost(lost - OTHER_FRAMES, again, lost + lost / 10 + OTHER_FRAMES);
  }

  /**
   * Between losses of one segment in a hundred, reno has sqrt(3/2p) = 12 segments on average, cubic
   * somewhat more: one that never fell or never grew is elsewhere.
   */
  private static void theWindowIsThatOfAWireThatLoses(final LossyResult r, final boolean weSend) {
    final double cwnd = meanWindow(r, weSend);
    assertTrue(cwnd > 5 && cwnd < 60, () -> "cwnd " + cwnd);
  }

  private static double meanWindow(final LossyResult r, final boolean weSend) {
    return weSend
        ? mean(r, s -> LossyResult.number(s.ours(), "sndCwndSegments"))
        : mean(r, s -> LossyResult.number(s.socket(), "cwnd"));
  }

  /** Each packet with a mark arrived, and each was answered, some of them by one reduction. */
  private static void weSlowDown(final LossyResult r) {
    final long marked = r.our("out.marked");
    assertTrue(marked > FEW, () -> marked + " marks");
    assertEquals(marked, r.kernel("IpExtInCEPkts"));
    assertTrue(r.socket().containsKey("ecnseen"), () -> "ecnseen in " + r.socket());
    // No more of them than marks: CWR is heard, and the echo ends within the round trip.
    assertAtMost(marked / 2, r.our("TCP_ECN_REDUCTIONS"), marked);
    assertEquals(0, r.our("TCP_RECOVERIES"));
    assertEquals(0, r.our("TCP_FAST_RETRANSMITS"));
    final long timers = r.our("TCP_LOSS_PROBES") + r.our("TCP_RETRANSMISSION_TIMEOUTS");
    assertAtMost(0, r.our("totalRetrans"), timers);
  }

  private static void theySlowDown(final LossyResult r) {
    final long marked = r.our("in.marked");
    assertTrue(marked > FEW, () -> marked + " marks");
    assertEquals(marked, r.our("IPV4_CONGESTION_MARKS_IN"));
    // Linux counts what ACKs with an echo cover: each mark at least, and no more than about a
    // window for each, or we have not heard its CWR.
    final long echoed = r.kernel("TcpExtTCPDeliveredCE");
    assertAtMost(marked, echoed, r.kernel("TcpOutSegs") / 3);
    // The wire keeps their order, but a Linux sender that moves to another processor overtakes
    // itself on its way to the wire: it may take for lost what is late, and hears that it was not.
    final long late = r.our("TCP_OUT_OF_ORDER_SEGMENTS");
    final long again = r.kernel("TcpRetransSegs");
    final long timers = r.kernel("TcpExtTCPLossProbes") + r.kernel("TcpExtTCPTimeouts");
    assertAtMost(0, r.kernel("TcpExtTCPSackRecovery"), late);
    assertAtMost(0, again, timers + (late == 0 ? 0 : r.our("near.dsacksOut")));
  }

  /** sqrt(3/2p) is 17 segments here. */
  private static void theWindowIsThatOfACrowdedWire(final LossyResult r, final boolean weSend) {
    final double cwnd = meanWindow(r, weSend);
    assertTrue(cwnd > 6 && cwnd < 85, () -> "cwnd " + cwnd);
  }

  private static double mean(
      final LossyResult r, final Function<LossyResult.Sample, Double> number) {
    assertTrue(r.samples().size() >= LossyEnd.SAMPLES - 1);
    return r.samples().stream().mapToDouble(number::apply).average().orElseThrow();
  }

  private static void assertNear(final String what, final long expected, final long actual) {
    final long tolerance = expected / 5 + OTHER_FRAMES;
    assertTrue(
        Math.abs(expected - actual) <= tolerance, () -> what + ": " + actual + ", not " + expected);
  }

  private static void assertAtMost(final long least, final long actual, final long most) {
    assertTrue(actual >= least && actual <= most, () -> actual + ": " + least + " to " + most);
  }

  private static void print(final String what, final long bytes, final LossyResult r) {
    final Map<String, Long> kernel = r.nstat();
    System.out.printf(
        Locale.ROOT,
        "%s: %d MB in %.1f s, %.1f MB/s; wire lost %d/%d, doubled %d/%d out/in;"
            + " we sent again %d (undone %d of %d, RTO %d, probes %d), cwnd %.0f, rtt %.2f ms;"
            + " Linux sent again %d (undone %d of %d, RTO %d), cwnd %.0f, rtt %s ms,"
            + " D-SACKs noted %d, left %d, arrived %d, ours taken %d, theirs taken %d;"
            + " marked %d/%d, we reduced %d, Linux heard of %d; %d came late%n",
        what,
        bytes / MEGABYTE,
        r.elapsedNs() / 1e9,
        bytes * 1e9 / MEGABYTE / r.elapsedNs(),
        r.our("out.lost"),
        r.our("in.lost"),
        r.our("out.duplicated"),
        r.our("in.duplicated"),
        r.our("totalRetrans"),
        r.our("TCP_RECOVERIES_UNDONE"),
        r.our("TCP_RECOVERIES"),
        r.our("TCP_RETRANSMISSION_TIMEOUTS"),
        r.our("TCP_LOSS_PROBES"),
        mean(r, s -> LossyResult.number(s.ours(), "sndCwndSegments")),
        r.our("rttNs") / 1e6,
        kernel.get("TcpRetransSegs"),
        kernel.get("TcpExtTCPFullUndo") + kernel.get("TcpExtTCPDSACKUndo"),
        kernel.get("TcpExtTCPSackRecovery"),
        kernel.get("TcpExtTCPTimeouts"),
        mean(r, s -> LossyResult.number(s.socket(), "cwnd")),
        r.socket().get("rtt"),
        kernel.get("TcpExtTCPDSACKOldSent") + kernel.get("TcpExtTCPDSACKOfoSent"),
        r.our("in.dsacks"),
        r.our("near.dsacksIn"),
        r.our("TCP_DSACK_BLOCKS_IN"),
        kernel.get("TcpExtTCPDSACKRecvSegs"),
        r.our("out.marked"),
        r.our("in.marked"),
        r.our("TCP_ECN_REDUCTIONS"),
        kernel.get("TcpExtTCPDeliveredCE"),
        r.our("TCP_OUT_OF_ORDER_SEGMENTS"));
  }
}
