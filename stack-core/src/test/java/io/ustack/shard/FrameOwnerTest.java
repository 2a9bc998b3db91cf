package io.ustack.shard;

import static io.ustack.testing.TestNet.ARP_TYPE;
import static io.ustack.testing.TestNet.FAR;
import static io.ustack.testing.TestNet.OUR;
import static io.ustack.testing.TestNet.PEER;
import static io.ustack.testing.TestNet.PEER_MAC;
import static io.ustack.testing.TestNet.ipv4ToUs;
import static io.ustack.testing.TestNet.toUs;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ustack.buffer.MemoryPacketPool;
import io.ustack.buffer.Packet;
import io.ustack.testing.Frames;
import java.util.Arrays;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.Test;

class FrameOwnerTest {
  private static final int SHARDS = 7;
  private static final int PORT = 80;

  private final ShardMap map = ShardMap.of(SHARDS);
  private final FrameOwner owner = new FrameOwner(map);
  private final MemoryPacketPool pool = new MemoryPacketPool(2, 1514);

  private int of(final byte[] frame, final boolean sorted) {
    final Packet packet = Objects.requireNonNull(pool.allocate());
    packet.bytes().put(packet.append(frame.length), frame);
    final int result = owner.of(packet, sorted);
    packet.release();
    return result;
  }

  private static byte[] segment(final int port) {
    return Frames.tcp(PEER, port, OUR, PORT, 1, 0, 2, 1000, new byte[0]);
  }

  private static byte[] datagram(final int port) {
    return Frames.udp(PEER, port, OUR, PORT, new byte[9]);
  }

  @Test
  void flowsBelongToWhomTheMapSays() {
    for (int port = 1; port < 500; port++) {
      final int expected = map.owner(PEER, OUR, port, PORT);
      assertEquals(expected, of(ipv4ToUs(6, segment(port)), false));
      assertEquals(expected, of(ipv4ToUs(17, datagram(port)), false));
      // The same with options in the IPv4 header.
      final byte[] plain = Frames.ipv4(17, PEER, OUR, datagram(port));
      final byte[] optional = new byte[plain.length + 4];
      System.arraycopy(plain, 0, optional, 0, 20);
      Arrays.fill(optional, 20, 24, (byte) 1);
      System.arraycopy(plain, 20, optional, 24, plain.length - 20);
      optional[0] = 0x46;
      optional[3] = (byte) optional.length;
      assertEquals(expected, of(toUs(0x0800, Frames.fixIpv4(optional)), false));
    }
  }

  @Test
  void whereTheNicSortsNobodyLooksAtFlows() {
    assertEquals(FrameOwner.ANYBODY, of(ipv4ToUs(6, segment(9)), true));
    assertEquals(FrameOwner.ANYBODY, of(ipv4ToUs(17, datagram(9)), true));
  }

  @Test
  void allShardsHearArp() {
    final byte[] frame =
        Frames.ethernet(
            Frames.BROADCAST_MAC, PEER_MAC, ARP_TYPE, Frames.arp(1, PEER_MAC, PEER, 0, OUR));
    assertEquals(FrameOwner.EVERYBODY, of(frame, false));
    assertEquals(FrameOwner.EVERYBODY, of(frame, true));
  }

  /** RFC 792: the quote is what we sent. */
  @Test
  void errorsGoWhereTheAnswersOfWhatTheyQuoteGo() {
    for (int port = 1; port < 200; port++) {
      final byte[] sent = Frames.udp(OUR, port, FAR, 53, new byte[4]);
      final byte[] quote = Arrays.copyOf(Frames.ipv4(17, OUR, FAR, sent), 28);
      final int expected = map.owner(FAR, OUR, 53, port);
      for (final int type : new int[] {3, 11}) {
        final byte[] error = ipv4ToUs(1, Frames.icmp(type, 4, 1400, quote));
        assertEquals(expected, of(error, false));
        assertEquals(expected, of(error, true), "no NIC looks into a quote");
      }
    }
  }

  @Test
  void echo() {
    assertEquals(FrameOwner.ANYBODY, of(ipv4ToUs(1, Frames.icmp(8, 0, 7, new byte[4])), false));
    assertEquals(FrameOwner.FIRST, of(ipv4ToUs(1, Frames.icmp(0, 0, 7, new byte[4])), false));
  }

  /** A fragment: offset in units of 8 bytes, and whether more follow. */
  private static byte[] fragment(final int offset, final boolean more) {
    final byte[] packet = Frames.ipv4(17, PEER, OUR, datagram(9));
    packet[6] = (byte) ((more ? 0x20 : 0) | offset >>> 8);
    packet[7] = (byte) offset;
    return toUs(0x0800, Frames.fixIpv4(packet));
  }

  /** No NIC sorts it by its ports, which only the first one has. */
  @Test
  void firstFragmentsAreOfTheirFlow() {
    final int expected = map.owner(PEER, OUR, 9, PORT);
    assertEquals(expected, of(fragment(0, true), false));
    assertEquals(expected, of(fragment(0, true), true));
    assertEquals(FrameOwner.ANYBODY, of(fragment(1, true), false));
    assertEquals(FrameOwner.ANYBODY, of(fragment(300, false), false));
  }

  @Test
  void errorsAboutPingsAreOfTheFirst() {
    final byte[] quote = Arrays.copyOf(Frames.ipv4(1, OUR, FAR, new byte[8]), 28);
    assertEquals(FrameOwner.FIRST, of(ipv4ToUs(1, Frames.icmp(3, 4, 0, quote)), false));
  }

  @Test
  void whatIsBrokenIsAnybodys() {
    final byte[] whole = ipv4ToUs(6, segment(9));
    for (int length = 0; length < whole.length; length++) {
      assertEquals(FrameOwner.ANYBODY, of(Arrays.copyOf(whole, length), false), "cut to " + length);
    }
    final byte[] quote = Arrays.copyOf(Frames.ipv4(50, OUR, FAR, new byte[8]), 28);
    assertEquals(FrameOwner.ANYBODY, of(ipv4ToUs(1, Frames.icmp(3, 4, 0, quote)), false));
    for (int length = 0; length < 24; length++) {
      final byte[] sent = Frames.ipv4(17, OUR, FAR, Frames.udp(OUR, 9, FAR, 53, new byte[4]));
      final byte[] cut = ipv4ToUs(1, Frames.icmp(3, 4, 0, Arrays.copyOf(sent, length)));
      assertEquals(FrameOwner.ANYBODY, of(cut, false), "quote cut to " + length);
    }
  }

  @Test
  void anyBytesHaveAnAnswer() {
    final Random random = new Random(5);
    for (int i = 0; i < 20_000; i++) {
      final byte[] frame = ipv4ToUs(i % 2 == 0 ? 1 : 17, datagram(i & 0xFFFF));
      for (int change = random.nextInt(4); change >= 0; change--) {
        frame[12 + random.nextInt(frame.length - 12)] = (byte) random.nextInt();
      }
      final int to = of(Arrays.copyOf(frame, random.nextInt(frame.length + 1)), false);
      assertTrue(to >= FrameOwner.EVERYBODY && to < SHARDS, () -> "shard " + to);
    }
  }
}
