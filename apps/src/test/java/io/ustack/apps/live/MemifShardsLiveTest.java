package io.ustack.apps.live;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ustack.counter.Counter;
import io.ustack.dpdk.DpdkException;
import io.ustack.dpdk.Transport;
import io.ustack.ipv4.Ipv4Address;
import io.ustack.posix.Errno;
import io.ustack.posix.Posix;
import io.ustack.posix.SocketOption;
import io.ustack.shard.ShardLink;
import io.ustack.stack.NetworkStack;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Two hosts of two shards with two queue pairs each, on the cable of a memif: with either transport
 * a flow has the same owner at both ends, so each frame arrives on the queue of who wants it.
 */
@Tag("live")
@Tag("one-jdk")
class MemifShardsLiveTest {
  private static final int SHARDS = 2;
  private static final int CONNECTIONS = 40;
  private static final int PORT = 7;
  private static final int SERVER = Ipv4Address.parse("10.99.1.1");
  private static final int CLIENT = Ipv4Address.parse("10.99.1.2");

  /** Each shard has so many that all together have that many, and none has none. */
  private static void assertOnAll(final MemifHost host, final Counter counter) {
    long sum = 0;
    for (final NetworkStack shard : host.shards()) {
      assertTrue(shard.counters().value(counter) > 0, shard.link().capabilities().name());
      sum += shard.counters().value(counter);
    }
    assertEquals(CONNECTIONS, sum);
  }

  @ParameterizedTest
  @EnumSource(Transport.class)
  void eachShardHasItsQueue(final Transport transport) throws DpdkException {
    final MemifCable cable = MemifCable.take();
    try (MemifHost server = MemifHost.open(cable.eal(), cable.server(), SERVER, SHARDS, transport);
        MemifHost client =
            MemifHost.open(cable.eal(), cable.client(), CLIENT, SHARDS, Transport.DIRECT)) {
      server.awaitUp();
      client.awaitUp();
      final int listener = stream(server.posix());
      assertEquals(0, server.posix().bind(listener, SERVER, PORT));
      assertEquals(0, server.posix().listen(listener, CONNECTIONS));
      for (int i = 0; i < CONNECTIONS; i++) {
        echo(server.posix(), listener, client.posix(), i);
      }
      assertOnAll(server, Counter.TCP_PASSIVE_OPENS);
      assertOnAll(client, Counter.TCP_ACTIVE_OPENS);
      for (final MemifHost host : List.of(server, client)) {
        for (final NetworkStack shard : host.shards()) {
          assertTrue(((ShardLink) shard.link()).isSorted(), "as the other end has sorted them");
          assertEquals(0, shard.link().lostFrames());
        }
      }
    }
  }

  private static int stream(final Posix posix) {
    return posix.socket(SocketOption.AF_INET, SocketOption.SOCK_STREAM, 0);
  }

  /** A connection, kept open: text there and back, however it is cut on its way. */
  private static void echo(
      final Posix server, final int listener, final Posix client, final int number) {
    final byte[] text = new byte[1 + number * 997];
    Arrays.fill(text, (byte) number);
    final int fd = stream(client);
    assertEquals(0, client.connect(fd, SERVER, PORT), () -> "connection " + number);
    final int accepted = server.accept(listener, null);
    assertTrue(accepted >= 0, () -> Errno.name(accepted));
    carry(client, fd, server, accepted, text);
    carry(server, accepted, client, fd, text);
  }

  private static void carry(
      final Posix from, final int source, final Posix to, final int target, final byte[] text) {
    assertEquals(text.length, from.send(source, text, 0, text.length, 0));
    final byte[] received = new byte[text.length];
    assertEquals(text.length, to.recv(target, received, 0, text.length, SocketOption.MSG_WAITALL));
    assertArrayEquals(text, received);
  }
}
