package io.ustack.apps.bench;

import io.ustack.apps.CommandFailure;
import io.ustack.apps.StopSignal;
import io.ustack.apps.measure.JsonLine;
import io.ustack.ipv4.Ipv4Address;
import io.ustack.ipv4.Ipv4Subnet;
import io.ustack.link.PipeLink;
import io.ustack.posix.Epoll;
import io.ustack.posix.EpollEvents;
import io.ustack.posix.Posix;
import io.ustack.posix.SocketAddress4;
import io.ustack.posix.SocketOption;
import io.ustack.stack.NetworkStack;
import io.ustack.stack.StackConfig;
import io.ustack.time.Clock;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import org.HdrHistogram.Histogram;

/**
 * How long DEDICATED takes to hand over: from the moment that a frame lies on the wire until the
 * application has left {@code epoll_wait}, and from its {@code send} until the peer has received
 * the answer. The first contains one pass through the stack, the second two, and nobody has parked
 * meanwhile. A peer on the application's own thread puts a datagram on a pipe and looks for the
 * answer.
 */
final class HandOver {
  private static final int PEER = Ipv4Address.parse("10.1.0.1");
  private static final int HERE = Ipv4Address.parse("10.1.0.2");
  private static final int PORT = 7;
  private static final int MESSAGE_BYTES = 64;
  private static final int WARM_UP_ROUNDS = 200_000;

  /** The application with its peer, and the stack. */
  private static final int BUSY_THREADS = 2;

  private final Histogram up = new Histogram(1, 10_000_000_000L, 3);
  private final Histogram down = new Histogram(1, 10_000_000_000L, 3);
  private final byte[] message = new byte[MESSAGE_BYTES];

  PartResult run(final int seconds, final StopSignal stop) throws CommandFailure {
    final List<String> doubts;
    final PipeLink.Pair pipe = PipeLink.pair();
    final Clock clock = Clock.SYSTEM;
    try (NetworkStack peerStack = stack(PEER, pipe.a());
        NetworkStack stack = stack(HERE, pipe.b());
        Posix peer = Posix.inline(peerStack, clock);
        Posix posix = Posix.dedicated(stack, clock)) {
      doubts = measure(peer, posix, seconds, stop);
    } finally {
      pipe.close();
    }
    return result(doubts);
  }

  /** Times up and down. */
  private PartResult result(final List<String> doubts) {
    final String text =
        String.format(
            Locale.ROOT,
            "pipe  hand-over, dedicated: wire to epoll_wait p50 %.2f us, p99 %.2f us; send to peer"
                + " p50 %.2f us, p99 %.2f us",
            us(up, 50),
            us(up, 99),
            us(down, 50),
            us(down, 99));
    final JsonLine json =
        new JsonLine()
            .text("cell", "hand-over")
            .text("wire", "pipe")
            .text("mode", "dedicated")
            .number("upP50Us", us(up, 50), 3)
            .number("upP99Us", us(up, 99), 3)
            .number("downP50Us", us(down, 50), 3)
            .number("downP99Us", us(down, 99), 3)
            .whole("samples", up.getTotalCount());
    return PartResult.of(text, json, doubts);
  }

  private static double us(final Histogram times, final double percentile) {
    return times.getValueAtPercentile(percentile) / 1e3;
  }

  private static NetworkStack stack(final int address, final PipeLink end) {
    final StackConfig config = StackConfig.of(new Ipv4Subnet(address, 24));
    return new NetworkStack(config, end, Clock.SYSTEM.nanoTime());
  }

  /** Returns what speaks against it. */
  private List<String> measure(
      final Posix peer, final Posix posix, final int seconds, final StopSignal stop)
      throws CommandFailure {
    final int asks = datagrams(peer, SocketOption.SOCK_NONBLOCK);
    final int answers = datagrams(posix, 0);
    Check.call("bind", posix.bind(answers, SocketOption.INADDR_ANY, PORT));
    Check.call("connect", peer.connect(asks, HERE, PORT));
    final int set = Check.call("epoll_create1", posix.epoll_create1(0));
    Check.call("epoll_ctl", posix.epoll_ctl(set, Epoll.EPOLL_CTL_ADD, answers, Epoll.EPOLLIN, 0));
    Check.call("connect", posix.connect(answers, PEER, port(peer, asks)));
    final EpollEvents events = new EpollEvents(1);
    // The first one needs more than one look of the peer: who has that address?
    Check.call("send", peer.send(asks, message, 0, MESSAGE_BYTES, 0));
    while (posix.epoll_wait(set, events, 1, 0) == 0) {
      stop.check();
      peer.poll();
    }
    Check.call("recv", posix.recv(answers, message, 0, MESSAGE_BYTES, 0));
    for (int i = 0; i < WARM_UP_ROUNDS; i++) {
      stop.check();
      round(peer, asks, posix, answers, set, events);
    }
    up.reset();
    down.reset();
    final PartWatch watch = new PartWatch(BUSY_THREADS);
    final long endNs = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
    while (System.nanoTime() - endNs < 0) {
      stop.check();
      watch.begin();
      final long lookNs = System.nanoTime() + PartWatch.LOOK_NS;
      while (System.nanoTime() - lookNs < 0) {
        round(peer, asks, posix, answers, set, events);
      }
      watch.end();
    }
    return watch.doubts();
  }

  private static int datagrams(final Posix posix, final int flags) {
    return Check.call(
        "socket", posix.socket(SocketOption.AF_INET, SocketOption.SOCK_DGRAM | flags, 0));
  }

  private static int port(final Posix posix, final int fd) {
    final SocketAddress4 name = new SocketAddress4();
    Check.call("getsockname", posix.getsockname(fd, name));
    return name.port();
  }

  private void round(
      final Posix peer,
      final int asks,
      final Posix posix,
      final int answers,
      final int set,
      final EpollEvents events) {
    Check.call("send", peer.send(asks, message, 0, MESSAGE_BYTES, 0));
    peer.poll();
    final long sentNs = System.nanoTime();
    Check.call("epoll_wait", posix.epoll_wait(set, events, 1, -1));
    up.recordValue(System.nanoTime() - sentNs);
    Check.call("recv", posix.recv(answers, message, 0, MESSAGE_BYTES, 0));
    final long answeredNs = System.nanoTime();
    Check.call("send", posix.send(answers, message, 0, MESSAGE_BYTES, 0));
    while (peer.recv(asks, message, 0, MESSAGE_BYTES, 0) < 0) {
      Thread.onSpinWait();
    }
    down.recordValue(System.nanoTime() - answeredNs);
  }
}
