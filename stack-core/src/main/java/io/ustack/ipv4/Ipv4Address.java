package io.ustack.ipv4;

/** An IPv4 address as an {@code int} in network value: {@code 10.0.0.1} is {@code 0x0A000001}. */
public final class Ipv4Address {
  /** 0.0.0.0: none, or any. */
  public static final int ANY = 0;

  /** 127.0.0.1. */
  public static final int LOOPBACK = 0x7F00_0001;

  /** 255.255.255.255. */
  public static final int BROADCAST = 0xFFFF_FFFF;

  /** 127.255.255.255: the directed broadcast address of 127.0.0.0/8. */
  public static final int LOOPBACK_BROADCAST = 0x7FFF_FFFF;

  private static final int OCTETS = 4;

  private Ipv4Address() {}

  /** 224.0.0.0/4 (RFC 1112 4). */
  public static boolean isMulticast(final int address) {
    return address >>> 28 == 0xE;
  }

  /** 127.0.0.0/8 (RFC 1122 3.2.1.3 (g)). */
  public static boolean isLoopback(final int address) {
    return address >>> 24 == 127;
  }

  /** 0.0.0.0/8: "this host on this network" (RFC 1122 3.2.1.3 (a), (b)). */
  public static boolean isThisNetwork(final int address) {
    return address >>> 24 == 0;
  }

  /** 240.0.0.0/4, the broadcast address among them: nobody's source address. */
  public static boolean isReserved(final int address) {
    return address >>> 28 == 0xF;
  }

  /** Reads four decimal octets; no short forms, no octal. */
  public static int parse(final String text) {
    final String[] octets = text.split("\\.", -1);
    if (octets.length != OCTETS) {
      throw invalid(text);
    }
    int address = 0;
    for (final String octet : octets) {
      address = (address << 8) | octet(octet, text);
    }
    return address;
  }

  /** Four decimal octets. */
  public static String format(final int address) {
    return (address >>> 24)
        + "."
        + ((address >>> 16) & 0xFF)
        + "."
        + ((address >>> 8) & 0xFF)
        + "."
        + (address & 0xFF);
  }

  private static int octet(final String octet, final String text) {
    if (octet.isEmpty() || octet.length() > 3 || (octet.length() > 1 && octet.charAt(0) == '0')) {
      throw invalid(text);
    }
    int value = 0;
    for (int i = 0; i < octet.length(); i++) {
      final char digit = octet.charAt(i);
      if (digit < '0' || digit > '9') {
        throw invalid(text);
      }
      value = value * 10 + digit - '0';
    }
    if (value > 255) {
      throw invalid(text);
    }
    return value;
  }

  private static IllegalArgumentException invalid(final String text) {
    return new IllegalArgumentException("not an IPv4 address: '" + text + "'");
  }
}
