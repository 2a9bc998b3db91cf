package io.ustack.link;

import io.ustack.buffer.Packet;
import io.ustack.buffer.PacketPool;
import java.nio.ByteBuffer;
import java.util.Objects;

/** Frames written byte by byte, so that the tests of links do not lean on the layers above. */
final class Frames {
  static final int ETHERNET = 14;
  static final int IPV4 = ETHERNET + 20;
  static final int SOURCE = 0x0A000001;
  static final int DESTINATION = 0x0A000002;

  private Frames() {}

  /** A packet that holds exactly {@code frame}. */
  static Packet packet(final PacketPool pool, final byte[] frame) {
    final Packet packet = Objects.requireNonNull(pool.allocate());
    packet.bytes().put(packet.append(frame.length), frame);
    return packet;
  }

  /** The frame's bytes. */
  static byte[] bytes(final Packet packet) {
    final byte[] copy = new byte[packet.length()];
    packet.bytes().get(packet.offset(), copy);
    return copy;
  }

  /** A UDP datagram 10.0.0.1:1234 → 10.0.0.2:5678; both checksum fields are zero. */
  static byte[] udp(final byte[] payload) {
    final byte[] frame = ipv4(17, 8 + payload.length);
    final ByteBuffer udp = ByteBuffer.wrap(frame).position(IPV4);
    udp.putShort((short) 1234).putShort((short) 5678).putShort((short) (8 + payload.length));
    udp.putShort((short) 0).put(payload);
    return frame;
  }

  /** A TCP segment 10.0.0.1:1234 → 10.0.0.2:80; both checksum fields are zero. */
  static byte[] tcp(final byte[] payload) {
    final byte[] frame = ipv4(6, 20 + payload.length);
    final ByteBuffer tcp = ByteBuffer.wrap(frame).position(IPV4);
    tcp.putShort((short) 1234).putShort((short) 80).putInt(0xFFFF_FF00).putInt(77);
    tcp.putShort((short) 0x5018).putShort((short) 8192).putInt(0).put(payload);
    return frame;
  }

  /** An Ethernet and an IPv4 header in front of {@code length} zero bytes. */
  static byte[] ipv4(final int protocol, final int length) {
    final byte[] frame = new byte[IPV4 + length];
    final ByteBuffer bytes = ByteBuffer.wrap(frame);
    bytes.putInt(0x02000000).putShort((short) 0x000B).putInt(0x02000000).putShort((short) 0x000A);
    bytes.putShort((short) 0x0800);
    bytes.put((byte) 0x45).put((byte) 0).putShort((short) (20 + length)).putInt(0);
    bytes.put((byte) 64).put((byte) protocol).putShort((short) 0);
    bytes.putInt(SOURCE).putInt(DESTINATION);
    return frame;
  }

  /** {@code length} bytes that depend on {@code seed}. */
  static byte[] payload(final int length, final long seed) {
    final byte[] payload = new byte[length];
    long state = seed;
    for (int i = 0; i < length; i++) {
      state = state * 6364136223846793005L + 1442695040888963407L;
      payload[i] = (byte) (state >>> 56);
    }
    return payload;
  }
}
