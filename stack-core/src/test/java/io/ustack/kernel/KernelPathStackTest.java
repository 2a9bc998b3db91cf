package io.ustack.kernel;

import static io.ustack.testing.TestNet.MS;
import static io.ustack.testing.TestNet.OUR;
import static io.ustack.testing.TestNet.OUR_MAC;
import static io.ustack.testing.TestNet.PEER;
import static io.ustack.testing.TestNet.PEER_MAC;
import static io.ustack.testing.TestNet.SECOND;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;

import io.ustack.buffer.MemoryPacketPool;
import io.ustack.counter.Counter;
import io.ustack.counter.DropReason;
import io.ustack.ipv4.Ipv4Subnet;
import io.ustack.link.LinkDevice;
import io.ustack.readiness.ReadinessObserver;
import io.ustack.stack.NetworkStack;
import io.ustack.stack.StackConfig;
import io.ustack.tcp.TcpBinding;
import io.ustack.tcp.TcpConfig;
import io.ustack.tcp.TcpConnection;
import io.ustack.tcp.TcpListener;
import io.ustack.tcp.TcpState;
import io.ustack.testing.Frames;
import io.ustack.testing.ScriptLink;
import io.ustack.time.ManualClock;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * Two stacks with one MAC address and one IPv4 address, of which the second plays the kernel, and a
 * peer on their wire, all on a manual clock.
 */
class KernelPathStackTest {
  private static final int SSH = 22;
  private static final int WEB = 80;

  private final ManualClock clock = new ManualClock(Long.MAX_VALUE - 5 * SECOND);
  private final MemoryPacketPool pool = new MemoryPacketPool(1024, 1514);
  private final ScriptLink wire = new ScriptLink(OUR_MAC, 1500, pool);
  private final ScriptLink tap = new ScriptLink(OUR_MAC, 1500, pool);
  private final KernelPath path =
      new KernelPath(
          wire,
          tap,
          new Ipv4Subnet(OUR, 24),
          KernelRules.parse("tcp/22"),
          10_000,
          1000,
          clock.nanoTime());
  private final ScriptLink kernelLink = new ScriptLink(OUR_MAC, 1500, 1024);
  private final ScriptLink peerLink = new ScriptLink(PEER_MAC, 1500, 1024);
  private final NetworkStack stack = stack(OUR, path, 1);
  private final NetworkStack kernel = stack(OUR, kernelLink, 2);
  private final NetworkStack peer = stack(PEER, peerLink, 3);

  /** The secret decides which local ports it takes: other ones than another. */
  private NetworkStack stack(final int address, final LinkDevice link, final int secret) {
    return new NetworkStack(
        StackConfig.of(new Ipv4Subnet(address, 24)).withSecret(secret, 5), link, clock.nanoTime());
  }

  @AfterEach
  void nothingIsLeft() {
    for (final NetworkStack each : new NetworkStack[] {stack, kernel, peer}) {
      each.close();
      assertNull(each.errors().first());
    }
    path.close();
    assertEquals(0, pool.inUse());
    assertEquals(0, kernelLink.pool().inUse());
    assertEquals(0, peerLink.pool().inUse());
  }

  /** Lets so much time pass; a millisecond is what a frame needs. */
  private void run(final int milliseconds) {
    for (int i = 0; i < milliseconds; i++) {
      clock.advance(MS);
      peer.poll(clock.nanoTime());
      move(peerLink, wire);
      kernel.poll(clock.nanoTime());
      move(kernelLink, tap);
      stack.poll(clock.nanoTime());
      move(wire, peerLink);
      move(tap, kernelLink);
    }
  }

  private static void move(final ScriptLink from, final ScriptLink to) {
    for (byte[] frame = from.takeSent(); frame != null; frame = from.takeSent()) {
      to.inject(frame);
    }
  }

  private static TcpListener listen(final NetworkStack on, final int port) {
    final TcpBinding binding = Objects.requireNonNull(on.tcp().bind(0, port, true));
    return Objects.requireNonNull(
        on.tcp().listen(binding, 8, TcpConfig.DEFAULT, ReadinessObserver.NONE));
  }

  private TcpConnection connect(final NetworkStack from, final int to, final int port) {
    final TcpConnection connection =
        from.tcp()
            .connect(null, to, port, TcpConfig.DEFAULT, ReadinessObserver.NONE, clock.nanoTime());
    return Objects.requireNonNull(connection);
  }

  /** Sends a line and expects it at the other end. */
  private void say(final TcpConnection from, final TcpConnection to, final byte[] line) {
    from.sendBuffer().write(line, 0, line.length);
    from.onSendBufferWritten(clock.nanoTime());
    final byte[] heard = new byte[line.length];
    int length = 0;
    for (int i = 0; i < 1000 && length < line.length; i++) {
      run(1);
      length += to.receiveBuffer().read(heard, length, line.length - length);
      to.onReceiveBufferRead(clock.nanoTime());
    }
    assertArrayEquals(line, heard);
  }

  private void converse(final TcpConnection client, final TcpListener listener) {
    run(20);
    assertEquals(TcpState.ESTABLISHED, client.state());
    final TcpConnection server = listener.accept();
    assertNotNull(server);
    for (int line = 1; line < 20; line++) {
      say(client, server, Frames.payload(line));
      say(server, client, Frames.payload(3 * line));
    }
    say(client, server, Frames.payload(60_000));
    say(server, client, Frames.payload(60_000));
  }

  @Test
  void aSessionOfTheKernelAndOneOfTheStack() {
    final TcpListener ssh = listen(kernel, SSH);
    final TcpListener web = listen(stack, WEB);
    final TcpConnection toKernel = connect(peer, OUR, SSH);
    final TcpConnection toStack = connect(peer, OUR, WEB);
    converse(toKernel, ssh);
    converse(toStack, web);
    assertEquals(1, stack.counters().value(Counter.TCP_PASSIVE_OPENS));
    assertEquals(1, kernel.counters().value(Counter.TCP_PASSIVE_OPENS));
    assertEquals(0, stack.counters().value(DropReason.TCP_NO_CONNECTION));
    assertEquals(0, kernel.counters().value(DropReason.TCP_NO_CONNECTION));
    assertEquals(0, path.counters().drops());
  }

  @Test
  void bothConnectToTheSamePeer() {
    final TcpListener listener = listen(peer, WEB);
    converse(connect(kernel, PEER, WEB), listener);
    converse(connect(stack, PEER, WEB), listener);
    assertEquals(0, stack.counters().value(DropReason.TCP_NO_CONNECTION));
    assertEquals(0, kernel.counters().value(DropReason.TCP_NO_CONNECTION));
  }

  /** One of them answers who asks for the address, and both find the peer. */
  @Test
  void oneAnswersForTheAddress() {
    run(10);
    final long announced = peer.counters().value(Counter.ARP_REPLIES_IN);
    connect(peer, OUR, WEB);
    run(10);
    assertEquals(announced + 1, peer.counters().value(Counter.ARP_REPLIES_IN));
    assertEquals(0, kernel.counters().value(Counter.ARP_REPLIES_OUT));
  }

  /** The one who is pinged is the stack, and who pings gets the answer. */
  @Test
  void pings() {
    peer.icmp().ping(0, OUR, 7, 1, new byte[8], 8, clock.nanoTime());
    kernel.icmp().ping(0, PEER, 8, 1, new byte[8], 8, clock.nanoTime());
    stack.icmp().ping(0, PEER, 9, 1, new byte[8], 8, clock.nanoTime());
    run(20);
    assertEquals(1, stack.counters().value(Counter.ICMP_ECHO_REPLIES_OUT));
    assertEquals(0, kernel.counters().value(Counter.ICMP_ECHO_REPLIES_OUT));
    for (final NetworkStack each : new NetworkStack[] {stack, kernel, peer}) {
      assertEquals(1, each.counters().value(Counter.ICMP_ECHO_REPLIES_IN));
    }
  }
}
