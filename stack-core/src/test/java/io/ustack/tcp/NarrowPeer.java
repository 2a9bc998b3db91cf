package io.ustack.tcp;

import io.ustack.testing.Frames;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;

/**
 * A peer behind a path that swallows long segments without a word: it acknowledges each of the
 * others, by SACK if the handshake permitted it.
 */
final class NarrowPeer {
  private final TestStack stack;
  private final boolean sack;
  private final BitSet arrived = new BitSet();
  private int next = 1;

  /** Payload of the longest segment that gets through. */
  int mostBytes;

  /** The sequence number of a segment that gets lost once, whatever its length. */
  int lost;

  /** Payload of the longest segment that came. */
  int longestSeen;

  NarrowPeer(final TestStack stack, final boolean sack, final int mostBytes) {
    this.stack = stack;
    this.sack = sack;
    this.mostBytes = mostBytes;
  }

  /** Bytes of the stream that arrived in order. */
  int received() {
    return next - 1;
  }

  /** Answers everything; when nothing comes, time passes by 10 ms. */
  void run(final int steps) {
    for (int i = 0; i < steps; i++) {
      answer();
      stack.net.advance(10_000_000);
    }
    answer();
  }

  /** Writes so many bytes as the buffer takes them, and answers until all have arrived. */
  void receive(final int bytes) {
    int written = received();
    final int end = written + bytes;
    for (int i = 0; received() < end; i++) {
      if (i == 20_000) {
        throw new AssertionError("only " + received() + " of " + end + " arrived");
      }
      written += stack.write(written + 1, Math.min(end - written, 32_768));
      answer();
      if (stack.net.link.sentCount() == 0) {
        stack.net.advance(10_000_000);
      }
    }
    answer();
  }

  private void answer() {
    while (stack.net.link.sentCount() > 0) {
      final List<String> acks = new ArrayList<>();
      while (stack.net.link.sentCount() > 0) {
        final String ack = answerTo(stack.net.link.takeSent());
        if (ack != null) {
          acks.add(ack);
        }
      }
      stack.burst(acks.toArray(String[]::new));
    }
  }

  private String answerTo(final byte[] frame) {
    final ByteBuffer segment = ByteBuffer.wrap(Frames.tail(frame, Frames.IPV4)).slice();
    final int seq = segment.getInt(4) - TestStack.OUR_ISN;
    final int length = segment.capacity() - ((segment.get(12) & 0xF0) >>> 2);
    longestSeen = Math.max(longestSeen, length);
    if (seq == lost) {
      lost = 0;
      return null;
    }
    if (length == 0 || length > mostBytes) {
      return null;
    }
    arrived.set(seq, seq + length);
    next = arrived.nextClearBit(1);
    final String block =
        sack && seq >= next ? " <nop,nop,sack %d:%d>".formatted(seq, seq + length) : "";
    return ". 1:1(0) ack %d win 65535%s".formatted(next, block);
  }
}
