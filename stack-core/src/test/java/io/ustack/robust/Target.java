package io.ustack.robust;

import static io.ustack.testing.TestNet.PEER;
import static io.ustack.testing.TestNet.SECOND;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ustack.buffer.ByteRing;
import io.ustack.icmp.EchoObserver;
import io.ustack.readiness.Failure;
import io.ustack.readiness.ReadinessObserver;
import io.ustack.stack.NetworkStack;
import io.ustack.stack.StackConfig;
import io.ustack.tcp.TcpBinding;
import io.ustack.tcp.TcpConfig;
import io.ustack.tcp.TcpConnection;
import io.ustack.tcp.TcpListener;
import io.ustack.testing.ScriptLink;
import io.ustack.testing.TestNet;
import io.ustack.time.ManualClock;
import io.ustack.udp.DatagramInfo;
import io.ustack.udp.UdpEndpoint;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Objects;

/**
 * A stack with something behind every door: a TCP listener whose connections are read, answered and
 * closed, a connection and a datagram of its own on their way, UDP ports that echo, a ping that
 * waits. Closing it checks that no bug surfaced and that every packet came back.
 */
final class Target implements AutoCloseable {
  static final int TCP_PORT = 80;
  static final int UDP_PORT = 7;
  static final int CLIENT_PORT = 45_000;
  static final int PEER_SERVER_PORT = 8080;
  static final int ECHO_IDENTIFIER = 0x1234;

  /** Our initial sequence numbers; the peer's, as far as seeds go, is {@link #PEER_ISN}. */
  static final int OUR_ISN = -100;

  static final int PEER_ISN = -200;

  private static final int CONNECTIONS_KEPT = 16;

  final ManualClock clock = new ManualClock(Long.MAX_VALUE - 5 * SECOND);
  final ScriptLink link;
  final NetworkStack stack;
  private final List<TcpListener> listeners = new ArrayList<>();
  private final List<UdpEndpoint> endpoints = new ArrayList<>();
  private final Deque<TcpConnection> accepted = new ArrayDeque<>();
  private final DatagramInfo info = new DatagramInfo();
  private final byte[] buffer = new byte[70_000];
  private final Pinger pinger = new Pinger();
  private long steps;

  Target() {
    this(TestNet.config(), TestNet.OUR_MAC, 1500);
  }

  Target(final StackConfig config, final long mac, final int mtuBytes) {
    link = new ScriptLink(mac, mtuBytes, mtuBytes > 2000 ? 64 : 512);
    stack =
        new NetworkStack(
            config.withTcp(TcpConfig.DEFAULT.with().maxConnections(500).maxTimeWaits(50).build()),
            link,
            clock.nanoTime(),
            (local, localPort, remote, remotePort, nowNs) -> OUR_ISN);
    listen(TCP_PORT);
    bind(UDP_PORT);
    stack.icmp().observe(ECHO_IDENTIFIER, pinger);
    stack.icmp().ping(0, PEER, ECHO_IDENTIFIER, 1, new byte[8], 8, clock.nanoTime());
    final TcpBinding binding = stack.tcp().bind(config.subnet().address(), CLIENT_PORT, false);
    assertNotNull(
        stack
            .tcp()
            .connect(
                binding,
                PEER,
                PEER_SERVER_PORT,
                TcpConfig.DEFAULT,
                ReadinessObserver.NONE,
                clock.nanoTime()));
    run();
  }

  /** Opens one more door for connections. */
  void listen(final int port) {
    final TcpBinding binding = Objects.requireNonNull(stack.tcp().bind(0, port, true));
    final TcpConfig config = TcpConfig.DEFAULT.withBuffers(8_192, 8_192);
    listeners.add(
        Objects.requireNonNull(stack.tcp().listen(binding, 16, config, ReadinessObserver.NONE)));
  }

  /** Opens one more door for datagrams. */
  void bind(final int port) {
    endpoints.add(Objects.requireNonNull(stack.udp().bind(0, port, true, ReadinessObserver.NONE)));
  }

  /** A ping's observer that reads what it is shown and keeps nothing. */
  private static final class Pinger implements EchoObserver {
    private int replies;
    private int payloadSum;

    @Override
    public void onReply(
        final int remoteAddress,
        final int sequence,
        final int timeToLive,
        final ByteBuffer bytes,
        final int payloadOffset,
        final int payloadBytes,
        final long nowNs) {
      for (int i = 0; i < payloadBytes; i++) {
        payloadSum += bytes.get(payloadOffset + i);
      }
      replies++;
    }

    @Override
    public void onUnreachable(
        final Failure failure, final int remoteAddress, final int sequence, final long nowNs) {
      payloadSum++;
    }
  }

  /** One frame arrives; the stack and the applications behind it do what they do. */
  void take(final byte[] frame) {
    link.inject(frame);
    run();
  }

  /** Lets time pass. */
  void pass(final long ns) {
    clock.advance(ns);
    run();
  }

  /** Replies that the ping has heard, and whether there was anything in them. */
  String pinged() {
    return pinger.replies + " replies, " + (pinger.payloadSum == 0 ? "zeros" : "data");
  }

  private void run() {
    stack.poll(clock.nanoTime());
    serve();
    stack.poll(clock.nanoTime());
    while (link.takeSent() != null) {
      // What is sent is not judged here.
    }
  }

  /** What an application would do, a different part of it in each step. */
  private void serve() {
    steps++;
    listeners.forEach(this::acceptAll);
    while (accepted.size() > CONNECTIONS_KEPT) {
      close(accepted.remove());
    }
    if (steps % 3 == 0) {
      accepted.forEach(this::echo);
    }
    endpoints.forEach(this::echo);
  }

  private void acceptAll(final TcpListener listener) {
    for (TcpConnection next = listener.accept(); next != null; next = listener.accept()) {
      accepted.add(next);
    }
  }

  private void echo(final UdpEndpoint endpoint) {
    final int length = endpoint.receive(buffer, 0, buffer.length, info);
    if (length >= 0 && endpoint.sendable(length, info.from(0)) == Failure.NONE) {
      endpoint.send(buffer, 0, length, info);
      endpoint.onSendBufferWritten(clock.nanoTime());
    }
  }

  private void echo(final TcpConnection connection) {
    final ByteRing incoming = connection.receiveBuffer();
    final int length = incoming.read(buffer, 0, Math.min(incoming.length(), buffer.length));
    connection.onReceiveBufferRead(clock.nanoTime());
    connection.sendBuffer().write(buffer, 0, length);
    connection.onSendBufferWritten(clock.nanoTime());
  }

  private void close(final TcpConnection connection) {
    if (steps % 2 == 0) {
      connection.close(clock.nanoTime());
    } else {
      connection.abort(clock.nanoTime());
    }
  }

  @Override
  public void close() {
    accepted.forEach(this::close);
    accepted.clear();
    // Retransmissions, TIME_WAIT, resolution: all give up or end within this time.
    for (int i = 0; i < 400; i++) {
      pass(5 * SECOND);
    }
    stack.close();
    if (stack.errors().first() != null) {
      throw new AssertionError("a bug surfaced", stack.errors().first());
    }
    assertEquals(0, link.pool().inUse(), "packets lost");
    assertTrue(stack.arp().neighbours() <= 1024);
    link.close();
  }
}
