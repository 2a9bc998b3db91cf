package io.ustack.posix;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ustack.counter.Counter;
import io.ustack.tcp.TcpInfo;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Each option of a TCP socket does something in the stack, and reads back as on Linux. */
class TcpOptionsReachTheStackTest {
  private static final int B = Peers.B;
  private static final int TCP = SocketOption.IPPROTO_TCP;

  private final TwoHosts hosts = new TwoHosts();
  private final Posix a = hosts.a;
  private final Posix b = hosts.b;
  private final int listener = Peers.tcp(b);
  private final int client = Peers.tcp(a);
  private final TcpInfo info = new TcpInfo();

  @AfterEach
  void close() {
    hosts.close();
  }

  private void run() {
    hosts.run();
  }

  /** Time in which the other host is dead. */
  private void aloneFor(final long ms) {
    for (long i = 0; i < ms; i++) {
      hosts.clock.advance(1_000_000);
      while (a.poll() > 0) {
        // until it rests
      }
    }
  }

  private int connect(final int fd) {
    if (b.getsockopt(listener, SocketOption.SOL_SOCKET, SocketOption.SO_ACCEPTCONN) == 0) {
      assertEquals(0, b.bind(listener, 0, 80));
      assertEquals(0, b.listen(listener, 10));
    }
    assertEquals(-Errno.EAGAIN, a.connect(fd, B, 80));
    run();
    assertEquals(0, a.connect(fd, B, 80));
    return b.accept(listener, null);
  }

  private void set(final int level, final int option, final int value) {
    assertEquals(0, a.setsockopt(client, level, option, value));
  }

  private int notSent() {
    assertEquals(0, a.getsockopt(client, TCP, SocketOption.TCP_INFO, info));
    return info.notsentBytes;
  }

  private int send(final int flags) {
    final int sent = a.send(client, new byte[10], 0, 10, flags);
    run();
    return sent;
  }

  /** SIOCOUTQ and SIOCOUTQNSD: a FIN counts as a byte, as in Linux's write_seq. */
  @Test
  void queuesCountAFin() {
    connect(client);
    set(TCP, SocketOption.TCP_CORK, 1);
    assertEquals(10, a.send(client, new byte[10], 0, 10, 0));
    assertEquals(10, a.ioctl(client, SocketOption.SIOCOUTQNSD, 0));
    assertEquals(10, a.ioctl(client, SocketOption.SIOCOUTQ, 0));
    assertEquals(0, a.shutdown(client, SocketOption.SHUT_WR));
    assertEquals(11, a.ioctl(client, SocketOption.SIOCOUTQNSD, 0));
    aloneFor(1);
    assertEquals(0, a.ioctl(client, SocketOption.SIOCOUTQNSD, 0));
    assertEquals(11, a.ioctl(client, SocketOption.SIOCOUTQ, 0));
    run();
    assertEquals(0, a.ioctl(client, SocketOption.SIOCOUTQ, 0));
  }

  /** TCP_NOTSENT_LOWAT bounds what waits behind a window that is closed. */
  @Test
  void notSentLow() {
    final int server = connect(client);
    set(SocketOption.SOL_SOCKET, SocketOption.SO_SNDBUF, 1 << 20);
    set(TCP, SocketOption.TCP_NOTSENT_LOWAT, 100_000);
    final byte[] much = new byte[1 << 16];
    for (int sent = 1; sent > 0; run()) {
      sent = a.send(client, much, 0, much.length, SocketOption.MSG_DONTWAIT);
    }
    final int limited = notSent();
    assertEquals(1 << 17, limited, "the limit, in whole steps of 64 KiB");
    final PollFds fds = new PollFds(1);
    fds.set(0, client, Epoll.EPOLLOUT);
    assertEquals(0, a.poll(fds, 1, 0));
    set(TCP, SocketOption.TCP_NOTSENT_LOWAT, 2 * limited);
    assertEquals(0, a.poll(fds, 1, 0), "half of it");
    set(TCP, SocketOption.TCP_NOTSENT_LOWAT, 2 * limited + 1);
    assertEquals(1, a.poll(fds, 1, 0));
    set(TCP, SocketOption.TCP_NOTSENT_LOWAT, 0);
    assertEquals(1 << 16, a.send(client, much, 0, much.length, SocketOption.MSG_DONTWAIT));
    set(TCP, SocketOption.TCP_NOTSENT_LOWAT, 1);
    assertEquals(0, a.poll(fds, 1, 0));
    assertEquals(-Errno.EAGAIN, a.send(client, much, 0, 1, SocketOption.MSG_DONTWAIT));
    while (b.recv(server, much, 0, much.length, SocketOption.MSG_DONTWAIT) > 0) {
      run();
    }
    assertEquals(0, notSent());
    assertEquals(1, a.poll(fds, 1, 0));
  }

  @Test
  // covers: Linux setsockopt | keep-alive, user timeout, cork, quick ACK, linger2, SYN count,
  // maximum segment | ConnectionOptions, TcpSocketOptions
  // covers: RFC 9293 MUST-24, MUST-27
  void keepAlive() {
    connect(client);
    set(SocketOption.SOL_SOCKET, SocketOption.SO_KEEPALIVE, 1);
    set(TCP, SocketOption.TCP_KEEPIDLE, 5);
    set(TCP, SocketOption.TCP_KEEPINTVL, 1);
    set(TCP, SocketOption.TCP_KEEPCNT, 2);
    aloneFor(5100);
    assertEquals(1, hosts.stackA.counters().value(Counter.TCP_KEEP_ALIVE_PROBES_OUT));
    aloneFor(1000);
    assertEquals(2, hosts.stackA.counters().value(Counter.TCP_KEEP_ALIVE_PROBES_OUT));
    assertEquals(-Errno.EAGAIN, a.recv(client, new byte[1], 0, 1, 0));
    aloneFor(1000);
    assertEquals(-Errno.ETIMEDOUT, a.recv(client, new byte[1], 0, 1, 0));
  }

  @Test
  // covers: Linux setsockopt
  // covers: RFC 9293 MUST-21
  void userTimeout() {
    connect(client);
    set(TCP, SocketOption.TCP_USER_TIMEOUT, 1000);
    assertEquals(10, a.send(client, new byte[10], 0, 10, 0));
    aloneFor(1000);
    assertEquals(-Errno.EAGAIN, a.recv(client, new byte[1], 0, 1, 0));
    aloneFor(1000);
    assertEquals(-Errno.ETIMEDOUT, a.recv(client, new byte[1], 0, 1, 0));
  }

  private static int pathMtu(final Posix of, final int fd) {
    return of.getsockopt(fd, SocketOption.IPPROTO_IP, SocketOption.IP_MTU);
  }

  @Test
  void pathMtu() {
    assertEquals(-Errno.ENOTCONN, pathMtu(a, client));
    final int accepted = connect(client);
    assertEquals(1500, pathMtu(a, client));
    assertEquals(1500, pathMtu(b, accepted));
    assertEquals(-Errno.ENOTCONN, pathMtu(b, listener));
    final int datagrams = a.socket(SocketOption.AF_INET, SocketOption.SOCK_DGRAM, 0);
    assertEquals(0, a.bind(datagrams, 0, 9));
    assertEquals(-Errno.ENOTCONN, pathMtu(a, datagrams));
    assertEquals(0, a.connect(datagrams, B, 9));
    assertEquals(1500, pathMtu(a, datagrams));
  }

  @Test
  void cork() {
    connect(client);
    set(TCP, SocketOption.TCP_CORK, 1);
    assertEquals(10, send(0));
    assertEquals(10, notSent());
    set(TCP, SocketOption.TCP_CORK, 0);
    run();
    assertEquals(0, notSent());
  }

  @Test
  void moreComes() {
    connect(client);
    assertEquals(10, send(SocketOption.MSG_MORE));
    assertEquals(10, notSent());
    assertEquals(10, send(0));
    assertEquals(0, notSent());
  }

  @Test
  void quickAck() {
    connect(client);
    assertEquals(1, a.getsockopt(client, TCP, SocketOption.TCP_QUICKACK));
    set(TCP, SocketOption.TCP_QUICKACK, 0);
    run();
    assertEquals(0, a.getsockopt(client, TCP, SocketOption.TCP_QUICKACK));
    set(TCP, SocketOption.TCP_QUICKACK, 1);
    run();
    assertEquals(1, a.getsockopt(client, TCP, SocketOption.TCP_QUICKACK));
  }

  @Test
  void linger2() {
    connect(client);
    set(TCP, SocketOption.TCP_LINGER2, 5);
    assertEquals(0, a.close(client));
    run();
    aloneFor(4900);
    assertEquals(1, hosts.stackA.tcp().connections());
    aloneFor(200);
    assertEquals(0, hosts.stackA.tcp().connections());
  }

  @Test
  void synCount() {
    connect(Peers.tcp(a));
    set(TCP, SocketOption.TCP_SYNCNT, 1);
    assertEquals(-Errno.EAGAIN, a.connect(client, B, 80));
    aloneFor(2900);
    assertEquals(-Errno.EAGAIN, a.connect(client, B, 80));
    aloneFor(300);
    assertEquals(-Errno.ETIMEDOUT, a.connect(client, B, 80));
  }

  @Test
  // covers: Linux setsockopt
  void maxSegment() {
    set(TCP, SocketOption.TCP_MAXSEG, 500);
    assertEquals(500, a.getsockopt(client, TCP, SocketOption.TCP_MAXSEG));
    final int server = connect(client);
    assertEquals(488, a.getsockopt(client, TCP, SocketOption.TCP_MAXSEG), "without timestamps");
    assertEquals(488, b.getsockopt(server, TCP, SocketOption.TCP_MAXSEG), "the peer was told");
  }

  private int choose(final int fd, final String name) {
    return a.setsockopt(fd, TCP, SocketOption.TCP_CONGESTION, name);
  }

  private String algorithm(final Posix of, final int fd) {
    final StringBuilder name = new StringBuilder("what was there");
    assertEquals(0, of.getsockopt(fd, TCP, SocketOption.TCP_CONGESTION, name));
    return name.toString();
  }

  /** Only a connection that paces knows its rate. */
  private long pacingRate() {
    assertEquals(0, a.getsockopt(client, TCP, SocketOption.TCP_INFO, info));
    return info.pacingRate;
  }

  @Test
  // covers: Linux setsockopt
  void congestionControl() {
    assertEquals("cubic", algorithm(a, client));
    assertEquals(0, choose(client, "bbr"));
    assertEquals("bbr", algorithm(a, client));
    connect(client);
    send(0);
    assertTrue(pacingRate() > 0, "paced");
    assertEquals(0, choose(client, "reno"));
    send(0);
    assertEquals(0, pacingRate());
    assertEquals("reno", algorithm(a, client));
    assertEquals(0, choose(client, "bbr"));
    send(0);
    assertTrue(pacingRate() > 0, "paced again");
  }

  @Test
  void congestionControlOfAListenerIsThatOfItsConnections() {
    assertEquals(0, b.setsockopt(listener, TCP, SocketOption.TCP_CONGESTION, "reno"));
    assertEquals("reno", algorithm(b, connect(client)));
  }

  @Test
  void congestionControlsThatThereAreNot() {
    assertEquals(-Errno.ENOENT, choose(client, "vegas"));
    assertEquals(-Errno.EINVAL, choose(client, ""));
    assertEquals(-Errno.EFAULT, choose(client, null));
    assertEquals(-Errno.EBADF, choose(99, "reno"));
    assertEquals(-Errno.ENOPROTOOPT, a.setsockopt(client, TCP, 99, "reno"));
    final int udp = a.socket(SocketOption.AF_INET, SocketOption.SOCK_DGRAM, 0);
    assertEquals(-Errno.ENOPROTOOPT, choose(udp, "reno"));
    assertEquals(-Errno.ENOPROTOOPT, a.getsockopt(udp, TCP, 13, new StringBuilder()));
    assertEquals("cubic", algorithm(a, client));
  }

  @Test
  void sizeThatWasSetIsNotTuned() {
    set(SocketOption.SOL_SOCKET, SocketOption.SO_RCVBUF, 131_072);
    assertEquals(262_144, a.getsockopt(client, SocketOption.SOL_SOCKET, SocketOption.SO_RCVBUF));
    connect(client);
    set(SocketOption.SOL_SOCKET, SocketOption.SO_RCVBUF, 50_000);
    set(SocketOption.SOL_SOCKET, SocketOption.SO_SNDBUF, 5000);
    run();
    assertEquals(100_000, a.getsockopt(client, SocketOption.SOL_SOCKET, SocketOption.SO_RCVBUF));
    assertEquals(5000, a.send(client, new byte[100_000], 0, 100_000, 0));
    run();
    assertEquals(5000, a.send(client, new byte[100_000], 0, 100_000, 0));
  }

  /** Also where a stack has less for a socket than Linux gives at least. */
  @ParameterizedTest(name = "of {0}, at most {1}: {2}")
  @CsvSource({"0, 10000, 1152", "5000, 10000, 5000", "-1, 10000, 10000", "0, 900, 900"})
  void sizeIsBounded(final int asked, final int most, final int given) {
    assertEquals(given, StackSocket.bufferBytes(asked, StackSocket.MIN_RECEIVE_BYTES, most));
  }

  @ParameterizedTest(name = "option {0}: {1} gives {2}, and reads {3}")
  @CsvSource({
    "4, 0, -22, 7200",
    "4, 32767, 0, 32767",
    "4, 32768, -22, 7200",
    "5, 0, -22, 75",
    "5, 9, 0, 9",
    "6, 0, -22, 9",
    "6, 127, 0, 127",
    "6, 128, -22, 9",
    "7, 0, -22, 6",
    "7, 3, 0, 3",
    "7, 128, -22, 6",
    "8, -5, 0, -1",
    "8, 0, 0, 60",
    "8, 7, 0, 7",
    "8, 1000, 0, 120",
    "18, -1, -22, 0",
    "18, 30000, 0, 30000",
    "2, 87, -22, 536",
    "2, 88, 0, 88",
    "2, 32768, -22, 536",
    "3, 5, 0, 1",
    "1, 5, 0, 1",
    "99, 1, -92, -92"
  })
  void rangesAreLinuxs(final int option, final int value, final int result, final int read) {
    assertEquals(result, a.setsockopt(client, TCP, option, value));
    assertEquals(read, a.getsockopt(client, TCP, option));
  }
}
