package io.ustack.testsupport.script;

import java.util.regex.Pattern;

/**
 * What a number of a script may be. The one place where text becomes a number: what is outside is
 * refused, never cut.
 *
 * @param what the number is, as messages say it
 */
record Bounds(String what, long least, long most) {
  private static final long MAX_16_BITS = 0xFFFF;
  private static final long MAX_32_BITS = 0xFFFF_FFFFL;
  private static final int HEADER_BYTES = 40;

  static final Bounds INTEGER = new Bounds("an integer", Long.MIN_VALUE, Long.MAX_VALUE);
  static final Bounds ARGUMENT = new Bounds("an argument", Integer.MIN_VALUE, Integer.MAX_VALUE);
  static final Bounds PORT = new Bounds("a port", 0, MAX_16_BITS);

  /** IPv4 addresses are symbols, which are negative, or hexadecimal numbers, which are not. */
  static final Bounds ADDRESS = new Bounds("an address", Integer.MIN_VALUE, MAX_32_BITS);

  /** What a call moves; more than the memory for a test allows would be no good answer. */
  static final Bounds TRANSFER = new Bounds("a length", -1, 1 << 26);

  /** Of the array that a call fills or reads. */
  static final Bounds ENTRIES = new Bounds("a number of entries", -1, 1 << 16);

  static final Bounds SEQUENCE = new Bounds("a sequence number", 0, MAX_32_BITS);
  static final Bounds PAYLOAD = new Bounds("a payload's length", 0, MAX_16_BITS - HEADER_BYTES);
  static final Bounds WINDOW = new Bounds("a window", 0, MAX_16_BITS);
  static final Bounds URGENT = new Bounds("an urgent pointer", 0, MAX_16_BITS);
  static final Bounds MSS = new Bounds("an MSS", 0, MAX_16_BITS);
  static final Bounds SHIFT = new Bounds("a shift count", 0, 0xFF);
  static final Bounds OPTION_BYTES = new Bounds("the length of an option", 0, HEADER_BYTES);
  static final Bounds SACK_BLOCKS = new Bounds("a number of blocks", 0, 4);
  static final Bounds TIMESTAMP = new Bounds("a timestamp", 0, MAX_32_BITS);
  static final Bounds HOP_MTU = new Bounds("a next hop's MTU", 0, MAX_16_BITS);

  /** RFC 791 3.1: every host takes 68 bytes without fragmenting. */
  static final Bounds LINK_MTU = new Bounds("a link's MTU", 68, MAX_16_BITS);

  static final Bounds ISN =
      new Bounds("an initial sequence number", Integer.MIN_VALUE, MAX_32_BITS);
  static final Bounds TOLERANCE_US = new Bounds("a tolerance in microseconds", 0, 1_000_000_000);

  /** Of TcpConfig, which has bounds of its own. */
  static final Bounds COUNT = new Bounds("a number", Integer.MIN_VALUE, Integer.MAX_VALUE);

  private static final Pattern NUMBER = Pattern.compile("-?(0x[0-9a-fA-F]+|[0-9][0-9_]*)");

  /** The number that {@code text} is: decimal, perhaps with underscores, or hexadecimal. */
  long read(final String text) {
    if (!NUMBER.matcher(text).matches()) {
      throw new ScriptFailure("expected a number, not '" + text + "'");
    }
    try {
      return check(Long.decode(text.replace("_", "").replaceFirst("^(-?)0+(?=[0-9])", "$1")));
    } catch (final NumberFormatException e) {
      throw refused(text);
    }
  }

  /** The same number. */
  long check(final long number) {
    if (number < least || number > most) {
      throw refused(Long.toString(number));
    }
    return number;
  }

  /** {@link #read} times {@code unit}, which is in the bounds, too. */
  long readScaled(final String text, final long unit) {
    final long number = INTEGER.read(text);
    if (number < least / unit || number > most / unit) {
      throw refused(text + " times " + unit);
    }
    return number * unit;
  }

  private ScriptFailure refused(final String seen) {
    return new ScriptFailure(what + " is from " + least + " to " + most + ", not " + seen);
  }
}
