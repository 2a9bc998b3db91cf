package io.ustack.apps;

import io.ustack.apps.demo.Demo;
import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code ustack demo}: everything at once. */
@Command(
    name = "demo",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Makes two network namespaces and a cable between them, starts `ustack http` on one end over"
          + " DPDK, and from the other end, where the Linux kernel is, pings it and fetches a page"
          + " and a file of 10 MiB with curl. Says what it saw, and takes everything down again."
    },
    customSynopsis = "ustack demo [--keep] [--capture=FILE]",
    footer = {"", "Example:", "  sudo ./ustack demo --keep"})
final class DemoCommand implements Callable<Integer> {
  private final Invocation invocation;

  @Spec
  @SuppressWarnings("NullAway.Init")
  private CommandSpec spec;

  @Option(names = "--keep", description = "Go on serving until Ctrl-C, and say how to reach it.")
  private boolean keep;

  @Option(
      names = "--capture",
      paramLabel = "FILE",
      description =
          "Where the capture of the session goes. Default: a new file in the directory for"
              + " temporary ones.")
  private @Nullable Path capture;

  DemoCommand(final Invocation invocation) {
    this.invocation = invocation;
  }

  @Override
  public Integer call() throws CommandFailure {
    if (!invocation.ealArguments().isEmpty()) {
      throw new ParameterException(
          spec.commandLine(), "demo chooses DPDK's arguments itself and takes none behind --");
    }
    if (!isRoot()) {
      throw new CommandFailure(
          "making network namespaces and DPDK ports needs root: sudo ./ustack demo");
    }
    new Demo(invocation.out(), invocation.stop(), captureFile()).run(keep);
    return Main.EXIT_OK;
  }

  private static boolean isRoot() {
    try {
      return Files.readString(Path.of("/proc/self/status"))
          .lines()
          .anyMatch(line -> line.matches("Uid:\\s+\\d+\\s+0\\s.*"));
    } catch (final IOException e) {
      return false;
    }
  }

  /** A file of its own for each demo, wherever it runs; or the one that was named. */
  private Path captureFile() throws CommandFailure {
    final Path file = capture;
    try {
      if (file == null) {
        return Files.createTempFile("ustack-demo-", ".pcapng");
      }
      new FileOutputStream(file.toFile()).close(); // before anything is set up for nothing
      return file.toAbsolutePath();
    } catch (final IOException e) {
      throw new CommandFailure(
          "can't write the capture: " + e.getMessage() + "; name another file with --capture", e);
    }
  }
}
