package io.ustack.apps.live;

import io.ustack.apps.ConnectionLimits;
import io.ustack.apps.EventLoop;
import io.ustack.apps.demo.Cable;
import io.ustack.apps.echo.EchoServer;
import io.ustack.apps.http.DirectorySite;
import io.ustack.apps.http.HttpServer;
import io.ustack.buffer.MemoryPacketPool;
import io.ustack.buffer.PacketPool;
import io.ustack.counter.Counter;
import io.ustack.counter.Counters;
import io.ustack.counter.DropReason;
import io.ustack.dpdk.DpdkEal;
import io.ustack.dpdk.DpdkException;
import io.ustack.dpdk.DpdkPort;
import io.ustack.dpdk.Offloads;
import io.ustack.dpdk.PortConfig;
import io.ustack.ipv4.Ipv4Address;
import io.ustack.ipv4.Ipv4Subnet;
import io.ustack.link.FaultCounts;
import io.ustack.link.FaultInjector;
import io.ustack.link.Faults;
import io.ustack.link.LinkDevice;
import io.ustack.posix.Posix;
import io.ustack.posix.SocketOption;
import io.ustack.shard.ShardLink;
import io.ustack.shard.ShardMap;
import io.ustack.shard.Toeplitz;
import io.ustack.stack.NetworkStack;
import io.ustack.stack.StackConfig;
import io.ustack.tcp.TcpConfig;
import io.ustack.time.Clock;
import java.io.IOException;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;

/**
 * Our end of a soak, in a process of its own: a web server and an echo, behind a bad wire. For each
 * line that it reads it comes to rest, and says what is left: {@code rest heap=BYTES fds=N}. At the
 * line {@code end} it closes everything and says {@code end} with all counters.
 */
final class SoakEnd {
  private static final int HELD_FRAMES = 512;
  private static final long SEED = 7;
  private static final int POOL_PACKETS = 4096;
  private static final int FRAME_BYTES = 1514;

  /** More descriptors are not open at a time. */
  private static final int MOST_DESCRIPTORS = 1 << 16;

  /** Two listeners, a UDP socket and an epoll set. */
  private static final int REST_DESCRIPTORS = 4;

  private static final long SECOND_NS = 1_000_000_000L;

  private static final long TIME_WAIT_NS = SECOND_NS;

  /** Peers that are gone, and told so by a RST that was lost, go after this. */
  private static final long IDLE_NS = 8 * SECOND_NS;

  /** How long everything may take to end: an orphan's last repetitions, a TIME_WAIT. */
  private static final long REST_NS = 120 * SECOND_NS;

  private static final Faults WIRE =
      Faults.NONE
          .withLoss(0.005)
          .withDuplication(0.005)
          .withReordering(0.01, 400_000)
          .withCorruption(0.002)
          .withDelay(200_000, 100_000);

  private final FaultInjector wire;
  private final List<? extends LinkDevice> links;
  private final List<NetworkStack> shards;
  private final Posix posix;
  private final EventLoop loop;
  private final HttpServer http;
  private final EchoServer echo;

  private SoakEnd(final int shardCount, final Path site) throws DpdkException, IOException {
    final DpdkEal eal = DpdkEal.start(Cable.ealArguments());
    final PortConfig config = PortConfig.of("net_af_packet0");
    final DpdkPort port = DpdkPort.open(eal, config.withOffloads(Offloads.parse("gro=off")));
    wire = new FaultInjector(port.link(0), WIRE, WIRE, SEED, HELD_FRAMES);
    links = shardCount == 1 ? List.of(wire) : shared(wire, shardCount);
    final StackConfig stack =
        StackConfig.of(new Ipv4Subnet(Ipv4Address.parse(LossyScene.STACK), 24))
            .withTcp(TcpConfig.DEFAULT.with().timeWaitNs(TIME_WAIT_NS).orphanRetries(3).build())
            .ofShards(shardCount);
    shards =
        links.stream().map(link -> new NetworkStack(stack, link, Clock.SYSTEM.nanoTime())).toList();
    posix =
        shardCount == 1
            ? Posix.inline(shards.get(0), Clock.SYSTEM)
            : Posix.dedicated(shards, Clock.SYSTEM);
    loop = new EventLoop(posix, Clock.SYSTEM);
    final ConnectionLimits limits = new ConnectionLimits(10_000, IDLE_NS);
    http = new HttpServer(posix, loop, InstantSource.system(), new DirectorySite(site), limits, 80);
    echo = new EchoServer(posix, loop, limits, 7);
  }

  private static List<? extends LinkDevice> shared(final LinkDevice wire, final int count) {
    final List<PacketPool> pools = new ArrayList<>();
    for (int i = 1; i < count; i++) {
      pools.add(new MemoryPacketPool(POOL_PACKETS, FRAME_BYTES));
    }
    final Toeplitz hash = new Toeplitz(Toeplitz.symmetricKey(Toeplitz.KEY_BYTES));
    final ShardMap map = new ShardMap(hash, ShardMap.DEFAULT_ENTRIES, count);
    return ShardLink.over(List.of(wire), pools, map, false);
  }

  /** SHARDS DIRECTORY. */
  public static void main(final String[] arguments) throws Exception {
    final SoakEnd end = new SoakEnd(Integer.parseInt(arguments[0]), Path.of(arguments[1]));
    say("serving");
    while (!end.awaitLine().equals("end")) {
      end.awaitRest();
      say("rest heap=" + usedHeap() + " fds=" + end.openDescriptors());
    }
    end.close();
    System.exit(0);
  }

  private static void say(final String line) {
    System.out.println(line);
    System.out.flush();
  }

  private void step(final int waitMs) {
    loop.step(waitMs);
    http.closeIdle();
    echo.closeIdle();
  }

  private String awaitLine() throws IOException {
    final StringBuilder line = new StringBuilder();
    while (true) {
      while (System.in.available() > 0) {
        final int character = System.in.read();
        if (character == '\n') {
          return line.toString();
        }
        line.append((char) character);
      }
      step(20);
    }
  }

  /** All peers are gone, and what was in TIME_WAIT is, too. */
  private void awaitRest() {
    final long startNs = System.nanoTime();
    while (openDescriptors() > REST_DESCRIPTORS) {
      step(20);
      if (System.nanoTime() - startNs > REST_NS) {
        throw new IllegalStateException(openDescriptors() + " descriptors are open");
      }
    }
    final long goneNs = System.nanoTime();
    while (System.nanoTime() - goneNs < 2 * TIME_WAIT_NS) {
      step(20);
    }
  }

  private int openDescriptors() {
    int open = 0;
    for (int fd = 0; fd < MOST_DESCRIPTORS; fd++) {
      open += posix.fcntl(fd, SocketOption.F_GETFD, 0) >= 0 ? 1 : 0;
    }
    return open;
  }

  private static long usedHeap() {
    final Runtime runtime = Runtime.getRuntime();
    System.gc();
    System.gc();
    return runtime.totalMemory() - runtime.freeMemory();
  }

  private void close() {
    final long requests = http.requests();
    http.close();
    echo.close();
    loop.close();
    final int descriptors = openDescriptors();
    posix.close();
    final long startNs = System.nanoTime();
    while (connections() > 0 && System.nanoTime() - startNs < REST_NS) {
      shards.forEach(shard -> shard.poll(Clock.SYSTEM.nanoTime()));
    }
    final int connections = connections();
    final long bufferBytes = shards.stream().mapToLong(s -> s.tcp().bufferBytes()).sum();
    shards.forEach(NetworkStack::close);
    links.forEach(LinkDevice::close);
    final int inUse = links.stream().mapToInt(link -> link.pool().inUse()).sum();
    say(
        "end requests="
            + requests
            + " echoed="
            + echo.bytes()
            + " datagrams="
            + echo.datagrams()
            + " descriptors="
            + descriptors
            + " connections="
            + connections
            + " bufferBytes="
            + bufferBytes
            + " inUse="
            + inUse
            + counters()
            + faults("in", wire.inboundCounts())
            + faults("out", wire.outboundCounts()));
  }

  private int connections() {
    return shards.stream().mapToInt(shard -> shard.tcp().connections()).sum();
  }

  private String counters() {
    final Counters counters = Counters.sum(shards.stream().map(NetworkStack::counters).toList());
    final StringBuilder text = new StringBuilder();
    for (final Counter counter : Counter.values()) {
      text.append(' ').append(counter).append('=').append(counters.value(counter));
    }
    for (final DropReason reason : DropReason.values()) {
      text.append(" drop.").append(reason).append('=').append(counters.value(reason));
    }
    return text.toString();
  }

  private static String faults(final String side, final FaultCounts counts) {
    return " "
        + side
        + ".frames="
        + counts.frames()
        + " "
        + side
        + ".faults="
        + (counts.lost() + counts.duplicated() + counts.corrupted() + counts.reordered())
        + " "
        + side
        + ".corrupted="
        + counts.corrupted();
  }
}
