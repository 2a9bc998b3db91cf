package io.ustack.apps.live;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ustack.apps.Main;
import io.ustack.apps.OwnJvm;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Starts that fail when DPDK is up already: one line that says what to do, and nothing done. */
@Tag("live")
@Tag("one-jdk")
class StartLiveTest {
  private static final List<String> ECHO =
      List.of("echo", "--ip", "10.99.0.2/24", "--on-stop", "reset");

  private static String refusal(final List<String> options, final List<String> ealArguments)
      throws IOException, InterruptedException {
    final List<String> command = OwnJvm.command(Main.class);
    command.addAll(ECHO);
    command.addAll(options);
    command.addAll(List.of("--", "--no-huge", "-m", "64", "--vdev=net_null0"));
    command.addAll(ealArguments);
    final Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    final String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertTrue(process.waitFor(60, TimeUnit.SECONDS), said);
    assertEquals(1, process.exitValue(), said);
    assertEquals(1, said.lines().count(), said);
    return said;
  }

  @Test
  void aWrongPciAddressBesideAnotherPort(@TempDir final Path directory)
      throws IOException, InterruptedException {
    final Path capture = Files.writeString(directory.resolve("f.pcapng"), "precious");
    assertEquals(
        "ustack echo: no port 0000:99:00.0: there is no such PCI device;"
            + " dpdk-setup/bind-nic.sh --status lists them\n",
        refusal(List.of("--capture", capture.toString()), List.of("-a", "99:00.0")));
    assertEquals("precious", Files.readString(capture));
  }

  @Test
  void aWayToTheKernelThatIsNotThere() throws IOException, InterruptedException {
    assertEquals(
        "ustack echo: no port net_tap9: DPDK found net_null0; name another with --vdev=NAME or"
            + " -a PCI-ADDRESS behind --\n",
        refusal(List.of("--kernel", "net_tap9"), List.of("--no-pci")));
  }
}
