package io.ustack.posix;

import static io.ustack.posix.SocketOption.IPPROTO_TCP;
import static io.ustack.posix.SocketOption.MSG_DONTWAIT;
import static io.ustack.posix.SocketOption.TCP_INFO;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ustack.ipv4.Ipv4Subnet;
import io.ustack.link.PipeLink;
import io.ustack.stack.NetworkStack;
import io.ustack.stack.StackConfig;
import io.ustack.tcp.TcpInfo;
import io.ustack.time.Clock;

/**
 * Two stacks on one cable, A 10.0.0.1 and B 10.0.0.2. INLINE both run on the test's thread and on
 * one clock that stands still between looks: whoever looks at it drives the other stack, so a call
 * that waits lets its peer go on, and a test repeats exactly.
 */
final class Peers implements AutoCloseable {
  static final int A = 0x0A000001;
  static final int B = 0x0A000002;

  /** How far the clock moves with each look. */
  private static final long TICK_NS = 1_000;

  /** After so many looks in a row at which there was nothing to do, it jumps to the next timer. */
  private static final int IDLE_LOOKS = 500;

  /** How far it jumps at most. */
  private static final long JUMP_NS = 50_000_000;

  private final PipeLink.Pair cable = PipeLink.pair();
  final NetworkStack stackA;
  final NetworkStack stackB;
  final Posix a;
  final Posix b;

  // Just under the end, so that comparisons which do not wrap are found out.
  private long nowNs = Long.MAX_VALUE - 20_000_000;
  private final long startNs = nowNs;
  private int idleLooks;

  Peers(final Mode mode) {
    this(mode, config("10.0.0.2/24"));
  }

  /** The same where B is told something else. */
  Peers(final Mode mode, final StackConfig configB) {
    final boolean inline = mode == Mode.INLINE;
    final long bornNs = inline ? nowNs : System.nanoTime();
    stackA = new NetworkStack(config("10.0.0.1/24"), cable.a(), bornNs);
    stackB = new NetworkStack(configB, cable.b(), bornNs);
    a = Posix.on(mode.start(stackA, inline ? () -> tick(stackB) : Clock.SYSTEM), 1 << 16);
    b = Posix.on(mode.start(stackB, inline ? () -> tick(stackA) : Clock.SYSTEM), 1 << 16);
  }

  private static StackConfig config(final String subnet) {
    return StackConfig.of(Ipv4Subnet.parse(subnet)).withSecret(1, 2);
  }

  private long tick(final NetworkStack other) {
    nowNs += TICK_NS;
    idleLooks = other.poll(nowNs) == 0 ? idleLooks + 1 : 0;
    if (idleLooks > IDLE_LOOKS) {
      nowNs += Math.min(waitNs(stackA), waitNs(stackB));
    }
    return nowNs;
  }

  /** Lets both stacks go on for a moment. */
  void pass() {
    if (a.engine.execution instanceof InlineExecution) {
      for (int i = 0; i < 100; i++) {
        stackA.poll(tick(stackB));
      }
    } else {
      Thread.onSpinWait();
    }
  }

  /** How long a stack has nothing to do. */
  private long waitNs(final NetworkStack stack) {
    final long deadlineNs = stack.nextDeadlineNs(nowNs);
    return deadlineNs == Long.MAX_VALUE ? JUMP_NS : Math.min(JUMP_NS, deadlineNs - nowNs);
  }

  /** Time that has passed on the clock of INLINE stacks. */
  long elapsedNs() {
    return nowNs - startNs;
  }

  /** A listener of B on any port. */
  int listen(final int backlog) {
    final int fd = b.socket(SocketOption.AF_INET, SocketOption.SOCK_STREAM, 0);
    assertEquals(0, b.listen(fd, backlog));
    return fd;
  }

  /** The port of a socket. */
  static int port(final Posix posix, final int fd) {
    final SocketAddress4 name = new SocketAddress4();
    assertEquals(0, posix.getsockname(fd, name));
    return name.port();
  }

  /** A TCP socket. */
  static int tcp(final Posix posix) {
    return posix.socket(SocketOption.AF_INET, SocketOption.SOCK_STREAM, 0);
  }

  /**
   * Fills a connection whose peer does not read: the last that was sent found no room when the
   * peer's window was closed already, so both buffers are full, and stay that way.
   */
  static void fill(final Posix posix, final int fd) {
    final byte[] much = new byte[1 << 20];
    final TcpInfo info = new TcpInfo();
    do {
      assertEquals(0, posix.getsockopt(fd, IPPROTO_TCP, TCP_INFO, info));
      while (posix.send(fd, much, 0, much.length, MSG_DONTWAIT) > 0) {
        // some may have left meanwhile
      }
    } while (info.sndWndBytes > 0);
  }

  /** A UDP socket on any port. */
  static int udp(final Posix posix) {
    final int fd = posix.socket(SocketOption.AF_INET, SocketOption.SOCK_DGRAM, 0);
    assertEquals(0, posix.bind(fd, SocketOption.INADDR_ANY, 0));
    return fd;
  }

  /**
   * UDP sockets that may talk.
   *
   * @param client A's
   * @param server B's
   * @param port B's
   */
  record Datagrams(int client, int server, int port) {}

  /** A UDP socket of each. */
  Datagrams datagrams() {
    final int server = udp(b);
    return new Datagrams(udp(a), server, port(b, server));
  }

  /** A connection: [0] is A's end, which connected, [1] is B's. */
  int[] connect() {
    final int listener = listen(8);
    final int client = tcp(a);
    assertEquals(0, a.connect(client, B, port(b, listener)));
    final int server = b.accept(listener, null);
    assertEquals(0, b.close(listener));
    return new int[] {client, server};
  }

  /** What is lent comes home, once the peer has acknowledged what was sent in it. */
  private void awaitPackets() {
    final boolean inline = a.engine.execution instanceof InlineExecution;
    final long bornNs = System.nanoTime();
    while (stackA.lentPackets().count() + stackB.lentPackets().count() > 0) {
      final long now = inline ? tick(stackB) : System.nanoTime();
      stackA.poll(now);
      stackB.poll(now);
      assertTrue(
          System.nanoTime() - bornNs < 20_000_000_000L,
          () ->
              "still lent: "
                  + stackA.lentPackets().count()
                  + " of A, "
                  + stackB.lentPackets().count()
                  + " of B");
    }
  }

  /** Closes everything, and sees that every packet came home and that nothing went wrong inside. */
  @Override
  public void close() {
    a.close();
    b.close();
    awaitPackets();
    stackA.close();
    stackB.close();
    cable.close();
    assertNull(stackA.errors().first(), "internal error of A");
    assertNull(stackB.errors().first(), "internal error of B");
    assertEquals(0, cable.a().pool().inUse(), "packets of A not released");
    assertEquals(0, cable.b().pool().inUse(), "packets of B not released");
  }
}
