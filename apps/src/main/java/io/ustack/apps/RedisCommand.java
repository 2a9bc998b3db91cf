package io.ustack.apps;

import io.ustack.apps.resp.RespServer;
import java.io.IOException;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code ustack redis}: keys and values. */
@Command(
    name = "redis",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description =
        "Keeps keys and values in memory for clients of Redis: what redis-benchmark asks for of"
            + " strings, lists, sets, hashes and sorted sets. Nothing is saved, nothing expires,"
            + " and there is no password: an example, not a database.",
    customSynopsis = "ustack redis --ip=ADDRESS/PREFIX [--port=N] [OPTIONS] [-- EAL ARGUMENTS]",
    footer = {
      "",
      "Progress is a command, or a byte of a reply taken.",
      "",
      "Example, then redis-benchmark -h 10.99.0.2 on this machine (ip address add 10.99.0.1/24 dev"
          + " dtap0):",
      "  sudo ./ustack redis --ip 10.99.0.2/24 -- --no-huge --no-pci --vdev=net_tap0"
    })
final class RedisCommand implements Callable<Integer> {
  private final Invocation invocation;

  @Option(
      names = "--port",
      paramLabel = "N",
      converter = Converters.TransportPort.class,
      defaultValue = "6379",
      description = "TCP port. Default: ${DEFAULT-VALUE}.")
  private int port;

  @Option(
      names = "--memory",
      paramLabel = "MIB",
      converter = Converters.Mebibytes.class,
      defaultValue = "64",
      description =
          "What keys and values may take, 1 to 65536, and what waits of requests and replies as"
              + " much again; within the heap (USTACK_JAVA_OPTS). Default: ${DEFAULT-VALUE}.")
  private long memoryBytes;

  @Mixin
  @SuppressWarnings("NullAway.Init")
  private LimitOptions limits;

  @Mixin
  @SuppressWarnings("NullAway.Init")
  private PortOptions options;

  RedisCommand(final Invocation invocation) {
    this.invocation = invocation;
  }

  @Override
  public Integer call() throws CommandFailure {
    options.check();
    return Serving.run(invocation, options, this::serve);
  }

  private void serve(final RunningStack running, final EventLoop loop) throws IOException {
    try (RespServer server =
        new RespServer(running.posix(), loop, limits.limits(), memoryBytes, port)) {
      Serving.announce(invocation, running, "redis: port " + port);
      while (!invocation.stop().isRequested()) {
        loop.step(Serving.TICK_MS);
        server.closeIdle();
      }
      invocation
          .out()
          .println(
              "redis: " + server.requests() + " commands, " + server.usedBytes() + " bytes in use");
    }
  }
}
