package io.ustack.dpdk;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;

/** The logs are those of DPDK 22.11. */
class EalFailureTest {
  private static final int EACCES = 13;
  private static final int EINVAL = 22;
  private static final int ENODEV = 19;
  private static final int ENOMEM = 12;

  private static final String BEGINNING =
      """
      EAL: Detected CPU lcores: 2
      EAL: Detected NUMA nodes: 1
      EAL: Detected shared linkage of DPDK
      EAL: Physical addresses are unavailable, selecting IOVA as VA mode.
      EAL: Selected IOVA mode 'VA'
      """;
  private static final String END =
      """
      EAL: Bus (vdev) probe failed.
      TELEMETRY: No legacy callbacks, legacy socket not created
      """;

  @Test
  void tellsWhereHugepagesComeFrom() {
    final String log =
        BEGINNING
            + """
            EAL: No free 2048 kB hugepages reported on node 0
            EAL: No free 1048576 kB hugepages reported on node 0
            EAL: FATAL: Cannot get hugepage information.
            EAL: Cannot get hugepage information.
            """;
    final DpdkException failure = EalFailure.start(EACCES, log);
    assertEquals(
        "DPDK finds no free hugepages: reserve some with dpdk-setup/hugepages.sh, or start with"
            + " --no-huge -m 512",
        failure.getMessage());
    assertEquals(log, failure.log());
  }

  @Test
  void namesABadOption() {
    final String log =
        BEGINNING
            + """
            ustack: unrecognized option '--bogus'
            EAL: FATAL: Invalid 'command line' arguments.
            EAL: Invalid 'command line' arguments.
            """;
    assertEquals(
        "bad EAL argument: ustack: unrecognized option '--bogus'",
        EalFailure.start(EINVAL, log).getMessage());
  }

  @Test
  void namesABadCoreList() {
    final String log =
        BEGINNING
            + """
            EAL: lcore 9 unavailable
            EAL: invalid core list, please check specified cores are part of 0-1
            EAL: FATAL: Invalid 'command line' arguments.
            EAL: Invalid 'command line' arguments.
            """;
    assertEquals(
        "bad EAL argument: invalid core list, please check specified cores are part of 0-1",
        EalFailure.start(EINVAL, log).getMessage());
  }

  @Test
  void namesADeviceWithoutDriver() {
    final String log =
        BEGINNING
            + "EAL: failed to parse device \"net_foo0\"\nEAL: Unable to parse device 'net_foo0'\n";
    assertEquals(
        "DPDK has no driver for a device: Unable to parse device 'net_foo0'; look at --vdev and -a",
        EalFailure.start(ENODEV, log).getMessage());
  }

  @Test
  void tellsAboutMemory() {
    final String log =
        BEGINNING
            + "EAL: Cannot allocate memseg list: Invalid argument\n"
            + "EAL: FATAL: Cannot init memory\n"
            + "EAL: Cannot init memory\n";
    assertEquals(
        "DPDK does not get its memory (Cannot init memory): ask for less with -m",
        EalFailure.start(ENOMEM, log).getMessage());
  }

  @Test
  void tellsThatATapNeedsRoot() {
    final String log =
        BEGINNING
            + """
            tun_alloc(): Unable to set TUNSETIFF for dtap%d: Operation not permitted
            eth_dev_tap_create(): Unable to create TAP interface
            eth_dev_tap_create(): TAP Unable to initialize net_tap0
            vdev_probe(): failed to initialize net_tap0 device
            """
            + END;
    assertEquals(
        "no port net_tap0: DPDK may not open it: run as root",
        EalFailure.portNotFound("net_tap0", List.of(), log).getMessage());
  }

  @Test
  void tellsThatAnInterfaceIsMissing() {
    final String log =
        BEGINNING
            + """
            rte_pmd_init_internals(): net_af_packet0: ioctl failed (SIOCGIFINDEX):No such device
            vdev_probe(): failed to initialize net_af_packet0 device
            """
            + END;
    assertTrue(
        EalFailure.portNotFound("net_af_packet0", List.of(), log)
            .getMessage()
            .startsWith("no port net_af_packet0: its network interface does not exist"));
  }

  @Test
  void tellsThatAMemifsSocketIsTaken() {
    final String log =
        BEGINNING
            + """
            memif_socket_create(): Failed to setup socket /run/m.sock: Address already in use
            vdev_probe(): failed to initialize net_memif0 device
            """
            + END;
    assertEquals(
        "no port net_memif0: its socket is taken (/run/m.sock: Address already in use): by another"
            + " server, or by the file of one that was killed, which may be removed",
        EalFailure.portNotFound("net_memif0", List.of(), log).getMessage());
  }

  @Test
  void tellsThatAMemifsServerIsNotThere() {
    final String log = BEGINNING + "memif_connect_client(): Failed to connect socket: m.sock.\n";
    final String error = "Operation not permitted";
    assertEquals(
        "port net_memif0 does not start: no memif server listens at m.sock: start the other end"
            + " first",
        EalFailure.portRefuses("net_memif0", "does not start", error, log).getMessage());
    assertEquals(
        "port net_tap0 does not start: Operation not permitted",
        EalFailure.portRefuses("net_tap0", "does not start", error, BEGINNING).getMessage());
  }

  @Test
  void tellsWhichPortsThereAre() {
    assertEquals(
        "no port net_tap1: DPDK found net_tap0, net_null0",
        EalFailure.portNotFound("net_tap1", List.of("net_tap0", "net_null0"), BEGINNING)
            .getMessage());
  }

  @Test
  void tellsThatTheKernelHasTheCard() {
    final String log =
        BEGINNING
            + """
            EAL: Probe PCI driver: net_virtio (1af4:1041) device: 0000:00:03.0 (socket -1)
            eth_virtio_pci_init(): Failed to init PCI device
            EAL: Requested device 0000:00:03.0 cannot be used
            """;
    assertEquals(
        "no port 0000:00:03.0: the kernel has it: bind it to vfio-pci with dpdk-setup/bind-nic.sh",
        EalFailure.portNotFound("0000:00:03.0", List.of(), log).getMessage());
  }

  @Test
  void leavesNothingInTheFileSystemUnlessAskedTo() {
    assertEquals(
        List.of(
            "ustack", "--no-shconf", "--no-pci", "--no-telemetry", "--no-huge", "--vdev=net_null0"),
        DpdkEal.complete(List.of("--no-huge", "--vdev=net_null0")));
    assertEquals(
        List.of(
            "ustack", "--in-memory", "--telemetry", "-a", "0000:00:05.0", "--vdev", "net_null0"),
        DpdkEal.complete(List.of("--telemetry", "-a", "0000:00:05.0", "--vdev", "net_null0")));
    assertFalse(DpdkEal.complete(List.of("--file-prefix=mine")).contains("--in-memory"));
  }
}
