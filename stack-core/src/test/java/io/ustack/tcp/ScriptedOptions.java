package io.ustack.tcp;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.HexFormat;
import java.util.StringJoiner;

/**
 * Options as a script writes them: {@code mss 1460,nop,wscale 7}, {@code TS val 1 ecr 2}, {@code
 * sack 1:101 201:301} with sequence numbers relative to the ISN, {@code FO} with the hex digits of
 * a cookie or without, {@code hex 0102}; padded with EOL to a multiple of four.
 */
final class ScriptedOptions {
  private ScriptedOptions() {}

  static byte[] bytes(final String text) {
    final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    for (final String option : text.isEmpty() ? new String[0] : text.split(",", -1)) {
      final String[] words = option.trim().split(" ", -1);
      switch (words[0]) {
        case "nop" -> bytes.write(1);
        case "eol" -> bytes.write(0);
        case "mss" -> {
          final int mss = Integer.parseInt(words[1]);
          bytes.writeBytes(new byte[] {2, 4, (byte) (mss >>> 8), (byte) mss});
        }
        case "wscale" -> bytes.writeBytes(new byte[] {3, 3, (byte) Integer.parseInt(words[1])});
        case "sackOK" -> bytes.writeBytes(new byte[] {4, 2});
        case "sack" -> {
          bytes.write(5);
          bytes.write(2 + 8 * (words.length - 1));
          for (int i = 1; i < words.length; i++) {
            final String[] edges = words[i].split(":", -1);
            bytes.writeBytes(int32(TestStack.OUR_ISN + (int) Long.parseLong(edges[0])));
            bytes.writeBytes(int32(TestStack.OUR_ISN + (int) Long.parseLong(edges[1])));
          }
        }
        case "TS" -> {
          bytes.writeBytes(new byte[] {8, 10});
          bytes.writeBytes(int32(Integer.parseUnsignedInt(words[2])));
          bytes.writeBytes(int32(Integer.parseUnsignedInt(words[4])));
        }
        case "FO" -> {
          final byte[] cookie = HexFormat.of().parseHex(words.length > 1 ? words[1] : "");
          bytes.writeBytes(new byte[] {34, (byte) (2 + cookie.length)});
          bytes.writeBytes(cookie);
        }
        case "hex" -> bytes.writeBytes(HexFormat.of().parseHex(words[1]));
        default -> throw new IllegalArgumentException("option " + option);
      }
    }
    while (bytes.size() % 4 != 0) {
      bytes.write(0);
    }
    return bytes.toByteArray();
  }

  private static byte[] int32(final int value) {
    return ByteBuffer.allocate(4).putInt(value).array();
  }

  /** What the stack sent, read by itself rather than by the code under test. */
  static String text(final ByteBuffer segment, final int headerLength) {
    final StringJoiner text = new StringJoiner(",");
    int at = 20;
    while (at < headerLength) {
      final int kind = segment.get(at);
      final int length = kind <= 1 ? 1 : segment.get(at + 1);
      switch (kind) {
        case 0 -> text.add("eol");
        case 1 -> text.add("nop");
        case 2 -> text.add("mss " + (segment.getShort(at + 2) & 0xFFFF));
        case 3 -> text.add("wscale " + segment.get(at + 2));
        case 4 -> text.add("sackOK");
        case 5 -> {
          final StringBuilder blocks = new StringBuilder("sack");
          for (int block = at + 2; block < at + length; block += 8) {
            blocks
                .append(' ')
                .append(Integer.toUnsignedString(segment.getInt(block) - TestStack.PEER_ISN));
            blocks
                .append(':')
                .append(Integer.toUnsignedString(segment.getInt(block + 4) - TestStack.PEER_ISN));
          }
          text.add(blocks);
        }
        case 8 ->
            text.add(
                "TS val "
                    + Integer.toUnsignedString(segment.getInt(at + 2))
                    + " ecr "
                    + Integer.toUnsignedString(segment.getInt(at + 6)));
        case 34 -> {
          final byte[] cookie = new byte[length - 2];
          segment.get(at + 2, cookie);
          text.add(("FO " + HexFormat.of().formatHex(cookie)).strip());
        }
        default -> text.add("kind " + kind);
      }
      at += Math.max(1, length);
    }
    return text.toString();
  }
}
