package io.ustack.tcp;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ustack.buffer.LentPackets;
import io.ustack.buffer.Packet;
import org.junit.jupiter.api.Test;

/**
 * Segments that stay in their packets until the application takes them, and packets that it sends.
 */
class LendingTest {
  private static LentPackets lent(final TestStack stack) {
    return stack.net.stack.lentPackets();
  }

  private static TestStack lending() {
    final TestStack stack = TestStack.established();
    stack.connection.receiveBuffer().keepPackets(lent(stack));
    return stack;
  }

  /** Takes the next packet, which holds these bytes of the peer's stream, and gives it back. */
  private static void take(final TestStack stack, final int streamSeq, final int length) {
    final Packet packet = stack.connection.receiveBuffer().take(0);
    assertNotNull(packet);
    final byte[] bytes = new byte[packet.length()];
    packet.bytes().get(packet.offset(), bytes);
    assertArrayEquals(ScriptedSegment.stream(streamSeq, length), bytes);
    lent(stack).giveBack(packet);
    stack.connection.onReceiveBufferRead(stack.net.clock.nanoTime());
    stack.net.poll();
  }

  @Test
  void segmentsInOrderStayInTheirPackets() {
    try (TestStack stack = lending()) {
      stack.script(
          "< P. 1:1001(1000) ack 1 win 65535",
          "< P. 1001:1101(100) ack 1 win 65535",
          "> . 1:1(0) ack 1101 win 64435");
      assertEquals(2, lent(stack).count());
      assertTrue(stack.connection.receiveBuffer().isBare(), "nothing was copied");
      take(stack, 1, 1000);
      take(stack, 1001, 100);
      assertEquals(0, lent(stack).count());
    }
  }

  @Test
  void withoutAskingNothingStays() {
    try (TestStack stack = TestStack.established()) {
      stack.script("< P. 1:1001(1000) ack 1 win 65535");
      assertEquals(0, lent(stack).count());
      assertNull(stack.connection.receiveBuffer().take(0));
      stack.script("+0.04 > . 1:1(0) ack 1001");
    }
  }

  /** What waits behind a hole is copied to its place; so is what fills it. */
  @Test
  void aHoleIsFilledInTheBuffer() {
    try (TestStack stack = lending()) {
      stack.script(
          "< P. 1:101(100) ack 1 win 65535",
          "< P. 201:301(100) ack 1 win 65535",
          "> . 1:1(0) ack 101",
          "< P. 101:201(100) ack 1 win 65535",
          "> . 1:1(0) ack 301",
          "< P. 301:401(100) ack 1 win 65535");
      assertEquals(2, lent(stack).count());
      take(stack, 1, 100);
      assertEquals(200, stack.connection.receiveBuffer().runBeforePacket(0));
      assertEquals(200, stack.read(101, 200));
      take(stack, 301, 100);
      stack.script("+0.04 > . 1:1(0) ack 401");
    }
  }

  /** A segment of which the beginning is old keeps only what is new. */
  @Test
  void whatIsOldOfASegmentIsNotLentAgain() {
    try (TestStack stack = lending()) {
      stack.script(
          "< P. 1:101(100) ack 1 win 65535",
          "< P. 51:151(100) ack 1 win 65535",
          "> . 1:1(0) ack 151");
      take(stack, 1, 100);
      take(stack, 101, 50);
    }
  }

  @Test
  void readingCopiesOutOfPackets() {
    try (TestStack stack = lending()) {
      stack.script(
          "< P. 1:101(100) ack 1 win 65535",
          "< P. 101:201(100) ack 1 win 65535",
          "> . 1:1(0) ack 201");
      assertEquals(150, stack.read(1, 150));
      stack.net.poll();
      assertEquals(1, lent(stack).count());
      take(stack, 151, 50);
    }
  }

  @Test
  void closingWithPacketsUnreadResetsAndGivesThemBack() {
    try (TestStack stack = lending()) {
      stack.script("< P. 1:101(100) ack 1 win 65535");
      stack.closeConnection();
      stack.script("> R. 1:1(0) ack 101 win 0");
      stack.net.poll();
      assertEquals(0, lent(stack).count());
    }
  }

  /** The share is used up: the stream goes on by copies. */
  @Test
  void withoutAShareTheStreamIsCopied() {
    try (TestStack stack = lending()) {
      while (lent(stack).lendEmpty() != null) {
        assertTrue(lent(stack).count() > 0);
      }
      stack.script("< P. 1:101(100) ack 1 win 65535");
      assertEquals(100, stack.connection.receiveBuffer().runBeforePacket(0));
      assertEquals(100, stack.read(1, 100));
      stack.script("+0.04 > . 1:1(0) ack 101");
    }
  }

  // ---- Packets that the application sends

  /** Puts a packet with these bytes of our stream into the send buffer. */
  private static void put(final TestStack stack, final int streamSeq, final int length) {
    stack.connection.sendBuffer().keepPackets(lent(stack));
    final Packet packet = lent(stack).lendEmpty();
    assertNotNull(packet);
    packet.bytes().put(packet.append(length), ScriptedSegment.stream(streamSeq, length));
    assertTrue(stack.connection.sendBuffer().put(0, packet));
    stack.connection.sendBuffer().publish(length);
    stack.connection.onSendBufferWritten(stack.net.clock.nanoTime());
    stack.net.poll();
  }

  @Test
  void aPacketIsSentAndKeptUntilItIsAcknowledged() {
    try (TestStack stack = TestStack.established()) {
      put(stack, 1, 1000);
      stack.script("> P. 1:1001(1000) ack 1");
      assertEquals(1, lent(stack).count());
      stack.script("+0.2 > P. 1:1001(1000) ack 1", "< . 1:1(0) ack 501 win 65535");
      assertEquals(1, lent(stack).count(), "half of it may be needed again");
      stack.script("< . 1:1(0) ack 1001 win 65535");
      stack.net.poll();
      assertEquals(0, lent(stack).count());
    }
  }

  /** Segments do not care where packets and bytes meet. */
  @Test
  void packetsAndBytesShareSegments() {
    try (TestStack stack = TestStack.established()) {
      stack.write(1, 100);
      stack.script("> P. 1:101(100) ack 1");
      stack.write(101, 50); // Nagle: waits
      put(stack, 151, 50);
      stack.write(201, 50);
      stack.script("< . 1:1(0) ack 101 win 65535", "> P. 101:251(150) ack 1");
      stack.script("< . 1:1(0) ack 251 win 65535");
      stack.net.poll();
      assertEquals(0, lent(stack).count());
    }
  }

  @Test
  void anAbortGivesBackWhatWasNotSent() {
    try (TestStack stack = TestStack.established()) {
      put(stack, 1, 1000);
      stack.script("> P. 1:1001(1000) ack 1");
      stack.abort();
      stack.script("> R. 1001:1001(0) ack 1 win 0");
      stack.net.poll();
      assertEquals(0, lent(stack).count());
      assertFalse(stack.connection.sendBuffer().length() < 0);
    }
  }
}
