package io.ustack.posix;

import io.ustack.buffer.LentPackets;
import io.ustack.buffer.Packet;
import io.ustack.buffer.PacketRing;
import java.lang.ref.PhantomReference;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * What a {@link Loan} holds, and all that is left of it when the application forgets it: then the
 * garbage collector hands it to {@link Loans}, which gives the packet back.
 */
final class LoanMemory extends PhantomReference<Loan> {
  private static final int SMALLEST_COPY_BYTES = 2048;

  /** Of a stream, at a time. */
  private static final int MOST_COPIED_BYTES = 16 << 10;

  private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);

  final Loans loans;

  /** Whoever takes it out gives it back, so that happens once. */
  private final AtomicReference<@Nullable Packet> packet = new AtomicReference<>();

  /** Whose the packet is. */
  private @Nullable LentPackets lender;

  /** The memory of all packets, and our view of it. */
  private ByteBuffer viewed = NOTHING;

  private ByteBuffer view = NOTHING;

  private ByteBuffer copy = NOTHING;
  private volatile boolean copied;
  private int offset;
  private int length;

  private final LoanTrace made = new LoanTrace("the loan was made here, and is held since later");
  private LoanTrace held = made;

  LoanMemory(final Loan owner, final Loans loans) {
    super(owner, loans.forgotten());
    this.loans = loans;
  }

  /** Holds a packet that is lent to it by {@code newLender}, placed on the bytes. */
  @SuppressWarnings("ReferenceEquality") // whether it is a view of that very memory
  void hold(final Packet lent, final LentPackets newLender) {
    if (viewed != lent.bytes()) {
      viewed = lent.bytes();
      view = viewed.duplicate();
    }
    offset = lent.offset();
    length = lent.length();
    view.limit(offset + length).position(offset).order(ByteOrder.BIG_ENDIAN);
    lender = newLender;
    packet.set(lent);
    trace();
    if (loans.isClosed()) {
      giveBack(); // its engine was closed meanwhile, and has not seen it
    }
  }

  /** All its bytes, whatever the caller made of position and limit. */
  ByteBuffer source() {
    check();
    final ByteBuffer all = copied ? copy : view;
    return all.limit(offset + length);
  }

  /** Where to copy so many bytes to, which {@link #holdCopy} holds. */
  ByteBuffer room(final int bytes) {
    if (copy.capacity() < bytes) {
      copy = ByteBuffer.allocate(Math.max(bytes, SMALLEST_COPY_BYTES));
    }
    return copy.clear();
  }

  void holdCopy(final int bytes) {
    offset = 0;
    length = bytes;
    copy.position(0).limit(bytes).order(ByteOrder.BIG_ENDIAN);
    copied = true;
    trace();
  }

  /**
   * Takes what lies in front of a receive buffer, of which {@code there} bytes are seen: in its
   * packet, which is of {@code from}, or a copy. Consumer of the ring. Returns bytes, 0 when the
   * ring {@link PacketRing#isRetired}
   */
  int take(final PacketRing ring, final int there, final LentPackets from) {
    final Packet lent = ring.take(0);
    if (lent != null) {
      final int count = lent.length(); // it is the stack's again if its engine is closed
      hold(lent, from);
      return count;
    }
    return copy(ring, Math.min(there, ring.runBeforePacket(0)));
  }

  /** As {@link #take}, always a copy, of so many bytes at most. */
  int copy(final PacketRing ring, final int most) {
    final int count = Math.min(MOST_COPIED_BYTES, most);
    ring.peek(0, room(count), 0, count);
    if (ring.isRetired()) {
      return 0;
    }
    ring.discard(count);
    holdCopy(count);
    return count;
  }

  private void trace() {
    held = loans.isTraced() ? new LoanTrace("the loan is held since here") : made;
  }

  boolean isHeld() {
    return copied || packet.get() != null;
  }

  ByteBuffer bytes() {
    check();
    return copied ? copy : view;
  }

  int offset() {
    check();
    return offset;
  }

  int length() {
    check();
    return length;
  }

  boolean isCopy() {
    check();
    return copied;
  }

  private void check() {
    if (!isHeld()) {
      throw new IllegalStateException("the loan was given back, or never held");
    }
  }

  /** Whose packet it holds, or held last. */
  LentPackets lender() {
    return Objects.requireNonNull(lender);
  }

  /** Takes the packet out, which is the caller's from here on; null when none is held. */
  @Nullable Packet surrender() {
    final Packet lent = packet.getAndSet(null);
    if (lent != null) {
      view.limit(0);
    }
    return lent;
  }

  void giveBack() {
    final Packet lent = surrender();
    if (lent != null) {
      lender().giveBack(lent);
    } else if (copied) {
      copied = false;
      copy.limit(0);
    }
  }

  /** Nobody will give it back: tells so, and does it. */
  void onForgotten() {
    if (isHeld()) {
      final ForgottenLoan report = new ForgottenLoan(length, held);
      giveBack();
      loans.report(report);
    }
  }
}
