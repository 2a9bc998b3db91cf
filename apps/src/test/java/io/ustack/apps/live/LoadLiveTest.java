package io.ustack.apps.live;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ustack.apps.CommandFailure;
import io.ustack.apps.Main;
import io.ustack.apps.OwnJvm;
import io.ustack.apps.StopSignal;
import io.ustack.apps.demo.LinuxNamespace;
import io.ustack.apps.demo.ServerProcess;
import io.ustack.apps.demo.Tool;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code ustack load} asks {@code ustack echo} over a memif, in a namespace of their own. */
@Tag("live")
@Tag("one-jdk")
class LoadLiveTest {
  private static final int SECONDS = 60;

  @TempDir private Path directory;
  private final Tool tool = new Tool(new StopSignal());
  private LinuxNamespace namespace;
  private ServerProcess server;

  private static List<String> memif(final String role) {
    return List.of(
        "--",
        "--no-huge",
        "-m",
        "256",
        "--no-pci",
        "--file-prefix=load-" + role + ProcessHandle.current().pid(),
        "--vdev=net_memif0,role=" + role + ",socket=load");
  }

  @BeforeEach
  void serve() throws CommandFailure {
    namespace = LinuxNamespace.create(tool);
    final List<String> echo = new ArrayList<>(List.of("echo", "--ip", "10.99.0.2/24"));
    echo.addAll(memif("server"));
    server = ServerProcess.start(namespace, directory, echo);
    final long deadlineNs = System.nanoTime() + SECONDS * 1_000_000_000L;
    while (!server.isServing()) {
      assertTrue(server.isAlive() && System.nanoTime() - deadlineNs < 0, server::output);
      LockSupport.parkNanos(20_000_000);
    }
  }

  @AfterEach
  void end() {
    server.close();
    namespace.close();
  }

  private Tool.Outcome load(final String... arguments) throws CommandFailure {
    final List<String> all = OwnJvm.command(Main.class, "-XX:+UseSerialGC", "-XX:-UsePerfData");
    all.add("load");
    all.addAll(List.of(arguments));
    all.addAll(List.of("--ip", "10.99.0.1/24", "-s", "10.99.0.2"));
    all.addAll(memif("client"));
    return tool.run(SECONDS, namespace.inside(all.toArray(String[]::new)));
  }

  @Test
  void requestsAndConnections() throws CommandFailure {
    final Tool.Outcome requests = load("rr", "-c", "16", "-n", "20000", "--rate", "1M");
    assertTrue(
        requests.output().contains("load: success 20000, failed 0, time "), requests::output);
    assertEquals(Main.EXIT_OK, requests.exitCode());
    final Tool.Outcome connections = load("cps", "-c", "8", "-n", "1000", "--json");
    assertTrue(
        connections.output().startsWith("{\"success\":1000,\"failed\":0,"), connections::output);
    assertEquals(0, server.stop());
    assertTrue(server.output().contains("echo: 1016 connections, "), server::output);
    assertTrue(server.output().endsWith("packets in use: 0"), server::output);
  }

  @Test
  void severalThreads() throws CommandFailure {
    final Tool.Outcome outcome =
        load("rr", "-t", "2", "-c", "9", "-n", "5001", "--mode", "dedicated");
    assertTrue(outcome.output().contains("load: success 5001, failed 0, "), outcome::output);
  }

  @Test
  void nobodyListens() throws CommandFailure {
    final Tool.Outcome outcome = load("rr", "-c", "4", "-p", "4711");
    assertEquals(Main.EXIT_FAILURE, outcome.exitCode());
    assertTrue(outcome.output().contains(" (failed: 4 x ECONNREFUSED)"), outcome::output);
    assertTrue(
        outcome.output().contains("NOT TRUSTED: it took less than a second"), outcome::output);
  }
}
