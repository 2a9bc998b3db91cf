package io.ustack.apps.http;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ustack.apps.ConnectionLimits;
import io.ustack.apps.Statistics;
import io.ustack.apps.TwoHosts;
import io.ustack.counter.Counter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The web server as a peer sees it, over two stacks and a pipe, on a manual clock. */
final class HttpServerTest {
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
  void servesAFileWithItsHead() {
    final HttpPeer.Reply reply = new HttpPeer(hosts).get("/hello.txt").reply();
    assertEquals(200, reply.status());
    assertEquals("Hello, world\n", reply.text());
    assertEquals("13", reply.field("Content-Length"));
    assertEquals("text/plain; charset=utf-8", reply.field("Content-Type"));
    assertEquals(HttpScene.MODIFIED_TEXT, reply.field("Last-Modified"));
    assertEquals("Sat, 22 Nov 2025 10:00:00 GMT", reply.field("Date"));
    assertEquals("bytes", reply.field("Accept-Ranges"));
    assertNull(reply.field("Connection"));
  }

  @Test
  void keepsTheConnectionForTheNextRequest() {
    final HttpPeer peer = new HttpPeer(hosts);
    for (int i = 0; i < 100; i++) {
      assertEquals("Hello, world\n", peer.get("/hello.txt").reply().text());
    }
    assertEquals(1, hosts.serverStack().counters().value(Counter.TCP_PASSIVE_OPENS));
    assertEquals(1, scene.server.connections());
    assertEquals(100, scene.server.requests());
  }

  @Test
  void closesWhenAsked() {
    final HttpPeer peer = new HttpPeer(hosts).get("/hello.txt", "Connection: foo, Close");
    final HttpPeer.Reply reply = peer.reply();
    assertEquals("close", reply.field("Connection"));
    assertEquals("Hello, world\n", reply.text());
    peer.expectEnd();
  }

  @Test
  void http10ClosesUnlessAskedNotTo() {
    final HttpPeer first = new HttpPeer(hosts).send("GET /hello.txt HTTP/1.0\r\n\r\n");
    assertEquals("close", first.reply().field("Connection"));
    first.expectEnd();
    final HttpPeer second =
        new HttpPeer(hosts).send("GET /hello.txt HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    assertEquals("keep-alive", second.reply().field("Connection"));
    assertEquals(200, second.send("GET /hello.txt HTTP/1.0\r\n\r\n").reply().status());
  }

  @Test
  void answersPipelinedRequestsInOrder() {
    final HttpPeer peer = new HttpPeer(hosts);
    final StringBuilder requests = new StringBuilder();
    for (int i = 0; i < 300; i++) {
      requests.append(
          i % 3 == 0 ? "GET /hello.txt" : i % 3 == 1 ? "GET /nothing" : "HEAD /hello.txt");
      requests.append(" HTTP/1.1\r\nHost: ustack\r\n\r\n");
    }
    peer.send(requests.toString());
    for (int i = 0; i < 300; i++) {
      final HttpPeer.Reply reply = i % 3 == 2 ? peer.headReply() : peer.reply();
      assertEquals(i % 3 == 1 ? 404 : 200, reply.status(), "reply " + i);
    }
    peer.expectNothing();
  }

  @Test
  void pipelinedRequestsWaitBehindABigFile() {
    final HttpPeer peer = new HttpPeer(hosts);
    peer.get("/big.bin").get("/hello.txt").get("/big.bin");
    assertArrayEquals(scene.big, peer.reply().body());
    assertEquals("Hello, world\n", peer.reply().text());
    assertArrayEquals(scene.big, peer.reply().body());
  }

  @Test
  void takesARequestByteByByte() {
    final HttpPeer peer = new HttpPeer(hosts);
    for (final char c : "GET /hello.txt HTTP/1.1\r\nHost: ustack\r\n\r\n".toCharArray()) {
      peer.expectNothing();
      peer.send(String.valueOf(c));
      hosts.turn();
      hosts.turn();
    }
    assertEquals("Hello, world\n", peer.reply().text());
  }

  @Test
  void takesLoneLineFeedsAndEmptyLinesInFront() {
    final HttpPeer peer =
        new HttpPeer(hosts).send("\r\n\n\r\nGET /hello.txt HTTP/1.1\nHost: ustack\n\n");
    assertEquals("Hello, world\n", peer.reply().text());
  }

  @Test
  void answersAPeerThatSaysNothingFollows() {
    final HttpPeer peer = new HttpPeer(hosts).get("/big.bin").get("/hello.txt").shutdown();
    assertArrayEquals(scene.big, peer.reply().body());
    assertEquals("Hello, world\n", peer.reply().text());
    peer.expectEnd();
  }

  @Test
  void headSendsNoBody() {
    final HttpPeer peer =
        new HttpPeer(hosts).send("HEAD /hello.txt HTTP/1.1\r\nHost: ustack\r\n\r\n");
    final HttpPeer.Reply reply = peer.headReply();
    assertEquals(200, reply.status());
    assertEquals("13", reply.field("Content-Length"));
    peer.expectNothing();
    assertEquals("Hello, world\n", peer.get("/hello.txt").reply().text());
  }

  @Test
  void servesAnEmptyFile() {
    final HttpPeer.Reply reply = new HttpPeer(hosts).get("/empty.txt").reply();
    assertEquals(200, reply.status());
    assertEquals("0", reply.field("Content-Length"));
  }

  @ParameterizedTest
  @CsvSource({
    "bytes=0-4, 0, 5",
    "bytes=7-11, 7, 5",
    "bytes=7-, 7, 2999993",
    "bytes=2999999-, 2999999, 1",
    "bytes=-5, 2999995, 5",
    "bytes=-9999999, 0, 3000000",
    "bytes=0-99999999999999999999999, 0, 3000000",
    "BYTES=1000000-1999999, 1000000, 1000000",
  })
  void servesRanges(final String range, final int first, final int length) {
    final HttpPeer.Reply reply = new HttpPeer(hosts).get("/big.bin", "Range: " + range).reply();
    assertEquals(206, reply.status());
    assertEquals(String.valueOf(length), reply.field("Content-Length"));
    assertEquals(
        "bytes " + first + "-" + (first + length - 1) + "/" + HttpScene.BIG_BYTES,
        reply.field("Content-Range"));
    assertArrayEquals(Arrays.copyOfRange(scene.big, first, first + length), reply.body());
  }

  @ParameterizedTest
  @ValueSource(strings = {"bytes=13-", "bytes=13-20", "bytes=-0", "bytes=99999999999999999999-"})
  void refusesRangesOutside(final String range) {
    final HttpPeer peer = new HttpPeer(hosts);
    final HttpPeer.Reply reply = peer.get("/hello.txt", "Range: " + range).reply();
    assertEquals(416, reply.status());
    assertEquals("bytes */13", reply.field("Content-Range"));
    assertEquals("0", reply.field("Content-Length"));
    assertEquals("Hello, world\n", peer.get("/hello.txt").reply().text());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "bytes=",
        "bytes=-",
        "bytes=a-b",
        "bytes=4-2",
        "lines=0-4",
        "bytes=0-1,3-4",
        "bytes=0x1-2",
        "bytes 0-1",
        "bytes=+1-2"
      })
  void ignoresRangesThatMeanNothing(final String range) {
    final HttpPeer.Reply reply = new HttpPeer(hosts).get("/hello.txt", "Range: " + range).reply();
    assertEquals(200, reply.status());
    assertEquals("Hello, world\n", reply.text());
  }

  @Test
  void ifRangeGuardsARange() {
    final HttpPeer peer = new HttpPeer(hosts);
    assertEquals(
        206,
        peer.get("/hello.txt", "Range: bytes=0-4", "If-Range: " + HttpScene.MODIFIED_TEXT)
            .reply()
            .status());
    assertEquals(
        200,
        peer.get("/hello.txt", "Range: bytes=0-4", "If-Range: Thu, 02 Jan 2025 03:04:06 GMT")
            .reply()
            .status());
    assertEquals(
        200, peer.get("/hello.txt", "Range: bytes=0-4", "If-Range: \"tag\"").reply().status());
  }

  @Test
  void aRangeOfHeadIsTheWholeHead() {
    final HttpPeer peer =
        new HttpPeer(hosts)
            .send("HEAD /hello.txt HTTP/1.1\r\nHost: ustack\r\nRange: bytes=0-4\r\n\r\n");
    final HttpPeer.Reply reply = peer.headReply();
    assertEquals(200, reply.status());
    assertEquals("13", reply.field("Content-Length"));
  }

  @Test
  void saysWhenNothingHasChanged() {
    final HttpPeer peer = new HttpPeer(hosts);
    final HttpPeer.Reply fresh =
        peer.get("/hello.txt", "If-Modified-Since: " + HttpScene.MODIFIED_TEXT).reply();
    assertEquals(304, fresh.status());
    assertNull(fresh.field("Content-Length"));
    assertEquals(
        200,
        peer.get("/hello.txt", "If-Modified-Since: Thu, 02 Jan 2025 03:04:04 GMT")
            .reply()
            .status());
    assertEquals(200, peer.get("/hello.txt", "If-Modified-Since: yesterday").reply().status());
  }

  @Test
  void servesDirectories() {
    final HttpPeer peer = new HttpPeer(hosts);
    assertEquals("<p>home", peer.get("/").reply().text());
    assertEquals("<p>home", peer.get("http://ustack").reply().text());
    final HttpPeer.Reply moved = peer.get("/sub").reply();
    assertEquals(301, moved.status());
    assertEquals("/sub/", moved.field("Location"));
    final HttpPeer.Reply listing = peer.get("/sub/").reply();
    assertEquals(200, listing.status());
    assertTrue(
        listing.text().contains("<a href=\"a%26b%20%3cc%3e.txt\">a&amp;b &lt;c&gt;.txt</a>"),
        listing.text());
    assertEquals("odd name", peer.get("/sub/a%26b%20%3Cc%3e.txt?query=/../x").reply().text());
    assertEquals(404, peer.get("/hello.txt/").reply().status());
  }

  @Test
  void aRedirectStaysOnThisServer() {
    assertEquals("/sub/", new HttpPeer(hosts).get("//sub").reply().field("Location"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/../secret.txt",
        "/sub/../../secret.txt",
        "/..%2fsecret.txt",
        "/%2e%2e/secret.txt",
        "/%2E%2E%2Fsecret.txt",
        "/.%2e/secret.txt",
        "/sub/%2e%2e/%2e%2e/secret.txt",
        "/%252e%252e/secret.txt",
        "/%252e%252e%252fsecret.txt",
        "/..%5csecret.txt",
        "/..\\secret.txt",
        "/%c0%ae%c0%ae/secret.txt",
        "/%c0%af..%c0%afsecret.txt",
        "/%uff0e%uff0e/secret.txt",
        "/..%00/secret.txt",
        "/hello.txt%00.html",
        "/hello.txt%0d%0aX-Header:%20injected",
        "//../secret.txt",
        "/./../secret.txt",
        "/....//secret.txt",
        "/;/../secret.txt",
        "http://ustack/../secret.txt",
        "/link.txt",
        "/way/secret.txt",
        "/way/",
        "/loop",
      })
  void refusesToLeaveTheRoot(final String target) throws IOException {
    Files.createSymbolicLink(scene.root.resolve("link.txt"), outside.resolve("secret.txt"));
    Files.createSymbolicLink(scene.root.resolve("way"), outside);
    Files.createSymbolicLink(scene.root.resolve("loop"), scene.root.resolve("loop"));
    final HttpPeer.Reply reply = new HttpPeer(hosts).get(target).reply();
    assertTrue(reply.status() == 400 || reply.status() == 404, reply.head());
    assertTrue(!reply.head().contains("X-Header"), reply.head());
    assertTrue(!reply.text().contains("secret"), reply.text());
  }

  @Test
  void followsLinksInsideTheRoot() throws IOException {
    Files.createSymbolicLink(scene.root.resolve("link.txt"), Path.of("hello.txt"));
    assertEquals("Hello, world\n", new HttpPeer(hosts).get("/link.txt").reply().text());
  }

  /** A ~ stands for the end of a line. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "GET /hello.txt~Host: a~~",
        "GET  /hello.txt HTTP/1.1~Host: a~~",
        "GET /hello.txt HTTP/1.1 ~Host: a~~",
        "GET /hel lo.txt HTTP/1.1~Host: a~~",
        "GET /hello.txt HTTQ/1.1~Host: a~~",
        "GET /hello.txt HTTP/1.11~Host: a~~",
        "GET /hello.txt http/1.1~Host: a~~",
        "G{T /hello.txt HTTP/1.1~Host: a~~",
        " GET /hello.txt HTTP/1.1~Host: a~~",
        "GET hello.txt HTTP/1.1~Host: a~~",
        "GET * HTTP/1.1~Host: a~~",
        "GET /hello.txt#top HTTP/1.1~Host: a~~",
        "GET /% HTTP/1.1~Host: a~~",
        "GET /%4 HTTP/1.1~Host: a~~",
        "GET /%zz HTTP/1.1~Host: a~~",
        "GET /\u0001 HTTP/1.1~Host: a~~",
        "GET /\u00fc HTTP/1.1~Host: a~~",
        "GET /hello.txt HTTP/1.1~~",
        "GET /hello.txt HTTP/1.1~Host: a~Host: b~~",
        "GET /hello.txt HTTP/1.1~Host : a~~",
        "GET /hello.txt HTTP/1.1~Host: a~ folded~~",
        "GET /hello.txt HTTP/1.1~Host: a~: b~~",
        "GET /hello.txt HTTP/1.1~Host: a~no colon~~",
        "GET /hello.txt HTTP/1.1~Host: a~X: \u0000~~",
        "GET /hello.txt HTTP/1.1~Host: a\rX: b~~",
        "GET /hello.txt HTTP/1.1~Host: a~Content-Length: x~~",
        "GET /hello.txt HTTP/1.1~Host: a~Content-Length: -1~~",
        "GET /hello.txt HTTP/1.1~Host: a~Content-Length: 1~Content-Length: 2~~",
        "GET /hello.txt HTTP/1.1~Host: a~Content-Length: 1~Transfer-Encoding: chunked~~",
        "GET /hello.txt HTTP/1.0~Transfer-Encoding: chunked~~",
      })
  void refusesWhatIsNoRequest(final String request) {
    final HttpPeer peer = new HttpPeer(hosts).send(request.replace("~", "\r\n"));
    assertEquals(400, peer.reply().status());
  }

  @Test
  void afterWhatIsNoRequestTheConnectionEnds() {
    final HttpPeer peer =
        new HttpPeer(hosts)
            .send("nonsense\r\n\r\n")
            .send("GET /hello.txt HTTP/1.1\r\nHost: a\r\n\r\n");
    assertEquals("close", peer.reply().field("Connection"));
    peer.expectEnd();
  }

  @Test
  void refusesOtherVersions() {
    assertEquals(
        505, new HttpPeer(hosts).send("GET / HTTP/2.0\r\nHost: a\r\n\r\n").reply().status());
    assertEquals(
        200, new HttpPeer(hosts).send("GET / HTTP/1.9\r\nHost: a\r\n\r\n").reply().status());
  }

  @ParameterizedTest
  @ValueSource(strings = {"POST", "PUT", "DELETE", "OPTIONS", "get", "GETS"})
  void refusesOtherMethods(final String method) {
    final HttpPeer peer =
        new HttpPeer(hosts).send(method + " /hello.txt HTTP/1.1\r\nHost: a\r\n\r\n");
    final HttpPeer.Reply reply = peer.reply();
    assertEquals(405, reply.status());
    assertEquals("GET, HEAD", reply.field("Allow"));
    assertEquals("Hello, world\n", peer.get("/hello.txt").reply().text());
  }

  @Test
  void limitsTheHead() {
    final HttpPeer longest = new HttpPeer(hosts);
    final String line = "GET /hello.txt HTTP/1.1\r\nHost: a\r\nX: ";
    longest.send(line + "x".repeat(HttpConnection.HEAD_BYTES - line.length() - 4) + "\r\n\r\n");
    assertEquals(200, longest.reply().status());
    assertEquals(
        431,
        new HttpPeer(hosts)
            .send(line + "x".repeat(HttpConnection.HEAD_BYTES) + "\r\n\r\n")
            .reply()
            .status());
    assertEquals(
        414,
        new HttpPeer(hosts)
            .send("GET /" + "x".repeat(100_000) + " HTTP/1.1\r\n\r\n")
            .reply()
            .status());
  }

  @Test
  void theBuiltinSiteShowsThePageAndTheCounters() throws IOException {
    scene.serve(
        new BuiltinSite(() -> Statistics.list(hosts.serverStack().counters())),
        ConnectionLimits.USUAL);
    final HttpPeer peer = new HttpPeer(hosts);
    assertTrue(peer.get("/").reply().text().contains("<h1>ustack</h1>"));
    final HttpPeer.Reply counters = peer.get("/counters").reply();
    assertEquals("text/plain; charset=utf-8", counters.field("Content-Type"));
    assertTrue(counters.text().contains("TCP_PASSIVE_OPENS 1\n"), counters.text());
    assertEquals(404, peer.get("/index.html").reply().status());
  }
}
