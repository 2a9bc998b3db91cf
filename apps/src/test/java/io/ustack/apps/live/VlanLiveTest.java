package io.ustack.apps.live;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ustack.apps.CommandFailure;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Linux and ustack in one VLAN. All that Linux knows goes over frames with its tag, and nothing
 * else is on the wire.
 */
@Tag("live")
@Tag("one-jdk")
class VlanLiveTest {
  private static final int VLAN = 42;

  /** Three frames without a tag, to all. */
  private static final String STRANGERS =
      """
      import socket
      wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
      wire.bind(("linux0", 0))
      for _ in range(3):
          wire.send(bytes([255] * 6) + bytes(54))
      """;

  @TempDir private Path directory;

  @ParameterizedTest
  @CsvSource({"1, 'rxvlan=on,txvlan=on'", "2, 'rxvlan=off,txvlan=off'"})
  void echo(final int shards, final String offloads) throws CommandFailure, IOException {
    final List<String> command = new ArrayList<>(List.of("echo", "--port", "7"));
    command.addAll(List.of("--shards", "" + shards, "--offload", offloads));
    command.addAll(List.of("--mode", shards == 1 ? "inline" : "dedicated"));
    try (LiveScene scene = LiveScene.startInVlan(VLAN, directory, command)) {
      assertTrue(scene.said().contains(", VLAN 42, "), scene::said);
      scene.linux("python3", "-c", STRANGERS);
      scene.python("thousand.py", "50");
      scene.python("there_and_back.py", "2");
      scene.python("datagrams.py");
      final String said = scene.end();
      assertTrue(said.contains("\n3 frames of other VLANs dropped; frames: "), said);
    }
  }

  /** Neither the stack's address nor the kernel's sees tags; the wire sees nothing else. */
  @Test
  void withTheKernel() throws CommandFailure, IOException {
    try (KernelScene scene = KernelScene.startInVlan(VLAN, directory, "echo", "--port", "7")) {
      final String ping = scene.host("ping", "-n", "-c", "3", "-i", "0.2", KernelScene.PEER);
      assertTrue(ping.contains(" 0% packet loss"), ping);
      final String said =
          scene.peer("python3", scene.script("thousand.py"), KernelScene.HOST, "20");
      assertTrue(said.endsWith("ok"), said);
    }
  }
}
