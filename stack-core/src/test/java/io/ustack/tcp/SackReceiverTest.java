package io.ustack.tcp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ustack.house.Covers;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** What our ACKs report of segments out of order: RFC 2018 and RFC 2883. */
class SackReceiverTest {
  private static final String OK = "<mss 1460,nop,nop,sackOK>";

  private static TestStack established() {
    return TestStack.listening().establish(OK, OK, 65535);
  }

  // ---- Negotiation (RFC 2018 2)

  @Test
  @Covers(rfc = "RFC 2018", clause = "2")
  void synWithoutPermissionGetsNone() {
    try (TestStack s = TestStack.established()) {
      s.script("< . 101:201(100) ack 1 win 65535", "> . 1:1(0) ack 1");
    }
  }

  @Test
  @Covers(
      rfc = "RFC 2018",
      clause = "2",
      what = "SACK-permitted in both SYNs",
      by = {SynOffer.class, TcpOptions.class})
  void permissionAndTimestampsShareTheirWord() {
    try (TestStack s = TestStack.listening()) {
      s.script(
          """
          < S 0:0(0) win 65535 <mss 1460,sackOK,TS val 100 ecr 0,nop,wscale 7>
          > S. 0:0(0) ack 1 win 65535 <mss 1460,sackOK,TS val 3000 ecr 100,nop,wscale 7>
          < . 1:1(0) ack 1 win 512 <nop,nop,TS val 100 ecr 3000>
          < . 101:201(100) ack 1 win 512 <nop,nop,TS val 101 ecr 3000>
          > . 1:1(0) ack 1 <nop,nop,TS val 3000 ecr 100,nop,nop,sack 101:201>
          """);
    }
  }

  @Test
  void turnedOffItIsNotAgreedTo() {
    try (TestStack s = TestStack.listening(TestStack.PLAIN.with().sack(false).build())) {
      s.script("< S 0:0(0) win 65535 " + OK, "> S. 0:0(0) ack 1 win 65535 <mss 1460>");
    }
  }

  // ---- RFC 2018 4

  /** The examples of RFC 2018 7 begin like this: the first segment of several is lost. */
  @Test
  void oneHoleOneGrowingBlock() {
    try (TestStack s = established()) {
      s.script(
          """
          < . 501:1001(500) ack 1 win 65535
          > . 1:1(0) ack 1 <nop,nop,sack 501:1001>
          < . 1001:1501(500) ack 1 win 65535
          > . 1:1(0) ack 1 <nop,nop,sack 501:1501>
          < . 1:501(500) ack 1 win 65535
          > . 1:1(0) ack 1501
          """);
    }
  }

  /** The latest block comes first, and what it pushed back behind it. */
  @Test
  @Covers(
      rfc = "RFC 2018",
      clause = "4",
      what = "which blocks an ACK reports",
      by = {SackBlocks.class, OutOfOrder.class})
  void everySecondIsLost() {
    try (TestStack s = established()) {
      s.script(
          """
          < . 101:201(100) ack 1 win 65535
          > . 1:1(0) ack 1 <nop,nop,sack 101:201>
          < . 301:401(100) ack 1 win 65535
          > . 1:1(0) ack 1 <nop,nop,sack 301:401 101:201>
          < . 501:601(100) ack 1 win 65535
          > . 1:1(0) ack 1 <nop,nop,sack 501:601 301:401 101:201>
          < . 701:801(100) ack 1 win 65535
          > . 1:1(0) ack 1 <nop,nop,sack 701:801 501:601 301:401 101:201>
          < . 901:1001(100) ack 1 win 65535
          > . 1:1(0) ack 1 <nop,nop,sack 901:1001 701:801 501:601 301:401>
          < . 201:301(100) ack 1 win 65535
          > . 1:1(0) ack 1 <nop,nop,sack 101:401 901:1001 701:801 501:601>
          < . 1:101(100) ack 1 win 65535
          > . 1:1(0) ack 401 <nop,nop,sack 901:1001 701:801 501:601>
          """);
    }
  }

  /** The most recently reported blocks, not those of the most recent segments. */
  @Test
  @Covers(rfc = "RFC 2018", clause = "4")
  void manySegmentsOfOneBlockPushNoOtherOut() {
    try (TestStack s = established()) {
      s.script(
          """
          < . 101:201(100) ack 1 win 65535
          > . 1:1(0) ack 1 <nop,nop,sack 101:201>
          < . 301:401(100) ack 1 win 65535
          > . 1:1(0) ack 1 <nop,nop,sack 301:401 101:201>
          """);
      for (int end = 501; end <= 901; end += 100) {
        s.script(
            "< . %d:%d(100) ack 1 win 65535".formatted(end - 100, end),
            "> . 1:1(0) ack 1 <nop,nop,sack 301:%d 101:201>".formatted(end));
      }
    }
  }

  /** As many distinct blocks as there is room for, also such as had been pushed out. */
  @Test
  @Covers(rfc = "RFC 2018", clause = "4")
  void whatWasPushedOutComesBackWhereThereIsRoom() {
    try (TestStack s = established()) {
      s.burst(
          ". 101:201(100) ack 1 win 65535",
          ". 301:401(100) ack 1 win 65535",
          ". 501:601(100) ack 1 win 65535",
          ". 701:801(100) ack 1 win 65535",
          ". 901:1001(100) ack 1 win 65535");
      assertEquals(5, s.takeSent());
      s.script(
          "< . 801:901(100) ack 1 win 65535",
          "> . 1:1(0) ack 1 <nop,nop,sack 701:1001 501:601 301:401 101:201>");
    }
  }

  /** The stream has reached 101:201, so that block takes no place any more. */
  @Test
  @Covers(rfc = "RFC 2018", clause = "4")
  void aBlockThatIsAcknowledgedPushesNoOtherOut() {
    try (TestStack s = established()) {
      s.burst(
          ". 701:801(100) ack 1 win 65535",
          ". 901:1001(100) ack 1 win 65535",
          ". 501:601(100) ack 1 win 65535",
          ". 301:401(100) ack 1 win 65535",
          ". 101:201(100) ack 1 win 65535",
          ". 1:101(100) ack 1 win 65535");
      s.takeSent();
      s.script(
          "< . 1101:1201(100) ack 1 win 65535",
          "> . 1:1(0) ack 201 <nop,nop,sack 1101:1201 301:401 501:601 901:1001>");
    }
  }

  @Test
  @Covers(rfc = "RFC 2018", clause = "4")
  void withTimestampsThreeBlocksFit() {
    try (TestStack s = TestStack.listening()) {
      s.script(
          """
          < S 0:0(0) win 65535 <mss 1460,sackOK,TS val 100 ecr 0>
          > S. 0:0(0) ack 1 win 65535 <mss 1460,sackOK,TS val 3000 ecr 100>
          < . 1:1(0) ack 1 win 65535 <nop,nop,TS val 100 ecr 3000>
          """);
      for (int i = 1; i <= 4; i++) {
        s.burst(
            ". %d01:%d01(100) ack 1 win 65535 <nop,nop,TS val 100 ecr 3000>"
                .formatted(2 * i, 2 * i + 1));
        if (i < 4) {
          assertEquals(1, s.takeSent());
        }
      }
      s.script(
          "> . 1:1(0) ack 1"
              + " <nop,nop,TS val 3000 ecr 100,nop,nop,sack 801:901 601:701 401:501>");
    }
  }

  /** Data of ours has blocks only where its payload leaves room. */
  @Test
  void dataCarriesBlocksWhereTheyFit() {
    try (TestStack s = established()) {
      s.script("< . 101:201(100) ack 1 win 65535", "> . 1:1(0) ack 1 <nop,nop,sack 101:201>");
      s.write(1, 1460 + 100);
      s.script(
          """
          > . 1:1461(1460) ack 1
          > P. 1461:1561(100) ack 1 <nop,nop,sack 101:201>
          """);
    }
  }

  // ---- D-SACK (RFC 2883 4)

  @Test
  @Covers(
      rfc = "RFC 2883",
      clause = "4",
      what = "D-SACK, as a receiver",
      by = {SackBlocks.class, Receiver.class})
  void repeatedDataIsReportedOnce() {
    try (TestStack s = established()) {
      s.script(
          """
          < . 1:501(500) ack 1 win 65535
          +0.04 > . 1:1(0) ack 501
          < . 1:501(500) ack 1 win 65535
          > . 1:1(0) ack 501 <nop,nop,sack 1:501>
          < . 601:701(100) ack 1 win 65535
          > . 1:1(0) ack 501 <nop,nop,sack 601:701>
          """);
    }
  }

  /** The first ACK after a burst has room for one report. */
  @Test
  @Covers(rfc = "RFC 2883", clause = "4", what = "D-SACK, as a receiver")
  void duplicatesThatTouchAreReportedAsOne() {
    try (TestStack s = established()) {
      s.script("< . 1:451(450) ack 1 win 65535", "+0.04 > . 1:1(0) ack 451");
      s.burst(
          ". 151:301(150) ack 1 win 65535",
          ". 301:451(150) ack 1 win 65535",
          ". 1:151(150) ack 1 win 65535");
      final String bare = "> . 1:1(0) ack 451";
      s.script("> . 1:1(0) ack 451 <nop,nop,sack 1:451>", bare, bare);
      s.burst(". 1:151(150) ack 1 win 65535", ". 301:451(150) ack 1 win 65535");
      s.script("> . 1:1(0) ack 451 <nop,nop,sack 301:451>", bare);
      s.burst(". 301:451(150) ack 1 win 65535", ". 1:151(150) ack 1 win 65535");
      s.script("> . 1:1(0) ack 451 <nop,nop,sack 1:151>", bare);
    }
  }

  /** RFC 2883 4.1.2: the duplicate lies in a block that is still to be reported. */
  @Test
  void repeatedDataBehindAHoleIsFollowedByItsBlock() {
    try (TestStack s = established()) {
      s.script(
          """
          < . 501:1001(500) ack 1 win 65535
          > . 1:1(0) ack 1 <nop,nop,sack 501:1001>
          < . 601:801(200) ack 1 win 65535
          > . 1:1(0) ack 1 <nop,nop,sack 601:801 501:1001>
          < . 1001:1101(100) ack 1 win 65535
          > . 1:1(0) ack 1 <nop,nop,sack 501:1101>
          """);
    }
  }

  /** So too where others came after it in one burst: else it would be no D-SACK. */
  @Test
  @Covers(rfc = "RFC 2883", clause = "4", what = "D-SACK, as a receiver")
  void theBlockAroundADuplicateComesBeforeLaterOnes() {
    try (TestStack s = established()) {
      s.script("< . 101:301(200) ack 1 win 65535", "> . 1:1(0) ack 1 <nop,nop,sack 101:301>");
      s.burst(". 101:201(100) ack 1 win 65535", ". 501:601(100) ack 1 win 65535");
      s.script(
          "> . 1:1(0) ack 1 <nop,nop,sack 101:201 101:301 501:601>",
          "> . 1:1(0) ack 1 <nop,nop,sack 501:601 101:301>");
    }
  }

  /** RFC 2883 4.2: only the part that came before. */
  @Test
  @Covers(rfc = "RFC 2883", clause = "4", what = "D-SACK, as a receiver")
  void partlyRepeatedDataIsReportedInPart() {
    try (TestStack s = established()) {
      s.script(
          """
          < . 1:501(500) ack 1 win 65535
          +0.04 > . 1:1(0) ack 501
          < . 401:601(200) ack 1 win 65535
          +0.04 > . 1:1(0) ack 601 <nop,nop,sack 401:501>
          < . 701:801(100) ack 1 win 65535
          > . 1:1(0) ack 601 <nop,nop,sack 701:801>
          < . 751:851(100) ack 1 win 65535
          > . 1:1(0) ack 601 <nop,nop,sack 751:801 701:851>
          """);
    }
  }

  @Test
  void resetsReportNothing() {
    try (TestStack s = established()) {
      s.script("< . 101:201(100) ack 1 win 65535", "> . 1:1(0) ack 1 <nop,nop,sack 101:201>");
      s.abort();
      s.script("> R. 1:1(0) ack 1");
    }
  }

  // ---- Any order

  /** Each block names bytes that are there, none twice, and the first holds the last segment. */
  @Test
  @Covers(rfc = "RFC 2018", clause = "4")
  void blocksAreTrueWhateverComes() {
    final Random random = new Random(1);
    for (int life = 0; life < 200; life++) {
      final OutOfOrder ranges = new OutOfOrder();
      final SackBlocks blocks = new SackBlocks();
      for (int i = 0; i < 40; i++) {
        final int from = random.nextInt(3000);
        if (!ranges.add(from, from + 1 + random.nextInt(60))) {
          continue;
        }
        blocks.onOutOfOrder(from, ranges);
        final int max = 1 + random.nextInt(4);
        final int count = blocks.select(ranges, max);
        assertEquals(Math.min(max, ranges.ranges()), count);
        assertTrue(blocks.start(0) <= from && from < blocks.end(0));
        final List<Integer> seen = new ArrayList<>();
        for (int block = 0; block < count; block++) {
          final int range = ranges.find(blocks.start(block));
          assertEquals(ranges.start(range), blocks.start(block));
          assertEquals(ranges.end(range), blocks.end(block));
          assertTrue(!seen.contains(range));
          seen.add(range);
        }
      }
    }
  }

  /** RFC 2883 4.2: the part that had arrived is not at the segment's beginning. */
  @Test
  void whatArrivedInTheMiddleIsReported() {
    try (TestStack s = LossScript.withSack()) {
      s.burst("P. 31:41(10) ack 1 win 65535");
      s.takeSent();
      s.script(
          "< P. 21:51(30) ack 1 win 65535", "> . 1:1(0) ack 1 <nop,nop,sack 31:41 21:51>",
          "< P. 1:31(30) ack 1 win 65535", "> . 1:1(0) ack 51 <nop,nop,sack 21:31>");
      assertEquals(50, s.read(1, 50));
    }
  }
}
