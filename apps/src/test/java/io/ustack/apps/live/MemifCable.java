package io.ustack.apps.live;

import io.ustack.dpdk.DpdkEal;
import io.ustack.dpdk.DpdkException;
import java.util.ArrayList;
import java.util.List;

/**
 * Two memif ports with a cable between them, in this process. DPDK starts once in a process and
 * opens a port once, so all tests that want such a cable share a DPDK with as many as they need
 * together.
 */
record MemifCable(DpdkEal eal, String server, String client) {
  private static final int CABLES = 8;

  /** What this process has; DPDK, too, is there once and for all. */
  private static final List<MemifCable> UNUSED = new ArrayList<>();

  private static boolean started;

  /** One that nobody had before. */
  static synchronized MemifCable take() throws DpdkException {
    if (!started) {
      started = true;
      start();
    }
    return UNUSED.remove(0);
  }

  private static void start() throws DpdkException {
    final List<String> arguments =
        new ArrayList<>(List.of("--no-huge", "-m", "512", "--no-pci", "--lcores", "0@0,1@0,2@1"));
    for (int i = 0; i < CABLES; i++) {
      final String socket = "ustack-cable-" + ProcessHandle.current().pid() + "-" + i;
      arguments.add("--vdev=net_memif" + 2 * i + ",role=server,socket=" + socket);
      arguments.add("--vdev=net_memif" + (2 * i + 1) + ",role=client,socket=" + socket);
    }
    final DpdkEal eal = DpdkEal.start(arguments);
    for (int i = 0; i < CABLES; i++) {
      UNUSED.add(new MemifCable(eal, "net_memif" + 2 * i, "net_memif" + (2 * i + 1)));
    }
  }
}
