package io.ustack.dpdk;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NativeLibraryTest {
  @TempDir Path directory;

  @AfterEach
  void forget() {
    System.clearProperty(NativeLibrary.PROPERTY);
  }

  private static String failure(final Path file) {
    System.setProperty(NativeLibrary.PROPERTY, file.toString());
    return assertThrows(DpdkException.class, () -> DpdkEal.start(List.of())).getMessage();
  }

  @Test
  void tellsThatTheFileIsNotThere() {
    final Path file = directory.resolve("missing.so");
    assertEquals("no native library at " + file + " (-Dustack.native.library)", failure(file));
  }

  @Test
  void tellsThatTheFileIsNoLibrary() throws IOException {
    final Path file = Files.writeString(directory.resolve("text.so"), "not a library");
    assertTrue(failure(file).startsWith("the native library can't be loaded from " + file + ": "));
  }

  @Test
  @Tag("live") // needs the library
  void tellsThatDpdkIsNotInstalled() throws IOException {
    final byte[] bytes = NativeLibrary.class.getResourceAsStream("libustack.so").readAllBytes();
    final String text = new String(bytes, StandardCharsets.ISO_8859_1);
    final Path file = directory.resolve("needs-another-dpdk.so");
    Files.write(
        file,
        text.replace("librte_ethdev.so", "librte_ethxxx.so").getBytes(StandardCharsets.ISO_8859_1));
    final String message = failure(file);
    assertTrue(message.startsWith("DPDK is not installed, librte_ethxxx.so."), message);
    assertTrue(message.contains("dpdk-setup/install.sh"), message);
  }
}
