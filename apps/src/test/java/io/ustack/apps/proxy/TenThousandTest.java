package io.ustack.apps.proxy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ustack.apps.ConnectionLimits;
import io.ustack.apps.EventLoop;
import io.ustack.apps.TwoHosts;
import io.ustack.apps.echo.EchoServer;
import io.ustack.posix.Epoll;
import io.ustack.posix.Errno;
import io.ustack.posix.Posix;
import io.ustack.posix.SocketOption;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;

/**
 * Ten thousand clients at a time, each with bytes of its own, and three targets that echo: twenty
 * thousand connections of the proxy's stack.
 */
final class TenThousandTest {
  private static final int CLIENTS = 10_000;
  private static final int[] PORTS = {8081, 8082, 8083};
  private static final long LONG_NS = 3600 * ProxyScene.SECOND_NS;
  private static final ConnectionLimits LIMITS = new ConnectionLimits(CLIENTS, LONG_NS);

  /** What each client says, and hears again: half of it before all are there, half after. */
  private static final int BYTES = 6000;

  /** Clients that may be in the middle of their handshake: the backlog holds 1024. */
  private static final int BEGINNING = 500;

  private static final int MOST_TURNS = 1_000_000;

  private final ProxyScene scene;
  private final Posix peer;
  private final EventLoop peerLoop;
  private final byte[] chunk = new byte[BYTES];
  private final List<Client> clients = new ArrayList<>();
  private int connected;
  private int halfDone;
  private int done;
  private long mostBufferBytes;

  TenThousandTest() throws IOException {
    scene =
        new ProxyScene(
            Balance.LEAST_CONNECTIONS,
            new ProxySettings(LIMITS, 5000, LONG_NS),
            ProxyScene.target(PORTS[0]),
            ProxyScene.target(PORTS[1]),
            ProxyScene.target(PORTS[2]));
    peer = scene.peer;
    peerLoop = new EventLoop(peer, scene.hosts.clock());
  }

  /** One that says its bytes, and checks that just these come back, and then the end. */
  private final class Client {
    private final int number = clients.size();
    private final int fd =
        peer.socket(SocketOption.AF_INET, SocketOption.SOCK_STREAM | SocketOption.SOCK_NONBLOCK, 0);
    private int sent;
    private int received;

    Client() {
      assertEquals(-Errno.EINPROGRESS, peer.connect(fd, TwoHosts.SERVER_ADDRESS, ProxyScene.PORT));
      peerLoop.add(fd, Epoll.EPOLLOUT, this::onEvents);
    }

    private byte byteAt(final int index) {
      return (byte) ((number * 0x9E3779B9 + index * 0x85EBCA6B) >>> 24);
    }

    private void onEvents(final int events, final long nowNs) {
      assertEquals(0, events & Epoll.EPOLLERR, () -> "client " + number);
      if ((events & Epoll.EPOLLOUT) != 0) {
        connected++;
        say(BYTES / 2);
        peerLoop.change(fd, Epoll.EPOLLIN);
      } else {
        hear();
      }
    }

    private void say(final int upTo) {
      final int count = upTo - sent;
      for (int i = 0; i < count; i++) {
        chunk[i] = byteAt(sent + i);
      }
      assertEquals(count, peer.send(fd, chunk, 0, count, 0));
      sent = upTo;
    }

    private void hear() {
      final int count = peer.recv(fd, chunk, 0, chunk.length, 0);
      assertTrue(count >= 0, () -> "client " + number + ": " + Errno.name(count));
      for (int i = 0; i < count; i++) {
        assertEquals(byteAt(received + i), chunk[i], () -> "client " + number);
      }
      received += count;
      halfDone += received == BYTES / 2 ? 1 : 0;
      if (count == 0) {
        assertEquals(BYTES, received);
        done++;
        peerLoop.close(fd);
      }
    }

    private void sayTheRest() {
      say(BYTES);
      assertEquals(0, peer.shutdown(fd, SocketOption.SHUT_WR));
    }
  }

  private void until(final BooleanSupplier reached) {
    for (int i = 0; !reached.getAsBoolean(); i++) {
      assertTrue(i < MOST_TURNS, () -> connected + ", " + halfDone + ", " + done);
      scene.hosts.turn();
      peerLoop.step(0);
      mostBufferBytes = Math.max(mostBufferBytes, scene.hosts.serverStack().tcp().bufferBytes());
    }
  }

  @Test
  void atATime() throws IOException {
    final List<EchoServer> servers = new ArrayList<>();
    for (final int port : PORTS) {
      servers.add(new EchoServer(peer, peerLoop, LIMITS, port));
    }
    while (clients.size() < CLIENTS) {
      clients.add(new Client());
      until(() -> clients.size() - halfDone < BEGINNING);
    }
    until(() -> halfDone == CLIENTS);
    assertEquals(CLIENTS, scene.proxy.connections());
    assertEquals(2 * CLIENTS, scene.hosts.serverStack().tcp().connections());
    final int fair = CLIENTS / PORTS.length;
    for (final Target target : scene.targets.all()) {
      assertTrue(Math.abs(target.open() - fair) <= 1, target.describe());
    }
    mostBufferBytes = 0;
    clients.forEach(Client::sayTheRest);
    until(() -> done == CLIENTS && scene.proxy.connections() == 0);
    // All spoke at once, and what waits of it has 8 KiB in each of the two sockets.
    assertTrue(mostBufferBytes < 2L * CLIENTS * (8 << 10), () -> mostBufferBytes + " bytes");
    assertEquals(0, scene.proxy.resets());
    assertEquals(0, scene.proxy.refused());
    servers.forEach(EchoServer::close);
    scene.close();
  }
}
