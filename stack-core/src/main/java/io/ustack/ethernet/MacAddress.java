package io.ustack.ethernet;

/**
 * A MAC address in the low 48 bits of a {@code long}: {@code 02:00:00:00:00:01} is {@code
 * 0x020000000001L}.
 */
public final class MacAddress {
  /** All ones. */
  public static final long BROADCAST = 0xFFFF_FFFF_FFFFL;

  private static final long GROUP_BIT = 1L << 40;
  private static final int OCTETS = 6;

  private MacAddress() {}

  /** Whether the frame goes to many: multicast or broadcast (IEEE 802.3 3.2.3). */
  public static boolean isGroup(final long address) {
    return (address & GROUP_BIT) != 0;
  }

  /** Reads six hexadecimal octets with {@code :} or {@code -} between them. */
  public static long parse(final String text) {
    final String[] octets = text.split("[:-]", -1);
    if (octets.length != OCTETS) {
      throw invalid(text);
    }
    long address = 0;
    for (final String octet : octets) {
      if (octet.isEmpty() || octet.length() > 2 || Character.digit(octet.charAt(0), 16) < 0) {
        throw invalid(text);
      }
      try {
        address = (address << 8) | Integer.parseInt(octet, 16);
      } catch (final NumberFormatException e) {
        throw invalid(text);
      }
    }
    return address;
  }

  /** Six octets of two lower-case digits, with {@code :} between them. */
  public static String format(final long address) {
    final StringBuilder text = new StringBuilder(17);
    for (int shift = 40; shift >= 0; shift -= 8) {
      final int octet = (int) (address >>> shift) & 0xFF;
      text.append(Character.forDigit(octet >>> 4, 16)).append(Character.forDigit(octet & 0xF, 16));
      if (shift > 0) {
        text.append(':');
      }
    }
    return text.toString();
  }

  private static IllegalArgumentException invalid(final String text) {
    return new IllegalArgumentException("not a MAC address: '" + text + "'");
  }
}
