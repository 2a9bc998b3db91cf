package io.ustack.apps.live;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ustack.apps.DeviceEvent;
import io.ustack.counter.Counter;
import io.ustack.dpdk.DpdkException;
import io.ustack.dpdk.LinkState;
import io.ustack.dpdk.PortWatch;
import io.ustack.dpdk.Transport;
import io.ustack.ipv4.Ipv4Address;
import io.ustack.link.LinkChange;
import io.ustack.posix.Posix;
import io.ustack.posix.SocketOption;
import io.ustack.stack.NetworkStack;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Ports whose device is reset, again and again, under connections that carry what they can. */
@Tag("live")
@Tag("one-jdk")
class PortResetLiveTest {
  private static final int PORT = 7;
  private static final int SERVER = Ipv4Address.parse("10.99.1.1");
  private static final int CLIENT = Ipv4Address.parse("10.99.1.2");
  private static final int PATIENCE_SECONDS = 60;
  private static final int CHUNK = 16 * 1024;

  /** A watch on the port of a host. */
  private static final class Watched implements PortWatch.Observer, AutoCloseable {
    final BlockingQueue<String> told = new ArrayBlockingQueue<>(100);
    final MemifHost host;
    private final PortWatch watch;

    Watched(final MemifHost host) {
      this.host = host;
      watch = PortWatch.start(host.port(), this);
    }

    @Override
    public void onLink(final LinkState state) {}

    @Override
    public void onReset() {
      for (final NetworkStack shard : host.shards()) {
        shard.commands().offer(nowNs -> shard.onWire(LinkChange.RESET, nowNs));
      }
      told.add("reset");
    }

    @Override
    public void onGone(final String why) {
      told.add(why);
    }

    void reset() throws InterruptedException {
      DeviceEvent.reset(host.port().config().name());
      assertEquals("reset", told.poll(PATIENCE_SECONDS, TimeUnit.SECONDS));
    }

    @Override
    public void close() {
      watch.close();
    }
  }

  @ParameterizedTest
  @CsvSource({"1, DIRECT", "1, RING", "2, DIRECT"})
  void connectionsGoOn(final int queues, final Transport transport)
      throws DpdkException, InterruptedException, ExecutionException {
    final AtomicBoolean enough = new AtomicBoolean();
    final ExecutorService threads = Executors.newCachedThreadPool();
    final MemifCable cable = MemifCable.take();
    // Of a memif only the client connects anew.
    try (MemifHost client =
            MemifHost.open(cable.eal(), cable.server(), CLIENT, queues, Transport.DIRECT);
        MemifHost server = MemifHost.open(cable.eal(), cable.client(), SERVER, queues, transport);
        Watched watched = new Watched(server)) {
      server.awaitUp();
      client.awaitUp();
      final int listener = stream(server.posix());
      assertEquals(0, server.posix().bind(listener, SERVER, PORT));
      assertEquals(0, server.posix().listen(listener, 100));
      final List<Future<byte[]>> digests = new ArrayList<>();
      for (int i = 0; i < 2; i++) {
        final int source = stream(client.posix());
        assertEquals(0, client.posix().connect(source, SERVER, PORT));
        final int target = server.posix().accept(listener, null);
        assertTrue(target >= 0);
        digests.add(threads.submit(() -> write(client.posix(), source, enough)));
        digests.add(threads.submit(() -> read(server.posix(), target)));
      }
      watched.reset();
      watched.reset();
      enough.set(true);
      for (int i = 0; i < digests.size(); i += 2) {
        assertArrayEquals(digests.get(i).get(), digests.get(i + 1).get());
      }
      assertEquals(2, server.shards().get(0).counters().value(Counter.LINK_RESETS));
    } finally {
      threads.shutdownNow();
    }
  }

  private static int stream(final Posix posix) {
    return posix.socket(SocketOption.AF_INET, SocketOption.SOCK_STREAM, 0);
  }

  /** Writes until it is enough, and a bit more; gives the digest of it. */
  private static byte[] write(final Posix posix, final int fd, final AtomicBoolean enough)
      throws NoSuchAlgorithmException {
    final MessageDigest digest = MessageDigest.getInstance("SHA-256");
    final Random random = new Random(fd);
    final byte[] chunk = new byte[CHUNK];
    for (int more = 0; more < 16; more += enough.get() ? 1 : 0) {
      random.nextBytes(chunk);
      assertEquals(CHUNK, posix.send(fd, chunk, 0, CHUNK, 0));
      digest.update(chunk);
    }
    assertEquals(0, posix.close(fd));
    return digest.digest();
  }

  private static byte[] read(final Posix posix, final int fd) throws NoSuchAlgorithmException {
    final MessageDigest digest = MessageDigest.getInstance("SHA-256");
    final byte[] chunk = new byte[CHUNK];
    int length;
    while ((length = posix.recv(fd, chunk, 0, CHUNK, 0)) > 0) {
      digest.update(chunk, 0, length);
    }
    assertEquals(0, length);
    assertEquals(0, posix.close(fd));
    return digest.digest();
  }
}
