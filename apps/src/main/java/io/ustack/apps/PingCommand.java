package io.ustack.apps;

import io.ustack.ipv4.Ipv4Address;
import java.util.concurrent.Callable;
import java.util.concurrent.locks.LockSupport;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code ustack ping}: ICMP echo requests. */
@Command(
    name = "ping",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description =
        "Sends ICMP echo requests, and says which are answered. Exit code 0 when at least one was,"
            + " 1 when none.",
    customSynopsis =
        "ustack ping ADDRESS --ip=ADDRESS/PREFIX [--count=N] [OPTIONS] [-- EAL ARGUMENTS]",
    footer = {
      "",
      "Example:",
      "  sudo ./ustack ping 10.99.0.1 --ip 10.99.0.2/24 --count 3 -- --no-huge --no-pci"
          + " --vdev=net_tap0"
    })
final class PingCommand implements Callable<Integer> {
  private static final int MOST_BYTES = 9000;
  private static final long REST_NS = 50_000;

  private final Invocation invocation;

  @Spec
  @SuppressWarnings("NullAway.Init")
  private CommandSpec spec;

  @Parameters(
      index = "0",
      paramLabel = "ADDRESS",
      converter = Converters.Address.class,
      description = "Whom to ask.")
  private int target;

  @Option(
      names = "--count",
      paramLabel = "N",
      defaultValue = "" + Integer.MAX_VALUE,
      description = "Stop after so many requests. Default: go on until Ctrl-C.")
  private int count;

  @Option(
      names = "--interval",
      paramLabel = "SECONDS",
      converter = Converters.Seconds.class,
      defaultValue = "1",
      description = "Between two requests. Default: ${DEFAULT-VALUE}.")
  private long intervalNs;

  @Option(
      names = "--size",
      paramLabel = "BYTES",
      defaultValue = "56",
      description = "Data bytes in a request. Default: ${DEFAULT-VALUE}.")
  private int size;

  @Option(
      names = "--wait",
      paramLabel = "SECONDS",
      converter = Converters.Seconds.class,
      defaultValue = "1",
      description = "For answers, after the last request. Default: ${DEFAULT-VALUE}.")
  private long waitNs;

  @Mixin
  @SuppressWarnings("NullAway.Init")
  private PortOptions options;

  PingCommand(final Invocation invocation) {
    this.invocation = invocation;
  }

  @Override
  public Integer call() throws CommandFailure {
    options.check();
    if (options.ip().isNetwork(target) || options.ip().isBroadcast(target)) {
      throw new ParameterException(
          spec.commandLine(), Ipv4Address.format(target) + " is no host of " + options.ip());
    }
    if (count < 1) {
      throw new ParameterException(
          spec.commandLine(), "Invalid value for option '--count': " + count + " is less than 1");
    }
    if (size < 0 || size > MOST_BYTES) {
      throw new ParameterException(
          spec.commandLine(),
          "Invalid value for option '--size': " + size + " is not between 0 and " + MOST_BYTES);
    }
    try (RunningStack running = RunningStack.open(options, invocation)) {
      final Pinger pinger = new Pinger(running.stack(), target, size, invocation.out());
      invocation
          .out()
          .println(
              "PING "
                  + Ipv4Address.format(target)
                  + ": "
                  + size
                  + " data bytes, "
                  + running.description());
      run(running, pinger);
      pinger.printSummary();
      return pinger.received() > 0 ? Main.EXIT_OK : Main.EXIT_FAILURE;
    }
  }

  private void run(final RunningStack running, final Pinger pinger) throws CommandFailure {
    final long startNs = running.clock().nanoTime();
    long nextNs = startNs;
    while (!invocation.stop().isRequested() && !pinger.isComplete(count)) {
      final long nowNs = running.clock().nanoTime();
      if (pinger.sent() < count && nowNs - nextNs >= 0) {
        pinger.send();
        nextNs += intervalNs;
      } else if (pinger.sent() == count && nowNs - (nextNs - intervalNs) >= waitNs) {
        return;
      }
      if (running.posix().poll() == 0) {
        LockSupport.parkNanos(REST_NS);
      }
      pinger.printNews();
    }
  }
}
