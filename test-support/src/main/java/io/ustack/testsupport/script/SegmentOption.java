package io.ustack.testsupport.script;

import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

/** One TCP option as scripts write it; {@code toString} is that text. */
sealed interface SegmentOption {

  /** Kind 0. */
  record Eol() implements SegmentOption {
    @Override
    public String toString() {
      return "eol";
    }
  }

  /** Kind 1. */
  record Nop() implements SegmentOption {
    @Override
    public String toString() {
      return "nop";
    }
  }

  /** RFC 9293 3.7.1. */
  record Mss(int bytes) implements SegmentOption {
    @Override
    public String toString() {
      return "mss " + bytes;
    }
  }

  /** RFC 7323 2.2. */
  record WindowScale(int shift) implements SegmentOption {
    @Override
    public String toString() {
      return "wscale " + shift;
    }
  }

  /** RFC 2018 2. */
  record SackPermitted() implements SegmentOption {
    @Override
    public String toString() {
      return "sackOK";
    }
  }

  /** RFC 2018 3; edges in the script's numbers. */
  record Sack(List<Block> blocks) implements SegmentOption {
    @Override
    public String toString() {
      final StringBuilder text = new StringBuilder("sack");
      blocks.forEach(block -> text.append(' ').append(block));
      return text.toString();
    }
  }

  /** One block of it. */
  record Block(long left, long right) {
    @Override
    public String toString() {
      return left + ":" + right;
    }
  }

  /** RFC 7323 3.2. */
  record Timestamps(long value, long echo) implements SegmentOption {
    @Override
    public String toString() {
      return "TS val " + value + " ecr " + echo;
    }
  }

  /** RFC 7413 4.1.1; without a cookie it asks for one. */
  record FastOpen(String cookie) implements SegmentOption {
    @Override
    public String toString() {
      return cookie.isEmpty() ? "FO" : "FO " + cookie;
    }
  }

  /** Bytes as they stand, kind and length included. */
  record Raw(String hex) implements SegmentOption {
    @Override
    public String toString() {
      return "raw " + hex;
    }
  }

  /** Reads options with commas between, up to the end of the text. */
  static List<SegmentOption> readAll(final Cursor cursor) {
    final List<SegmentOption> options = new ArrayList<>();
    while (!cursor.isAtEnd()) {
      if (!options.isEmpty()) {
        cursor.expect(",");
      }
      options.add(read(cursor));
    }
    return options;
  }

  private static SegmentOption read(final Cursor cursor) {
    final String name = cursor.word();
    return switch (name) {
      case "eol" -> new Eol();
      case "nop" -> new Nop();
      case "mss" -> new Mss((int) cursor.number(Bounds.MSS));
      case "wscale" -> new WindowScale((int) cursor.number(Bounds.SHIFT));
      case "sackOK" -> new SackPermitted();
      case "sack" -> new Sack(blocks(cursor));
      case "TS" -> {
        cursor.expect("val");
        final long value = cursor.number(Bounds.TIMESTAMP);
        cursor.expect("ecr");
        yield new Timestamps(value, cursor.number(Bounds.TIMESTAMP));
      }
      case "FO" -> new FastOpen(hex(cursor));
      case "raw" -> new Raw(hex(cursor));
      default -> throw cursor.error("no such option: '" + name + "'");
    };
  }

  private static List<Block> blocks(final Cursor cursor) {
    final List<Block> blocks = new ArrayList<>();
    while (Character.isDigit(cursor.peek())) {
      final long left = cursor.number(Bounds.SEQUENCE);
      cursor.expect(":");
      blocks.add(new Block(left, cursor.number(Bounds.SEQUENCE)));
    }
    Bounds.SACK_BLOCKS.check(blocks.size());
    return blocks;
  }

  private static String hex(final Cursor cursor) {
    final String digits = cursor.word();
    Bounds.OPTION_BYTES.check(digits.length() / 2);
    try {
      return HexFormat.of().formatHex(HexFormat.of().parseHex(digits));
    } catch (final IllegalArgumentException e) {
      throw cursor.error("'" + digits + "' is no row of bytes in hexadecimal");
    }
  }
}
