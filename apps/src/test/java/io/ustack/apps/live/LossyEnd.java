package io.ustack.apps.live;

import io.ustack.apps.demo.Cable;
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
import io.ustack.posix.Errno;
import io.ustack.posix.Posix;
import io.ustack.posix.SocketOption;
import io.ustack.stack.NetworkStack;
import io.ustack.stack.StackConfig;
import io.ustack.tcp.EcnUse;
import io.ustack.tcp.TcpConfig;
import io.ustack.tcp.TcpInfo;
import io.ustack.tcp.TcpState;
import io.ustack.time.Clock;
import java.io.IOException;
import java.lang.reflect.Field;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;

/**
 * Our end of a long way over a bad wire, in a process of its own: the counterpart of lossy.py. It
 * says {@code sample} with what {@link TcpInfo} shows while data moves, {@code done} with the
 * digest, and with every line that it reads goes one step on: {@code end} with all counters, then
 * the connection is closed.
 */
final class LossyEnd {
  /** What the wire does to every frame, both ways. */
  static final long DELAY_NS = 500_000;

  static final int SAMPLES = 16;
  static final int PORT = 9999;

  private static final int BLOCK_BYTES = 1 << 20;
  private static final int HELD_FRAMES = 512;
  private static final long SEED = 20;

  /** The kinds of wire. */
  private static final Map<String, Faults> WIRES =
      Map.of(
          "bad",
          Faults.NONE
              .withLoss(0.01)
              .withDuplication(0.005)
              .withReordering(0.01, 400_000)
              .withDelay(DELAY_NS, 0),
          "crowded",
          Faults.NONE.withMarking(0.005).withDelay(DELAY_NS, 0));

  /** What passes between the kernel and the wire. */
  private final SackWatch far;

  private final FaultInjector wire;

  /** What passes between the wire and our stack. */
  private final SackWatch near;

  private final NetworkStack stack;
  private final Posix posix;
  private final MessageDigest digest;
  private final TcpInfo info = new TcpInfo();
  private final ByteBuffer block = ByteBuffer.allocate(BLOCK_BYTES);
  private final long sizeBytes;
  private int connection;

  private LossyEnd(final TcpConfig tcp, final Faults faults, final long sizeBytes)
      throws DpdkException, NoSuchAlgorithmException {
    this.sizeBytes = sizeBytes;
    final DpdkEal eal = DpdkEal.start(Cable.ealArguments());
    final PortConfig config = PortConfig.of("net_af_packet0");
    final DpdkPort port = DpdkPort.open(eal, config.withOffloads(Offloads.parse("gro=off")));
    far = new SackWatch(port.link(0));
    wire = new FaultInjector(far, faults, faults, SEED, HELD_FRAMES);
    near = new SackWatch(wire);
    final Ipv4Subnet subnet = new Ipv4Subnet(Ipv4Address.parse(LossyScene.STACK), 24);
    stack = new NetworkStack(StackConfig.of(subnet).withTcp(tcp), near, Clock.SYSTEM.nanoTime());
    posix = Posix.inline(stack, Clock.SYSTEM);
    digest = MessageDigest.getInstance("SHA-256");
  }

  /** ROLE (connect, listen) DIRECTION (send, receive) BYTES WIRE (bad, crowded). */
  public static void main(final String[] arguments) throws Exception {
    final TcpConfig tcp = TcpConfig.DEFAULT.with().ecn(EcnUse.ALWAYS).build();
    final Faults faults = Objects.requireNonNull(WIRES.get(arguments[3]), arguments[3]);
    final LossyEnd end = new LossyEnd(tcp, faults, Long.parseLong(arguments[2]));
    end.connection = arguments[0].equals("connect") ? end.connect() : end.accept();
    if (arguments[1].equals("send")) {
      end.send();
    } else {
      end.receive();
    }
    say("done " + HexFormat.of().formatHex(end.digest.digest()));
    end.awaitLine();
    end.settle();
    say("end" + end.tcpInfo() + end.counters());
    end.awaitLine();
    end.farewell();
    say("closed inUse=" + end.wire.pool().inUse());
    System.exit(0); // what TIME_WAIT holds is not waited for
  }

  private static void say(final String line) {
    System.out.println(line);
    System.out.flush();
  }

  private static int check(final String call, final int result) {
    if (result < 0) {
      throw new IllegalStateException(call + ": " + Errno.name(result));
    }
    return result;
  }

  private int socket() {
    return check("socket", posix.socket(SocketOption.AF_INET, SocketOption.SOCK_STREAM, 0));
  }

  private int connect() {
    final int fd = socket();
    check("connect", posix.connect(fd, Ipv4Address.parse(LossyScene.LINUX), PORT));
    return fd;
  }

  private int accept() {
    final int listener = socket();
    check("bind", posix.bind(listener, SocketOption.INADDR_ANY, PORT));
    check("listen", posix.listen(listener, 1));
    say("listening");
    return check("accept", posix.accept(listener, null));
  }

  private void send() {
    final byte[] bytes = new byte[BLOCK_BYTES];
    new SplittableRandom(1).nextBytes(bytes);
    block.put(bytes);
    for (long at = 0; at < sizeBytes; at += BLOCK_BYTES) {
      block.putLong(0, at);
      final int length = (int) Math.min(BLOCK_BYTES, sizeBytes - at);
      digest.update(block.array(), 0, length);
      check("send", posix.send(connection, block, 0, length, 0));
      sample(at, at + length);
    }
    check("recv", posix.recv(connection, block, 0, 1, 0)); // the other end has it all
  }

  private void receive() {
    long at = 0;
    while (at < sizeBytes) {
      final int most = (int) Math.min(BLOCK_BYTES, sizeBytes - at);
      final int length = check("recv", posix.recv(connection, block, 0, most, 0));
      if (length == 0) {
        throw new IllegalStateException("the stream ends early, at " + at);
      }
      digest.update(block.array(), 0, length);
      sample(at, at + length);
      at += length;
    }
    check("send", posix.send(connection, block, 0, 1, 0));
  }

  private void sample(final long from, final long to) {
    final long stepBytes = sizeBytes / SAMPLES;
    if (from / stepBytes != to / stepBytes) {
      say("sample" + tcpInfo());
    }
  }

  /** The stack goes on while the test thinks. */
  private void awaitLine() throws IOException {
    int character = 0;
    while (character != '\n') {
      posix.poll();
      if (System.in.available() > 0) {
        character = System.in.read();
      }
    }
  }

  /** All that we sent is acknowledged. */
  private void settle() {
    do {
      posix.poll();
      check("TCP_INFO", readInfo());
    } while (info.unackedSegments > 0);
  }

  /** Both directions are closed, and the other end knows it. */
  private void farewell() {
    check("shutdown", posix.shutdown(connection, SocketOption.SHUT_WR));
    if (check("recv", posix.recv(connection, block, 0, 1, 0)) != 0) {
      throw new IllegalStateException("more than was agreed");
    }
    do {
      posix.poll();
      check("TCP_INFO", readInfo());
    } while (info.state != TcpState.TIME_WAIT && info.state != TcpState.CLOSED);
    posix.close();
    stack.close();
    near.close();
  }

  private int readInfo() {
    return posix.getsockopt(connection, SocketOption.IPPROTO_TCP, SocketOption.TCP_INFO, info);
  }

  /** Every field of TcpInfo as NAME=VALUE. */
  private String tcpInfo() {
    check("TCP_INFO", readInfo());
    final StringBuilder text = new StringBuilder();
    for (final Field field : TcpInfo.class.getFields()) {
      try {
        text.append(' ').append(field.getName()).append('=').append(field.get(info));
      } catch (final IllegalAccessException e) {
        throw new IllegalStateException(e);
      }
    }
    return text.toString();
  }

  private String counters() {
    final Counters counters = stack.counters();
    final StringBuilder text = new StringBuilder();
    for (final Counter counter : Counter.values()) {
      text.append(' ').append(counter).append('=').append(counters.value(counter));
    }
    for (final DropReason reason : DropReason.values()) {
      text.append(" drop.").append(reason).append('=').append(counters.value(reason));
    }
    text.append(faults("in", wire.inboundCounts())).append(faults("out", wire.outboundCounts()));
    text.append(" in.dsacks=").append(far.received()).append(" near.dsacksIn=");
    text.append(near.received()).append(" near.dsacksOut=").append(near.transmitted());
    text.append(" out.dsacks=").append(far.transmitted());
    return text.append(" lostByLink=").append(wire.lostFrames()).toString();
  }

  private static String faults(final String side, final FaultCounts counts) {
    return String.format(
        Locale.ROOT,
        " %1$s.frames=%2$d %1$s.lost=%3$d %1$s.duplicated=%4$d %1$s.reordered=%5$d"
            + " %1$s.marked=%6$d",
        side,
        counts.frames(),
        counts.lost(),
        counts.duplicated(),
        counts.reordered(),
        counts.marked());
  }
}
