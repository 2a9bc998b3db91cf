package io.ustack.link;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.ustack.buffer.Packet;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class PipeLinkTest {
  private static final long NOW_NS = Long.MAX_VALUE - 5;

  private final PipeLink.Pair pair = PipeLink.pair();
  private final PipeLink a = pair.a();
  private final PipeLink b = pair.b();
  private final Packet[] burst = new Packet[64];

  @AfterEach
  void poolsAreBalanced() {
    pair.close();
    assertEquals(0, a.pool().inUse());
    assertEquals(0, b.pool().inUse());
  }

  @Test
  void framesArriveInOrderAndUnchanged() {
    for (int i = 0; i < 50; i++) {
      send(a, Frames.payload(i * 30, i), 0);
    }
    assertEquals(0, a.pool().inUse());
    assertEquals(50, b.receive(burst, 64, NOW_NS));
    for (int i = 0; i < 50; i++) {
      assertArrayEquals(Frames.payload(i * 30, i), Frames.bytes(burst[i]));
      burst[i].release();
    }
    assertEquals(0, b.receive(burst, 64, NOW_NS));
  }

  @Test
  void bothDirectionsAreIndependent() {
    send(a, new byte[] {1}, 0);
    send(b, new byte[] {2}, 0);
    assertArrayEquals(new byte[] {2}, receiveOne(a));
    assertArrayEquals(new byte[] {1}, receiveOne(b));
  }

  @Test
  void receiveTakesNoMoreThanAsked() {
    for (int i = 0; i < 5; i++) {
      send(a, new byte[] {(byte) i}, 0);
    }
    assertEquals(3, b.receive(burst, 3, NOW_NS));
    assertEquals(2, burst[2].bytes().get(burst[2].offset()));
    release(3);
    assertEquals(2, b.receive(burst, 3, NOW_NS));
    assertEquals(3, burst[0].bytes().get(burst[0].offset()));
    release(2);
  }

  @Test
  void aReceivedPacketHasFullHeadroomAndNoFlags() {
    send(a, new byte[60], 0);
    assertEquals(1, b.receive(burst, 1, NOW_NS));
    assertEquals(burst[0].start() + Packet.HEADROOM_BYTES, burst[0].offset());
    assertEquals(0, burst[0].flags());
    release(1);
  }

  @Test
  void checksumsAreFilledInOnTheWireAndVerified() {
    send(a, Frames.tcp(Frames.payload(100, 1)), Packet.TX_IPV4_CHECKSUM | Packet.TX_TCP_CHECKSUM);
    assertEquals(1, b.receive(burst, 1, NOW_NS));
    assertEquals(0, burst[0].flags());
    release(1);
  }

  @Test
  void aWrongChecksumIsFlaggedAndTheFrameDelivered() {
    send(a, Frames.tcp(Frames.payload(100, 1)), Packet.TX_IPV4_CHECKSUM);
    send(a, Frames.tcp(Frames.payload(100, 1)), Packet.TX_TCP_CHECKSUM);
    assertEquals(2, b.receive(burst, 2, NOW_NS));
    assertEquals(Packet.RX_L4_CHECKSUM_BAD, burst[0].flags());
    assertEquals(Packet.RX_IPV4_CHECKSUM_BAD, burst[1].flags());
    release(2);
  }

  @Test
  void aFullPipeTakesFewer() {
    final PipeLink.Pair narrow =
        PipeLink.pair(a.capabilities(), b.capabilities(), 16, 2 * (1514 + 4));
    for (int i = 0; i < 3; i++) {
      burst[i] = Frames.packet(narrow.a().pool(), Frames.payload(1514, i));
    }
    assertEquals(2, narrow.a().transmit(burst, 3, NOW_NS));
    assertEquals(1, narrow.a().pool().inUse());
    final Packet kept = burst[2];
    burst[0] = kept;
    assertEquals(0, narrow.a().transmit(burst, 1, NOW_NS));
    assertEquals(1, narrow.b().receive(burst, 1, NOW_NS));
    release(1);
    burst[0] = kept;
    assertEquals(1, narrow.a().transmit(burst, 1, NOW_NS));
    assertEquals(2, narrow.b().receive(burst, 64, NOW_NS));
    assertArrayEquals(Frames.payload(1514, 2), Frames.bytes(burst[1]));
    release(2);
    assertEquals(0, narrow.a().lostFrames());
    assertEquals(0, narrow.a().pool().inUse());
    assertEquals(0, narrow.b().pool().inUse());
  }

  @Test
  void anEmptyPoolLosesTheFrameAndCountsIt() {
    for (int i = 0; i < 3; i++) {
      send(a, new byte[] {(byte) i}, 0);
    }
    final Packet[] hoard = new Packet[1023];
    for (int i = 0; i < hoard.length; i++) {
      hoard[i] = b.pool().allocate();
    }
    assertEquals(1, b.receive(burst, 64, NOW_NS));
    assertEquals(0, burst[0].bytes().get(burst[0].offset()));
    assertEquals(2, b.lostFrames());
    release(1);
    for (final Packet packet : hoard) {
      packet.release();
    }
  }

  @Test
  void aFrameLongerThanTheMtuIsLostAndCounted() {
    final LinkCapabilities small = new LinkCapabilities("small", 2, 576, false);
    final PipeLink.Pair uneven = PipeLink.pair(a.capabilities(), small, 4, 1 << 16);
    burst[0] = Frames.packet(uneven.a().pool(), new byte[591]);
    burst[1] = Frames.packet(uneven.a().pool(), new byte[590]);
    assertEquals(2, uneven.a().transmit(burst, 2, NOW_NS));
    assertEquals(1, uneven.b().receive(burst, 64, NOW_NS));
    assertEquals(590, burst[0].length());
    assertEquals(1, uneven.b().lostFrames()); // 591 fits a's MTU, not b's

    burst[0].append(1); // b's pool rounds up, so the packet can hold what the link may not carry
    assertEquals(1, uneven.b().transmit(burst, 1, NOW_NS));
    assertEquals(0, uneven.a().receive(burst, 64, NOW_NS));
    assertEquals(2, uneven.b().lostFrames());
    assertEquals(0, uneven.a().pool().inUse());
    assertEquals(0, uneven.b().pool().inUse());
  }

  @Test
  void whatIsSentToAClosedEndIsLostAndWhatItSentArrives() {
    send(a, new byte[] {7}, 0);
    send(b, new byte[] {8}, 0);
    a.close();
    assertArrayEquals(new byte[] {7}, receiveOne(b));
    assertEquals(0, a.receive(burst, 64, NOW_NS));
    send(b, new byte[] {9}, 0);
    assertEquals(1, b.lostFrames());
    assertEquals(Long.MAX_VALUE, a.nextArrivalNs());
  }

  @Test
  void pendingFramesHaveArrivedAlready() {
    assertEquals(0, b.receive(burst, 1, NOW_NS));
    assertEquals(Long.MAX_VALUE, b.nextArrivalNs());
    send(a, new byte[14], 0);
    assertEquals(NOW_NS, b.nextArrivalNs());
    receiveOne(b);
    assertEquals(Long.MAX_VALUE, b.nextArrivalNs());
  }

  @Test
  void aRingTooSmallForAFrameIsRefused() {
    final LinkCapabilities end = a.capabilities();
    assertThrows(IllegalArgumentException.class, () -> PipeLink.pair(end, end, 4, 1517));
  }

  @Test
  void endsAreNamedAndAddressed() {
    assertEquals("pipe-a", a.capabilities().name());
    assertEquals(0x02000000000BL, b.capabilities().macAddress());
    assertFalse(a.capabilities().loopback());
  }

  @Test
  void twoThreadsSeeEveryFrameOnceAndWhole() throws InterruptedException {
    final int frames = 200_000;
    final AtomicReference<Throwable> failure = new AtomicReference<>();
    final Thread sender = new Thread(() -> sendNumbered(frames));
    sender.setUncaughtExceptionHandler((thread, e) -> failure.set(e));
    sender.start();
    int seen = 0;
    while (seen < frames && failure.get() == null) {
      final int count = b.receive(burst, 32, NOW_NS);
      for (int i = 0; i < count; i++) {
        assertArrayEquals(numbered(seen++), Frames.bytes(burst[i]));
        burst[i].release();
      }
    }
    sender.join();
    assertEquals(null, failure.get());
    assertEquals(0, a.lostFrames() + b.lostFrames());
  }

  private void sendNumbered(final int frames) {
    final Packet[] batch = new Packet[32];
    int held = 0;
    for (int next = 0; next < frames || held > 0; ) {
      while (held < batch.length && next < frames) {
        batch[held++] = Frames.packet(a.pool(), numbered(next++));
      }
      final int taken = a.transmit(batch, held, NOW_NS);
      System.arraycopy(batch, taken, batch, 0, held - taken);
      held -= taken;
    }
  }

  private static byte[] numbered(final int number) {
    final byte[] frame = new byte[4 + number % 997];
    Arrays.fill(frame, (byte) number);
    frame[0] = (byte) (number >>> 24);
    frame[1] = (byte) (number >>> 16);
    frame[2] = (byte) (number >>> 8);
    return frame;
  }

  private void send(final PipeLink from, final byte[] frame, final int flags) {
    final Packet packet = Frames.packet(from.pool(), frame);
    packet.flags(flags);
    assertEquals(1, from.transmit(new Packet[] {packet}, 1, NOW_NS));
  }

  private byte[] receiveOne(final PipeLink at) {
    assertEquals(1, at.receive(burst, 1, NOW_NS));
    final byte[] frame = Frames.bytes(burst[0]);
    burst[0].release();
    return frame;
  }

  private void release(final int count) {
    for (int i = 0; i < count; i++) {
      burst[i].release();
    }
  }
}
