package io.ustack.house;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The launcher and dpdk-setup, on a make-believe machine: nothing outside a directory changes. */
final class SetupScriptsTest {
  private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();
  private static final Path SETUP = ROOT.resolve("dpdk-setup");

  @TempDir Path machine;

  private record Outcome(int code, String text) {}

  // --- install.sh and find-jdk.sh

  @Test
  void installWithoutAptNamesThePackagesAndFails() throws Exception {
    bareTools();
    final Outcome outcome = run(SETUP.resolve("install.sh"), "dpdk", "net");
    assertEquals(1, outcome.code, outcome.text);
    assertTrue(outcome.text.contains("no apt-get"), outcome.text);
    for (final String name : List.of("gcc", "make", "libdpdk-dev", "iproute2", "curl")) {
      assertTrue(outcome.text.contains("  " + name + "\n"), name + " in: " + outcome.text);
    }
    assertFalse(outcome.text.contains("maven"), "of another group: " + outcome.text);
  }

  @Test
  void missingIsOneLineAndACode() throws Exception {
    bareTools();
    tool("curl", "");
    tool("ethtool", "");
    tool("ping", "");
    assertEquals(
        new Outcome(1, "iproute2\n"), run(SETUP.resolve("install.sh"), "--missing", "net"));
    tool("ip", "");
    assertEquals(new Outcome(0, ""), run(SETUP.resolve("install.sh"), "--missing", "net"));
  }

  @Test
  void dryRunAsksAptForNothing() throws Exception {
    bareTools();
    tool("apt-get", "echo CALLED");
    tool("apt-cache", "");
    final Outcome outcome = run(SETUP.resolve("install.sh"), "--dry-run", "net");
    assertEquals(
        "install: would run: apt-get install iproute2 ethtool curl iputils-ping\n", outcome.text);
    assertEquals(0, outcome.code);
  }

  @Test
  void installAsksAptForWhatLacksOnly() throws Exception {
    bareTools();
    tool("id", "echo 0");
    tool("curl", "");
    tool("ethtool", "");
    tool("ping", "");
    tool("apt-cache", "echo Package: x");
    tool("dpkg-query", "echo installed"); // and so nothing is recorded outside this directory
    tool(
        "apt-get",
        "echo \"$*\" >'" + machine + "/asked'; cp '" + bin("curl") + "' '" + bin("ip") + "'");
    final Outcome outcome = run(SETUP.resolve("install.sh"), "net");
    assertEquals("install: apt-get install iproute2\ninstall: installed: iproute2\n", outcome.text);
    assertEquals(0, outcome.code);
    assertTrue(read("asked").endsWith(" install iproute2\n"), read("asked"));
  }

  /** Two servers are wanted as programs; Debian would run them as services. */
  @Test
  void installStartsNoServiceAndEnablesNone() throws Exception {
    bareTools();
    tool("id", "echo 0");
    for (final String there :
        List.of("python3", "tcpdump", "tshark", "iperf3", "shellcheck", "redis-benchmark", "wrk")) {
      tool(there, "");
    }
    tool("nc.openbsd", "");
    Files.createSymbolicLink(bin("nc"), bin("nc.openbsd"));
    tool("ab", "");
    tool("chmod", "exec /bin/chmod \"$@\"");
    tool("apt-cache", "echo Package: x");
    tool("dpkg-query", "echo not-installed");
    tool("update-rc.d", "echo \"$*\" >>'" + machine + "/disabled'");
    tool(
        "apt-get",
        "'"
            + machine
            + "/policy-rc.d'; echo $? >'"
            + machine
            + "/policy'; cd '"
            + machine
            + "/bin' && cp ab nginx && cp ab redis-server");
    final Outcome outcome = run(SETUP.resolve("install.sh"), "test");
    assertEquals(0, outcome.code, outcome.text);
    assertEquals("101\n", read("policy"));
    assertFalse(Files.exists(machine.resolve("policy-rc.d")));
    assertEquals("redis-server disable\nnginx disable\n", read("disabled"));
    assertEquals("redis-server\nnginx-light\n", read("installed-packages"));
  }

  @Test
  void installWithoutRootSaysWhatToDo() throws Exception {
    bareTools();
    tool("id", "echo 1000");
    tool("apt-cache", "echo Package: x");
    tool("apt-get", "echo CALLED");
    final Outcome outcome = run(SETUP.resolve("install.sh"), "net");
    assertEquals(1, outcome.code);
    assertTrue(outcome.text.contains("sudo " + SETUP.resolve("install.sh")), outcome.text);
    assertFalse(outcome.text.contains("CALLED"), outcome.text);
  }

  @Test
  void jdkIsTheOldestThatWillDoAndSecondTheNewest() throws Exception {
    bareTools();
    final Path find = SETUP.resolve("find-jdk.sh");
    jdk("a-11", "11.0.2");
    assertEquals(new Outcome(1, ""), run(find));
    final Path seventeen = jdk("z-17", "17.0.15");
    assertEquals(new Outcome(0, seventeen + "\n"), run(find));
    assertEquals(new Outcome(1, ""), run(find, "--second"));
    jdk("b-21", "21");
    final Path newest = jdk("c-25", "25-ea");
    assertEquals(new Outcome(0, seventeen + "\n"), run(find));
    assertEquals(new Outcome(0, newest + "\n"), run(find, "--second"));
  }

  // --- hugepages.sh

  @Test
  void hugepagesAreReservedAndGivenBack() throws Exception {
    bareTools();
    tool("id", "echo 0");
    tool("mountpoint", "");
    final String pages = "sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages";
    write(pages, "3\n");
    final Path script = SETUP.resolve("hugepages.sh");
    assertEquals(0, run(script, "512M").code);
    assertEquals("256\n", read(pages));
    assertEquals(0, run(script, "1G").code);
    assertEquals("512\n", read(pages));
    // The machine's own number, not the first call's.
    assertEquals(0, run(script, "--undo").code);
    assertEquals("3\n", read(pages));
    assertEquals(1, run(script, "--undo").code);
  }

  @Test
  void hugepagesThatAreThereAreNotTakenAway() throws Exception {
    bareTools();
    tool("id", "echo 0");
    tool("mountpoint", "");
    final String pages = "sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages";
    write(pages, "600\n");
    final Path script = SETUP.resolve("hugepages.sh");
    final Outcome enough = run(script, "512M");
    assertEquals(0, enough.code);
    assertEquals(
        "hugepages: nothing to raise: 600 pages of 2M are reserved already, 256 were asked for\n",
        enough.text);
    assertEquals("600\n", read(pages));
    assertEquals(1, run(script, "--undo").code); // nothing was done
    // Neither does a call for less take back what a call for more has reserved.
    assertEquals(0, run(script, "2G").code);
    assertEquals(0, run(script, "512M").code);
    assertEquals("1024\n", read(pages));
    assertEquals(0, run(script, "--undo").code);
    assertEquals("600\n", read(pages));
  }

  @Test
  void hugepagesRefusesNonsense() throws Exception {
    bareTools();
    for (final String memory : List.of("", "x", "12", "0M", "1K2M", "-1M")) {
      final Outcome outcome = run(SETUP.resolve("hugepages.sh"), memory);
      assertEquals(2, outcome.code, memory);
      assertEquals(1, outcome.text.lines().count(), outcome.text);
    }
  }

  // --- bind-nic.sh

  @Test
  void bindRefusesTheDefaultRoute() throws Exception {
    nic("0000:03:00.0", "enp3s0");
    tool(
        "ip",
        "case \"$*\" in '-4 route show default') echo 'default via 192.0.2.1 dev enp3s0 ' ;; -6*)"
            + " exit 1 ;; esac");
    assertRefused("carries the default route", "enp3s0");
    assertRefused("carries the default route", "0000:03:00.0");
    assertRefused("carries the default route", "03:00.0");
  }

  @Test
  void bindRefusesTheDefaultRouteOfABridgeOnTop() throws Exception {
    nic("0000:03:00.0", "enp3s0");
    write("sys/class/net/enp3s0/upper_bond0/x", "");
    write("sys/class/net/bond0/upper_br0/x", "");
    tool(
        "ip",
        "case \"$*\" in '-4 route show default') echo 'default via 192.0.2.1 dev br0' ;; esac");
    assertRefused("carries the default route (of br0)", "enp3s0");
  }

  @Test
  void bindRefusesAnAddress() throws Exception {
    nic("0000:03:00.0", "enp3s0");
    tool("ip", "case \"$*\" in '-o address'*) echo '2: enp3s0 inet 192.0.2.2/24' ;; esac");
    assertRefused("has an address", "enp3s0");
  }

  @Test
  void bindRefusesWhatIsNoNic() throws Exception {
    nic("0000:03:00.0", "enp3s0");
    write("sys/bus/pci/devices/0000:04:00.0/class", "0x010802\n");
    write("sys/class/net/veth0/x", "");
    assertRefused("not a network device", "0000:04:00.0");
    assertRefused("virtual interface", "veth0");
    assertRefused("no interface 'eth9'", "eth9");
    assertRefused("no PCI device", "0000:05:00.0");
  }

  @Test
  void bindAndUndo() throws Exception {
    nic("0000:03:00.0", "enp3s0");
    write("sys/kernel/iommu_groups/0/x", "");
    write("sys/bus/pci/drivers/vfio-pci/unbind", "");
    tool("ip", "");
    // What the kernel does when its drivers_probe is written to.
    tool(
        "probe",
        "cd '"
            + machine
            + "/sys/bus/pci/devices/0000:03:00.0' && rm -f driver && "
            + "d=$(cat driver_override); ln -s ../../drivers/${d:-e1000e} driver");
    tool("modprobe", "");
    final Path script = SETUP.resolve("bind-nic.sh");
    // A plain file in place of drivers_probe moves nothing: the script must notice.
    final Outcome stuck = run(script, "enp3s0");
    assertEquals(1, stuck.code, stuck.text);
    assertTrue(stuck.text.contains("did not go to vfio-pci"), stuck.text);
    assertEquals("vfio-pci\n", read("sys/bus/pci/devices/0000:03:00.0/driver_override"));
    assertEquals("0000:03:00.0\n", read("sys/bus/pci/drivers/e1000e/unbind"));
    assertEquals("0000:03:00.0\n", read("sys/bus/pci/drivers_probe"));
    run(bin("probe"));
    final Outcome again = run(script, "0000:03:00.0");
    assertEquals(0, again.code, again.text);
    assertTrue(again.text.contains("already"), again.text);
    run(script, "--undo", "0000:03:00.0");
    assertEquals("\n", read("sys/bus/pci/devices/0000:03:00.0/driver_override"));
    assertEquals("0000:03:00.0\n", read("sys/bus/pci/drivers/vfio-pci/unbind"));
    assertEquals("e1000e\n", read("run/bind-nic/0000:03:00.0"), "kept while it is not back");
  }

  // --- the launcher

  @Test
  void launcherRefusesAWrongCommandInOneLine() throws Exception {
    bareTools();
    final Outcome outcome = run(ROOT.resolve("ustack"), "hppt");
    assertEquals(2, outcome.code);
    assertEquals("ustack: unknown command 'hppt'; ./ustack --help lists them\n", outcome.text);
    assertEquals(2, run(ROOT.resolve("ustack")).code);
    assertEquals(0, run(ROOT.resolve("ustack"), "--help").code);
  }

  @Test
  void launcherWithoutRootSaysWhatIsMissing() throws Exception {
    bareTools();
    tool("id", "echo 1000");
    final Outcome outcome = run(ROOT.resolve("ustack"), "http", "--port", "80");
    assertEquals(1, outcome.code);
    assertEquals(1, outcome.text.lines().count(), outcome.text);
    assertTrue(outcome.text.contains("missing: openjdk-17-jdk-headless maven"), outcome.text);
    assertTrue(outcome.text.contains("sudo '" + SETUP.resolve("install.sh")), outcome.text);
  }

  /** Who only reads the help, or measures without a wire, isn't sent to install DPDK. */
  @Test
  void launcherAsksForDpdkOnlyWhereItIsUsed() throws Exception {
    bareTools();
    tool("id", "echo 1000");
    final Path launcher = ROOT.resolve("ustack");
    assertTrue(run(launcher, "http", "--port", "80", "--", "-h").text.contains("libdpdk-dev"));
    assertTrue(run(launcher, "demo").text.contains("curl"));
    final List<List<String>> without =
        List.of(
            List.of("http", "--help"),
            List.of("bench", "--wire", "pipe"),
            List.of("replay", "x.pcap"),
            List.of("doctor"),
            List.of("test"));
    for (final List<String> arguments : without) {
      final Outcome outcome = run(launcher, arguments.toArray(String[]::new));
      assertEquals(1, outcome.code, outcome.text);
      assertTrue(outcome.text.contains("missing: openjdk-17-jdk-headless maven."), outcome.text);
    }
  }

  @Test
  void everyScriptPassesShellcheck() throws Exception {
    final Path shellcheck = Path.of("/usr/bin/shellcheck");
    assumeTrue(Files.isExecutable(shellcheck), "shellcheck is not installed");
    final List<String> command = new ArrayList<>(List.of(shellcheck.toString()));
    try (Stream<Path> scripts = Files.list(SETUP)) {
      scripts
          .filter(file -> file.toString().endsWith(".sh"))
          .map(Path::toString)
          .forEach(command::add);
    }
    for (final String other :
        List.of("ustack", ".ci/run", "vagrant/provision.sh", "native/make-if-dpdk.sh")) {
      command.add(ROOT.resolve(other).toString());
    }
    final Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    final String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertEquals(0, process.waitFor(), said);
  }

  // --- the make-believe machine

  private void assertRefused(final String why, final String nic) throws Exception {
    final Outcome outcome = run(SETUP.resolve("bind-nic.sh"), nic);
    assertEquals(1, outcome.code, outcome.text);
    assertEquals(1, outcome.text.lines().count(), outcome.text);
    assertTrue(outcome.text.contains(why), outcome.text);
  }

  /** A NIC at the PCI address {@code pci}, which the kernel's e1000e drives as {@code name}. */
  private void nic(final String pci, final String name) throws IOException {
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
        machine.resolve(device + "/driver"), machine.resolve("sys/bus/pci/drivers/e1000e"));
    Files.createSymbolicLink(
        machine.resolve("sys/class/net/" + name + "/device"), machine.resolve(device));
  }

  /** A PATH with the tools of every Linux and nothing else. */
  private void bareTools() throws IOException {
    Files.createDirectories(machine.resolve("bin"));
    Files.createDirectories(machine.resolve("jvm"));
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

  private Path bin(final String name) {
    return machine.resolve("bin").resolve(name);
  }

  private void tool(final String name, final String script) throws IOException {
    Files.deleteIfExists(bin(name));
    Files.writeString(bin(name), "#!/bin/bash\n" + script + "\n");
    Files.setPosixFilePermissions(bin(name), PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  private Path jdk(final String name, final String version) throws IOException {
    final Path home = machine.resolve("jvm").resolve(name);
    Files.createDirectories(home.resolve("bin"));
    Files.writeString(home.resolve("release"), "JAVA_VERSION=\"" + version + "\"\n");
    Files.createSymbolicLink(home.resolve("bin/javac"), bin("bash"));
    return home;
  }

  private void write(final String path, final String text) throws IOException {
    final Path file = machine.resolve(path);
    Files.createDirectories(file.getParent());
    Files.writeString(file, text);
  }

  private String read(final String path) throws IOException {
    return Files.readString(machine.resolve(path));
  }

  private Outcome run(final Path script, final String... arguments) throws Exception {
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
                "PATH", machine.resolve("bin").toString(),
                "USTACK_SBIN", "",
                "USTACK_JVMS", machine.resolve("jvm").toString(),
                "USTACK_RECORD", machine.resolve("installed-packages").toString(),
                "USTACK_POLICY", machine.resolve("policy-rc.d").toString(),
                "USTACK_SYS", machine.resolve("sys").toString(),
                "USTACK_RUN", machine.resolve("run").toString()));
    final Process process = builder.start();
    process.getOutputStream().close();
    final String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    return new Outcome(process.waitFor(), text);
  }
}
