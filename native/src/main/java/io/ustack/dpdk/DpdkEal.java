package io.ustack.dpdk;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * DPDK's environment abstraction layer. It starts once per process and runs until the process ends;
 * ports are opened on it.
 */
public final class DpdkEal {
  private static final int TEXT_BYTES = 16 * 1024;

  /** With one of these the user decides himself what the EAL leaves in the file system. */
  private static final List<String> SHARING_OPTIONS =
      List.of(
          "--in-memory",
          "--no-shconf",
          "--file-prefix",
          "--proc-type",
          "--huge-unlink",
          "--huge-dir",
          "--legacy-mem");

  private static boolean running;

  private DpdkEal() {}

  /**
   * Starts the EAL on a thread of its own, because the EAL binds the thread that starts it to one
   * core, and every Java thread born from that one would inherit it.
   *
   * <p>{@code --in-memory} or {@code --no-shconf} is added, so that processes do not meet in the
   * file system and a killed one leaves nothing there, unless an argument speaks of sharing. DPDK's
   * log is kept, not printed, unless an argument sets {@code --log-level}.
   *
   * @param arguments EAL arguments, without a program name: {@code --no-huge -m 512 --no-pci
   *     --vdev=net_tap0}
   * @throws DpdkException in one line: library or DPDK missing, no permission, no hugepages, bad
   *     arguments, a second start
   */
  public static synchronized DpdkEal start(final List<String> arguments) throws DpdkException {
    if (running) {
      throw new DpdkException(
          "DPDK already runs in this process and can start only once: open all ports on the first"
              + " DpdkEal");
    }
    NativeLibrary.load();
    final List<String> all = complete(arguments);
    final int[] result = new int[1];
    final Thread thread = new Thread(() -> result[0] = start(all, arguments), "ustack-eal");
    thread.start();
    join(thread);
    if (result[0] != 0) {
      throw EalFailure.explain(-result[0], arguments, logTail());
    }
    running = true;
    return new DpdkEal();
  }

  private static int start(final List<String> all, final List<String> arguments) {
    final byte[] text = (String.join("\0", all) + "\0").getBytes(StandardCharsets.UTF_8);
    final boolean mirror = arguments.stream().anyMatch(a -> a.startsWith("--log-level"));
    return DpdkCalls.ustack_eal_start(text, all.size(), mirror ? 1 : 0);
  }

  private static List<String> complete(final List<String> arguments) {
    final List<String> all = new ArrayList<>();
    all.add("ustack");
    if (arguments.stream().noneMatch(DpdkEal::speaksOfSharing)) {
      // DPDK 22.11 refuses --in-memory beside --no-huge, whose memory has no files anyway.
      all.add(arguments.contains("--no-huge") ? "--no-shconf" : "--in-memory");
    }
    all.addAll(arguments);
    return all;
  }

  private static boolean speaksOfSharing(final String argument) {
    return SHARING_OPTIONS.stream()
        .anyMatch(option -> argument.equals(option) || argument.startsWith(option + "="));
  }

  private static void join(final Thread thread) {
    boolean interrupted = false;
    while (thread.isAlive()) {
      try {
        thread.join();
      } catch (final InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  /** DPDK's name and version: {@code DPDK 22.11.11}. */
  public String version() {
    final byte[] text = new byte[TEXT_BYTES];
    return text(text, DpdkCalls.ustack_dpdk_version(text, text.length));
  }

  /** Names of the ports that DPDK found, in its order: {@code net_tap0}, {@code 0000:00:05.0}. */
  public List<String> portNames() {
    final byte[] text = new byte[TEXT_BYTES];
    final String names = text(text, DpdkCalls.ustack_port_names(text, text.length));
    return names.isEmpty() ? List.of() : List.of(names.split(", ", -1));
  }

  /** Lcores that could carry a port's ring transport now. */
  public int spareLcores() {
    return DpdkCalls.ustack_ring_spare_lcores();
  }

  /** What DPDK logged last, some eight kilobytes. */
  static String logTail() {
    final byte[] text = new byte[TEXT_BYTES];
    return text(text, DpdkCalls.ustack_log_tail(text, text.length));
  }

  static String text(final byte[] bytes, final int length) {
    return new String(bytes, 0, Math.max(0, length), StandardCharsets.UTF_8);
  }
}
