package io.ustack.posix;

import io.ustack.buffer.Packet;
import java.lang.ref.PhantomReference;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * What a {@link Loan} holds, and all that is left of it when the application forgets it: then the
 * garbage collector hands it to {@link Loans}, which gives the packet back.
 */
final class LoanMemory extends PhantomReference<Loan> {
  private static final int SMALLEST_COPY_BYTES = 2048;
  private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);

  final Loans loans;

  /** Whoever takes it out gives it back, so that happens once. */
  private final AtomicReference<@Nullable Packet> packet = new AtomicReference<>();

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

  /** Holds a packet that is lent to it, placed on the bytes. */
  @SuppressWarnings("ReferenceEquality") // whether it is a view of that very memory
  void hold(final Packet lent) {
    if (viewed != lent.bytes()) {
      viewed = lent.bytes();
      view = viewed.duplicate();
    }
    offset = lent.offset();
    length = lent.length();
    view.limit(offset + length).position(offset).order(ByteOrder.BIG_ENDIAN);
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

  private void trace() {
    held = loans.isTraced() ? new LoanTrace("the loan is held since here") : made;
  }

  boolean isHeld() {
    return copied || packet.get() != null;
  }

  /** Whether a packet is held, not a copy. */
  boolean isPacket() {
    return packet.get() != null;
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
      loans.giveBack(lent);
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
