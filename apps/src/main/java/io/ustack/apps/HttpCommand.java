package io.ustack.apps;

import io.ustack.apps.http.BuiltinSite;
import io.ustack.apps.http.DirectorySite;
import io.ustack.apps.http.HttpServer;
import io.ustack.apps.http.Site;
import java.io.IOException;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code ustack http}: a web server. */
@Command(
    name = "http",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description =
        "Serves the files of a directory, or a page about ustack and the stack's counters.",
    customSynopsis =
        "ustack http --ip=ADDRESS/PREFIX [--root=DIR] [--port=N] [OPTIONS] [-- EAL ARGUMENTS]",
    footer = {
      "",
      "Progress is a complete request, or a byte of a response taken. At most "
          + DirectorySite.OPEN_FILES
          + " responses hold a file open at a time; whoever asks for one more is told 503.",
      "",
      "Example, reachable from this machine once the interface has an address (ip address add"
          + " 10.99.0.1/24 dev dtap0):",
      "  sudo ./ustack http --ip 10.99.0.2/24 --root /srv/www -- --no-huge --no-pci --vdev=net_tap0"
    })
final class HttpCommand implements Callable<Integer> {
  private final Invocation invocation;

  @Option(
      names = "--root",
      paramLabel = "DIR",
      description = "What to serve. Without it: a built-in page, and /counters.")
  private @Nullable Path root;

  @Option(
      names = "--port",
      paramLabel = "N",
      converter = Converters.TransportPort.class,
      defaultValue = "80",
      description = "TCP port. Default: ${DEFAULT-VALUE}.")
  private int port;

  @Mixin
  @SuppressWarnings("NullAway.Init")
  private LimitOptions limits;

  @Mixin
  @SuppressWarnings("NullAway.Init")
  private PortOptions options;

  HttpCommand(final Invocation invocation) {
    this.invocation = invocation;
  }

  @Override
  public Integer call() throws CommandFailure {
    options.check();
    final Path directory = root;
    final DirectorySite files = directory == null ? null : site(directory);
    return Serving.run(
        invocation,
        options,
        (running, loop) -> serve(running, loop, files == null ? builtin(running) : files));
  }

  private static Site builtin(final RunningStack running) {
    return new BuiltinSite(running::statistics);
  }

  private void serve(final RunningStack running, final EventLoop loop, final Site site)
      throws IOException {
    final InstantSource wallClock = InstantSource.system();
    try (HttpServer server =
        new HttpServer(running.posix(), loop, wallClock, site, limits.limits(), port)) {
      Serving.announce(invocation, running, "http: port " + port);
      while (!invocation.stop().isRequested()) {
        loop.step(Serving.TICK_MS);
        server.closeIdle();
      }
      invocation.out().println("http: " + server.requests() + " requests");
    }
  }

  private static DirectorySite site(final Path directory) throws CommandFailure {
    try {
      return new DirectorySite(directory);
    } catch (final IOException e) {
      throw new CommandFailure("can't serve " + directory + ": " + reason(e), e);
    }
  }

  private static String reason(final IOException e) {
    return switch (e.getClass().getSimpleName()) {
      case "NoSuchFileException" -> "there is no such directory";
      case "NotDirectoryException" -> "it is no directory";
      case "AccessDeniedException" -> "no permission to read it";
      default -> String.valueOf(e.getMessage());
    };
  }
}
