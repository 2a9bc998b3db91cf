package io.ustack.apps.vm;

import io.ustack.apps.DeviceEvent;
import io.ustack.apps.Main;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.locks.LockSupport;

/**
 * A command of ustack in the machine, one of whose NICs is reset, what QEMU's can't be: the port
 * whose name is in the file /run/reset, once there is one.
 */
final class ResetCommand {
  private static final Path SIGN = Path.of("/run/reset");
  private static final long LOOK_NS = 100_000_000;

  private ResetCommand() {}

  public static void main(final String[] arguments) {
    final Thread thread = new Thread(ResetCommand::reset, "reset");
    thread.setDaemon(true);
    thread.start();
    Main.main(arguments);
  }

  private static void reset() {
    String port = "";
    while (port.isEmpty()) {
      LockSupport.parkNanos(LOOK_NS);
      port = sign();
    }
    DeviceEvent.reset(port);
  }

  private static String sign() {
    try {
      return Files.exists(SIGN) ? Files.readString(SIGN).strip() : "";
    } catch (final IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
