package io.ustack.apps.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Client and server in two processes over {@code net_memif}: the server on the first core, the load
 * generator on the second, where the machine has two and taskset.
 */
final class MemifBench {
  private MemifBench() {}

  /**
   * Runs the cells and prints a line for each. @return the exit code of whichever process failed,
   * else 0
   */
  static int run(
      final List<Cell> cells, final int seconds, final boolean json, final PrintWriter out)
      throws IOException, InterruptedException {
    final Path directory = Files.createTempDirectory("ustack-bench");
    final Path socket = directory.resolve("memif.sock");
    final Process server = start(0, BenchServer.class, List.of(socket.toString()));
    try {
      final BufferedReader said = reader(server);
      if (!"ready".equals(said.readLine())) {
        return 1;
      }
      final List<String> arguments = new ArrayList<>();
      arguments.add(socket.toString());
      arguments.add(Integer.toString(seconds));
      arguments.add(json ? "json" : "text");
      for (final Cell cell : cells) {
        arguments.add(cell.name());
      }
      final Process client = start(1, BenchClient.class, arguments);
      try {
        reader(client).lines().forEach(out::println);
        out.flush();
        return client.waitFor();
      } finally {
        client.destroyForcibly();
      }
    } finally {
      server.destroyForcibly().waitFor();
      Files.deleteIfExists(socket);
      Files.deleteIfExists(directory);
    }
  }

  private static BufferedReader reader(final Process process) {
    return new BufferedReader(
        new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
  }

  private static Process start(final int core, final Class<?> main, final List<String> arguments)
      throws IOException {
    final List<String> command = new ArrayList<>();
    if (Runtime.getRuntime().availableProcessors() > 1
        && Files.exists(Path.of("/usr/bin/taskset"))) {
      command.addAll(List.of("/usr/bin/taskset", "-c", Integer.toString(core)));
    }
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-XX:+UseSerialGC", "-Xms512m", "-Xmx512m"));
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), main.getName()));
    command.addAll(arguments);
    return new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
  }
}
