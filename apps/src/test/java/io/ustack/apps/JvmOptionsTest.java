package io.ustack.apps;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class JvmOptionsTest {
  private static final String INTERVAL = "-XX:GuaranteedSafepointInterval=0";

  @TempDir private Path home;

  @Test
  void aJdkGetsWhatItKnows() {
    assertTrue(JvmOptions.of(17).contains("-XX:+UseSerialGC"));
    assertTrue(JvmOptions.of(99).contains("-XX:+UseSerialGC"));
    assertTrue(JvmOptions.of(17).contains(INTERVAL));
    assertTrue(JvmOptions.of(24).contains(INTERVAL));
    assertFalse(JvmOptions.of(25).contains(INTERVAL));
  }

  @Test
  void theVersionStandsInItsReleaseFile() throws IOException {
    assertEquals(JvmOptions.of(17), JvmOptions.of(home));
    Files.writeString(home.resolve("release"), "X=1\nJAVA_VERSION=\"25.0.3\"\n");
    assertEquals(JvmOptions.of(25), JvmOptions.of(home));
    Files.writeString(home.resolve("release"), "JAVA_VERSION=\"26\"\n");
    assertEquals(JvmOptions.of(25), JvmOptions.of(home));
  }

  /** With one that it does not know it would not start. */
  @Test
  void thisJvmStartsWithThem() throws IOException, InterruptedException {
    final List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(JvmOptions.of(Path.of(System.getProperty("java.home"))));
    command.add("--version");
    final Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    final String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertEquals(0, process.waitFor(), said);
    assertFalse(said.contains("warning"), said);
  }
}
