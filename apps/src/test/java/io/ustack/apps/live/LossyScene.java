package io.ustack.apps.live;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ustack.apps.CommandFailure;
import io.ustack.apps.OwnJvm;
import io.ustack.apps.StopSignal;
import io.ustack.apps.demo.Cable;
import io.ustack.apps.demo.LinuxNamespace;
import io.ustack.apps.demo.Tool;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * One connection that carries one stream over a bad wire, {@link LossyEnd} on one side and lossy.py
 * on the kernel's stack on the other. The namespaces are new, so that the kernel's counters are
 * those of this connection; they end with this process, however it ends.
 */
final class LossyScene implements AutoCloseable {
  static final String STACK = "10.99.0.2";
  static final String LINUX = "10.99.0.1";

  private static final int TOOL_SECONDS = 20;

  private final Tool tool = new Tool(new StopSignal());
  private final Cable cable;
  private final Path directory;
  private final List<Process> processes = new ArrayList<>();

  LossyScene(final Path directory) throws CommandFailure {
    this.directory = directory;
    cable = Cable.plug(tool, LINUX + "/24");
    linux("sysctl", "-qw", "net.ipv4.tcp_ecn=1");
    // What an earlier connection has learned of the path is not to be remembered.
    linux("sysctl", "-qw", "net.ipv4.tcp_no_metrics_save=1");
  }

  private String linux(final String... command) throws CommandFailure {
    return tool.check(TOOL_SECONDS, cable.linuxSide().inside(command));
  }

  /** Carries a stream and says what both ends made of it. */
  LossyResult carry(
      final String wire, final boolean weListen, final boolean weSend, final long bytes)
      throws CommandFailure, IOException, InterruptedException {
    // In a PID namespace of its own its number is taken elsewhere, too: statistics in a file of
    // that
    // name would get in each other's way.
    final List<String> ours =
        OwnJvm.command(LossyEnd.class, "-XX:+UseSerialGC", "-XX:-UsePerfData", "-Xmx512m");
    ours.addAll(
        List.of(
            weListen ? "listen" : "connect",
            weSend ? "send" : "receive",
            String.valueOf(bytes),
            wire));
    final List<String> theirs =
        List.of(
            "python3",
            script(),
            weListen ? "connect" : "listen",
            weSend ? "receive" : "send",
            STACK,
            String.valueOf(bytes));
    final Process us;
    final Process them;
    if (weListen) {
      us = start(cable.dpdkSide(), "ours.log", ours);
      expect(us, "listening");
      them = start(cable.linuxSide(), "linux.log", theirs);
    } else {
      them = start(cable.linuxSide(), "linux.log", theirs);
      expect(them, "listening");
      us = start(cable.dpdkSide(), "ours.log", ours);
    }
    return follow(us, them);
  }

  private LossyResult follow(final Process us, final Process them)
      throws CommandFailure, IOException, InterruptedException {
    final List<LossyResult.Sample> samples = new ArrayList<>();
    final long startNs = System.nanoTime();
    String line = next(us);
    while (line.startsWith("sample ")) {
      samples.add(new LossyResult.Sample(LossyResult.fields(line), socket()));
      line = next(us);
    }
    final long elapsedNs = System.nanoTime() - startNs;
    assertTrue(line.startsWith("done "), line);
    assertEquals(line, next(them), "the content differs");
    Map<String, String> settled = socket();
    while (settled.containsKey("unacked")) { // our ACK of the last byte may wait, or be lost
      settled = socket();
    }
    say(us, "report");
    final Map<String, String> ours = LossyResult.fields(expect(us, "end"));
    final LossyResult result =
        new LossyResult(
            samples, ours, settled, LossyResult.nstat(linux("nstat", "-asz")), elapsedNs);
    say(them, "close");
    say(us, "close");
    assertEquals("closed inUse=0", next(us));
    assertEquals("closed", next(them));
    for (final Process process : processes) {
      assertTrue(process.waitFor(TOOL_SECONDS, TimeUnit.SECONDS));
      assertEquals(0, process.exitValue());
    }
    return result;
  }

  /** What ss says of the connection. */
  private Map<String, String> socket() throws CommandFailure {
    final String said =
        linux("ss", "-tinoOH", "sport = " + LossyEnd.PORT, "or", "dport = " + LossyEnd.PORT);
    assertEquals(1, said.lines().count(), said);
    return LossyResult.ss(said);
  }

  private String script() throws IOException {
    return LiveScript.unpack("lossy.py", directory);
  }

  private Process start(final LinuxNamespace side, final String log, final List<String> command)
      throws IOException {
    final Process process =
        new ProcessBuilder(side.inside(command.toArray(String[]::new)))
            .redirectError(directory.resolve(log).toFile())
            .start();
    processes.add(process);
    return process;
  }

  private void say(final Process process, final String line) throws IOException {
    final OutputStream input = process.getOutputStream();
    input.write((line + "\n").getBytes(StandardCharsets.US_ASCII));
    input.flush();
  }

  private String expect(final Process process, final String start) throws IOException {
    final String line = next(process);
    assertTrue(line.startsWith(start), line);
    return line;
  }

  private String next(final Process process) throws IOException {
    final BufferedReader reader = process.inputReader(StandardCharsets.UTF_8);
    final String line = reader.readLine();
    assertNotNull(line, () -> "it has ended: " + log("ours.log") + log("linux.log"));
    return line;
  }

  private String log(final String name) {
    try {
      return Files.readString(directory.resolve(name));
    } catch (final IOException e) {
      return "";
    }
  }

  @Override
  public void close() {
    for (final Process process : processes) {
      process.descendants().forEach(ProcessHandle::destroyForcibly);
      process.destroyForcibly();
    }
    cable.close();
  }
}
