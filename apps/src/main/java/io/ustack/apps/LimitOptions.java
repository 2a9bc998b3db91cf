package io.ustack.apps;

import picocli.CommandLine.Option;

/** The options of every command that serves peers over TCP: what they may take. */
final class LimitOptions {
  @Option(
      names = "--connections",
      paramLabel = "N",
      converter = Converters.Connections.class,
      defaultValue = "10000",
      description = {
        "Connections open at a time; further ones wait. Default: ${DEFAULT-VALUE}.",
        "The first "
            + Acceptor.ROOMY_CONNECTIONS
            + " have the stack's buffers (128 KiB in, 256 KiB out), further ones "
            + Acceptor.SMALL_BUFFER_KIB
            + " KiB each way; once all together hold half of the heap, 2 KiB each way is the least."
      })
  private int connections;

  @Option(
      names = "--idle",
      paramLabel = "SECONDS",
      converter = Converters.Seconds.class,
      defaultValue = "60",
      description =
          "Close a connection that makes no progress for so long. Default: ${DEFAULT-VALUE}.")
  private long idleNs;

  ConnectionLimits limits() {
    return new ConnectionLimits(connections, idleNs);
  }
}
