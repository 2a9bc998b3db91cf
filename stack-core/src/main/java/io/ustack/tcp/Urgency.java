package io.ustack.tcp;

import io.ustack.buffer.ByteRing;
import io.ustack.counter.Counter;
import io.ustack.counter.Counters;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;

/**
 * Urgent data of a connection, both ways (RFC 9293 3.8.5), as Linux has it: the pointer shows the
 * byte behind the urgent data, whose last byte is the urgent one. Made when there is some: most
 * connections never have any (RFC 6093).
 *
 * <p>What is to be sent is the application's to say, what came is the stack thread's.
 */
public final class Urgency {
  /** {@link #sending} when nothing is urgent; else the position in its low half. */
  private static final long NOTHING = -1;

  private static final int MOST = 0xFFFF;

  private static final VarHandle OF;
  private static final VarHandle SENDING;

  static {
    try {
      final MethodHandles.Lookup lookup = MethodHandles.lookup();
      OF = lookup.findVarHandle(TcpConnection.class, "urgency", Urgency.class);
      SENDING = lookup.findVarHandle(Urgency.class, "sending", long.class);
    } catch (final ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  /** Linux snd_up: where in the send buffer the urgent data ends, without sign. */
  private volatile long sending = NOTHING;

  private volatile @Nullable UrgentMark received;

  private Urgency() {}

  /** That of a connection, made now if need be. Any thread. */
  public static Urgency of(final TcpConnection c) {
    final Urgency present = c.urgency;
    if (present != null) {
      return present;
    }
    final Urgency made = new Urgency();
    final Urgency other = (Urgency) OF.compareAndExchange(c, null, made);
    return other == null ? made : other;
  }

  /** The mark in what a connection has received that was not passed; null for most. Any thread. */
  public static @Nullable UrgentMark mark(final TcpConnection c) {
    final Urgency present = c.urgency;
    final UrgentMark mark = present == null ? null : present.received;
    return mark == null || mark.isPassed() ? null : mark;
  }

  // ---- What is sent

  /**
   * The urgent data ends there, in place of where it ended before. The application, which publishes
   * that data afterwards: no segment with it leaves without the pointer.
   *
   * @param position in the send buffer, just behind the urgent byte
   */
  public void send(final int position) {
    sending = Integer.toUnsignedLong(position);
  }

  /**
   * Linux tcp_urg_mode: urgent data is not acknowledged yet, so nothing waits for company. What is
   * over is forgotten, before positions come round.
   */
  boolean isSending(final SendStream s) {
    final long now = sending;
    if (now == NOTHING) {
      return false;
    }
    if ((int) now - s.buffer.readPosition() > 0) {
      return true;
    }
    SENDING.compareAndSet(this, now, NOTHING);
    return false;
  }

  /** The application wrote: while something is urgent, nothing waits (Linux tcp_nagle_test). */
  static void push(final TcpConnection c) {
    final Urgency present = c.urgency;
    if (present != null && present.isSending(c.sender())) {
      c.sender().push();
    }
  }

  /**
   * The urgent pointer of a segment, as Linux __tcp_transmit_skb: exact where 16 bits can say it,
   * and else as far as they can when this segment is close to all that was sent.
   *
   * @return 0 or less for a segment that is behind the urgent data, or far in front of it
   */
  int pointer(final SendStream s, final int seq) {
    if (!isSending(s)) {
      return 0;
    }
    final int end = s.streamStart() + ((int) sending - s.buffer.readPosition());
    final int ahead = end - seq;
    if (ahead > MOST && Seq.leq(seq + MOST, s.sndNxt)) {
      return 0;
    }
    return Math.min(ahead, MOST);
  }

  // ---- What arrives

  /**
   * RFC 9293 3.10.7.4, sixth, as Linux tcp_check_urg with tcp_stdurg 0: the urgent byte is the one
   * before the pointer. The mark stands before the data can be read that it is in.
   *
   * <p>DEVIATION: RFC 9293 3.8.5, notice of a pointer: the application hears of it when the urgent
   * byte is there, not before: there are no signals (SIGURG).
   */
  static void onPointer(final TcpConnection c, final TcpSegment segment, final Counters counters) {
    final Receiver receiver = c.receiver();
    final int seq = segment.seq + Math.max(0, segment.urgentPointer() - 1);
    final UrgentMark old = mark(c);
    final int position = position(receiver, seq);
    if (Seq.lt(seq, receiver.rcvNxt()) || (old != null && position - old.position() <= 0)) {
      return; // it was read, or can't be had any more, or is known
    }
    counters.increment(Counter.TCP_URGENT_POINTERS_IN);
    of(c).received = old == null ? new UrgentMark(position, 0, 0) : behind(old, receiver, position);
  }

  /**
   * Linux tcp_urg: takes the byte that this or an earlier segment announced, be it in order or not,
   * or beyond a closed window. After the payload was published: who hears of the byte finds the
   * data in front of it.
   *
   * @return whether it was here
   */
  static boolean takeByte(final TcpConnection c, final TcpSegment segment) {
    final UrgentMark mark = mark(c);
    if (mark == null || !mark.isAwaited()) {
      return false;
    }
    final int at = mark.position() - position(c.receiver(), segment.payloadSeq());
    if (at < 0 || at >= segment.payloadLength) {
      return false;
    }
    mark.put(segment.bytes.get(segment.payloadOffset + at));
    return true;
  }

  /**
   * The next mark. If the reader stands at the old one, whose byte is there, it will not read that
   * byte as data; otherwise the byte has become a part of the stream.
   */
  private static UrgentMark behind(
      final UrgentMark old, final Receiver receiver, final int position) {
    final ByteRing buffer = receiver.buffer();
    final int head = buffer.readPosition();
    final int from = head + old.skipped(head);
    final int to = from == old.position() && from != buffer.writePosition() ? from + 1 : from;
    return new UrgentMark(position, head, to);
  }

  /** Where in the receive buffer a byte stands or will stand. */
  private static int position(final Receiver receiver, final int seq) {
    return receiver.buffer().writePosition() + (seq - receiver.rcvNxt());
  }
}
