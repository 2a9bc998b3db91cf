package io.ustack.apps;

import io.ustack.apps.iperf3.Iperf3Server;
import java.io.IOException;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code ustack iperf3 -s}: the other end of an iperf3 measurement. */
@Command(
    name = "iperf3",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description =
        "Serves clients of iperf3, one at a time: TCP and UDP, --parallel, --reverse and --bidir,"
            + " by time, bytes or blocks.",
    customSynopsis = "ustack iperf3 -s --ip=ADDRESS/PREFIX [--port=N] [OPTIONS] [-- EAL ARGUMENTS]",
    footer = {
      "",
      "Progress is a byte of a stream, or a message of the client. Processor time is not reported.",
      "",
      "Example, then iperf3 -c 10.99.0.2 on this machine (ip address add 10.99.0.1/24 dev dtap0):",
      "  sudo ./ustack iperf3 -s --ip 10.99.0.2/24 -- --no-huge --no-pci --vdev=net_tap0"
    })
final class Iperf3Command implements Callable<Integer> {
  private final Invocation invocation;

  @Option(
      names = {"-s", "--server"},
      required = true,
      description = "Be the server; there is no client here.")
  @SuppressWarnings("UnusedVariable") // to be required is all it does
  private boolean server;

  @Option(
      names = {"-p", "--port"},
      paramLabel = "N",
      converter = Converters.TransportPort.class,
      defaultValue = "5201",
      description = "TCP and UDP port. Default: ${DEFAULT-VALUE}.")
  private int port;

  @Mixin
  @SuppressWarnings("NullAway.Init")
  private LimitOptions limits;

  @Mixin
  @SuppressWarnings("NullAway.Init")
  private PortOptions options;

  Iperf3Command(final Invocation invocation) {
    this.invocation = invocation;
  }

  @Override
  public Integer call() throws CommandFailure {
    options.check();
    return Serving.run(invocation, options, this::serve);
  }

  private void serve(final RunningStack running, final EventLoop loop) throws IOException {
    try (Iperf3Server iperf3 = new Iperf3Server(running.posix(), loop, limits.limits(), port)) {
      Serving.announce(invocation, running, "iperf3: port " + port);
      while (!invocation.stop().isRequested()) {
        loop.step(iperf3.restMs());
        iperf3.tick(loop.nowNs());
      }
      invocation
          .out()
          .println(
              "iperf3: " + iperf3.tests() + " tests, " + iperf3.denied() + " clients told to wait");
    }
  }
}
