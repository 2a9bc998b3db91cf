package io.ustack.tcp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ustack.link.PipeLink;
import io.ustack.stack.NetworkStack;
import io.ustack.testing.TestNet;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

final class RarePartsTest {
  @Test
  void aStackWithoutAConnectionHasLoadedThem() throws Exception {
    final Process jvm =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xlog:class+load",
                "-cp",
                System.getProperty("java.class.path"),
                OneStack.class.getName())
            .redirectErrorStream(true)
            .start();
    final String loaded = new String(jvm.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertEquals(0, jvm.waitFor(), loaded);
    for (final String type :
        new String[] {
          "io.ustack.buffer.ByteRanges",
          "io.ustack.tcp.Ecn",
          "io.ustack.tcp.SendRate",
          "io.ustack.tcp.UrgentMark"
        }) {
      assertTrue(loaded.contains(" " + type + " source:"), type);
    }
  }

  /** A program that makes a stack and ends. */
  static final class OneStack {
    private OneStack() {}

    public static void main(final String[] arguments) {
      try (PipeLink.Pair pipe = PipeLink.pair()) {
        new NetworkStack(TestNet.config(), pipe.a(), 0).close();
      }
    }
  }
}
