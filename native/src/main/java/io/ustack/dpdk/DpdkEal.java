package io.ustack.dpdk;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * DPDK's environment abstraction layer. It starts once per process and runs until the process ends;
 * ports are opened on it.
 */
public final class DpdkEal {
  private static final int TEXT_BYTES = 16 * 1024;

  /** With one of these the user decides himself what the EAL leaves in the file system. */
  private static final List<String> SHARING =
      List.of(
          "--in-memory",
          "--no-shconf",
          "--file-prefix",
          "--proc-type",
          "--huge-unlink",
          "--huge-dir",
          "--legacy-mem");

  /** With one of these the user decides himself which PCI devices the EAL may touch. */
  private static final List<String> PCI = List.of("--no-pci", "-a", "--allow", "-b", "--block");

  /** These name a device. */
  private static final List<String> NAMING = List.of("--vdev", "-a", "--allow");

  /** These print a page and end the process. */
  private static final List<String> LOUD = List.of("-h", "--help");

  private static boolean running;

  private final Set<String> claimed = new HashSet<>();

  private DpdkEal() {}

  /**
   * Starts the EAL on a thread of its own, because the EAL binds the thread that starts it to one
   * core, and every Java thread born from that one would inherit it.
   *
   * <p>Where the arguments leave the choice: {@code --in-memory} (with {@code --no-huge}: {@code
   * --no-shconf}), so that processes do not meet in the file system, and a killed one leaves
   * nothing there but a dead telemetry socket, which the next one replaces; {@code --no-pci} when
   * there is a {@code --vdev} and no {@code -a}, so that DPDK does not reach for the machine's own
   * network card. DPDK's log is kept for error messages and not printed, unless there is a {@code
   * --log-level}.
   *
   * @param arguments EAL arguments, without a program name: {@code --no-huge -m 512
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
    StaleMemifSocket.removeAll(arguments);
    final List<String> all = complete(arguments);
    final int[] result = new int[1];
    final Thread thread = new Thread(() -> result[0] = init(all), "ustack-eal");
    thread.start();
    join(thread);
    if (result[0] != 0) {
      throw EalFailure.start(-result[0], logTail());
    }
    running = true;
    return new DpdkEal();
  }

  private static int init(final List<String> all) {
    final byte[] text = (String.join("\0", all) + "\0").getBytes(StandardCharsets.UTF_8);
    final boolean loud =
        all.stream().anyMatch(LOUD::contains) || speaksOf(all, List.of("--log-level"));
    return DpdkCalls.ustack_eal_start(text, all.size(), loud ? 0 : 1);
  }

  /**
   * The arguments as the EAL gets them: program name first, safe defaults where the user leaves the
   * choice to us.
   */
  static List<String> complete(final List<String> arguments) {
    final List<String> all = new ArrayList<>();
    all.add("ustack");
    if (!speaksOf(arguments, SHARING)) {
      // DPDK 22.11 refuses --in-memory beside --no-huge, whose memory has no files anyway.
      all.add(arguments.contains("--no-huge") ? "--no-shconf" : "--in-memory");
    }
    if (speaksOf(arguments, List.of("--vdev")) && !speaksOf(arguments, PCI)) {
      all.add("--no-pci");
    }
    all.addAll(arguments);
    return all;
  }

  private static boolean speaksOf(final List<String> arguments, final List<String> options) {
    return arguments.stream()
        .anyMatch(
            a ->
                options.stream()
                    .anyMatch(o -> a.equals(o) || a.startsWith(o.length() == 2 ? o : o + "=")));
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

  /** How many queue pairs a port can have; 0 when there is no such port. */
  public int mostQueues(final String name) {
    final int port = DpdkCalls.ustack_port_find(name);
    return port < 0 ? 0 : Math.max(0, DpdkCalls.ustack_port_max_queues(port));
  }

  /**
   * Takes an address on the interface under an af_packet port, until the port is closed, for this
   * process: two stacks with one address on one interface would end each other's connections. Any
   * other port, or one that is not there, is taken with every address.
   *
   * @param name the port's, which is not open yet
   * @param address any text without a slash: an IP address, and a VLAN where there is one
   * @throws DpdkException another port, of whatever process, has it
   */
  public void claimAddress(final String name, final String address) throws DpdkException {
    final int port = DpdkCalls.ustack_port_find(name);
    if (port >= 0 && DpdkCalls.ustack_port_claim(port, address) < 0) {
      throw new DpdkException(
          "port "
              + name
              + ": another ustack has "
              + address
              + " on its interface: end that, or give this one another address");
    }
  }

  /**
   * The ports that arguments of the EAL name with {@code --vdev} and {@code -a}, as {@link
   * #portNames} would call them.
   */
  public static List<String> namedPorts(final List<String> arguments) {
    final List<String> names = new ArrayList<>();
    for (int i = 0; i < arguments.size(); i++) {
      final String argument = arguments.get(i);
      for (final String option : NAMING) {
        if (argument.equals(option) && i + 1 < arguments.size()) {
          names.add(device(arguments.get(i + 1)));
        } else if (argument.startsWith(option.length() == 2 ? option : option + "=")
            && argument.length() > option.length()) {
          names.add(device(argument.substring(option.length()).replaceFirst("^=", "")));
        }
      }
    }
    return names;
  }

  private static String device(final String argument) {
    return PciDevice.portName(argument.replaceFirst(",.*", ""));
  }

  /** Takes a port for its one opening; false when it is taken. */
  synchronized boolean claim(final String port) {
    return claimed.add(port);
  }

  synchronized void unclaim(final String port) {
    claimed.remove(port);
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

  /** {@code Invalid argument} for 22. */
  static String errorText(final int errno) {
    final byte[] text = new byte[256];
    return text(text, DpdkCalls.ustack_error_text(errno, text, text.length));
  }

  static String text(final byte[] bytes, final int length) {
    return new String(bytes, 0, Math.max(0, length), StandardCharsets.UTF_8);
  }
}
