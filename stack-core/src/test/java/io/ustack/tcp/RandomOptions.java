package io.ustack.tcp;

import java.nio.ByteBuffer;
import java.util.Random;

/** Options of random segments: those that a peer would send, and those that one should not. */
final class RandomOptions {
  private final Random random;
  private final boolean plain;
  private byte[] cookie = new byte[0];

  /**
   * Options by chance.
   *
   * @param plain SYNs say little, and most other segments nothing
   */
  RandomOptions(final Random random, final boolean plain) {
    this.random = random;
    this.plain = plain;
  }

  /** Keeps the first fast open cookie that the stack gives away. */
  void keepCookie(final ByteBuffer segment) {
    final int header = (segment.get(12) & 0xF0) >>> 2;
    for (int at = 20; at + 10 <= header && cookie.length == 0; at++) {
      if (segment.get(at) == 34 && segment.get(at + 1) == 10) {
        cookie = new byte[8];
        segment.get(at + 2, cookie);
      }
    }
  }

  static byte[] timestamps(final int value, final int echo) {
    final ByteBuffer bytes = ByteBuffer.allocate(12).putInt(0x0101_080A);
    return bytes.putInt(value).putInt(echo).array();
  }

  /** Timestamps where they belong, most of them right, and SACK blocks, some of them lies. */
  byte[] of(final TcpConnection c, final int ack, final long nowNs) {
    if (plain && random.nextInt(20) > 0) {
      return new byte[0];
    }
    final Timestamps t = c.timestamps();
    final boolean stamped = c.usesTimestamps() ? random.nextInt(20) > 0 : random.nextInt(20) == 0;
    final int blocks = random.nextInt(3) == 0 ? 1 + random.nextInt(stamped ? 3 : 4) : 0;
    final ByteBuffer bytes =
        ByteBuffer.allocate((stamped ? 12 : 0) + (blocks == 0 ? 0 : 4 + 8 * blocks));
    if (stamped) {
      final int jump = random.nextInt(12) == 0 ? random.nextInt(400) - 300 : random.nextInt(3);
      final int age = random.nextInt(12) == 0 ? random.nextInt() : random.nextInt(100);
      bytes.put(timestamps(t.recent() + jump, t.value(c.uptimeNs(nowNs)) - age));
    }
    if (blocks > 0) {
      bytes.putInt(0x0101_0500 | (2 + 8 * blocks));
    }
    for (int i = 0; i < blocks; i++) {
      final int start = edge(c, ack);
      bytes
          .putInt(start)
          .putInt(random.nextInt(4) == 0 ? edge(c, ack) : start + random.nextInt(6000));
    }
    return bytes.array();
  }

  /** A place among what is outstanding, if possible where a segment begins. */
  private int edge(final TcpConnection c, final int ack) {
    final RetransmitQueue queue = c.sender().queue();
    if (queue == null || random.nextInt(6) == 0) {
      return random.nextInt(5) == 0 ? random.nextInt() : ack + random.nextInt(9000) - 3000;
    }
    return queue.seq(queue.first() + random.nextInt(queue.segments()));
  }

  /** What a SYN may say; a fast open with the last cookie that was seen, if it may be one. */
  byte[] ofSyn(final boolean fast) {
    if (plain && random.nextBoolean()) {
      return ScriptedOptions.bytes("mss 1460,nop,wscale 7");
    }
    final String all = "mss 1460,nop,nop,sackOK,TS val %d ecr 0,nop,wscale %d";
    final String text = all.formatted(random.nextInt() >>> 1, random.nextInt(15));
    return switch (random.nextInt(10)) {
      case 0 -> new byte[0];
      case 1 -> ScriptedOptions.bytes("mss " + random.nextInt(100) + ",sackOK,nop,nop,wscale 15");
      case 6 -> ScriptedOptions.bytes("mss 65535,nop,wscale 3");
      case 2 -> {
        final byte[] bytes = new byte[4 * random.nextInt(11)];
        random.nextBytes(bytes);
        yield bytes;
      }
      case 3, 4, 5 -> fast ? fastOpen() : ScriptedOptions.bytes(text);
      default -> ScriptedOptions.bytes(text);
    };
  }

  private byte[] fastOpen() {
    final byte[] bytes = ScriptedOptions.bytes("mss 1460,nop,nop,sackOK");
    final ByteBuffer all = ByteBuffer.allocate(bytes.length + ((2 + cookie.length + 3) & ~3));
    all.put(bytes).put((byte) 34).put((byte) (2 + cookie.length)).put(cookie);
    while (all.hasRemaining()) {
      all.put((byte) 1);
    }
    return all.array();
  }
}
