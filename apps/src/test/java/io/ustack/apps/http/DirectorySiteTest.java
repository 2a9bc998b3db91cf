package io.ustack.apps.http;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

/** Files that can't be had: each answer is one request's, and the server goes on. */
final class DirectorySiteTest {
  @TempDir private Path outside;

  private final BrokenFiles files = new BrokenFiles();
  private HttpScene scene;
  private HttpPeer peer;

  @BeforeEach
  void start() throws IOException {
    scene = new HttpScene(outside);
    scene.serve(new DirectorySite(files.of(scene.root), 3), HttpScene.LIMITS);
    peer = new HttpPeer(scene.hosts);
  }

  @AfterEach
  void stop() {
    scene.close();
  }

  private int status(final String target) {
    return peer.get(target).reply().status();
  }

  @Test
  void aDirectoryThatCannotBeReadToItsEndIs500() {
    assertEquals(200, status("/sub/"));
    files.listing = new IOException("on purpose");
    assertEquals(500, status("/sub/"));
    assertEquals(200, status("/hello.txt"));
    files.listing = null;
    assertEquals(200, status("/sub/"));
  }

  @Test
  void withoutADescriptorLeftItIs503() {
    files.opening = new FileSystemException("hello.txt", null, "Too many open files");
    final HttpPeer.Reply reply = peer.get("/hello.txt").reply();
    assertEquals(503, reply.status());
    assertEquals("1", reply.field("Retry-After"));
    assertEquals(503, status("/"));
    assertEquals(503, status("/sub/"));
    assertEquals(404, status("/nothing"));
    files.opening = null;
    assertEquals(200, status("/hello.txt"));
  }

  @Test
  void whatHasGoneSinceOrIsNotForUsIsTheRequestsFault() {
    files.opening = new NoSuchFileException("hello.txt");
    assertEquals(404, status("/hello.txt"));
    assertEquals(404, status("/sub/"));
    files.opening = new AccessDeniedException("hello.txt");
    assertEquals(403, status("/hello.txt"));
    assertEquals(403, status("/sub/"));
  }

  @Test
  void soManyFilesAreOpenAtATimeAndNoMore() {
    final HttpPeer[] slow = new HttpPeer[3];
    for (int i = 0; i < slow.length; i++) {
      slow[i] = new HttpPeer(scene.hosts, 4096).get("/big.bin");
    }
    scene.hosts.pass(HttpScene.SECOND_NS);
    assertEquals(503, status("/big.bin"));
    assertEquals(503, status("/hello.txt"));
    assertEquals(200, status("/sub/"));
    assertArrayEquals(scene.big, slow[1].reply().body());
    for (int i = 0; i < 10; i++) {
      assertEquals(200, status("/hello.txt"));
    }
    slow[0].close();
    slow[2].close();
  }

  @Test
  void aFileOfAnotherAgeIsServed() throws IOException {
    final Path file = scene.root.resolve("hello.txt");
    Files.setLastModifiedTime(file, FileTime.from(Long.MAX_VALUE / 4, TimeUnit.SECONDS));
    final String modified = peer.get("/hello.txt").reply().field("Last-Modified");
    // As far as this machine's files can tell ages.
    assertTrue(modified.endsWith(" GMT"), modified);
  }

  @Test
  void aSiteThatBreaksIs500() throws IOException {
    final Logger log = (Logger) LoggerFactory.getLogger(HttpServer.class);
    log.setLevel(Level.OFF);
    try {
      scene.serve(
          request -> {
            if (request.hasTarget(new byte[] {'/'})) {
              throw new IllegalStateException("on purpose");
            }
            return Resource.page(ContentType.TEXT, "fine");
          },
          HttpScene.LIMITS);
      peer = new HttpPeer(scene.hosts);
      assertEquals(500, status("/"));
      assertEquals(200, status("/fine"));
      assertEquals(500, status("/"));
    } finally {
      log.setLevel(null);
    }
  }
}
