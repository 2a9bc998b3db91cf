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
import java.lang.management.MemoryPoolMXBean;
import java.lang.management.MemoryType;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * What connections cost that do nothing: two stacks over a pipe in this process, so both ends of
 * each connection are here. Each has sent a request and got its answer; each end is a socket in an
 * epoll set. The clock is moved by hand, far enough that every timer has run out and given back
 * what it had borrowed.
 *
 * <p>A stack keeps some of what busy connections have given back, for the next, so never more than
 * a few are busy at once here, and as many have come and gone before the heap counts as empty.
 */
final class IdleConnections {
  private static final int CLIENT = Ipv4Address.parse("10.1.0.1");
  private static final int SERVER = Ipv4Address.parse("10.1.0.2");

  /** Towards one port of the server there are as many connections as there are ephemeral ports. */
  private static final int PER_PORT = 25_000;

  private static final int FIRST_PORT = 2000;
  private static final int BUSY_AT_ONCE = 256;
  private static final int MESSAGE_BYTES = 64;
  private static final long STEP_NS = 100_000;
  private static final long PATIENCE_NS = 60_000_000_000L;

  /** Until those that were busy have given back what others can use. */
  private static final long SHORT_REST_NS = 2_000_000_000L;

  private static final long REST_NS = 10_000_000_000L;

  /** Until nothing is left of those that were closed: longer than TIME-WAIT. */
  private static final long CLOSED_REST_NS = 70_000_000_000L;

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
    final TcpConfig tcp = TcpConfig.LINUX.with().maxConnections(connections + BUSY_AT_ONCE).build();
    final StackConfig config = StackConfig.of(new Ipv4Subnet(address, 24)).withTcp(tcp);
    final NetworkStack stack = new NetworkStack(config, end, clock.nanoTime());
    return new PosixSockets(Posix.inline(stack, clock), SERVER);
  }

  /**
   * What was measured.
   *
   * @param empty bytes of heap and direct buffers without a connection, each time after a few were
   *     opened and closed
   * @param bytes that the connections hold besides, both ends, after each of several full
   *     collections
   * @param collectionMs how long each of these took
   */
  record Weight(List<Long> empty, List<Long> bytes, List<Long> collectionMs) {}

  /** Opens them, lets them rest, and weighs them. */
  Weight weigh() throws CommandFailure {
    comeAndGo(); // brings what all connections share
    live(); // and this brings what looking takes
    final List<Long> empty = new ArrayList<>();
    for (int i = 0; i < COLLECTIONS; i++) {
      comeAndGo();
      empty.add(live());
    }
    open();
    rest(REST_NS);
    final List<Long> bytes = new ArrayList<>();
    final List<Long> collectionMs = new ArrayList<>();
    for (int i = 0; i < COLLECTIONS; i++) {
      final long beginMs = collectionMs();
      bytes.add(live() - empty.get(COLLECTIONS - 1));
      collectionMs.add(collectionMs() - beginMs);
    }
    return new Weight(empty, bytes, collectionMs);
  }

  /**
   * Right after a full collection. What the heap says to be used a moment later has the buffers in
   * it from which threads allocate, whole: megabytes.
   */
  private static long live() {
    MEMORY.gc();
    long bytes = 0;
    for (final MemoryPoolMXBean pool : ManagementFactory.getMemoryPoolMXBeans()) {
      bytes += pool.getType() == MemoryType.HEAP ? pool.getCollectionUsage().getUsed() : 0;
    }
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

  /** A few connections, until nothing is left of them. */
  private void comeAndGo() throws CommandFailure {
    final int[] all = new int[BUSY_AT_ONCE];
    for (int i = 0; i < all.length; i++) {
      all[i] = client.connect(FIRST_PORT);
    }
    await(all.length);
    for (final int descriptor : all) {
      client.close(descriptor);
    }
    rest(CLOSED_REST_NS);
    answered = 0;
  }

  private void open() throws CommandFailure {
    int begun = 0;
    while (begun < connections) {
      final int next = Math.min(connections, begun + BUSY_AT_ONCE);
      while (begun < next) {
        client.connect(FIRST_PORT + begun / PER_PORT);
        begun++;
      }
      await(begun);
      rest(SHORT_REST_NS);
    }
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

  private void rest(final long ns) {
    for (long restedNs = 0; restedNs < ns; restedNs += REST_STEP_NS) {
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
      } else if (count == 0) {
        server.close(descriptor);
      }
    }
  }
}
