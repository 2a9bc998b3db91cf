package io.ustack.tcp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ustack.testing.Frames;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.PriorityQueue;
import java.util.Random;

/**
 * One transfer to a peer that exists only here, over a wire that loses, delays, reorders and
 * doubles. The peer reports truly what it has (RFC 2018, RFC 2883); a liar adds ACKs that mean
 * nothing, and may throw away what it had reported. After each step everything that must always
 * hold of the sender is checked.
 */
final class LossyWire {
  /** What the wire and the peer are like. */
  record Setup(boolean sack, boolean timestamps, boolean lies, boolean reneges, double worst) {}

  private static final long MS = 1_000_000;

  private record Event(
      long atNs, int order, boolean toPeer, int start, int end, int tick, String ack) {}

  private final Random random;
  private final Setup setup;
  private final TestStack s;
  private final PriorityQueue<Event> events =
      new PriorityQueue<>(
          (a, b) ->
              a.atNs != b.atNs ? Long.compare(a.atNs, b.atNs) : Integer.compare(a.order, b.order));
  private int order;

  // The wire
  private final double loss;
  private final double doubled;
  private final double late;
  private final long delayNs;
  private final boolean lossyAcks;

  // The peer
  private int rcvNxt = 1;
  private final List<int[]> blocks = new ArrayList<>();
  private int recentTick = 3000;
  private int unacked;

  // The application
  private final int total;
  private int written;

  /** What was reported to the sender and has not been acknowledged. */
  private final boolean[] reported;

  private int sndNxt = 1;

  LossyWire(final long seed, final Setup setup) {
    random = new Random(seed);
    this.setup = setup;
    loss = random.nextInt(3) == 0 ? 0 : random.nextDouble() * setup.worst;
    doubled = random.nextInt(3) == 0 ? random.nextDouble() * 0.2 : 0;
    late = random.nextInt(2) == 0 ? random.nextDouble() * 0.4 : 0;
    delayNs = MS * (1 + random.nextInt(60));
    lossyAcks = random.nextBoolean();
    total = 1 + random.nextInt(random.nextInt(4) == 0 ? 250_000 : 40_000);
    reported = new boolean[total + 3];
    s = establish();
  }

  private TestStack establish() {
    final TestStack fresh = TestStack.listening(TestStack.PLAIN.withBuffers(1 << 16, 1 << 18));
    if (setup.timestamps) {
      final String sackOk = setup.sack ? "sackOK" : "nop,nop";
      fresh.script(
          "< S 0:0(0) win 65535 <mss 1460,%s,TS val 100 ecr 0,nop,wscale 7>".formatted(sackOk),
          "> S. 0:0(0) ack 1 win 65535 <mss 1460,%s,TS val 3000 ecr 100,nop,wscale 7>"
              .formatted(sackOk),
          "< . 1:1(0) ack 1 win 65535 <nop,nop,TS val 100 ecr 3000>");
      fresh.accept();
      return fresh;
    }
    final String options = setup.sack ? "<mss 1460,nop,nop,sackOK>" : "<mss 1460>";
    return fresh.establish(options, options, 65535);
  }

  private long nowNs() {
    return s.net.clock.nanoTime();
  }

  /** To the end. */
  void run() {
    try (s) {
      final Sender sender = s.connection.sender();
      for (int step = 0; step < 200_000 && !isOver(sender); step++) {
        write();
        final Event next = events.peek();
        final long waitNs = next == null ? 500 * MS : next.atNs - nowNs();
        s.net.advance(Math.max(0, Math.min(waitNs, 500 * MS)));
        take();
        check(sender);
        while (!events.isEmpty() && events.peek().atNs - nowNs() <= 0) {
          deliver(events.poll());
        }
        check(sender);
      }
      assertEquals(total + 2, rcvNxt, "everything arrives, and the FIN");
      assertTrue(sender.isFinAcknowledged());
      assertNull(sender.queue(), "the queue is given back");
      s.takeSent();
      s.abort();
      s.takeSent();
    }
  }

  private boolean isOver(final Sender sender) {
    return rcvNxt == total + 2 && sender.isFinAcknowledged();
  }

  private void write() {
    if (written < total && (written == 0 || random.nextInt(4) == 0)) {
      final int some = Math.min(total - written, 1 + random.nextInt(30_000));
      written += s.write(1 + written, some);
      take();
      if (written == total) {
        s.shutdownSend();
        take();
      }
    }
  }

  // ---- The wire

  /** What the stack sent goes on its way. */
  private void take() {
    byte[] frame = s.net.link.takeSent();
    while (frame != null) {
      final ByteBuffer segment = ByteBuffer.wrap(Frames.tail(frame, Frames.IPV4)).slice();
      final int header = (segment.get(12) & 0xF0) >>> 2;
      final int fin = segment.get(13) & 1;
      final int start = segment.getInt(4) - TestStack.OUR_ISN;
      final int end = start + segment.capacity() - header + fin;
      assertEquals(0, segment.get(13) & 4, "no RST");
      leave(start, end);
      final int tick = setup.timestamps ? segment.getInt(24) : 0;
      carry(true, start, end, tick, "");
      frame = s.net.link.takeSent();
    }
  }

  private void leave(final int start, final int end) {
    assertTrue(start <= sndNxt, "a gap");
    if (end <= sndNxt && end > start && !setup.lies && !setup.reneges) {
      boolean all = true;
      for (int i = start; i < end; i++) {
        all &= reported[i];
      }
      assertFalse(all, "what the peer reported is sent again: " + start + ":" + end);
    }
    sndNxt = Math.max(sndNxt, end);
  }

  private void carry(
      final boolean toPeer, final int start, final int end, final int tick, final String ack) {
    final boolean spared = !toPeer && !lossyAcks;
    final int copies = random.nextDouble() < doubled ? 2 : 1;
    for (int i = 0; i < copies; i++) {
      if (spared || random.nextDouble() >= loss) {
        final long extra =
            random.nextDouble() < late ? (long) (random.nextDouble() * 2 * delayNs) : 0;
        events.add(new Event(nowNs() + delayNs + extra, order++, toPeer, start, end, tick, ack));
      }
    }
  }

  private void deliver(final Event event) {
    if (event.toPeer) {
      receive(event);
    } else {
      if (!event.ack.isEmpty()) {
        s.burst(event.ack);
      }
      for (int i = event.start; i < event.end; i++) {
        reported[i] = true;
      }
      take();
    }
  }

  // ---- The peer

  private void receive(final Event event) {
    if (event.start <= rcvNxt && Seq.geq(event.tick, recentTick)) {
      recentTick = event.tick;
    }
    int[] duplicate = null;
    if (event.end <= rcvNxt || isHeld(event.start, event.end)) {
      duplicate = new int[] {event.start, event.end};
    } else {
      insert(event.start, event.end);
    }
    boolean filled = false;
    while (!blocks.isEmpty() && lowest()[0] <= rcvNxt) {
      final int[] block = lowest();
      blocks.remove(block);
      filled |= block[1] > event.end;
      rcvNxt = Math.max(rcvNxt, block[1]);
    }
    if (setup.reneges && random.nextInt(20) == 0) {
      blocks.clear();
    }
    final boolean delays = blocks.isEmpty() && duplicate == null && !filled;
    if (!delays || ++unacked % 2 == 0 || rcvNxt == total + 2 || random.nextInt(3) == 0) {
      unacked = 0;
      answer(duplicate);
    }
    if (setup.lies && random.nextInt(4) == 0) {
      carry(false, 0, 0, 0, lie());
    }
  }

  private int[] lowest() {
    int[] lowest = blocks.get(0);
    for (final int[] block : blocks) {
      lowest = block[0] < lowest[0] ? block : lowest;
    }
    return lowest;
  }

  private boolean isHeld(final int start, final int end) {
    for (final int[] block : blocks) {
      if (block[0] <= start && end <= block[1]) {
        return true;
      }
    }
    return false;
  }

  /** The newest block is the first. */
  private void insert(final int start, final int end) {
    final int[] joined = {start, end};
    for (int i = blocks.size() - 1; i >= 0; i--) {
      final int[] block = blocks.get(i);
      if (block[0] <= joined[1] && joined[0] <= block[1]) {
        joined[0] = Math.min(joined[0], block[0]);
        joined[1] = Math.max(joined[1], block[1]);
        blocks.remove(i);
      }
    }
    blocks.add(0, joined);
  }

  private void answer(final int[] duplicate) {
    final StringBuilder sack = new StringBuilder();
    int room = setup.timestamps ? 3 : 4;
    if (setup.sack && duplicate != null) {
      sack.append(" %d:%d".formatted(duplicate[0], duplicate[1]));
      room--;
    }
    int low = 0;
    int high = 0;
    for (int i = 0; setup.sack && i < Math.min(room, blocks.size()); i++) {
      sack.append(" %d:%d".formatted(blocks.get(i)[0], blocks.get(i)[1]));
      if (i == 0) {
        low = blocks.get(i)[0];
        high = blocks.get(i)[1];
      }
    }
    carry(false, low, high, 0, ack(rcvNxt, 65535, sack.toString()));
  }

  private String ack(final int ack, final int window, final String sack) {
    String options = setup.timestamps ? "nop,nop,TS val 100 ecr " + recentTick : "";
    if (!sack.isEmpty()) {
      options += (options.isEmpty() ? "" : ",") + "nop,nop,sack" + sack;
    }
    return ". 1:1(0) ack %s win %d%s"
        .formatted(
            Integer.toUnsignedString(ack), window, options.isEmpty() ? "" : " <" + options + ">");
  }

  private String lie() {
    final StringBuilder sack = new StringBuilder();
    for (int i = random.nextInt(4); i > 0; i--) {
      // Never a whole segment above what it has: only what nobody could believe, or would repeat.
      final int at = rcvNxt + random.nextInt(200_000) - 100_000;
      switch (random.nextInt(4)) {
        case 0 -> sack.append(" %d:%d".formatted(at, at - random.nextInt(3000)));
        case 1 -> sack.append(" %d:%d".formatted(sndNxt + 1, sndNxt + 1 + random.nextInt(3000)));
        case 2 -> sack.append(" %d:%d".formatted(rcvNxt - random.nextInt(9000), rcvNxt));
        default -> sack.append(" %d:%d".formatted(at, at + (1 << 30)));
      }
    }
    final int ack = random.nextBoolean() ? rcvNxt : rcvNxt - random.nextInt(5000);
    return ack(ack, random.nextInt(20) == 0 ? 3 : 65535, setup.sack ? sack.toString() : "");
  }

  // ---- What always holds

  private void check(final Sender sender) {
    assertTrue(Seq.leq(sender.sndUna(), sender.sndNxt()));
    assertTrue(sender.window().cwnd() >= sender.window().smss(), "cwnd");
    assertTrue(sender.window().ssthresh() >= 2 * sender.window().smss(), "ssthresh");
    assertTrue(sender.inFlightBytes() >= 0, "pipe");
    final TcpTimers timers = s.connection.timers();
    if (!sender.isIdle() && s.connection.state() != TcpState.CLOSED) {
      assertTrue(timers.kind() != TcpTimers.Kind.NONE, "a timer watches");
      assertTrue(timers.kind() != TcpTimers.Kind.PERSIST, "not the probe's");
    }
    final RetransmitQueue queue = sender.queue();
    assertEquals(sender.isIdle(), queue == null, "a queue is borrowed while one is needed");
    if (queue != null) {
      checkQueue(sender, queue);
    }
  }

  private static void checkQueue(final Sender sender, final RetransmitQueue queue) {
    assertEquals(sender.sndUna(), queue.seq(queue.first()));
    assertEquals(sender.sndNxt(), queue.endSeq(queue.end() - 1));
    int sacked = 0;
    int lost = 0;
    int again = 0;
    int inNetwork = 0;
    for (int p = queue.first(); p != queue.end(); p++) {
      assertTrue(queue.length(p) > 0);
      assertFalse(queue.isSacked(p) && (queue.isLost(p) || queue.isRetransmitted(p)));
      sacked += queue.isSacked(p) ? queue.length(p) : 0;
      lost += queue.isLost(p) ? queue.length(p) : 0;
      again += queue.isRetransmitted(p) ? queue.length(p) : 0;
      inNetwork += queue.isSacked(p) || (queue.isLost(p) && !queue.isRetransmitted(p)) ? 0 : 1;
    }
    assertEquals(sacked, queue.sackedBytes());
    assertEquals(lost, queue.lostBytes());
    assertEquals(again, queue.retransmittedBytes());
    assertEquals(inNetwork, queue.inNetwork());
    assertTrue(queue.inFlightBytes() >= 0);
    assertEquals(queue.outstandingBytes() - sacked - lost + again, queue.inFlightBytes());
  }
}
