package io.ustack.apps.http;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.ustack.apps.ConnectionLimits;
import io.ustack.apps.EventLoop;
import io.ustack.apps.TwoHosts;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.Random;

/** A web server over two stacks and a pipe, on a manual clock, and the files that it serves. */
final class HttpScene implements AutoCloseable {
  static final int PORT = 80;
  static final long SECOND_NS = 1_000_000_000L;
  static final String MODIFIED_TEXT = "Thu, 02 Jan 2025 03:04:05 GMT";
  static final int BIG_BYTES = 3_000_000;

  /** Few, and not patient. */
  static final ConnectionLimits LIMITS = new ConnectionLimits(4, 10 * SECOND_NS);

  private static final Instant NOW = Instant.parse("2025-11-22T10:00:00Z");
  private static final Instant MODIFIED = Instant.parse("2025-01-02T03:04:05Z");

  final Path root;
  final byte[] big = new byte[BIG_BYTES];
  final TwoHosts hosts = new TwoHosts();
  HttpServer server;

  private final EventLoop loop = new EventLoop(hosts.serverPosix(), hosts.clock());

  /** Serves the folder {@code www} in {@code outside}, which has a secret. */
  HttpScene(final Path outside) throws IOException {
    root = Files.createDirectory(outside.resolve("www"));
    new Random(1).nextBytes(big);
    write("index.html", "<p>home");
    write("hello.txt", "Hello, world\n");
    write("empty.txt", "");
    Files.write(root.resolve("big.bin"), big);
    Files.write(root.resolve("middle.bin"), new byte[100_000]);
    Files.createDirectory(root.resolve("sub"));
    write("sub/a&b <c>.txt", "odd name");
    Files.writeString(outside.resolve("secret.txt"), "secret");
    serve(new DirectorySite(root), LIMITS);
  }

  private void write(final String name, final String text) throws IOException {
    final Path file = Files.writeString(root.resolve(name), text);
    Files.setLastModifiedTime(file, FileTime.from(MODIFIED));
  }

  /** From now on this is served, and nothing else. */
  void serve(final Site site, final ConnectionLimits limits) throws IOException {
    if (server != null) {
      server.close();
    }
    final HttpServer made =
        new HttpServer(hosts.serverPosix(), loop, () -> NOW, site, limits, PORT);
    server = made;
    hosts.serve(
        () -> {
          loop.step(0);
          made.closeIdle();
        });
  }

  @Override
  public void close() {
    server.close();
    assertEquals(0, server.connections());
    hosts.close();
  }
}
