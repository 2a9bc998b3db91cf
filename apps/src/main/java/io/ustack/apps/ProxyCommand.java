package io.ustack.apps;

import io.ustack.apps.proxy.Balance;
import io.ustack.apps.proxy.Proxy;
import io.ustack.apps.proxy.ProxySettings;
import io.ustack.apps.proxy.Target;
import io.ustack.apps.proxy.TargetAddress;
import io.ustack.apps.proxy.Targets;
import io.ustack.apps.proxy.Thresholds;
import io.ustack.apps.proxy.UdpRelay;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code ustack proxy}: passes connections on. */
@Command(
    name = "proxy",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description =
        "Takes TCP connections, or datagrams, and passes each on to a target. Both ends of a"
            + " connection are this stack's: half-closed connections, resets and back-pressure go"
            + " through.",
    customSynopsis =
        "ustack proxy --ip=ADDRESS/PREFIX --listen=[:]N --to=ADDRESS:N[,...] [OPTIONS] [-- EAL"
            + " ARGUMENTS]",
    footer = {
      "",
      "Progress is a byte passed on, either way. A client that no target takes is reset. Ctrl-C: no"
          + " new clients, and those that are there may finish (--drain).",
      "",
      "Example, for two web servers behind the gateway's port:",
      "  sudo ./ustack proxy --ip 10.99.0.2/24 --listen :80 --to 10.99.0.9:8080,10.99.0.10:8080 \\",
      "      -- --no-huge --no-pci --vdev=net_tap0"
    })
final class ProxyCommand implements Callable<Integer> {
  private final Invocation invocation;

  @Spec
  @SuppressWarnings("NullAway.Init")
  private CommandSpec spec;

  @Option(
      names = "--listen",
      required = true,
      paramLabel = "[:]N",
      converter = Converters.Listen.class,
      description = "Port of ours, as in :80.")
  private int port;

  @Option(
      names = "--to",
      required = true,
      split = ",",
      paramLabel = "ADDRESS:N",
      converter = Converters.Target.class,
      description = "Where a target listens, 1 to " + Targets.MOST + " of them.")
  @SuppressWarnings("NullAway.Init")
  private List<TargetAddress> to;

  @Option(
      names = "--udp",
      description = {
        "Pass datagrams on, instead of connections: each client has a target and a socket towards"
            + " it until it is quiet for --idle; --connections limits the clients.",
        "There are no checks: a target that is down gets another chance after --rise times --check."
      })
  private boolean udp;

  @Option(
      names = "--balance",
      paramLabel = "HOW",
      converter = Converters.BalanceName.class,
      defaultValue = "least-connections",
      description =
          "Which target a client gets: least-connections or round-robin. Default:"
              + " ${DEFAULT-VALUE}.")
  private Balance balance = Balance.LEAST_CONNECTIONS;

  @Option(
      names = "--connect",
      paramLabel = "SECONDS",
      converter = Converters.Seconds.class,
      defaultValue = "2",
      description =
          "A target that does not answer for so long has failed, and the next is asked; SYNs are a"
              + " second apart and more, and so are the moments at which this is seen. Default:"
              + " ${DEFAULT-VALUE}.")
  private long connectNs;

  @Option(
      names = "--check",
      paramLabel = "SECONDS",
      converter = Converters.Seconds.class,
      defaultValue = "2",
      description =
          "Connect to each target so often, to see whether it is up. Default: ${DEFAULT-VALUE}.")
  private long checkNs;

  @Option(
      names = "--fall",
      paramLabel = "N",
      converter = Converters.Threshold.class,
      defaultValue = "3",
      description =
          "After so many failures in a row, of checks and of clients' connections, a target is"
              + " down. Default: ${DEFAULT-VALUE}.")
  private int fall;

  @Option(
      names = "--rise",
      paramLabel = "N",
      converter = Converters.Threshold.class,
      defaultValue = "2",
      description = "After so many successful checks it is up again. Default: ${DEFAULT-VALUE}.")
  private int rise;

  @Option(
      names = "--drain",
      paramLabel = "SECONDS",
      converter = Converters.Drain.class,
      defaultValue = "5",
      description =
          "On Ctrl-C wait so long for connections to end, 0 to 8. Default: ${DEFAULT-VALUE}.")
  private long drainNs;

  @Mixin
  @SuppressWarnings("NullAway.Init")
  private LimitOptions limits;

  @Mixin
  @SuppressWarnings("NullAway.Init")
  private PortOptions options;

  ProxyCommand(final Invocation invocation) {
    this.invocation = invocation;
  }

  @Override
  public Integer call() throws CommandFailure {
    options.check();
    checkTargets();
    return Serving.run(invocation, options, this::serve);
  }

  private void checkTargets() {
    if (to.size() > Targets.MOST) {
      throw wrong("--to: " + to.size() + " targets are more than " + Targets.MOST);
    }
    // picocli drops what is empty at the end.
    final OptionSpec given = spec.commandLine().getParseResult().matchedOption("--to");
    if (given != null && given.originalStringValues().stream().anyMatch(v -> v.endsWith(","))) {
      throw wrong("--to ends with a comma");
    }
  }

  private ParameterException wrong(final String message) {
    return new ParameterException(spec.commandLine(), message);
  }

  private void serve(final RunningStack running, final EventLoop loop) throws IOException {
    final Targets targets = new Targets(to, balance, new Thresholds(fall, rise));
    if (udp) {
      relay(running, loop, targets);
    } else {
      proxy(running, loop, targets);
    }
    for (final Target target : targets.all()) {
      invocation.out().println("proxy: " + target.describe());
    }
  }

  private void proxy(final RunningStack running, final EventLoop loop, final Targets targets)
      throws IOException {
    final int connectMs = (int) Math.max(1, TimeUnit.NANOSECONDS.toMillis(connectNs));
    final ProxySettings settings = new ProxySettings(limits.limits(), connectMs, checkNs);
    final long startNs = running.clock().nanoTime();
    try (Proxy proxy = new Proxy(running.posix(), loop, targets, settings, port, startNs)) {
      Serving.announce(invocation, running, "proxy: TCP port " + port);
      while (!invocation.stop().isRequested()) {
        loop.step(Serving.TICK_MS);
        proxy.tick(loop.nowNs());
      }
      drain(loop, proxy);
      invocation
          .out()
          .println(
              "proxy: "
                  + proxy.refused()
                  + " clients that no target took, "
                  + proxy.resets()
                  + " connections reset, "
                  + proxy.connections()
                  + " cut off at the end");
    }
  }

  private void drain(final EventLoop loop, final Proxy proxy) {
    proxy.stopListening();
    final long startNs = loop.nowNs();
    while (proxy.connections() > 0 && loop.nowNs() - startNs < drainNs) {
      loop.step(Serving.TICK_MS);
      proxy.tick(loop.nowNs());
    }
  }

  private void relay(final RunningStack running, final EventLoop loop, final Targets targets)
      throws IOException {
    final long startNs = running.clock().nanoTime();
    try (UdpRelay relay =
        new UdpRelay(running.posix(), loop, targets, limits.limits(), checkNs, port, startNs)) {
      Serving.announce(invocation, running, "proxy: UDP port " + port);
      while (!invocation.stop().isRequested()) {
        loop.step(Serving.TICK_MS);
        relay.tick(loop.nowNs());
      }
      invocation
          .out()
          .println("proxy: " + relay.passed() + " datagrams passed on, " + relay.lost() + " lost");
    }
  }
}
