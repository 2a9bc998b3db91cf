package io.ustack.apps.vm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.ustack.apps.CommandFailure;
import io.ustack.apps.demo.Tool;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The stack on NICs under vfio-pci, from the bare machine to the page served and back: one boot,
 * whose tests follow each other as the steps of a person do.
 */
@Tag("live")
@Tag("vm")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
@Timeout(600)
class MachineLiveTest {
  /** Enough for one stack, and few enough to be counted. */
  private static final String HUGEPAGES = "128";

  private static final int FILE_BYTES = 4_000_000;

  /** A user without rights; he may read all files, for the checkout may lie anywhere. */
  private static final String AS_NOBODY =
      "setpriv --reuid=65534 --regid=65534 --clear-groups --inh-caps=-all,+dac_read_search"
          + " --ambient-caps=+dac_read_search ";

  /** Scripts for the other end of a cable. */
  private static final Path LIVE =
      VirtualMachine.ROOT.resolve("apps/src/test/resources/io/ustack/apps/live");

  private final Map<Nic, String> vlanAnswers = new EnumMap<>(Nic.class);
  private VirtualMachine machine;

  /** The machine's network cards. */
  enum Nic {
    E1000E("e1000e", "net_e1000_em"),
    VIRTIO("virtio-pci", "net_virtio"),
    VMXNET3("vmxnet3", "net_vmxnet3");

    private final String kernelDriver;
    private final String dpdkDriver;

    Nic(final String kernelDriver, final String dpdkDriver) {
      this.kernelDriver = kernelDriver;
      this.dpdkDriver = dpdkDriver;
    }

    private int number() {
      return ordinal() + 1;
    }

    /** On the PCI bus. */
    String address() {
      return "0000:0" + number() + ":00.0";
    }

    String stack() {
      return "10.98." + number() + ".2";
    }

    /** In the VLAN of its cable. */
    String inVlan() {
      return "10.97." + number() + ".2";
    }

    String server(final String command) {
      return "ustack " + command + " --ip " + stack() + "/24 -- -a " + address();
    }
  }

  @BeforeAll
  void boot() throws CommandFailure, IOException, InterruptedException {
    assumeTrue(VirtualMachine.isThere(), "sudo dpdk-setup/install.sh vm");
    machine = VirtualMachine.boot();
    machine.check("mkdir /run/www; head -c " + FILE_BYTES + " /dev/urandom >/run/www/file");
    for (final Nic nic : Nic.values()) {
      final String tap = "vm" + nic.number();
      machine.checkPeer("ip", "address", "add", "10.98." + nic.number() + ".1/24", "dev", tap);
      machine.checkPeer("ip", "link", "set", tap, "up");
    }
  }

  @AfterAll
  void powerOff() {
    if (machine != null) {
      machine.close();
    }
  }

  @Test
  @Order(1)
  void withoutHugepages() {
    assertRefused("DPDK finds no free hugepages", Nic.E1000E.server("http"));
  }

  @Test
  @Order(2)
  void hugepagesAreReserved() {
    machine.check("dpdk-setup/hugepages.sh 256M");
    assertEquals(HUGEPAGES, pages("nr"));
    assertEquals(HUGEPAGES, pages("free"));
  }

  @Test
  @Order(3)
  void aNicThatTheKernelHas() {
    assertRefused("no port 0000:01:00.0: the kernel has it", Nic.E1000E.server("http"));
  }

  @Test
  @Order(4)
  void aNicThatIsNotThere() {
    assertRefused(
        "no port 0000:77:00.0: there is no such PCI device",
        "ustack http --ip 10.98.1.2/24 -- -a 77:00.0");
  }

  @ParameterizedTest
  @EnumSource
  @Order(5)
  void isHandedOver(final Nic nic) {
    assertTrue(status(nic).contains("driver=" + nic.kernelDriver), () -> status(nic));
    machine.check("dpdk-setup/bind-nic.sh " + nic.address());
    assertTrue(status(nic).contains("driver=vfio-pci"), () -> status(nic));
  }

  @Test
  @Order(6)
  void theDoctorSeesAllOfThem() {
    final String allowed = " -a 0000:01:00.0 -a 0000:02:00.0 -a 0000:03:00.0";
    final String said = machine.check("ustack doctor --" + allowed);
    for (final Nic nic : Nic.values()) {
      assertContains(said, "ok       port " + nic.address() + " (" + nic.dpdkDriver + "): link ");
      assertContains(said, "ok       NIC " + nic.address() + " is DPDK's");
    }
    assertContains(said, "ok       IOMMU is on");
    assertContains(said, "ok       vfio-pci is loaded");
    assertFalse(said.contains("MISSING"), said);
  }

  @ParameterizedTest
  @EnumSource
  @Order(7)
  void http(final Nic nic) throws CommandFailure {
    machine.check("begin http " + nic.server("http --root /run/www"));
    awaitAnswer(nic, "http");
    final String ping = machine.checkPeer("ping", "-n", "-q", "-c", "5", "-i", "0.2", nic.stack());
    assertContains(ping, " 0% packet loss");
    assertServes(nic, 80, "");
    assertEndsInOrder("http");
  }

  private void awaitAnswer(final Nic nic, final String name) throws CommandFailure {
    awaitAnswer(nic.stack(), name);
  }

  private void awaitAnswer(final String address, final String name) throws CommandFailure {
    final long deadlineNs = System.nanoTime() + VirtualMachine.PATIENCE_SECONDS * 1_000_000_000L;
    while (!machine.peer("ping", "-n", "-c", "1", "-W", "1", address).ok()
        || !machine.run("cat /run/" + name + ".log").output().contains("; Ctrl-C stops")) {
      assertTrue(System.nanoTime() - deadlineNs < 0, () -> machine.check("cat /run/*.log"));
      final Tool.Outcome ended = machine.run("cat /run/" + name + ".code");
      assertFalse(ended.ok(), () -> machine.check("cat /run/" + name + ".log"));
    }
  }

  private void assertEndsInOrder(final String name) {
    final String said = machine.check("kill $(cat /run/" + name + ".pid); await " + name);
    assertTrue(said.endsWith("packets in use: 0"), said);
    assertEquals(HUGEPAGES, pages("free"), "hugepages given back");
  }

  /** In a VLAN, whose tags the NIC takes off and puts on. */
  @ParameterizedTest
  @EnumSource
  @Order(8)
  void echoInAVlan(final Nic nic) throws CommandFailure, IOException {
    vlanAnswers.put(nic, answersInAVlan(nic, "rxvlan=on,txvlan=on"));
  }

  /** The wire sees the same when the shim does. */
  @Test
  @Order(9)
  void theShimDoesForAVlanWhatNicsDo() throws CommandFailure, IOException {
    final Nic nic = Nic.E1000E;
    assertEquals(vlanAnswers.get(nic), answersInAVlan(nic, "rxvlan=off,txvlan=off"));
  }

  /** Gives the answers to what is always the same. */
  private String answersInAVlan(final Nic nic, final String offloads)
      throws CommandFailure, IOException {
    final String command = "ustack echo --port 7 --vlan 7 --offload " + offloads;
    final String tap = "vm" + nic.number();
    machine.check("begin echo " + command + " --ip " + nic.inVlan() + "/24 -- -a " + nic.address());
    final Path strays = Files.createTempFile("ustack", null);
    final Process device =
        machine.startPeer(
            "python3",
            LIVE.resolve("vlan_device.py").toString(),
            tap,
            "7",
            "10.97." + nic.number() + ".1/24",
            strays.toString());
    try {
      awaitAnswer(nic.inVlan(), "echo");
      final String thousand = LIVE.resolve("thousand.py").toString();
      assertEquals("ok", machine.checkPeer("python3", thousand, nic.inVlan(), "100"));
      final String answers = LIVE.resolve("vlan_answers.py").toString();
      final String said = machine.checkPeer("python3", answers, tap, "7", nic.inVlan());
      assertEquals("", Files.readString(strays));
      assertEndsInOrder("echo");
      return said;
    } finally {
      device.destroyForcibly();
      device.onExit().join();
      machine.checkPeer("ip", "link", "del", "tagged-" + tap);
      Files.delete(strays);
    }
  }

  /** Frames of 9 KB in buffers of 2 KB, with ping and by TCP. */
  @ParameterizedTest
  @EnumSource(names = "VIRTIO")
  @Order(9)
  void jumboFramesAreScattered(final Nic nic) throws CommandFailure {
    final String tap = "vm" + nic.number();
    machine.checkPeer("ip", "link", "set", tap, "mtu", "9000");
    machine.check("begin jumbo " + nic.server("echo --port 7 --mtu 9000 --offload scatter=on"));
    awaitAnswer(nic, "jumbo");
    final String ping =
        machine.checkPeer("ping", "-nqM", "do", "-s", "8972", "-c", "3", "-i", "0.2", nic.stack());
    assertContains(ping, " 0% packet loss");
    final String script = LIVE.resolve("there_and_back.py").toString();
    assertEquals("ok", machine.checkPeer("python3", script, nic.stack(), "2"));
    assertEndsInOrder("jumbo");
    machine.checkPeer("ip", "link", "set", tap, "mtu", "1500");
  }

  /** RSS: key and table are the NIC's, and each shard receives its flows and no others. */
  @Test
  @Order(9)
  void theNicSortsFlows() throws CommandFailure {
    final Nic nic = Nic.VIRTIO;
    final String options = "echo --port 7 --mode dedicated --shards 2";
    machine.check("begin sorted " + nic.server(options));
    awaitAnswer(nic, "sorted");
    assertContains(machine.check("cat /run/sorted.log"), "2 shards, flows sorted by the NIC");
    final String thousand = LIVE.resolve("thousand.py").toString();
    assertEquals("ok", machine.checkPeer("python3", thousand, nic.stack(), "100"));
    final String end = machine.check("kill $(cat /run/sorted.pid); await sorted");
    assertTrue(end.endsWith("packets in use: 0"), end);
    assertFalse(end.contains("did not sort"), end);
  }

  @Test
  @Order(6)
  void withoutPermission() {
    final Nic nic = Nic.E1000E;
    assertFails("this needs root: sudo", AS_NOBODY + "dpdk-setup/hugepages.sh 258M");
    assertFails(
        "this needs root: sudo", AS_NOBODY + "dpdk-setup/bind-nic.sh --undo " + nic.address());
    assertRefused(
        "no port " + nic.address() + ": DPDK may not open it: run as root",
        AS_NOBODY + nic.server("http"));
  }

  /**
   * The machine's own kernel is reached over a NIC that it has not any more, and so is ustack, at
   * one address; also when the NIC was reset. IPv6 finds the kernel by multicast, which the NIC has
   * to let pass.
   */
  @Test
  @Order(9)
  void theKernelBesideUs() throws CommandFailure {
    final Nic nic = Nic.E1000E;
    machine.check("modprobe tun; modprobe vhost_net");
    final String command = nic.server("http --root /run/www --kernel virtio_user1");
    final String device =
        " --vdev=virtio_user1,path=/dev/vhost-net,iface=host0,mac=52:54:00:98:01:02";
    final String reset = "env USTACK_MAIN=" + ResetCommand.class.getName() + " ";
    machine.check("begin shared " + reset + command + device);
    awaitAnswer(nic, "shared");
    machine.check("ip address add " + nic.stack() + "/24 dev host0");
    machine.check("ip address add fd98::2/64 dev host0 nodad; ip link set host0 up");
    machine.checkPeer("ip", "address", "add", "fd98::1/64", "dev", "vm1", "nodad");
    machine.check("begin files python3 -m http.server --directory /run/www 22");
    machine.check("until ss -Htln 'sport = :22' | grep -q .; do sleep 0.2; done");
    assertServes(nic, 22, "");
    machine.check("ping -n -c 1 10.98.1.1");
    machine.check("echo " + nic.address() + " >/run/reset"); // within a second it is seen
    assertServes(nic, 80, "--limit-rate 2M");
    machine.check("until grep -q 'was reset, and is set up again' /run/shared.log; do :; done");
    machine.checkPeer("ping", "-n", "-c", "1", "fd98::2");
    machine.check("kill $(cat /run/files.pid); await files || true");
    assertEndsInOrder("shared");
  }

  /** The file arrives whole. */
  private void assertServes(final Nic nic, final int port, final String options)
      throws CommandFailure {
    final String url = " http://" + nic.stack() + ":" + port + "/file";
    final String get = "curl -q -sS --noproxy '*' " + options + url + " | sha256sum";
    assertEquals(
        machine.check("sha256sum </run/www/file"),
        machine.checkPeer("sh", "-c", get),
        () -> nic + ", port " + port);
  }

  @Test
  @Order(9)
  void aNicThatAnotherProcessHas() throws CommandFailure {
    final Nic nic = Nic.VIRTIO;
    machine.check("begin first " + nic.server("http"));
    awaitAnswer(nic, "first");
    final Tool.Outcome second = machine.run(nic.server("http"));
    assertEquals(1, second.exitCode(), second::output);
    assertEquals(1, second.output().lines().count(), second::output);
    assertContains(second.output(), "no port 0000:02:00.0: another process has it");
    machine.checkPeer("ping", "-n", "-c", "1", nic.stack());
    assertEndsInOrder("first");
  }

  /** The kernel asks for the NIC and waits; the command gives it up by ending. */
  @Test
  @Order(10)
  void aNicThatIsUnplugged() throws CommandFailure, IOException {
    final Nic nic = Nic.VMXNET3;
    machine.check("begin unplugged " + nic.server("http"));
    awaitAnswer(nic, "unplugged");
    machine.happens("device_del nic3");
    final Tool.Outcome outcome = machine.run("await unplugged");
    assertEquals(1, outcome.exitCode(), outcome::output);
    assertContains(outcome.output(), "packets in use: 0");
    final String last = outcome.output().lines().reduce("", (before, line) -> line);
    assertContains(last, "port " + nic.address() + " is gone: the NIC was unplugged");
    assertEquals(HUGEPAGES, pages("free"), "hugepages given back");
    machine.check("while [ -e /sys/bus/pci/devices/" + nic.address() + " ]; do sleep 0.5; done");
  }

  @Test
  @Order(11)
  void aNicThatSomebodyNeeds() {
    machine.check("dpdk-setup/bind-nic.sh --undo 0000:01:00.0");
    machine.check("ip address add 10.98.1.7/24 dev eth0");
    assertRefused("refused: eth0 has an address", "dpdk-setup/bind-nic.sh eth0");
    machine.check("ip address flush dev eth0");
  }

  @Test
  @Order(12)
  void hugepagesAreGivenBack() {
    machine.check("dpdk-setup/hugepages.sh --undo");
    assertEquals("0", pages("nr"));
  }

  @Test
  @Order(13)
  void tooFewHugepages() {
    machine.check("dpdk-setup/hugepages.sh 8M");
    assertRefused("does not fit in DPDK's memory", Nic.VIRTIO.server("http"));
    machine.check("dpdk-setup/hugepages.sh --undo");
  }

  @Test
  @Order(14)
  void nicsAreGivenBack() {
    machine.check("dpdk-setup/bind-nic.sh --undo 0000:02:00.0");
    for (final Nic nic : List.of(Nic.E1000E, Nic.VIRTIO)) {
      assertTrue(status(nic).contains("driver=" + nic.kernelDriver), () -> status(nic));
    }
  }

  /** One line, an exit code that is not 0, and nothing bound or kept. */
  private void assertRefused(final String why, final String command) {
    final String before = machine.check("dpdk-setup/bind-nic.sh --status");
    assertFails(why, command);
    assertEquals(before, machine.check("dpdk-setup/bind-nic.sh --status"));
    assertEquals(pages("nr"), pages("free"), "hugepages given back");
  }

  private void assertFails(final String why, final String command) {
    final Tool.Outcome outcome = machine.run(command);
    assertEquals(1, outcome.exitCode(), outcome::output);
    assertEquals(1, outcome.output().lines().count(), outcome::output);
    assertContains(outcome.output(), why);
  }

  private static void assertContains(final String text, final String part) {
    assertTrue(text.contains(part), () -> "'" + part + "' in: " + text);
  }

  private String status(final Nic nic) {
    return machine.check("dpdk-setup/bind-nic.sh --status | grep " + nic.address());
  }

  private String pages(final String which) {
    return machine.check("cat /sys/kernel/mm/hugepages/hugepages-2048kB/" + which + "_hugepages");
  }
}
