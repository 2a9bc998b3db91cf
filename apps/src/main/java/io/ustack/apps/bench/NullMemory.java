package io.ustack.apps.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * What DPDK is started with for the forward cell: one {@code net_null} port, and the same memory
 * for everybody.
 */
enum NullMemory {
  HUGEPAGES("hugepages", "--in-memory"),
  ORDINARY("no hugepages", "--no-huge --no-shconf");

  private static final Path FREE =
      Path.of("/sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages");
  private static final int MB = 256;
  private static final int PAGE_MB = 2;

  /** Two processes stand beside each other, with --compare as well. */
  private static final int PAGES = 2 * MB / PAGE_MB;

  private final String label;
  private final String options;

  NullMemory(final String label, final String options) {
    this.label = label;
    this.options = options;
  }

  /** Hugepages where root has enough free ones. */
  static NullMemory ofThisMachine() {
    try {
      final int free = Integer.parseInt(Files.readString(FREE).strip());
      return free >= PAGES && System.getProperty("user.name").equals("root") ? HUGEPAGES : ORDINARY;
    } catch (final IOException | NumberFormatException e) {
      return ORDINARY;
    }
  }

  String label() {
    return label;
  }

  /** What the EAL is told. */
  List<String> eal() {
    final List<String> all = new ArrayList<>(List.of(options.split(" ", -1)));
    all.addAll(List.of("-m", Integer.toString(MB), "--no-pci", "--vdev=net_null0"));
    return all;
  }
}
