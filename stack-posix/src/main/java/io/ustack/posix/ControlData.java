package io.ustack.posix;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * What {@code msg_control} points to: control messages, each a level, a type and some bytes, laid
 * out as Linux has them on 64-bit machines ({@code struct cmsghdr}). Made once and used for many
 * calls; one thread at a time.
 *
 * <p>To send, {@link #clear()} and add; after a call that receives, go through them with {@link
 * #next()}. What does not fit its capacity is cut off, and MSG_CTRUNC says so.
 */
public final class ControlData {
  /** CMSG_LEN(0): length, level, type. */
  private static final int HEADER_BYTES = 16;

  private static final int LEVEL = 8;
  private static final int TYPE = 12;
  private static final int ALIGNMENT = 8;

  private final ByteBuffer bytes;
  private int lengthBytes;

  /** Where the message is that {@link #next()} went to; -1 before the first. */
  private int at = -1;

  /** Room for so many bytes; CMSG_SPACE of an int is 24. */
  public ControlData(final int capacityBytes) {
    bytes = ByteBuffer.allocate(capacityBytes).order(ByteOrder.nativeOrder());
  }

  /** The bytes themselves, in the machine's order; position and limit play no part. */
  public ByteBuffer bytes() {
    return bytes;
  }

  /** {@code msg_controllen}: how many bytes there are. */
  public int lengthBytes() {
    return lengthBytes;
  }

  /** Says that there are so many bytes, put there through {@link #bytes()}. */
  public ControlData lengthBytes(final int count) {
    if (count < 0 || count > bytes.capacity()) {
      throw new IllegalArgumentException("length " + count);
    }
    lengthBytes = count;
    at = -1;
    return this;
  }

  /** Takes everything out. */
  public ControlData clear() {
    return lengthBytes(0);
  }

  // ---- To send

  /** Adds one that holds an int, IP_TTL or IP_TOS; it must fit. */
  public ControlData add(final int level, final int type, final int value) {
    final int data = begin(level, type, Integer.BYTES);
    bytes.putInt(data, value);
    return this;
  }

  /**
   * Adds an IP_PKTINFO: a datagram leaves by this interface and from this address of ours, where 0
   * leaves either to the stack; it must fit.
   */
  public ControlData addPacketInfo(final int interfaceIndex, final int localAddress) {
    final int data = begin(SocketOption.IPPROTO_IP, SocketOption.IP_PKTINFO, 12);
    bytes.putInt(data, interfaceIndex);
    bytes.putInt(data + 4, networkOrder(localAddress));
    bytes.putInt(data + 8, 0);
    return this;
  }

  private int begin(final int level, final int type, final int dataBytes) {
    final int begin = aligned(lengthBytes);
    header(begin, HEADER_BYTES + dataBytes, level, type);
    lengthBytes(begin + HEADER_BYTES + dataBytes);
    return begin + HEADER_BYTES;
  }

  private void header(final int begin, final int length, final int level, final int type) {
    bytes.putLong(begin, length);
    bytes.putInt(begin + LEVEL, level);
    bytes.putInt(begin + TYPE, type);
  }

  // ---- Received

  /** Goes to the first message, then to the next one; false behind the last. */
  public boolean next() {
    final int from = at < 0 ? 0 : at + aligned((int) bytes.getLong(at));
    if (from < 0 || lengthBytes - from < HEADER_BYTES) {
      return false;
    }
    at = from;
    return true;
  }

  /** Goes back to before the first. */
  public ControlData rewind() {
    at = -1;
    return this;
  }

  /** {@code cmsg_level} of the message gone to. */
  public int level() {
    return bytes.getInt(at + LEVEL);
  }

  /** {@code cmsg_type} of the message gone to. */
  public int type() {
    return bytes.getInt(at + TYPE);
  }

  /** How many bytes the message gone to has. */
  public int dataBytes() {
    return (int) bytes.getLong(at) - HEADER_BYTES;
  }

  /** A byte of its data, unsigned: IP_TOS. */
  public int dataByte(final int offset) {
    return bytes.get(at + HEADER_BYTES + offset) & 0xFF;
  }

  /** An int of its data: IP_TTL; the interface's index at 0 of IP_PKTINFO. */
  public int dataInt(final int offset) {
    return bytes.getInt(at + HEADER_BYTES + offset);
  }

  /**
   * An address in its data: of IP_PKTINFO our own at 4, where the datagram was sent to at 8, which
   * may be a broadcast address.
   */
  public int dataAddress(final int offset) {
    return networkOrder(dataInt(offset));
  }

  // ---- The stack's side

  /** CMSG_OK: whether the message gone to lies inside. */
  boolean isWhole() {
    final long length = bytes.getLong(at);
    return length >= HEADER_BYTES && length <= lengthBytes - at;
  }

  /**
   * Linux put_cmsg: adds a message of the first {@code dataBytes} of {@code data} behind the last
   * one, and cuts it where the capacity ends. Returns false when not all of it fits
   */
  boolean put(final int level, final int type, final ByteBuffer data, final int dataBytes) {
    final int begin = lengthBytes;
    final int room = bytes.capacity() - begin;
    if (room < HEADER_BYTES) {
      return false;
    }
    final int length = Math.min(room, HEADER_BYTES + dataBytes);
    header(begin, length, level, type);
    bytes.put(begin + HEADER_BYTES, data, 0, length - HEADER_BYTES);
    lengthBytes = begin + Math.min(room, aligned(HEADER_BYTES + dataBytes));
    return length == HEADER_BYTES + dataBytes;
  }

  /** An address as it is on the wire, in the machine's order; and the other way round. */
  static int networkOrder(final int address) {
    final boolean big = ByteOrder.nativeOrder() == ByteOrder.BIG_ENDIAN;
    return big ? address : Integer.reverseBytes(address);
  }

  private static int aligned(final int count) {
    return (count + ALIGNMENT - 1) & -ALIGNMENT;
  }
}
