package io.ustack.apps.vm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ustack.apps.DeviceEvent;
import io.ustack.apps.Main;
import io.ustack.apps.demo.LinuxNamespace;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.spi.ToolProvider;
import java.util.stream.Collectors;

/**
 * What {@code ./ustack} is in the machine: the JVM and the classes of this process. The classes are
 * loaded and verified here once and shared with all JVMs there (class data sharing), which halves
 * the seconds that one takes to start on an emulated processor.
 */
final class GuestJvm {
  private final LinuxNamespace namespace;
  private final Path directory;
  private final List<String> command = new ArrayList<>();

  private GuestJvm(final LinuxNamespace namespace) throws IOException {
    this.namespace = namespace;
    directory = namespace.scratch();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("--enable-native-access=ALL-UNNAMED");
    command.addAll(List.of("-XX:+UseSerialGC", "-Xmx256m", "-XX:-UsePerfData"));
    command.addAll(List.of("-cp", classPath()));
  }

  /**
   * Writes the program {@code ustack} into the namespace's directory.
   *
   * @return where it is
   */
  static Path install(final LinuxNamespace namespace) throws IOException, InterruptedException {
    return new GuestJvm(namespace).install();
  }

  private Path install() throws IOException, InterruptedException {
    final Path archive = directory.resolve("classes.jsa");
    archive(archive);
    // The compiler is emulated, too: only what runs often shall be compiled, and quickly.
    final List<String> words =
        flags(
            "-XX:SharedArchiveFile=" + archive,
            "-XX:TieredStopAtLevel=1",
            "-XX:CompileThresholdScaling=10");
    final String quoted =
        words.stream().map(word -> "'" + word + "'").collect(Collectors.joining(" "));
    final Path program = directory.resolve("ustack");
    final String main = "\"${USTACK_MAIN:-" + Main.class.getName() + "}\"";
    Files.writeString(program, "#!/bin/sh\nexec " + quoted + " " + main + " \"$@\"\n");
    Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwxr-xr-x"));
    return program;
  }

  /** Our class path; class data sharing wants jars where a build has directories. */
  private String classPath() throws IOException {
    final List<String> jars = new ArrayList<>();
    for (final String entry : System.getProperty("java.class.path").split(File.pathSeparator, -1)) {
      final Path path = Path.of(entry);
      if (!Files.isDirectory(path)) {
        jars.add(entry);
      } else if (path.endsWith("target/classes")) {
        jars.add(jar(path, directory.resolve("classes" + jars.size() + ".jar")));
      }
    }
    jars.add(jar(resetCommand(), directory.resolve("reset.jar")));
    return String.join(File.pathSeparator, jars);
  }

  /** The one command that is not ours: a directory with its classes. */
  private Path resetCommand() throws IOException {
    final Path classes = directory.resolve("reset");
    for (final Class<?> each : List.of(ResetCommand.class, DeviceEvent.class)) {
      final String name = each.getName().replace('.', '/') + ".class";
      final Path file = classes.resolve(name);
      Files.createDirectories(file.getParent());
      try (InputStream bytes = each.getClassLoader().getResourceAsStream(name)) {
        Files.write(file, Objects.requireNonNull(bytes, name).readAllBytes());
      }
    }
    return classes;
  }

  private static String jar(final Path classes, final Path jar) {
    final int code =
        ToolProvider.findFirst("jar")
            .orElseThrow()
            .run(
                System.out,
                System.err,
                "--create",
                "--no-compress",
                "--file=" + jar,
                "-C",
                classes.toString(),
                ".");
    assertEquals(0, code, classes::toString);
    return jar.toString();
  }

  /** Runs a server until it serves, and keeps the classes that this took. */
  private void archive(final Path archive) throws IOException, InterruptedException {
    final List<String> server = flags("-XX:ArchiveClassesAtExit=" + archive);
    server.add(Main.class.getName());
    server.addAll(List.of("http", "--ip=10.98.0.2/24", "--", "--no-huge", "--vdev=net_null0"));
    final Process process =
        new ProcessBuilder(namespace.inside(server.toArray(String[]::new)))
            .redirectErrorStream(true)
            .start();
    final StringBuilder said = new StringBuilder();
    try (BufferedReader lines = process.inputReader(StandardCharsets.UTF_8)) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        said.append(line).append('\n');
        if (line.endsWith("; Ctrl-C stops")) {
          process.descendants().forEach(ProcessHandle::destroy); // nsenter forks
        }
      }
    }
    assertEquals(0, process.waitFor(), said::toString);
    assertTrue(Files.exists(archive), said::toString);
  }

  private List<String> flags(final String... flags) {
    final List<String> all = new ArrayList<>(command);
    all.addAll(1, List.of(flags));
    return all;
  }
}
