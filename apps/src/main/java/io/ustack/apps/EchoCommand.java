package io.ustack.apps;

import io.ustack.apps.echo.EchoServer;
import java.io.IOException;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code ustack echo}: sends back what comes. */
@Command(
    name = "echo",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = "Sends back what comes on a port, over TCP and UDP (RFC 862).",
    customSynopsis = "ustack echo --ip=ADDRESS/PREFIX [--port=N] [OPTIONS] [-- EAL ARGUMENTS]",
    footer = {
      "",
      "Progress, over TCP, is a byte sent back.",
      "",
      "Example, between two processes over shared memory:",
      "  sudo ./ustack echo --ip 10.99.0.2/24 --port 9000 -- --no-huge -m 512 --no-pci \\",
      "      --vdev=net_memif0,role=server,socket=/run/echo.sock"
    })
final class EchoCommand implements Callable<Integer> {
  private final Invocation invocation;

  @Option(
      names = "--port",
      paramLabel = "N",
      converter = Converters.TransportPort.class,
      defaultValue = "7",
      description = "TCP and UDP port. Default: ${DEFAULT-VALUE}.")
  private int port;

  @Mixin
  @SuppressWarnings("NullAway.Init")
  private LimitOptions limits;

  @Mixin
  @SuppressWarnings("NullAway.Init")
  private PortOptions options;

  EchoCommand(final Invocation invocation) {
    this.invocation = invocation;
  }

  @Override
  public Integer call() throws CommandFailure {
    options.check();
    return Serving.run(invocation, options, this::serve);
  }

  private void serve(final RunningStack running, final EventLoop loop) throws IOException {
    try (EchoServer server = new EchoServer(running.posix(), loop, limits.limits(), port)) {
      Serving.announce(invocation, running, "echo: port " + port);
      while (!invocation.stop().isRequested()) {
        loop.step(Serving.TICK_MS);
        server.closeIdle();
      }
      invocation
          .out()
          .println(
              "echo: "
                  + server.connections()
                  + " connections, "
                  + server.bytes()
                  + " bytes, "
                  + server.datagrams()
                  + " datagrams");
    }
  }
}
