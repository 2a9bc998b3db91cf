package io.ustack.apps.bench;

import io.ustack.dpdk.DpdkException;
import java.io.IOException;

/**
 * The process with the server's end of the memif. Ends when its standard input does, which is when
 * the bench ends, however it ends.
 */
public final class BenchServer {
  private BenchServer() {}

  /** {@code BenchServer SOCKET}; says {@code ready} on standard output. */
  public static void main(final String[] arguments) throws DpdkException {
    final Thread watcher = new Thread(BenchServer::exitWithParent, "parent-watch");
    watcher.setDaemon(true);
    watcher.start();
    final MemifEnd end = MemifEnd.open("server", arguments[0], MemifEnd.SERVER_ADDRESS);
    final BenchService service = new BenchService(end.posix());
    System.out.println("ready");
    while (true) {
      service.step(0);
    }
  }

  private static void exitWithParent() {
    try {
      while (System.in.read() >= 0) {
        // Nothing is ever said; only the end counts.
      }
    } catch (final IOException e) {
      // The same as the end.
    }
    Runtime.getRuntime().halt(0);
  }
}
