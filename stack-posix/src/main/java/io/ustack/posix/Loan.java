package io.ustack.posix;

import java.nio.ByteBuffer;

/**
 * The memory of a packet in the hands of the application: what {@link Posix#recvLend} received, or
 * what {@link Posix#sendClaim} gave to be filled. Made by {@link Posix#loan} and used for many
 * packets, one after the other; one thread at a time.
 *
 * <p>It is held from a call that lends until {@link #close}, or until {@link Posix#sendLent} has
 * taken the packet over. After that {@link #bytes} throws, and a buffer that it gave before has no
 * byte left between position and limit. Nothing watches over copies of that buffer (duplicate,
 * slice), nor over one whose limit the caller moves: it is a view of all packets.
 *
 * <p>At most a quarter of the stack's packets are lent at a time; beyond that what is received is
 * copied into memory of the loan, and what is claimed is -ENOBUFS. A loan that is forgotten while
 * it is held is given back once the garbage collector has found it, and reported: {@link
 * Posix#onForgottenLoan}.
 */
public final class Loan implements AutoCloseable {
  final LoanMemory memory;

  Loan(final Loans loans) {
    memory = new LoanMemory(this, loans);
  }

  /** Whether it holds memory now. */
  public boolean isHeld() {
    return memory.isHeld();
  }

  /**
   * The bytes, between position and limit; what is outside of them is not the caller's. The
   * position is {@link #offset}, not 0. The same buffer each time, big-endian until told otherwise.
   *
   * @throws IllegalStateException unless the loan is held
   */
  public ByteBuffer bytes() {
    return memory.bytes();
  }

  /**
   * Where in {@link #bytes} the first byte is, for calls that take an offset.
   *
   * @throws IllegalStateException unless the loan is held
   */
  public int offset() {
    return memory.offset();
  }

  /**
   * How many bytes there are.
   *
   * @throws IllegalStateException unless the loan is held
   */
  public int length() {
    return memory.length();
  }

  /**
   * Whether the bytes are a copy, since no packet could be lent.
   *
   * @throws IllegalStateException unless the loan is held
   */
  public boolean isCopy() {
    return memory.isCopy();
  }

  /** Gives the memory back. Nothing happens when it is not held. */
  @Override
  public void close() {
    memory.giveBack();
  }
}
