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
  void twoProcessesWithOnePrefix() {
    final String log =
        BEGINNING
            + """
            EAL: Cannot create lock on '/var/run/dpdk/web/config'. Is another primary process running?
            EAL: FATAL: Cannot init config
            EAL: Cannot init config
            """;
    assertEquals(
        "another process runs with the same --file-prefix: end it, or start this one with a prefix"
            + " of its own",
        EalFailure.start(EINVAL, log).getMessage());
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
        "DPDK has no driver for a device: Unable to parse device 'net_foo0'; --vdev wants a driver"
            + " with a number, as net_tap0, -a a PCI address, as 0000:03:00.0",
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

  /** DPDK looks for pages of every size, and says of each that there are none. */
  @Test
  void tellsHowMuchMemoryIsLacking() {
    final String log =
        BEGINNING
            + """
            EAL: No free 1048576 kB hugepages reported on node 0
            EAL: Not enough memory available! Requested: 512MB, available: 64MB
            EAL: FATAL: Cannot init memory
            EAL: Cannot init memory
            """;
    assertEquals(
        "DPDK wants more memory than free hugepages have (Requested: 512MB, available: 64MB):"
            + " reserve more with dpdk-setup/hugepages.sh, or ask for less with -m",
        EalFailure.start(ENOMEM, log).getMessage());
    final String other =
        BEGINNING
            + "EAL: No free 1048576 kB hugepages reported on node 0\n"
            + "EAL: Cannot init tailq\n";
    assertEquals("DPDK did not start: Cannot init tailq", EalFailure.start(1, other).getMessage());
  }

  @Test
  void tellsWhoMaySeePhysicalAddresses() {
    final String log =
        BEGINNING
            + "EAL: FATAL: Cannot use IOVA as 'PA' since physical addresses are not available\n"
            + "EAL: Cannot use IOVA as 'PA' since physical addresses are not available\n";
    assertTrue(
        EalFailure.start(EINVAL, log)
            .getMessage()
            .startsWith("without an IOMMU DPDK needs physical addresses ("));
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
  void tellsThatATapsNameIsTaken() {
    final String log =
        BEGINNING
            + "eth_dev_tap_create(): TAP Unable to initialize net_tap0\n"
            + "vdev_probe(): failed to initialize net_tap0 device\n";
    assertEquals(
        "no port net_tap0: its tap can't be made: the name that iface= gives is taken or longer"
            + " than 15 bytes",
        EalFailure.portNotFound("net_tap0", List.of(), log).getMessage());
  }

  @Test
  void tellsWhichPortsThereAre() {
    assertEquals(
        "no port net_tap1: DPDK found net_tap0, net_null0; name another with --vdev=NAME or -a"
            + " PCI-ADDRESS behind --",
        EalFailure.portNotFound("net_tap1", List.of("net_tap0", "net_null0"), BEGINNING)
            .getMessage());
  }

  @Test
  void knowsWhichPortsArgumentsName() {
    assertEquals(
        List.of("0000:03:00.0", "0001:0a:00.1", "net_tap0", "0000:04:00.0", "net_null0", "eth0"),
        DpdkEal.namedPorts(
            List.of(
                "-a",
                "03:00.0",
                "--no-huge",
                "--allow=0001:0A:00.1,queues=2",
                "--vdev=net_tap0,iface=x",
                "-a0000:04:00.0",
                "--vdev",
                "net_null0",
                "--allow",
                "eth0",
                "-a")));
  }

  @Test
  void leavesNothingInTheFileSystemUnlessAskedTo() {
    assertEquals(
        List.of("ustack", "--no-shconf", "--no-pci", "--no-huge", "--vdev=net_null0"),
        DpdkEal.complete(List.of("--no-huge", "--vdev=net_null0")));
    assertEquals(
        List.of(
            "ustack", "--in-memory", "--telemetry", "-a", "0000:00:05.0", "--vdev", "net_null0"),
        DpdkEal.complete(List.of("--telemetry", "-a", "0000:00:05.0", "--vdev", "net_null0")));
    assertFalse(DpdkEal.complete(List.of("--file-prefix=mine")).contains("--in-memory"));
  }
}
