package io.ustack.dpdk;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * A network namespace of this test's own: the Linux at the other end of the wire. Needs root. It
 * goes with this process, even with one that is killed, and takes interfaces and cables with it.
 */
final class Namespace implements AutoCloseable {
  /** Holds the namespace until its input ends. */
  private final Process holder;

  /** Our ends of cables. */
  private final List<String> plugged = new ArrayList<>();

  Namespace() {
    final String holds = "mount -t sysfs sysfs /sys; echo ready; exec cat";
    holder = launch(List.of("unshare", "--net", "--mount", "sh", "-c", holds));
    try {
      assertEquals("ready", holder.inputReader(StandardCharsets.UTF_8).readLine());
    } catch (final IOException e) {
      throw new AssertionError(e);
    }
    inside("ip", "link", "set", "lo", "up");
  }

  /** A cable between this process's namespace, whose end is up, and that one, whose end is down. */
  void plug(final String here, final String there) {
    final String us = Long.toString(ProcessHandle.current().pid());
    inside("ip", "link", "add", there, "type", "veth", "peer", "name", here, "netns", us);
    plugged.add(here);
    run("ip", "link", "set", here, "up");
  }

  /** Moves an interface of this process's namespace in, and gives it addresses. */
  void adopt(final String device, final String address, final String neighbour, final long mac) {
    run("ip", "link", "set", device, "netns", Long.toString(holder.pid()));
    address(device, address, neighbour, mac);
  }

  /** Gives an interface an address and the MAC address of its one neighbour. */
  void address(final String device, final String address, final String neighbour, final long mac) {
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
    final String target = Long.toString(holder.pid());
    final List<String> all =
        new ArrayList<>(List.of("nsenter", "--target", target, "--net", "--mount"));
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
    // The kernel takes its time with what is left in a namespace.
    for (final String here : plugged) {
      if (Files.exists(Path.of("/sys/class/net", here))) {
        run("ip", "link", "del", here);
      }
    }
    try {
      holder.getOutputStream().close();
      assertTrue(holder.waitFor(20, TimeUnit.SECONDS), "it holds on");
    } catch (final IOException | InterruptedException e) {
      throw new AssertionError(e);
    }
  }
}
