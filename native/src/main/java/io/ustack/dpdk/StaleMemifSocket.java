package io.ustack.dpdk;

import java.io.IOException;
import java.net.ConnectException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The file that a memif server leaves behind when it is killed, and that its successor would take
 * for another server.
 */
final class StaleMemifSocket {
  // S_IFMT and S_IFSOCK.
  private static final int FILE_TYPE = 0xF000;
  private static final int SOCKET = 0xC000;

  private static final Pattern FILE = Pattern.compile("(?:^|,)socket=([^,]+)");

  private StaleMemifSocket() {}

  /** Removes those that memif servers among the EAL's arguments are to listen on. */
  static void removeAll(final List<String> arguments) {
    for (final String argument : arguments) {
      final Matcher file = FILE.matcher(argument);
      if (argument.contains("net_memif")
          && argument.contains("role=server")
          && argument.contains("socket-abstract=no")
          && file.find()) {
        removeIfDead(Path.of(file.group(1)));
      }
    }
  }

  /** A socket that nobody listens on refuses; one that somebody does is of another type. */
  static void removeIfDead(final Path file) {
    if (!isSocket(file)) {
      return;
    }
    try (SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
      channel.connect(UnixDomainSocketAddress.of(file));
    } catch (final ConnectException e) {
      delete(file);
    } catch (final IOException e) {
      // Not for us to judge: DPDK says what is wrong with it.
    }
  }

  private static boolean isSocket(final Path file) {
    try {
      final Object mode = Files.getAttribute(file, "unix:mode", LinkOption.NOFOLLOW_LINKS);
      return ((Integer) mode & FILE_TYPE) == SOCKET;
    } catch (final IOException e) {
      return false;
    }
  }

  private static void delete(final Path file) {
    try {
      Files.delete(file);
    } catch (final IOException e) {
      // DPDK says that it is taken, and what to do.
    }
  }
}
