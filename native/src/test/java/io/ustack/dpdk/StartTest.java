package io.ustack.dpdk;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** One EAL with one core and two ports. */
@Tag("live")
class StartTest {
  private static String affinityBefore;
  private static DpdkEal eal;

  @BeforeAll
  static void start() throws DpdkException, IOException {
    affinityBefore = affinity();
    eal =
        DpdkEal.start(
            List.of(
                "--no-huge",
                "-m",
                "128",
                "-l",
                "0",
                "--vdev=net_null0",
                "--vdev=net_null1",
                "--vdev=net_null2"));
  }

  /** The cores that the calling thread may run on. */
  private static String affinity() throws IOException {
    return Files.readAllLines(Path.of("/proc/thread-self/status")).stream()
        .filter(line -> line.startsWith("Cpus_allowed_list:"))
        .findFirst()
        .orElseThrow();
  }

  @Test
  void leavesTheCallersAffinityAlone() throws Exception {
    assertEquals(affinityBefore, affinity());
    final String[] born = new String[1];
    final Thread thread =
        new Thread(
            () -> {
              try {
                born[0] = affinity();
              } catch (final IOException e) {
                born[0] = e.toString();
              }
            });
    thread.start();
    thread.join();
    assertEquals(affinityBefore, born[0]);
  }

  @Test
  void startsOnlyOnce() {
    final DpdkException failure =
        assertThrows(DpdkException.class, () -> DpdkEal.start(List.of("--no-huge")));
    assertEquals(
        "DPDK already runs in this process and can start only once: open all ports on the first"
            + " DpdkEal",
        failure.getMessage());
  }

  @Test
  void knowsItsPorts() {
    assertTrue(eal.portNames().containsAll(List.of("net_null0", "net_null1")));
    assertTrue(eal.version().startsWith("DPDK "), eal.version());
    assertEquals(0, eal.spareLcores());
  }

  @Test
  void tellsThatAPortIsMissing() {
    final DpdkException failure =
        assertThrows(DpdkException.class, () -> DpdkPort.open(eal, PortConfig.of("net_tap0")));
    assertTrue(
        failure.getMessage().startsWith("no port net_tap0: DPDK found net_null0, "),
        failure.getMessage());
  }

  @Test
  void tellsThatThereAreTooFewQueues() {
    final DpdkException failure =
        assertThrows(
            DpdkException.class,
            () -> DpdkPort.open(eal, PortConfig.of("net_null0").withQueues(5000)));
    assertTrue(
        failure.getMessage().matches("port net_null0 has \\d+ queue\\(s\\), not 5000: ask for .*"));
  }

  @Test
  void tellsThatMemoryIsShort() {
    final DpdkException failure =
        assertThrows(
            DpdkException.class,
            () -> DpdkPort.open(eal, PortConfig.of("net_null0").withSizes(64, 64, 200_000)));
    assertTrue(failure.getMessage().contains("start with a larger -m"), failure.getMessage());
  }

  @Test
  void tellsThatNoLcoreIsSpare() {
    final PortConfig config =
        PortConfig.of("net_null1").withTransport(Transport.RING).withSizes(64, 64, 1023);
    final DpdkException failure =
        assertThrows(DpdkException.class, () -> DpdkPort.open(eal, config));
    assertEquals(
        "no spare lcore for the ring transport of port net_null1: start with more cores (-l 0,1),"
            + " or use the direct transport",
        failure.getMessage());
  }

  @Test
  void opensAPortOnce() throws DpdkException {
    final DpdkPort port =
        DpdkPort.open(
            eal,
            PortConfig.of("net_null2").withQueues(2).withSizes(64, 64, 1023).withMtuBytes(1400));
    try (port) {
      assertEquals("net_null", port.driver());
      assertEquals(1400, port.mtuBytes());
      assertTrue(port.linkState().up());
      assertEquals("net_null2", port.link(0).capabilities().name());
      assertEquals("net_null2/1", port.link(1).capabilities().name());
      assertEquals(port.macAddress(), port.link(1).capabilities().macAddress());
      assertEquals(0L, port.extendedStatistics().get("rx_good_packets"));
    }
    assertFalse(port.linkState().up());
    port.close();
    final DpdkException failure =
        assertThrows(DpdkException.class, () -> DpdkPort.open(eal, PortConfig.of("net_null2")));
    assertEquals(
        "port net_null2 was opened before: DPDK opens a port once per process",
        failure.getMessage());
  }
}
