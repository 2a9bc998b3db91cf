package io.ustack.apps;

import com.sun.jna.NativeLibrary;
import com.sun.jna.Pointer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;

/** Says to DPDK what otherwise a driver says of its device. */
public final class DeviceEvent {
  /** {@code RTE_ETH_EVENT_INTR_RESET} of rte_ethdev.h. */
  private static final int INTR_RESET = 3;

  private DeviceEvent() {}

  /** The device of that port was reset. DPDK runs in this process. */
  public static void reset(final String port) {
    final NativeLibrary ethdev = NativeLibrary.getInstance(loaded("librte_ethdev.so"));
    // Drivers may call these, others may not: they are no part of DPDK's API.
    final Pointer device =
        Objects.requireNonNull(
            (Pointer)
                ethdev
                    .getFunction("rte_eth_dev_allocated")
                    .invoke(Pointer.class, new Object[] {port}),
            port);
    ethdev
        .getFunction("rte_eth_dev_callback_process")
        .invoke(int.class, new Object[] {device, INTR_RESET, Pointer.NULL});
  }

  /** The path of a library that this process has loaded. */
  private static String loaded(final String name) {
    try {
      return Files.readAllLines(Path.of("/proc/self/maps")).stream()
          .filter(line -> line.contains("/" + name))
          .map(line -> line.substring(line.indexOf('/')))
          .findFirst()
          .orElseThrow();
    } catch (final IOException e) {
      throw new IllegalStateException(e);
    }
  }
}
