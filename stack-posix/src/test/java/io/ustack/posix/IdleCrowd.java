package io.ustack.posix;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ustack.ipv4.Ipv4Subnet;
import io.ustack.link.PipeLink;
import io.ustack.stack.NetworkStack;
import io.ustack.stack.StackConfig;
import io.ustack.tcp.TcpConfig;
import io.ustack.time.ManualClock;

/**
 * Many connections between two stacks of one JVM, both ends of each with a descriptor and watched
 * by an epoll set; on a clock that stands still unless they are to fall silent.
 */
final class IdleCrowd implements AutoCloseable {
  private static final int SERVER = 0x0A000002;
  private static final int FIRST_PORT = 1000;

  /** Ephemeral ports towards one port of the server are 28,232. */
  private static final int PER_PORT = 28_000;

  /** Connections that open at once; then they are left alone. */
  private static final int AT_ONCE = 500;

  private static final long SECOND = 1_000_000_000;

  private final PipeLink.Pair cable = PipeLink.pair();
  private final ManualClock clock = new ManualClock(Long.MAX_VALUE - 5 * SECOND);
  private final NetworkStack clientStack;
  private final NetworkStack serverStack;
  private final Posix client;
  private final Posix server;
  private final int clientSet;
  private final int serverSet;
  private final EpollEvents events = new EpollEvents(AT_ONCE);
  private final byte[] data = new byte[64];

  /** The first descriptor of an end and the last, which lie side by side. */
  private final int firstClient;

  private int clients;
  private int listener;
  private int ports;

  /** Two ends of a connection know each other by the port of the client; see {@link #talk}. */
  private final SocketAddress4 name = new SocketAddress4();

  IdleCrowd(final int descriptors) {
    final TcpConfig tcp =
        TcpConfig.DEFAULT.with().maxConnections(descriptors).maxBacklog(AT_ONCE).build();
    clientStack = new NetworkStack(config("10.0.0.1/24", tcp), cable.a(), clock.nanoTime());
    serverStack = new NetworkStack(config("10.0.0.2/24", tcp), cable.b(), clock.nanoTime());
    client = Posix.on(SocketEngine.stepped(clientStack, clock), descriptors + 64);
    server = Posix.on(SocketEngine.stepped(serverStack, clock), descriptors + 64);
    clientSet = client.epoll_create1(0);
    serverSet = server.epoll_create1(0);
    firstClient = clientSet + 1;
  }

  private static StackConfig config(final String subnet, final TcpConfig tcp) {
    return StackConfig.of(Ipv4Subnet.parse(subnet)).withSecret(1, 2).withTcp(tcp);
  }

  /** Opens so many more, which then have nothing to say. */
  void open(final int connections) {
    for (int left = connections; left > 0; ) {
      if (clients % PER_PORT == 0) {
        listen();
      }
      final int count = Math.min(Math.min(AT_ONCE, left), PER_PORT - clients % PER_PORT);
      openAtOnce(count);
      left -= count;
      fallSilent();
    }
  }

  private void listen() {
    listener = server.socket(SocketOption.AF_INET, SocketOption.SOCK_STREAM, 0);
    server.fcntl(listener, SocketOption.F_SETFL, SocketOption.O_NONBLOCK);
    assertEquals(0, server.bind(listener, 0, FIRST_PORT + ports));
    assertEquals(0, server.listen(listener, AT_ONCE));
    ports++;
  }

  private void openAtOnce(final int count) {
    for (int i = 0; i < count; i++) {
      final int kind = SocketOption.SOCK_STREAM | SocketOption.SOCK_NONBLOCK;
      final int fd = client.socket(SocketOption.AF_INET, kind, 0);
      assertEquals(firstClient + clients, fd);
      assertEquals(-Errno.EINPROGRESS, client.connect(fd, SERVER, FIRST_PORT + ports - 1));
      assertEquals(0, client.epoll_ctl(clientSet, Epoll.EPOLL_CTL_ADD, fd, Epoll.EPOLLIN, fd));
      clients++;
      turn();
    }
    for (int accepted = 0; accepted < count; ) {
      turn();
      final int fd = server.accept4(listener, null, SocketOption.SOCK_NONBLOCK);
      if (fd >= 0) {
        assertEquals(0, server.epoll_ctl(serverSet, Epoll.EPOLL_CTL_ADD, fd, Epoll.EPOLLIN, fd));
        accepted++;
      }
    }
  }

  /** Each stack does what it has to do now; nothing is ready. */
  private void turn() {
    assertEquals(0, client.epoll_wait(clientSet, events, 1, 0));
    assertEquals(0, server.epoll_wait(serverSet, events, 1, 0));
  }

  /** Some seconds pass, in which nothing is said. */
  void fallSilent() {
    for (int i = 0; i < 12; i++) {
      clock.advance(SECOND / 4);
      turn();
    }
  }

  /** One asks, the other answers; it is the one whose set tells of it. */
  void talk(final int connection) {
    final int asking = firstClient + connection;
    data[0] = (byte) connection;
    assertEquals(64, client.send(asking, data, 0, 64, 0));
    turn(client, clientSet, 0);
    turn(server, serverSet, 1);
    final int answering = (int) events.data(0);
    assertEquals(0, client.getsockname(asking, name));
    final int port = name.port();
    assertEquals(0, server.getpeername(answering, name));
    assertEquals(port, name.port());
    data[0] = 0;
    assertEquals(64, server.recv(answering, data, 0, 64, 0));
    assertEquals((byte) connection, data[0]);
    assertEquals(64, server.send(answering, data, 0, 64, 0));
    turn(server, serverSet, 0);
    turn(client, clientSet, 1);
    assertEquals(asking, events.data(0));
    assertEquals(64, client.recv(asking, data, 0, 64, 0));
    turn();
  }

  private void turn(final Posix posix, final int set, final int ready) {
    assertEquals(ready, posix.epoll_wait(set, events, 2, 0));
  }

  /** The next connection is set up, asks, is answered and is reset. */
  void comeAndGo() {
    openAtOnce(1);
    talk(clients - 1);
    reset(clients - 1);
    clients--;
  }

  private void reset(final int connection) {
    final Linger atOnce = new Linger();
    atOnce.set(1, 0);
    final int fd = firstClient + connection;
    client.setsockopt(fd, SocketOption.SOL_SOCKET, SocketOption.SO_LINGER, atOnce);
    assertEquals(0, client.close(fd));
    turn(client, clientSet, 0);
    turn(server, serverSet, 1);
    final int other = (int) events.data(0);
    assertEquals(-Errno.ECONNRESET, server.recv(other, data, 0, 64, 0));
    assertEquals(0, server.close(other));
    turn();
  }

  /** Bytes that are reachable now. */
  static long usedBytes() {
    final Runtime runtime = Runtime.getRuntime();
    for (int i = 0; i < 3; i++) {
      System.gc();
    }
    return runtime.totalMemory() - runtime.freeMemory();
  }

  /** Connections of both stacks, which must all be there. */
  int ends() {
    final int ends = clientStack.tcp().connections() + serverStack.tcp().connections();
    assertEquals(2 * clients, ends);
    assertEquals(0, clientStack.tcp().bufferBytes() + serverStack.tcp().bufferBytes());
    assertTrue(clientStack.errors().first() == null && serverStack.errors().first() == null);
    return ends;
  }

  @Override
  public void close() {
    client.engine.close();
    server.engine.close();
    clientStack.close();
    serverStack.close();
    cable.close();
  }
}
