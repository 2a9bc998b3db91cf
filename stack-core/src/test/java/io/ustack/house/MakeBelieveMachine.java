package io.ustack.house;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** A machine on which scripts run: nothing outside a directory changes. */
final class MakeBelieveMachine {
  static final Path ROOT = Path.of("..").toAbsolutePath().normalize();
  static final Path SETUP = ROOT.resolve("dpdk-setup");

  private final Path root;

  MakeBelieveMachine(final Path root) {
    this.root = root;
  }

  /**
   * What a script has done.
   *
   * @param text both of its outputs
   */
  record Outcome(int code, String text) {}

  /** The directory that it is. */
  Path root() {
    return root;
  }

  /** A NIC at the PCI address {@code pci}, which the kernel's e1000e drives as {@code name}. */
  void nic(final String pci, final String name) throws IOException {
    bareTools();
    tool("id", "echo 0");
    final String device = "sys/bus/pci/devices/" + pci;
    write(device + "/class", "0x020000\n");
    write(device + "/driver_override", "\n");
    write(device + "/net/" + name + "/x", "");
    write("sys/bus/pci/drivers/e1000e/unbind", "");
    write("sys/bus/pci/drivers_probe", "");
    write("sys/class/net/" + name + "/x", "");
    Files.createSymbolicLink(
        root.resolve(device + "/driver"), root.resolve("sys/bus/pci/drivers/e1000e"));
    Files.createSymbolicLink(
        root.resolve("sys/class/net/" + name + "/device"), root.resolve(device));
  }

  /** A PATH with the tools of every Linux and nothing else. */
  void bareTools() throws IOException {
    Files.createDirectories(root.resolve("bin"));
    Files.createDirectories(root.resolve("jvm"));
    for (final String name :
        List.of(
            "bash",
            "sh",
            "basename",
            "cat",
            "cp",
            "cut",
            "dirname",
            "env",
            "find",
            "grep",
            "head",
            "id",
            "ln",
            "ls",
            "mkdir",
            "mktemp",
            "mount",
            "mountpoint",
            "printf",
            "readlink",
            "rm",
            "sed",
            "sort",
            "tail",
            "touch",
            "tr",
            "umount",
            "uname")) {
      final Path real =
          Stream.of("/usr/bin", "/bin", "/usr/sbin")
              .map(directory -> Path.of(directory, name))
              .filter(Files::exists)
              .findFirst()
              .orElseThrow(() -> new IOException(name + " is not on this machine"));
      tool(name, "exec " + real + " \"$@\"");
    }
  }

  Path bin(final String name) {
    return root.resolve("bin").resolve(name);
  }

  void tool(final String name, final String script) throws IOException {
    Files.deleteIfExists(bin(name));
    Files.writeString(bin(name), "#!/bin/bash\n" + script + "\n");
    Files.setPosixFilePermissions(bin(name), PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  Path jdk(final String name, final String version) throws IOException {
    final Path home = root.resolve("jvm").resolve(name);
    Files.createDirectories(home.resolve("bin"));
    Files.writeString(home.resolve("release"), "JAVA_VERSION=\"" + version + "\"\n");
    Files.createSymbolicLink(home.resolve("bin/javac"), bin("bash"));
    return home;
  }

  void write(final String path, final String text) throws IOException {
    final Path file = root.resolve(path);
    Files.createDirectories(file.getParent());
    Files.writeString(file, text);
  }

  String read(final String path) throws IOException {
    return Files.readString(root.resolve(path));
  }

  Outcome run(final Path script, final String... arguments) throws Exception {
    final List<String> command =
        Stream.concat(Stream.of(script.toString()), Stream.of(arguments))
            .collect(Collectors.toList());
    command.add(0, "/bin/bash");
    final ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().clear();
    builder
        .environment()
        .putAll(
            Map.of(
                "PATH", root.resolve("bin").toString(),
                "USTACK_SBIN", "",
                "USTACK_JVMS", root.resolve("jvm").toString(),
                "USTACK_RECORD", root.resolve("installed-packages").toString(),
                "USTACK_POLICY", root.resolve("policy-rc.d").toString(),
                "USTACK_SYS", root.resolve("sys").toString(),
                "USTACK_RUN", root.resolve("run").toString()));
    final Process process = builder.start();
    process.getOutputStream().close();
    final String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    return new Outcome(process.waitFor(), text);
  }
}
