package io.ustack.dpdk;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A file that nobody listens on goes, and no other. */
class StaleMemifSocketTest {
  @TempDir private Path directory;

  private static List<String> arguments(final Path file, final String more) {
    return List.of("--no-huge", "--vdev=net_memif0,socket=" + file + more);
  }

  private Path dead() throws IOException {
    final Path file = directory.resolve("dead");
    ServerSocketChannel.open(StandardProtocolFamily.UNIX)
        .bind(UnixDomainSocketAddress.of(file))
        .close();
    assertTrue(Files.exists(file));
    return file;
  }

  @Test
  void aKilledServersFile() throws IOException {
    final Path file = dead();
    StaleMemifSocket.removeAll(arguments(file, ",role=server"));
    StaleMemifSocket.removeAll(arguments(file, ",role=client,socket-abstract=no"));
    assertTrue(Files.exists(file), "nobody is to listen there");
    StaleMemifSocket.removeAll(arguments(file, ",role=server,socket-abstract=no"));
    assertFalse(Files.exists(file));
  }

  @Test
  void aServersFileThatLives() throws IOException {
    final Path file = directory.resolve("alive");
    try (ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      server.bind(UnixDomainSocketAddress.of(file));
      StaleMemifSocket.removeAll(arguments(file, ",role=server,socket-abstract=no"));
      assertTrue(Files.exists(file));
    }
  }

  @Test
  void noSocketAtAll() throws IOException, InterruptedException {
    final Path file = Files.writeString(directory.resolve("text"), "mine");
    final Path pipe = directory.resolve("pipe");
    assertEquals(0, new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor());
    StaleMemifSocket.removeIfDead(pipe);
    assertTrue(Files.exists(pipe));
    StaleMemifSocket.removeIfDead(file);
    StaleMemifSocket.removeIfDead(directory);
    StaleMemifSocket.removeIfDead(directory.resolve("nothing"));
    assertTrue(Files.exists(file));
    assertTrue(Files.exists(directory));
  }
}
