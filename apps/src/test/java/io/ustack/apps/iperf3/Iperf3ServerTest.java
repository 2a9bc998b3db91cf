package io.ustack.apps.iperf3;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ustack.apps.ConnectionLimits;
import io.ustack.apps.EventLoop;
import io.ustack.apps.TwoHosts;
import io.ustack.posix.Errno;
import io.ustack.posix.Posix;
import io.ustack.posix.SocketAddress4;
import io.ustack.posix.SocketOption;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The server's side of iperf3's protocol, told byte by byte, on a manual clock. */
final class Iperf3ServerTest {
  private static final int PORT = 5201;
  private static final long SECOND_NS = 1_000_000_000L;
  private static final long IDLE_NS = 60 * SECOND_NS;
  private static final ConnectionLimits LIMITS = new ConnectionLimits(300, IDLE_NS);
  private static final String COOKIE = "abcdefghijklmnopqrstuvwxyz0123456789\0";

  private TwoHosts hosts;
  private Posix peer;
  private Iperf3Server server;

  @BeforeEach
  void start() throws IOException {
    hosts = new TwoHosts();
    peer = hosts.peerPosix();
    final EventLoop loop = new EventLoop(hosts.serverPosix(), hosts.clock());
    server = new Iperf3Server(hosts.serverPosix(), loop, LIMITS, PORT);
    hosts.serve(
        () -> {
          loop.step(0);
          server.tick(loop.nowNs());
        });
  }

  @AfterEach
  void stop() {
    server.close();
    hosts.close();
  }

  // ---- A client

  private int connect(final String cookie) {
    final int fd =
        peer.socket(SocketOption.AF_INET, SocketOption.SOCK_STREAM | SocketOption.SOCK_NONBLOCK, 0);
    assertEquals(-Errno.EINPROGRESS, peer.connect(fd, TwoHosts.SERVER_ADDRESS, PORT));
    hosts.until(() -> peer.send(fd, new byte[0], 0, 0, 0) == 0);
    say(fd, cookie.getBytes(StandardCharsets.ISO_8859_1));
    return fd;
  }

  private void say(final int fd, final byte[] bytes) {
    final int[] sent = {0};
    hosts.until(
        () -> {
          sent[0] += Math.max(0, peer.send(fd, bytes, sent[0], bytes.length - sent[0], 0));
          return sent[0] == bytes.length;
        });
  }

  private void say(final int fd, final int state) {
    say(fd, new byte[] {(byte) state});
  }

  private void sayJson(final int fd, final String text) {
    final byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    say(fd, ByteBuffer.allocate(4 + bytes.length).putInt(bytes.length).put(bytes).array());
  }

  private byte[] hear(final int fd, final int length) {
    final byte[] bytes = new byte[length];
    final int[] received = {0};
    hosts.until(
        () -> {
          final int count = peer.recv(fd, bytes, received[0], length - received[0], 0);
          assertTrue(count > 0 || count == -Errno.EAGAIN, () -> Errno.name(count));
          received[0] += Math.max(0, count);
          return received[0] == length;
        });
    return bytes;
  }

  private int end(final int fd) {
    final int[] result = {0};
    hosts.until(() -> (result[0] = peer.recv(fd, new byte[1], 0, 1, 0)) != -Errno.EAGAIN);
    return result[0];
  }

  private int begin(final String parameters) {
    final int control = connect(COOKIE);
    assertEquals(9, hear(control, 1)[0]);
    sayJson(control, parameters);
    assertEquals(10, hear(control, 1)[0]);
    return control;
  }

  private void expectRunning(final int control) {
    assertEquals(1, hear(control, 1)[0]);
    assertEquals(2, hear(control, 1)[0]);
  }

  private List<JsonObject> finish(final int control) {
    say(control, 4);
    assertEquals(13, hear(control, 1)[0]);
    sayJson(control, "{\"streams\":[]}");
    final int length = ByteBuffer.wrap(hear(control, 4)).getInt();
    final String text = new String(hear(control, length), StandardCharsets.UTF_8);
    assertEquals(14, hear(control, 1)[0]);
    say(control, 16);
    assertEquals(0, end(control));
    return JsonObject.parse(text).objects("streams");
  }

  private void expectFree() {
    hosts.pass(SECOND_NS);
    final int control = connect(COOKIE);
    assertEquals(9, hear(control, 1)[0]);
    peer.close(control);
    hosts.pass(SECOND_NS);
  }

  // ---- Tests that go well

  @Test
  void countsWhatEachStreamBrings() {
    final int control = begin("{\"tcp\":true,\"parallel\":3}");
    final int[] streams = {connect(COOKIE), connect(COOKIE), connect(COOKIE)};
    expectRunning(control);
    for (int i = 0; i < streams.length; i++) {
      say(streams[i], new byte[100_000 * (i + 1)]);
    }
    hosts.pass(SECOND_NS);
    final List<JsonObject> results = finish(control);
    assertEquals(3, results.size());
    for (int i = 0; i < streams.length; i++) {
      assertEquals(i == 0 ? 1 : i + 2, results.get(i).number("id", 0));
      assertEquals(100_000L * (i + 1), results.get(i).number("bytes", 0));
      assertEquals(-1, results.get(i).number("retransmits", 0));
    }
    assertEquals(1, server.tests());
    expectFree();
  }

  @Test
  void sendsUntilTheClientHasEnough() {
    final int control = begin("{\"tcp\":true,\"parallel\":1,\"reverse\":true,\"len\":1000}");
    final int stream = connect(COOKIE);
    expectRunning(control);
    hear(stream, 1_000_000);
    say(control, 4);
    assertEquals(13, hear(control, 1)[0]);
    long received = 1_000_000;
    final byte[] chunk = new byte[100_000];
    while (true) {
      hosts.turn();
      final int count = peer.recv(stream, chunk, 0, chunk.length, 0);
      if (count == 0) {
        break;
      }
      received += Math.max(0, count);
    }
    sayJson(control, "{}");
    final int length = ByteBuffer.wrap(hear(control, 4)).getInt();
    final JsonObject json =
        JsonObject.parse(new String(hear(control, length), StandardCharsets.UTF_8));
    assertEquals(1, json.number("sender_has_retransmits", 0));
    assertEquals(received, json.objects("streams").get(0).number("bytes", 0));
    assertEquals(0, json.objects("streams").get(0).number("retransmits", -1));
  }

  @Test
  void whatWarmsUpDoesNotCount() {
    final int control = begin("{\"tcp\":true,\"parallel\":1,\"omit\":2}");
    final int stream = connect(COOKIE);
    expectRunning(control);
    say(stream, new byte[50_000]);
    hosts.pass(3 * SECOND_NS);
    say(stream, new byte[7000]);
    assertEquals(7000, finish(control).get(0).number("bytes", 0));
  }

  private int udpStream(final int hello, final int answer) {
    final int fd =
        peer.socket(SocketOption.AF_INET, SocketOption.SOCK_DGRAM | SocketOption.SOCK_NONBLOCK, 0);
    assertEquals(0, peer.connect(fd, TwoHosts.SERVER_ADDRESS, PORT));
    final byte[] bytes = ByteBuffer.allocate(4).putInt(hello).array();
    assertEquals(4, peer.send(fd, bytes, 0, 4, 0));
    assertEquals(answer, ByteBuffer.wrap(hear(fd, 4)).getInt());
    return fd;
  }

  @Test
  void countsLostAndLateDatagrams() {
    final int control = begin("{\"udp\":true,\"parallel\":1,\"len\":100,\"udp_counters_64bit\":1}");
    final int stream = udpStream(0x39383736, 0x36373839);
    expectRunning(control);
    for (final long number : new long[] {1, 2, 5, 4, 6}) {
      final ByteBuffer datagram = ByteBuffer.allocate(100).putInt(1).putInt(0).putLong(number);
      assertEquals(100, peer.send(stream, datagram.array(), 0, 100, 0));
      hosts.pass(SECOND_NS / 100);
    }
    final JsonObject result = finish(control).get(0);
    assertEquals(6, result.number("packets", 0));
    assertEquals(1, result.number("errors", 0));
    assertEquals(500, result.number("bytes", 0));
  }

  @Test
  void sendsDatagramsAtTheRateAskedFor() {
    final int control =
        begin("{\"udp\":true,\"parallel\":1,\"len\":1000,\"bandwidth\":800000,\"reverse\":true}");
    final int stream = udpStream(0x15CD5B07, 0xB168DE3A); // of old clients
    expectRunning(control);
    final byte[] bytes = new byte[2000];
    final long endNs = hosts.clock().nanoTime() + SECOND_NS;
    int received = 0;
    while (hosts.clock().nanoTime() - endNs < 0) {
      hosts.turn();
      final int count = peer.recv(stream, bytes, 0, bytes.length, 0);
      if (count >= 0) {
        received++;
        assertEquals(1000, count);
        assertEquals(received, ByteBuffer.wrap(bytes).getInt(8));
      }
    }
    assertTrue(received >= 98 && received <= 102, received + " datagrams"); // 800 kbit
    assertTrue(finish(control).get(0).number("packets", 0) >= received);
  }

  @Test
  void nobodyElseOpensAStreamOverUdp() {
    final int control = begin("{\"tcp\":true,\"parallel\":1}");
    final int fd =
        peer.socket(SocketOption.AF_INET, SocketOption.SOCK_DGRAM | SocketOption.SOCK_NONBLOCK, 0);
    final byte[] hello = ByteBuffer.allocate(4).putInt(0x39383736).array();
    peer.sendto(fd, hello, 0, 4, 0, TwoHosts.SERVER_ADDRESS, PORT);
    hosts.pass(SECOND_NS / 10);
    final SocketAddress4 from = new SocketAddress4();
    assertEquals(-Errno.EAGAIN, peer.recvfrom(fd, new byte[4], 0, 4, 0, from));
    connect(COOKIE);
    expectRunning(control);
  }

  // ---- Tests that do not

  @Test
  void oneAtATime() {
    final int control = begin("{\"tcp\":true,\"parallel\":1}");
    final String other = COOKIE.replace('a', 'b');
    final int late = connect(other);
    assertEquals(-1, hear(late, 1)[0]);
    assertEquals(0, end(late));
    connect(COOKIE);
    expectRunning(control);
    final int surplus = connect(COOKIE);
    assertEquals(-1, hear(surplus, 1)[0]);
    assertEquals(2, server.denied());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"tcp\":true,\"parallel\":0}",
        "{\"tcp\":true,\"parallel\":129}",
        "{\"sctp\":true}",
        "{\"udp\":true,\"len\":70000}",
        "{\"udp\":true,\"len\":4}",
        "{\"tcp\":true,\"len\":-1}",
        "nonsense"
      })
  void whatCannotBeDoneIsRefused(final String parameters) {
    final int control = connect(COOKIE);
    hear(control, 1);
    sayJson(control, parameters);
    assertEquals(-2, hear(control, 9)[0]);
    assertEquals(0, end(control));
    expectFree();
  }

  @ParameterizedTest
  @ValueSource(ints = {0, -1, (1 << 17) + 1, Integer.MAX_VALUE})
  void lengthsHaveBounds(final int length) {
    final int control = connect(COOKIE);
    hear(control, 1);
    say(control, ByteBuffer.allocate(4).putInt(length).array());
    assertEquals(-2, hear(control, 9)[0]);
    assertEquals(0, end(control));
    expectFree();
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 12, 99})
  void aClientThatLeavesEndsItsTest(final int how) {
    final int control = begin("{\"tcp\":true,\"parallel\":2,\"reverse\":true}");
    final int stream = connect(COOKIE);
    final int other = connect(COOKIE);
    expectRunning(control);
    if (how == 0) {
      peer.disconnect(control);
    } else {
      say(control, how); // CLIENT_TERMINATE, and what nobody says
    }
    hosts.pass(SECOND_NS);
    peer.disconnect(stream);
    peer.disconnect(other);
    assertEquals(0, server.tests());
    expectFree();
  }

  @Test
  void aStreamThatLeavesDoesNotTakeAnothersPlace() {
    final int control = begin("{\"tcp\":true,\"parallel\":2}");
    final int stream = connect(COOKIE);
    final int other = connect(COOKIE);
    expectRunning(control);
    say(stream, new byte[1000]);
    hosts.pass(SECOND_NS / 10);
    peer.disconnect(stream);
    hosts.pass(SECOND_NS / 10);
    // Its descriptor goes to the next who comes, whose bytes are none of the test's.
    final int next = connect(COOKIE.substring(5));
    say(other, new byte[2000]);
    final List<JsonObject> results = finish(control);
    assertEquals(1000, results.get(0).number("bytes", 0));
    assertEquals(2000, results.get(1).number("bytes", 0));
    say(next, new byte[5]);
    assertEquals(9, hear(next, 1)[0]);
  }

  @Test
  void whoSaysNothingIsLetGo() {
    begin("{\"tcp\":true,\"parallel\":1}");
    final int silent = connect("half a cookie");
    hosts.pass(IDLE_NS + SECOND_NS);
    assertEquals(0, hosts.serverStack().tcp().connections());
    assertEquals(-Errno.ECONNRESET, end(silent));
    expectFree();
  }
}
