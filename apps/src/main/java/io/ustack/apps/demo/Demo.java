package io.ustack.apps.demo;

import io.ustack.apps.CommandFailure;
import io.ustack.apps.StopSignal;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A web page and a file, served by ustack over DPDK, fetched by curl over the Linux kernel's own
 * stack: sets the scene, looks at everything, says what it saw, and leaves nothing behind.
 */
public final class Demo {
  private static final String STACK_ADDRESS = "10.99.0.2";
  private static final String STACK_SUBNET = "10.99.0.2/24";
  private static final String LINUX_SUBNET = "10.99.0.1/24";
  private static final String PAGE = "index.html";
  private static final String FILE = "10-megabytes.bin";
  private static final int FILE_BYTES = 10 << 20;
  private static final int START_SECONDS = 30;
  private static final int PINGS = 3;
  private static final long LOOK_AT_STOP_NS = 100_000_000L;

  /** ping's last line: rtt min/avg/max/mdev = 0.1/0.2/0.3/0.4 ms. */
  private static final Pattern ROUND_TRIPS = Pattern.compile("= ([0-9.]+)/([0-9.]+)/([0-9.]+)/");

  private final PrintStream out;
  private final StopSignal stop;
  private final Path capture;
  private final Tool tool;

  /**
   * A demonstration that tells {@code out} what it does.
   *
   * @param capture where the capture goes
   */
  public Demo(final PrintStream out, final StopSignal stop, final Path capture) {
    this.out = out;
    this.stop = stop;
    this.capture = capture;
    tool = new Tool(stop);
  }

  /**
   * Shows it.
   *
   * @param keep to go on serving afterwards, until the stop
   * @throws CommandFailure in one line, when anything is not as it should be
   */
  public void run(final boolean keep) throws CommandFailure {
    try (Cable cable = Cable.plug(tool, LINUX_SUBNET)) {
      final Path directory = cable.dpdkSide().scratch();
      fill(directory);
      try (ServerProcess server =
          ServerProcess.start(cable.dpdkSide(), directory, arguments(directory))) {
        show(cable, server, directory);
        if (keep) {
          keep(cable, server);
        }
        finish(server);
      }
    } catch (final IOException e) {
      throw new CommandFailure(String.valueOf(e), e);
    }
  }

  private List<String> arguments(final Path directory) {
    final List<String> arguments = new ArrayList<>(List.of("http", "--ip", STACK_SUBNET));
    arguments.addAll(List.of("--root", directory.resolve("www").toString(), "--mode", "inline"));
    arguments.addAll(List.of("--capture", capture.toString(), "--"));
    arguments.addAll(Cable.ealArguments());
    return arguments;
  }

  private static void fill(final Path directory) throws IOException {
    final Path www = Files.createDirectory(directory.resolve("www"));
    final byte[] bytes = new byte[FILE_BYTES];
    new Random().nextBytes(bytes);
    Files.write(www.resolve(FILE), bytes);
    try (InputStream page = Demo.class.getResourceAsStream("/io/ustack/apps/http/" + PAGE)) {
      Files.write(www.resolve(PAGE), Objects.requireNonNull(page).readAllBytes());
    }
  }

  private void show(final Cable cable, final ServerProcess server, final Path directory)
      throws CommandFailure, IOException {
    say(
        "cable",
        "Linux 10.99.0.1 (%s) - ustack %s (%s), each in a network namespace of its own",
        Cable.LINUX_END,
        STACK_ADDRESS,
        Cable.DPDK_END);
    final long startNs = System.nanoTime();
    waitUntilUp(cable, server);
    final String description = server.output().lines().findFirst().orElse("");
    say("server", "%s", description.replace(ServerProcess.SERVING, ""));
    say("up", "after %.1f s: the first ping is answered", (System.nanoTime() - startNs) / 1e9);
    ping(cable);
    final Download page = fetch(cable, server, directory, PAGE, "/");
    say(
        "page",
        "%d bytes; TCP handshake %.2f ms, first byte after %.2f ms",
        page.bytes(),
        page.handshakeSeconds() * 1e3,
        page.firstByteSeconds() * 1e3);
    final Download file = fetch(cable, server, directory, FILE, "/" + FILE);
    final double rate = file.bytesPerSecond();
    say(
        "file",
        "%d bytes in %.0f ms, %.0f MB/s (%.2f Gbit/s); SHA-256 equal",
        file.bytes(),
        file.totalSeconds() * 1e3,
        rate / 1e6,
        rate * 8 / 1e9);
  }

  private void waitUntilUp(final Cable cable, final ServerProcess server) throws CommandFailure {
    final List<String> once =
        cable.linuxSide().inside("ping", "-n", "-c", "1", "-W", "1", STACK_ADDRESS);
    final long deadlineNs = System.nanoTime() + START_SECONDS * 1_000_000_000L;
    while (!tool.run(START_SECONDS, once).ok() || !server.isServing()) {
      if (!server.isAlive()) {
        throw new CommandFailure("the server has ended: " + server.output());
      }
      if (System.nanoTime() - deadlineNs >= 0) {
        throw new CommandFailure(
            "no ping was answered for "
                + START_SECONDS
                + " s; the server says: "
                + server.output());
      }
    }
  }

  private void ping(final Cable cable) throws CommandFailure {
    final List<String> command =
        cable
            .linuxSide()
            .inside(
                "ping",
                "-n",
                "-q",
                "-c",
                String.valueOf(PINGS),
                "-i",
                "0.2",
                "-W",
                "2",
                STACK_ADDRESS);
    final String output = tool.check(START_SECONDS, command);
    final Matcher times = ROUND_TRIPS.matcher(output);
    if (!output.contains(" 0% packet loss") || !times.find()) {
      throw new CommandFailure("ping: " + output);
    }
    say(
        "ping",
        "%d of %d answered, round trip min/avg/max %s/%s/%s ms",
        PINGS,
        PINGS,
        times.group(1),
        times.group(2),
        times.group(3));
  }

  private Download fetch(
      final Cable cable,
      final ServerProcess server,
      final Path directory,
      final String name,
      final String path)
      throws CommandFailure, IOException {
    final Path copy = directory.resolve("fetched");
    final Download download =
        Download.fetch(tool, cable.linuxSide(), "http://" + STACK_ADDRESS + path, copy);
    if (download.status() != 200) {
      throw new CommandFailure(
          "GET "
              + path
              + " was answered with "
              + download.status()
              + "; the server says: "
              + server.output());
    }
    if (!sha256(copy).equals(sha256(directory.resolve("www").resolve(name)))) {
      throw new CommandFailure(
          "GET "
              + path
              + " brought other bytes than the file has (SHA-256 differs); the capture: "
              + capture);
    }
    return download;
  }

  private static String sha256(final Path file) throws IOException {
    try {
      final MessageDigest digest = MessageDigest.getInstance("SHA-256");
      digest.update(Files.readAllBytes(file));
      return HexFormat.of().formatHex(digest.digest());
    } catch (final NoSuchAlgorithmException e) {
      throw new IllegalStateException(e); // every JDK has it
    }
  }

  private void keep(final Cable cable, final ServerProcess server) throws CommandFailure {
    say("serving", "until Ctrl-C; from another terminal:");
    out.println(
        "  sudo nsenter --net=" + cable.linuxSide().path() + " curl http://" + STACK_ADDRESS + "/");
    while (!stop.isRequested()) {
      if (!server.isAlive()) {
        throw new CommandFailure("the server has ended: " + server.output());
      }
      LockSupport.parkNanos(LOOK_AT_STOP_NS);
    }
  }

  private void finish(final ServerProcess server) throws CommandFailure {
    final int exitCode = server.stop();
    final String statistics = server.output().lines().reduce("", (before, line) -> line);
    if (exitCode != 0 || !statistics.startsWith("frames: ")) {
      throw new CommandFailure("the server ended with code " + exitCode + ": " + server.output());
    }
    say("frames", "%s", statistics.substring("frames: ".length()));
    if (!statistics.endsWith("packets in use: 0")) {
      throw new CommandFailure("the server has kept packets that it should have released");
    }
    say("capture", "%s", capture);
  }

  private void say(final String what, final String format, final Object... arguments) {
    out.printf(Locale.ROOT, "%-8s %s%n", what, String.format(Locale.ROOT, format, arguments));
  }
}
