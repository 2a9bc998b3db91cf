package io.ustack.robust;

import static io.ustack.testing.TestNet.OUR;
import static io.ustack.testing.TestNet.OUR_MAC;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ustack.buffer.MemoryPacketPool;
import io.ustack.buffer.Packet;
import io.ustack.ipv4.Ipv4Subnet;
import io.ustack.kernel.KernelPath;
import io.ustack.kernel.KernelRules;
import io.ustack.testing.Frames;
import io.ustack.testing.ScriptLink;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Anything at all from the wire and from the kernel: each frame goes somewhere, unchanged. */
class KernelPathFramesTest {
  private final List<byte[]> seeds = new ArrayList<>(Seeds.frames().values());
  private final MemoryPacketPool pool = new MemoryPacketPool(64, 1514);
  private final ScriptLink wire = new ScriptLink(OUR_MAC, 1500, pool);
  private final ScriptLink kernel = new ScriptLink(OUR_MAC, 1500, pool);
  private final KernelPath path =
      new KernelPath(
          wire,
          kernel,
          new Ipv4Subnet(OUR, 24),
          KernelRules.parse("tcp/22,udp/999,proto/253"),
          1_000_000_000,
          1 << 20,
          0);
  private final Packet[] frames = new Packet[4];
  private int kept;
  private int passed;

  @AfterEach
  void nothingIsLeft() {
    path.close();
    assertEquals(0, pool.inUse());
  }

  private void take(final byte[] frame) {
    wire.inject(frame);
    final int count = path.receive(frames, frames.length, 0);
    final byte[] toKernel = kernel.takeSent();
    assertTrue(count + (toKernel == null ? 0 : 1) > 0, "it is nobody's");
    if (count == 1) {
      kept++;
      assertArrayEquals(frame, bytes(frames[0]));
      frames[0].release();
    }
    if (toKernel != null) {
      passed++;
      assertArrayEquals(frame, toKernel);
    }
    assertEquals(0, pool.inUse());
  }

  private static byte[] bytes(final Packet packet) {
    final byte[] copy = new byte[packet.length()];
    packet.bytes().get(packet.offset(), copy);
    return copy;
  }

  private void takeFromKernel(final byte[] frame) {
    kernel.inject(frame);
    assertEquals(0, path.receive(frames, frames.length, 0));
    assertArrayEquals(frame, wire.takeSent());
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void mutatedFrames(final long seed) {
    final SplittableRandom random = new SplittableRandom(seed);
    for (int i = 0; i < 20_000; i++) {
      final byte[] frame = seeds.get(random.nextInt(seeds.size())).clone();
      for (int changes = random.nextInt(4); changes > 0; changes--) {
        frame[random.nextInt(Math.min(frame.length, 70))] = (byte) random.nextInt(256);
      }
      final byte[] cut = Arrays.copyOf(frame, random.nextInt(frame.length + 1));
      final byte[] chosen = random.nextInt(4) == 0 ? cut : frame;
      final byte[] fixed = random.nextInt(4) == 0 ? chosen : Frames.fixFrame(chosen);
      if (random.nextInt(3) == 0) {
        takeFromKernel(fixed);
      } else {
        take(fixed);
      }
    }
    assertTrue(kept > 1000 && passed > 1000, () -> kept + " kept, " + passed + " passed on");
  }

  /** Every truncation of every good frame, with and without checksums that are right for it. */
  @Test
  void cutFrames() {
    for (final byte[] frame : seeds) {
      for (int length = 0; length <= frame.length; length++) {
        final byte[] cut = Arrays.copyOf(frame, length);
        take(cut.clone());
        take(Frames.fixFrame(cut.clone()));
        takeFromKernel(Frames.fixFrame(cut));
      }
    }
  }
}
