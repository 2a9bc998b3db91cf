package io.ustack.house;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** A machine on which scripts run: nothing outside a directory changes. */
final class MakeBelieveMachine {
  static final Path ROOT = Path.of("..").toAbsolutePath().normalize();
  static final Path SETUP = ROOT.resolve("dpdk-setup");

  private final Path root;
  private final Map<String, String> environment = new HashMap<>();

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
    write(device + "/native", "e1000e\n");
    write("sys/bus/pci/drivers/e1000e/unbind", "");
    write("sys/bus/pci/drivers_probe", "");
    write("sys/class/net/" + name + "/x", "");
    Files.createSymbolicLink(
        root.resolve(device + "/driver"), root.resolve("sys/bus/pci/drivers/e1000e"));
    Files.createSymbolicLink(
        root.resolve("sys/class/net/" + name + "/device"), root.resolve(device));
  }

  /**
   * Has the kernel act on what is written to its files: it does so when it is looked at, by way of
   * readlink. A file {@code refuses-DRIVER} in a device's directory keeps that driver from it.
   */
  void kernel() throws IOException {
    final String real = real("readlink").toString();
    tool(
        "readlink",
        """
        cd 'ROOT/sys/bus/pci'
        for device in devices/*; do
          pci=${device##*/}
          for driver in drivers/*; do
            said=; [ ! -f $driver/unbind ] || read -r said <$driver/unbind
            [ "$said" = "$pci" ] || continue
            : >$driver/unbind
            rm -f $device/driver
            [ ! -e $device/net ] || mv $device/net $device/net-of-old
          done
          said=; [ ! -f drivers_probe ] || read -r said <drivers_probe
          [ "$said" = "$pci" ] && [ ! -L $device/driver ] || continue
          : >drivers_probe
          read -r name <$device/driver_override
          [ -n "$name" ] || read -r name <$device/native
          [ -d drivers/$name ] && [ ! -e $device/refuses-$name ] || continue
          ln -s ../../drivers/$name $device/driver
          [ $name != $(cat $device/native) ] || mv $device/net-of-old $device/net
        done
        cd - >/dev/null
        exec REAL "$@"
        """
            .replace("ROOT", root.toString())
            .replace("REAL", real));
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
            "mv",
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
      tool(name, "exec " + real(name) + " \"$@\"");
    }
  }

  private static Path real(final String name) throws IOException {
    return Stream.of("/usr/bin", "/bin", "/usr/sbin")
        .map(directory -> Path.of(directory, name))
        .filter(Files::exists)
        .findFirst()
        .orElseThrow(() -> new IOException(name + " is not on this machine"));
  }

  /** A variable of the environment that scripts run in. */
  void variable(final String name, final String value) {
    environment.put(name, value);
  }

  /** Every file and link with what it says, to be compared. */
  String files() throws IOException {
    final StringBuilder all = new StringBuilder();
    try (Stream<Path> files = Files.walk(root)) {
      for (final Path file : files.sorted().toList()) {
        all.append(root.relativize(file));
        if (Files.isSymbolicLink(file)) {
          all.append(" -> ").append(Files.readSymbolicLink(file));
        } else if (Files.isRegularFile(file)) {
          all.append(": ").append(Files.readString(file).strip());
        }
        all.append('\n');
      }
    }
    return all.toString();
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
                "USTACK_MACHINE", root.resolve("machine").toString(),
                "USTACK_POLICY", root.resolve("policy-rc.d").toString(),
                "USTACK_OS", root.resolve("os-release").toString()));
    for (final String directory : List.of("dev", "etc", "proc", "run", "sys", "systemd", "units")) {
      builder
          .environment()
          .put("USTACK_" + directory.toUpperCase(Locale.ROOT), root.resolve(directory).toString());
    }
    builder.environment().putAll(environment);
    final Process process = builder.start();
    process.getOutputStream().close();
    final String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    return new Outcome(process.waitFor(), text);
  }
}
