package io.ustack.robust;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** The corpus of {@link FrameFuzzTest} holds each good frame, and all of them in order. */
class FuzzCorpusTest {
  private static final Path CORPUS =
      Path.of("src/test/resources/io/ustack/robust/FrameFuzzTestInputs/frames");

  private static Map<String, byte[]> expected() {
    final Map<String, byte[]> inputs = new TreeMap<>();
    final ByteArrayOutputStream all = new ByteArrayOutputStream();
    Seeds.frames()
        .forEach(
            (name, frame) -> {
              final ByteArrayOutputStream one = new ByteArrayOutputStream();
              append(one, frame);
              append(all, frame);
              inputs.put(name, one.toByteArray());
            });
    inputs.put("all-in-order", all.toByteArray());
    return inputs;
  }

  private static void append(final ByteArrayOutputStream to, final byte[] frame) {
    to.write(frame.length >>> 8);
    to.write(frame.length);
    to.writeBytes(frame);
  }

  /** With {@code -Dustack.writeCorpus} it writes what it would compare. */
  @Test
  void holdsTheSeeds() throws IOException {
    for (final Map.Entry<String, byte[]> input : expected().entrySet()) {
      final Path file = CORPUS.resolve(input.getKey());
      if (System.getProperty("ustack.writeCorpus") != null) {
        Files.createDirectories(CORPUS);
        Files.write(file, input.getValue());
      }
      assertTrue(Files.exists(file), "missing: " + file);
      assertArrayEquals(input.getValue(), Files.readAllBytes(file), file.toString());
    }
  }
}
