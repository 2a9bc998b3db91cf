package io.ustack.apps.bench;

import io.ustack.dpdk.DpdkException;

/** The process with the server's end of the memif. */
public final class BenchServer {
  private BenchServer() {}

  /** {@code BenchServer SOCKET}; says {@code ready} on standard output. */
  public static void main(final String[] arguments) {
    BenchProcess.run(() -> serve(arguments[0]));
  }

  private static void serve(final String socket) throws DpdkException {
    final MemifEnd end = MemifEnd.open("server", socket, MemifEnd.SERVER_ADDRESS);
    final BenchService service = new BenchService(end.posix());
    System.out.println("ready");
    while (true) {
      service.step(0);
    }
  }
}
