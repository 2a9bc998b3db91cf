package io.ustack.apps.http;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ustack.apps.ConnectionLimits;
import io.ustack.apps.TwoHosts;
import io.ustack.counter.Counter;
import io.ustack.tcp.Tcp;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the web server bears from peers: slow ones, silent ones, rude ones, and many. */
final class HttpPatienceTest {
  @TempDir private Path outside;

  private HttpScene scene;
  private TwoHosts hosts;

  @BeforeEach
  void start() throws IOException {
    scene = new HttpScene(outside);
    hosts = scene.hosts;
  }

  @AfterEach
  void stop() {
    scene.close();
  }

  @Test
  void aSlowReaderDoesNotHoldUpOthers() {
    final HttpPeer slow = new HttpPeer(hosts, 4096).get("/big.bin");
    hosts.pass(HttpScene.SECOND_NS);
    final HttpPeer quick = new HttpPeer(hosts);
    for (int i = 0; i < 10; i++) {
      assertArrayEquals(scene.big, quick.get("/big.bin").reply().body());
    }
    assertArrayEquals(scene.big, slow.reply().body());
  }

  @Test
  void aPeerThatNeverReadsIsLetGo() {
    final HttpPeer peer = new HttpPeer(hosts, 4096).get("/big.bin");
    hosts.pass(9 * HttpScene.SECOND_NS);
    assertEquals(1, scene.server.connections());
    hosts.pass(2 * HttpScene.SECOND_NS);
    assertEquals(0, scene.server.connections());
    // The rest of the response is not kept for it.
    assertEquals(0, hosts.serverStack().tcp().bufferBytes());
    peer.close();
  }

  @Test
  void aPeerThatReadsNowAndThenIsNotLetGo() {
    final HttpPeer peer = new HttpPeer(hosts, 4096).get("/hello.txt");
    assertEquals(200, peer.reply().status());
    peer.get("/big.bin");
    for (int i = 0; i < 10; i++) {
      hosts.pass(8 * HttpScene.SECOND_NS);
      final int[] left = {250_000};
      hosts.until(() -> (left[0] -= Math.max(0, peer.read(left[0]))) == 0);
    }
    assertArrayEquals(scene.big, peer.reply().body());
  }

  @Test
  void aPeerThatSendsNothingIsLetGo() {
    final HttpPeer silent = new HttpPeer(hosts);
    hosts.pass(9 * HttpScene.SECOND_NS);
    silent.expectNothing();
    assertEquals(1, scene.server.connections());
    hosts.pass(2 * HttpScene.SECOND_NS);
    assertEquals(0, scene.server.connections());
    silent.expectEnd();
  }

  @Test
  void aHeadThatDripsInIsNoProgress() {
    final HttpPeer peer = new HttpPeer(hosts).send("GET / HTTP/1.1\r\n");
    for (int i = 0; i < 20; i++) {
      hosts.pass(HttpScene.SECOND_NS / 2);
      peer.send("X");
    }
    hosts.pass(HttpScene.SECOND_NS);
    assertEquals(0, scene.server.connections());
  }

  @Test
  void aPeerThatResetsIsForgotten() {
    final HttpPeer peer = new HttpPeer(hosts, 4096).get("/big.bin");
    hosts.until(() -> peer.read(1) > 0);
    hosts.pass(HttpScene.SECOND_NS / 10);
    peer.close();
    hosts.until(() -> scene.server.connections() == 0);
    assertEquals("Hello, world\n", new HttpPeer(hosts).get("/hello.txt").reply().text());
  }

  @Test
  void aFileThatShrinksEndsTheConnection() throws IOException {
    final HttpPeer peer = new HttpPeer(hosts, 4096).get("/big.bin");
    hosts.until(() -> peer.read(1) > 0);
    Files.write(scene.root.resolve("big.bin"), new byte[10]);
    hosts.until(() -> peer.read(100_000) >= 0 && scene.server.connections() == 0);
  }

  @Test
  void peersBeyondTheLimitWait() {
    final HttpPeer[] peers = new HttpPeer[6];
    for (int i = 0; i < peers.length; i++) {
      peers[i] = new HttpPeer(hosts).get("/hello.txt");
    }
    for (int i = 0; i < 4; i++) {
      assertEquals(200, peers[i].reply().status());
    }
    hosts.pass(HttpScene.SECOND_NS);
    assertEquals(4, scene.server.connections());
    peers[4].expectNothing();
    peers[0].close();
    peers[1].close();
    assertEquals(200, peers[4].reply().status());
    assertEquals(200, peers[5].reply().status());
  }

  @Test
  void theAnswerToABodyArrivesThoughTheBodyIsNotRead() {
    final HttpPeer peer =
        new HttpPeer(hosts).send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 200000\r\n\r\n");
    peer.send(new byte[200_000]);
    final HttpPeer.Reply reply = peer.reply();
    assertEquals(405, reply.status());
    assertEquals("close", reply.field("Connection"));
    peer.expectEnd();
  }

  /** RFC 9112 9.6: what waits unread must not turn the end into a reset. */
  @Test
  void theAnswerToABodyArrivesThoughThePeerHasEndedToo() {
    final HttpPeer peer = new HttpPeer(hosts);
    assertEquals(200, peer.get("/hello.txt").reply().status());
    // All of it arrives before the server looks, and more than it reads at a time.
    peer.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 12000\r\n\r\n" + "x".repeat(12_000));
    peer.shutdown();
    hosts.until(() -> scene.server.connections() == 0);
    assertEquals(405, peer.reply().status());
    peer.expectEnd();
    assertEquals(0, hosts.serverStack().counters().value(Counter.TCP_RESETS_OUT));
  }

  /** ... but not without end: who sends on and on is cut off. */
  @Test
  void whoSendsForEverAfterTheLastResponseIsCutOff() {
    final HttpPeer peer = new HttpPeer(hosts).send("nonsense\r\n\r\n");
    assertEquals(400, peer.reply().status());
    peer.send(new byte[1_000_000]);
    assertEquals(1, scene.server.connections());
    peer.send(new byte[100_000]);
    hosts.until(() -> scene.server.connections() == 0);
  }

  /** The last response is unread, and the peer does not end either. */
  @Test
  void aPeerThatNeverReadsTheLastResponseIsLetGo() {
    final HttpPeer peer = new HttpPeer(hosts, 4096);
    peer.send("GET /middle.bin HTTP/1.0\r\n\r\n");
    hosts.pass(9 * HttpScene.SECOND_NS);
    assertEquals(1, scene.server.connections());
    hosts.pass(2 * HttpScene.SECOND_NS);
    assertEquals(0, scene.server.connections());
    assertEquals(0, hosts.serverStack().tcp().bufferBytes());
    peer.close();
  }

  /** Many peers that never read fill less memory each than a few. */
  @Test
  void manyPeersThatNeverReadFillSmallBuffers() throws IOException {
    final int roomy = 512;
    final int more = 10;
    scene.serve(new DirectorySite(scene.root), new ConnectionLimits(roomy + more, 10_000_000_000L));
    final Tcp tcp = hosts.serverStack().tcp();
    for (int i = 0; i < roomy; i++) {
      new HttpPeer(hosts, 4096);
    }
    hosts.until(() -> scene.server.connections() == roomy);
    for (int i = 0; i < more; i++) {
      new HttpPeer(hosts, 4096).get("/big.bin");
    }
    hosts.pass(HttpScene.SECOND_NS);
    assertTrue(tcp.bufferBytes() > 0);
    assertTrue(tcp.bufferBytes() <= more * (32 << 10), () -> "buffers: " + tcp.bufferBytes());
  }
}
