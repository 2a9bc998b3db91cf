package io.ustack.dpdk;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A network namespace of this test's own: the Linux at the other end of the wire. Needs root. */
final class Namespace implements AutoCloseable {
  private final String name;

  Namespace(final String name) {
    this.name = name + "-" + ProcessHandle.current().pid();
    run("ip", "netns", "add", this.name);
    inside("ip", "link", "set", "lo", "up");
  }

  /** As {@code ip netns} knows it. */
  String name() {
    return name;
  }

  /**
   * Moves an interface of this process's namespace in, gives it an address and the MAC address of
   * its one neighbour.
   */
  void adopt(final String device, final String address, final String neighbour, final long mac) {
    run("ip", "link", "set", device, "netns", name);
    inside("ip", "addr", "add", address, "dev", device);
    inside("ip", "link", "set", device, "up");
    final String text = String.format("%012x", mac).replaceAll("(..)(?!$)", "$1:");
    inside("ip", "neigh", "add", neighbour, "lladdr", text, "dev", device, "nud", "permanent");
  }

  /** Runs a command in the namespace and answers what it printed. */
  String inside(final String... command) {
    return finish(start(command));
  }

  /** Starts a command in the namespace. */
  Process start(final String... command) {
    final List<String> all = new ArrayList<>(List.of("ip", "netns", "exec", name));
    all.addAll(List.of(command));
    return launch(all);
  }

  /** Runs a command where this process is. */
  static String run(final String... command) {
    return finish(launch(List.of(command)));
  }

  private static Process launch(final List<String> command) {
    try {
      return new ProcessBuilder(command).redirectErrorStream(true).start();
    } catch (final IOException e) {
      throw new AssertionError(e);
    }
  }

  /** Waits for the command, which must succeed, and answers what it printed. */
  static String finish(final Process process) {
    try {
      final String output =
          new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      final boolean ended = process.waitFor(20, TimeUnit.SECONDS);
      assertEquals(true, ended, output);
      assertEquals(0, process.exitValue(), process.info().commandLine() + ": " + output);
      return output;
    } catch (final IOException | InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  @Override
  public void close() {
    run("ip", "netns", "del", name);
  }
}
