package io.ustack.apps.live;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ustack.apps.demo.LinuxNamespace;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Makes a Linux host one that is in a VLAN on its wire, without the kernel's module for that. It
 * takes the wire's address.
 */
final class VlanDevice implements AutoCloseable {
  private final Process process;
  private final Path strays;

  VlanDevice(
      final LinuxNamespace side,
      final String wire,
      final int vlan,
      final String subnet,
      final Path directory)
      throws IOException {
    strays = directory.resolve("strays");
    final String script = LiveScript.unpack("vlan_device.py", directory);
    process =
        new ProcessBuilder(
                side.inside("python3", script, wire, "" + vlan, subnet, strays.toString()))
            .redirectErrorStream(true)
            .start();
    assertEquals("begun", process.inputReader(StandardCharsets.UTF_8).readLine());
  }

  /** Every frame on the wire had the tag. */
  void assertNoStrays() throws IOException {
    assertTrue(process.isAlive(), "it has ended");
    assertEquals("", Files.readString(strays));
  }

  @Override
  public void close() {
    process.destroyForcibly();
  }
}
