package io.ustack.tcp;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * Where the peer's urgent data ends, and its last byte, which is the urgent one for Linux: it is
 * read apart from the stream (tcp(7)). Positions are those of the receive buffer.
 *
 * <p>The stack thread makes a mark for each new urgent pointer and puts the byte in; whoever reads
 * the stream takes the byte, and leaves the mark behind.
 */
public final class UrgentMark {
  private static final int NOT_YET = 0x100;
  private static final int TAKEN = 0x200;
  private static final int PASSED = 0x400;

  private static final VarHandle BYTE;

  static {
    try {
      BYTE = MethodHandles.lookup().findVarHandle(UrgentMark.class, "urgentByte", int.class);
    } catch (final ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private final int position;
  private final int skipFrom;
  private final int skipTo;

  /** 0 to 255, or what has become of it. */
  private volatile int urgentByte = NOT_YET;

  /**
   * A mark whose byte has not come.
   *
   * @param skipFrom from here to {@code skipTo} stand urgent bytes of older marks that are not to
   *     be read, if the reader stands there
   */
  UrgentMark(final int position, final int skipFrom, final int skipTo) {
    this.position = position;
    this.skipFrom = skipFrom;
    this.skipTo = skipTo;
  }

  /** Of the urgent byte. */
  public int position() {
    return position;
  }

  /** So many bytes are to be skipped where a reader stands at {@code at}; mostly none. */
  public int skipped(final int at) {
    final int left = skipTo - at;
    return left > 0 && left <= skipTo - skipFrom ? left : 0;
  }

  /** The byte is announced and has not come. */
  public boolean isAwaited() {
    return urgentByte == NOT_YET;
  }

  /** The byte can be taken. */
  public boolean isThere() {
    return urgentByte < NOT_YET;
  }

  /** Whoever reads the stream is behind it: there is no mark any more. */
  public boolean isPassed() {
    return urgentByte == PASSED;
  }

  /** The byte, of a mark that has it. */
  public byte urgentByte() {
    return (byte) urgentByte;
  }

  /** It was taken; reader. */
  public void take() {
    urgentByte = TAKEN;
  }

  /** The stream was read beyond it; reader. */
  public void pass() {
    urgentByte = PASSED;
  }

  /** The byte has come; stack thread. A reader may have gone past the mark meanwhile. */
  void put(final byte arrived) {
    BYTE.compareAndSet(this, NOT_YET, arrived & 0xFF);
  }
}
