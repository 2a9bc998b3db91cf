package io.ustack.apps.bench;

import io.ustack.apps.CommandFailure;
import io.ustack.ipv4.Ipv4Address;
import io.ustack.ipv4.Ipv4Subnet;
import io.ustack.link.PipeLink;
import io.ustack.posix.Posix;
import io.ustack.stack.NetworkStack;
import io.ustack.stack.StackConfig;
import io.ustack.tcp.TcpConfig;
import io.ustack.time.ManualClock;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryMXBean;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * What connections cost that do nothing: two stacks over a pipe in this process, so both ends of
 * each connection are here. Each has sent a request and got its answer; each end is a socket in an
 * epoll set. The clock is moved by hand, far enough that every timer has run out and given back
 * what it had borrowed.
 */
final class IdleConnections {
  private static final int CLIENT = Ipv4Address.parse("10.1.0.1");
  private static final int SERVER = Ipv4Address.parse("10.1.0.2");

  /** Towards one port of the server there are as many connections as there are ephemeral ports. */
  private static final int PER_PORT = 25_000;

  private static final int FIRST_PORT = 2000;
  private static final int OPENING_AT_ONCE = 256;
  private static final int MESSAGE_BYTES = 64;
  private static final long STEP_NS = 100_000;
  private static final long PATIENCE_NS = 60_000_000_000L;
  private static final long REST_NS = 10_000_000_000L;
  private static final long REST_STEP_NS = 5_000_000;
  private static final int COLLECTIONS = 3;
  private static final MemoryMXBean MEMORY = ManagementFactory.getMemoryMXBean();

  private final int connections;
  private final ManualClock clock = new ManualClock(0);
  private final PipeLink.Pair pipe = PipeLink.pair();
  private final Sockets client;
  private final Sockets server;
  private final ByteBuffer message = ByteBuffer.allocateDirect(MESSAGE_BYTES);

  /** Of the server, by descriptor. */
  private boolean[] listening = new boolean[64];

  private int begun;
  private int answered;

  IdleConnections(final int connections) {
    this.connections = connections;
    client = sockets(CLIENT, pipe.a());
    server = sockets(SERVER, pipe.b());
    for (int i = 0; i <= connections / PER_PORT; i++) {
      final int listener = server.listen(FIRST_PORT + i);
      listening = listener < listening.length ? listening : Arrays.copyOf(listening, 2 * listener);
      listening[listener] = true;
    }
  }

  private Sockets sockets(final int address, final PipeLink end) {
    final TcpConfig tcp = TcpConfig.LINUX.with().maxConnections(connections + 1).build();
    final StackConfig config = StackConfig.of(new Ipv4Subnet(address, 24)).withTcp(tcp);
    final NetworkStack stack = new NetworkStack(config, end, clock.nanoTime());
    return new PosixSockets(Posix.inline(stack, clock), SERVER);
  }

  /**
   * What was measured.
   *
   * @param bytes of heap and direct buffers that the connections hold, both ends, after each of
   *     several full collections
   * @param collectionMs how long each of these took
   */
  record Weight(List<Long> bytes, List<Long> collectionMs) {}

  /** Opens them, lets them rest, and weighs them. */
  Weight weigh() throws CommandFailure {
    exchange();
    final long before = live();
    open();
    rest();
    final List<Long> bytes = new ArrayList<>();
    final List<Long> collectionMs = new ArrayList<>();
    for (int i = 0; i < COLLECTIONS; i++) {
      final long beginMs = collectionMs();
      bytes.add(live() - before);
      collectionMs.add(collectionMs() - beginMs);
    }
    return new Weight(bytes, collectionMs);
  }

  private static long live() {
    MEMORY.gc();
    long bytes = MEMORY.getHeapMemoryUsage().getUsed();
    for (final BufferPoolMXBean pool :
        ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class)) {
      bytes += pool.getName().equals("direct") ? pool.getMemoryUsed() : 0;
    }
    return bytes;
  }

  private static long collectionMs() {
    return ManagementFactory.getGarbageCollectorMXBeans().stream()
        .mapToLong(GarbageCollectorMXBean::getCollectionTime)
        .sum();
  }

  /** The first connection brings what all of them share: it is no part of their weight. */
  private void exchange() throws CommandFailure {
    client.connect(FIRST_PORT);
    begun++;
    await(1);
    rest();
  }

  private void open() throws CommandFailure {
    final int last = connections + 1;
    while (begun < last) {
      while (begun < last && begun - answered < OPENING_AT_ONCE) {
        client.connect(FIRST_PORT + begun / PER_PORT);
        begun++;
      }
      await(Math.max(answered + 1, begun - OPENING_AT_ONCE + 1));
    }
    await(last);
  }

  private void await(final int answers) throws CommandFailure {
    final long deadlineNs = clock.nanoTime() + PATIENCE_NS;
    while (answered < answers) {
      step();
      clock.advance(STEP_NS);
      if (clock.nanoTime() - deadlineNs > 0) {
        throw new CommandFailure(
            "of " + connections + " connections only " + answered + " have opened");
      }
    }
  }

  private void rest() {
    for (long restedNs = 0; restedNs < REST_NS; restedNs += REST_STEP_NS) {
      step();
      clock.advance(REST_STEP_NS);
    }
  }

  private void step() {
    final int ofClient = client.await(0);
    for (int i = 0; i < ofClient; i++) {
      final int descriptor = client.ready(i);
      if (client.isWritable(i)) {
        client.expectToRead(descriptor);
        client.send(descriptor, message, MESSAGE_BYTES);
      } else if (client.receive(descriptor, message, MESSAGE_BYTES) > 0) {
        answered++;
      }
    }
    final int ofServer = server.await(0);
    for (int i = 0; i < ofServer; i++) {
      serve(server.ready(i));
    }
  }

  private void serve(final int descriptor) {
    if (descriptor < listening.length && listening[descriptor]) {
      while (server.accept(descriptor) != Sockets.AGAIN) {
        // It is in the epoll set, which is all that there is to do.
      }
    } else {
      final int count = server.receive(descriptor, message, MESSAGE_BYTES);
      if (count > 0) {
        server.send(descriptor, message, count);
      }
    }
  }
}
