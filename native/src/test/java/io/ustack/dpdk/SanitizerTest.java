package io.ustack.dpdk;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Builds the shim with AddressSanitizer and UndefinedBehaviorSanitizer and runs its C tests. */
@Tag("live")
@Tag("one-jdk")
class SanitizerTest {
  @Test
  void findsNothing() throws IOException, InterruptedException {
    final Process make =
        new ProcessBuilder("make", "--no-print-directory", "-s", "-j2", "asan")
            .redirectErrorStream(true)
            .start();
    final String output = new String(make.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertTrue(make.waitFor(5, TimeUnit.MINUTES), output);
    assertEquals(0, make.exitValue(), output);
    assertTrue(
        output.contains("burst_test: ")
            && output.contains("checksum_test: ")
            && output.contains("memif_test: ")
            && output.contains("reset_test: ")
            && output.contains("train_test: ")
            && output.contains("vlan_test: "),
        output);
  }
}
