package io.ustack.robust;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.ustack.testing.Frames;
import java.nio.ByteBuffer;

/**
 * The frame entry under a fuzzer. An input is any number of frames, each behind its length in two
 * bytes. Checksums are made right, which no fuzzer finds out, unless the second bit of the length
 * is set; if the first is, time passes instead.
 *
 * <p>In an ordinary run the inputs that are kept beside this class are tried; with {@code
 * JAZZER_FUZZ=1} the fuzzer looks for more.
 */
class FrameFuzzTest {
  private static final int TIME = 0x8000;
  private static final int AS_IT_IS = 0x4000;

  /** 2^15 of these are about half a minute. */
  private static final long TIME_UNIT_NS = 1_000_000;

  @FuzzTest(maxDuration = "1m")
  void frames(final byte[] input) {
    try (Target target = new Target()) {
      final ByteBuffer bytes = ByteBuffer.wrap(input);
      while (bytes.remaining() >= 2) {
        final int prefix = bytes.getShort() & 0xFFFF;
        if ((prefix & TIME) != 0) {
          target.pass((prefix & ~TIME) * TIME_UNIT_NS);
          continue;
        }
        final byte[] frame = new byte[Math.min(prefix & ~AS_IT_IS, bytes.remaining())];
        bytes.get(frame);
        target.take((prefix & AS_IT_IS) == 0 ? Frames.fixFrame(frame) : frame);
      }
    }
  }
}
