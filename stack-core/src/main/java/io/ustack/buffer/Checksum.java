package io.ustack.buffer;

import java.nio.ByteBuffer;

/**
 * The Internet checksum (RFC 1071): the 16-bit ones' complement of the ones' complement sum of
 * 16-bit big-endian words.
 *
 * <p>Sums are kept unfolded in a {@code long}, so partial sums of any even-length pieces can be
 * added with {@code +}. Links without checksum offload use this; the data path of a DPDK port does
 * not.
 */
public final class Checksum {
  private Checksum() {}

  /**
   * Adds {@code length} bytes from {@code offset} to an unfolded sum. An odd last byte is padded
   * with a zero byte, so only the last piece may have odd length.
   *
   * @param bytes big-endian
   */
  public static long add(
      final long sum, final ByteBuffer bytes, final int offset, final int length) {
    long total = sum;
    int at = offset;
    final int end = offset + length;
    for (; at + 8 <= end; at += 8) {
      final long word = bytes.getLong(at);
      total += (word >>> 32) + (word & 0xFFFF_FFFFL);
    }
    for (; at + 2 <= end; at += 2) {
      total += bytes.getShort(at) & 0xFFFF;
    }
    if (at < end) {
      total += (bytes.get(at) & 0xFF) << 8;
    }
    return total;
  }

  /**
   * Adds the IPv4 pseudo-header of TCP (RFC 9293 3.1) and UDP (RFC 768).
   *
   * @param lengthBytes length of transport header and payload
   */
  public static long addPseudoHeader(
      final long sum,
      final int source,
      final int destination,
      final int protocol,
      final int lengthBytes) {
    return sum + (source & 0xFFFF_FFFFL) + (destination & 0xFFFF_FFFFL) + protocol + lengthBytes;
  }

  /**
   * Folds an unfolded sum to the 16-bit checksum field. A range that contains a right checksum
   * gives 0.
   */
  public static int fold(final long sum) {
    long folded = (sum >>> 32) + (sum & 0xFFFF_FFFFL);
    folded = (folded >>> 16) + (folded & 0xFFFF);
    folded = (folded >>> 16) + (folded & 0xFFFF);
    folded = (folded >>> 16) + (folded & 0xFFFF);
    return (int) (~folded & 0xFFFF);
  }
}
