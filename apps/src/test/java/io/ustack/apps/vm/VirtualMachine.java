package io.ustack.apps.vm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ustack.apps.CommandFailure;
import io.ustack.apps.StopSignal;
import io.ustack.apps.demo.LinuxNamespace;
import io.ustack.apps.demo.Tool;
import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * The machine of vm/machine.sh and Linux at the other end of its cables, in a network namespace
 * that ends with this process, and the machine with it. Its files are this machine's.
 */
final class VirtualMachine implements AutoCloseable {
  /** The checkout, here and in the machine. */
  static final Path ROOT = Path.of("..").toAbsolutePath().normalize();

  /** For what takes a second where nobody else is at work; the processors are emulated. */
  static final int PATIENCE_SECONDS = 180;

  private static final String ANSWERED = "@@ ";
  private static final String GONE = "@@ gone";
  private static final int KERNEL_LINES = 15;

  private final Tool tool = new Tool(new StopSignal());
  private final LinuxNamespace peer;
  private final Process qemu;
  private final BufferedWriter questions;
  private final BlockingQueue<String> answers = new LinkedBlockingQueue<>();

  private VirtualMachine(final LinuxNamespace peer) throws IOException {
    this.peer = peer;
    final ProcessBuilder builder =
        new ProcessBuilder(
            peer.inside(
                ROOT.resolve("vm/machine.sh").toString(),
                "--lines",
                "--log",
                file("kernel.log").toString(),
                "--monitor",
                file("monitor").toString()));
    builder.environment().put("TMPDIR", peer.scratch().toString());
    qemu = builder.redirectError(file("qemu.log").toFile()).start();
    questions = qemu.outputWriter(StandardCharsets.UTF_8);
    final Thread reader = new Thread(this::read, "machine");
    reader.setDaemon(true);
    reader.start();
  }

  /** Whether this machine has what it takes. */
  static boolean isThere() throws CommandFailure {
    final String install = ROOT.resolve("dpdk-setup/install.sh").toString();
    return new Tool(new StopSignal())
        .run(PATIENCE_SECONDS, List.of(install, "--missing", "vm"))
        .ok();
  }

  /** Starts it, and waits for its shell. */
  static VirtualMachine boot() throws CommandFailure, IOException, InterruptedException {
    final LinuxNamespace peer = LinuxNamespace.create(new Tool(new StopSignal()));
    boolean up = false;
    try {
      GuestJvm.install(peer); // before the boot, for the machine's view of a directory may be old
      final VirtualMachine machine = new VirtualMachine(peer);
      machine.answer("boot");
      up = true;
      return machine;
    } finally {
      if (!up) {
        peer.close();
      }
    }
  }

  /** A file that goes with the machine, and that it can read when it was there before the boot. */
  private Path file(final String name) {
    return peer.scratch().resolve(name);
  }

  private void read() {
    try (BufferedReader said = qemu.inputReader(StandardCharsets.UTF_8)) {
      for (String line = said.readLine(); line != null; line = said.readLine()) {
        answers.add(line);
      }
    } catch (final IOException e) {
      answers.add(String.valueOf(e.getMessage()));
    }
    answers.add(GONE);
  }

  /** Runs a line of shell in the machine, {@code ustack} being the program under test. */
  Tool.Outcome run(final String line) {
    try {
      questions.write(line.replaceFirst("^ustack |(?<= )ustack ", file("ustack") + " ") + "\n");
      questions.flush();
    } catch (final IOException e) {
      throw new UncheckedIOException(kernelLog(), e);
    }
    return answer(line);
  }

  private Tool.Outcome answer(final String line) {
    final StringBuilder said = new StringBuilder();
    try {
      while (true) {
        final String next = answers.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
        assertTrue(next != null, () -> "no answer to '" + line + "': " + said + kernelLog());
        assertTrue(!next.equals(GONE), () -> "the machine has ended at '" + line + kernelLog());
        if (next.startsWith(ANSWERED)) {
          final String code = next.substring(ANSWERED.length());
          return new Tool.Outcome(
              code.equals("ready") ? 0 : Integer.parseInt(code), said.toString().strip());
        }
        said.append(next).append('\n');
      }
    } catch (final InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError("interrupted", e);
    }
  }

  private String kernelLog() {
    final StringBuilder tail = new StringBuilder();
    for (final String name : List.of("qemu.log", "kernel.log")) {
      try {
        final List<String> lines =
            Files.readAllLines(file(name), StandardCharsets.ISO_8859_1); // whatever it says
        tail.append("\n--- ").append(name).append('\n');
        lines.stream()
            .skip(Math.max(0, lines.size() - KERNEL_LINES))
            .forEach(line -> tail.append(line).append('\n'));
      } catch (final IOException e) {
        tail.append(e);
      }
    }
    return tail.toString();
  }

  /** As {@link #run}; it has to succeed. */
  String check(final String line) {
    final Tool.Outcome outcome = run(line);
    assertEquals(0, outcome.exitCode(), () -> line + ": " + outcome.output());
    return outcome.output();
  }

  /** Runs a program at the other end of the cables. */
  Tool.Outcome peer(final String... command) throws CommandFailure {
    return tool.run(PATIENCE_SECONDS, peer.inside(command));
  }

  /** As {@link #peer}; it has to succeed. */
  String checkPeer(final String... command) throws CommandFailure {
    return tool.check(PATIENCE_SECONDS, peer.inside(command));
  }

  /** Starts a program there that lasts; the caller ends it. */
  Process startPeer(final String... command) throws IOException {
    return new ProcessBuilder(peer.inside(command))
        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
        .redirectError(file("peer.log").toFile())
        .start();
  }

  /** Tells QEMU what happens to the machine: {@code device_del nic1}. */
  void happens(final String event) throws IOException {
    try (SocketChannel monitor = SocketChannel.open(StandardProtocolFamily.UNIX)) {
      monitor.connect(UnixDomainSocketAddress.of(file("monitor")));
      final ByteBuffer bytes = ByteBuffer.wrap((event + "\n").getBytes(StandardCharsets.US_ASCII));
      while (bytes.hasRemaining()) {
        monitor.write(bytes);
      }
      // Its prompt comes twice: at first, and when the command is done.
      final ByteBuffer said = ByteBuffer.allocate(1 << 16);
      while (monitor.read(said) >= 0
          && new String(said.array(), 0, said.position(), StandardCharsets.US_ASCII)
                  .split("\\(qemu\\) ", -1)
                  .length
              < 3) {}
    }
  }

  @Override
  public void close() {
    peer.close(); // nothing in the namespace survives it
  }
}
