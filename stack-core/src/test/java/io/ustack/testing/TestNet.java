package io.ustack.testing;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;

import io.ustack.counter.Counter;
import io.ustack.counter.DropReason;
import io.ustack.ipv4.Ipv4Address;
import io.ustack.ipv4.Ipv4Subnet;
import io.ustack.stack.NetworkStack;
import io.ustack.stack.StackConfig;
import io.ustack.tcp.IsnSource;
import io.ustack.time.ManualClock;
import java.util.HexFormat;

/**
 * A stack on a manual clock, with a test at the other end of its link: 10.99.0.2/24 here, {@link
 * #PEER} there, and {@link #GATEWAY} as gateway. Closing checks that nothing was sent unseen, that
 * no bug surfaced, and that every packet came back.
 */
public final class TestNet implements AutoCloseable {
  public static final long OUR_MAC = 0x02_00_00_00_00_02L;
  public static final long PEER_MAC = 0x02_00_00_00_00_01L;
  public static final long GATEWAY_MAC = 0x02_00_00_00_00_FEL;
  public static final int OUR = Ipv4Address.parse("10.99.0.2");
  public static final int PEER = Ipv4Address.parse("10.99.0.1");
  public static final int GATEWAY = Ipv4Address.parse("10.99.0.254");
  public static final int FAR = Ipv4Address.parse("198.51.100.7");
  public static final int SUBNET_BROADCAST = Ipv4Address.parse("10.99.0.255");

  public static final int IPV4_TYPE = 0x0800;
  public static final int ARP_TYPE = 0x0806;

  public static final long MS = 1_000_000;
  public static final long SECOND = 1_000 * MS;

  public final ManualClock clock;
  public final ScriptLink link;
  public final NetworkStack stack;

  /** The usual stack, its announcements seen and done with. */
  public TestNet() {
    this(config());
    quiet();
  }

  /** A stack that has not run yet; the clock stands three seconds before it wraps. */
  public TestNet(final StackConfig config) {
    clock = new ManualClock(Long.MAX_VALUE - 3 * SECOND);
    link = new ScriptLink(OUR_MAC, 1500, 2048);
    stack = new NetworkStack(config, link, clock.nanoTime());
  }

  /**
   * The same with initial sequence numbers that the test knows, and with a pool of so many packets.
   */
  public TestNet(final StackConfig config, final IsnSource isnSource, final int poolPackets) {
    this(config, isnSource, poolPackets, ScriptLink.TRAIN_SEGMENTS);
  }

  /** The same over a link that takes trains of so many segments. */
  public TestNet(
      final StackConfig config,
      final IsnSource isnSource,
      final int poolPackets,
      final int trainSegments) {
    clock = new ManualClock(Long.MAX_VALUE - 3 * SECOND);
    link = new ScriptLink(OUR_MAC, 1500, poolPackets, trainSegments);
    stack = new NetworkStack(config, link, clock.nanoTime(), isnSource);
  }

  /** 10.99.0.2/24 with a gateway and a known secret. */
  public static StackConfig config() {
    return StackConfig.of(new Ipv4Subnet(OUR, 24)).withGateway(GATEWAY).withSecret(11, 22);
  }

  /** Lets the start's announcements pass. */
  public TestNet quiet() {
    advance(3 * SECOND);
    while (link.takeSent() != null) {
      // Announcements have a test of their own.
    }
    return this;
  }

  /** Gives a frame to the stack and runs it. */
  public void inject(final byte[] frame) {
    link.inject(frame);
    poll();
  }

  /** Runs duty cycles at this moment until there is nothing left to do now. */
  public void poll() {
    for (int i = 0; i < 1000; i++) {
      if (stack.poll(clock.nanoTime()) == 0) {
        return;
      }
    }
    throw new AssertionError("the stack does not come to rest");
  }

  /**
   * Lets time pass, stopping at each deadline of the stack. What waits for room in the link goes on
   * waiting.
   */
  public void advance(final long ns) {
    final long endNs = clock.nanoTime() + ns;
    poll();
    while (true) {
      final long nextNs = nextNs();
      if (nextNs == Long.MAX_VALUE || nextNs - endNs > 0) {
        break;
      }
      clock.advance(Math.max(1, nextNs - clock.nanoTime()));
      poll();
    }
    clock.advance(endNs - clock.nanoTime());
    poll();
  }

  /** When something happens next: what is to be done now is what the link does not let. */
  private long nextNs() {
    final long nowNs = clock.nanoTime();
    final long nextNs = stack.nextDeadlineNs(nowNs);
    return nextNs == nowNs ? stack.nextTimerNs() : nextNs;
  }

  /** The peer asks for our address, which makes the two know each other. */
  public void meetPeer() {
    inject(
        Frames.ethernet(
            Frames.BROADCAST_MAC, PEER_MAC, ARP_TYPE, Frames.arp(1, PEER_MAC, PEER, 0, OUR)));
    expect(fromUs(PEER_MAC, ARP_TYPE, Frames.arp(2, OUR_MAC, OUR, PEER_MAC, PEER)));
  }

  /** A frame from the peer to us. */
  public static byte[] toUs(final int type, final byte[] payload) {
    return Frames.ethernet(OUR_MAC, PEER_MAC, type, payload);
  }

  /** An IPv4 packet in a frame from the peer to us. */
  public static byte[] ipv4ToUs(final int protocol, final byte[] payload) {
    return toUs(IPV4_TYPE, Frames.ipv4(protocol, PEER, OUR, payload));
  }

  /** A frame as we send it. */
  public static byte[] fromUs(final long destination, final int type, final byte[] payload) {
    return Frames.ethernet(destination, OUR_MAC, type, payload);
  }

  /** The next frame that the stack sent. */
  public byte[] takeFrame() {
    final byte[] frame = link.takeSent();
    assertNotNull(frame, "the stack sent nothing");
    return frame;
  }

  /** The next frame that the stack sent is exactly this. */
  public void expect(final byte[] frame) {
    final byte[] sent = takeFrame();
    final HexFormat hex = HexFormat.ofDelimiter(" ");
    assertArrayEquals(
        frame, sent, () -> hex.formatHex(frame) + "\n but sent\n" + hex.formatHex(sent));
  }

  /** The stack sent nothing more. */
  public void expectNothing() {
    final byte[] frame = link.takeSent();
    assertNull(frame, () -> "sent unasked: " + HexFormat.ofDelimiter(" ").formatHex(frame));
  }

  public long count(final Counter counter) {
    return stack.counters().value(counter);
  }

  public long count(final DropReason reason) {
    return stack.counters().value(reason);
  }

  /** The frame is dropped for this reason, and nothing else happens. */
  public void expectDrop(final DropReason reason, final byte[] frame) {
    drop(reason, frame);
    expectNothing();
  }

  /** The frame is dropped for this reason, and answered. */
  public void expectDropAndAnswer(
      final DropReason reason, final byte[] frame, final byte[] answer) {
    drop(reason, frame);
    expect(answer);
    expectNothing();
  }

  private void drop(final DropReason reason, final byte[] frame) {
    final long before = count(reason);
    final long drops = stack.counters().drops();
    inject(frame);
    assertEquals(before + 1, count(reason), reason::name);
    assertEquals(drops + 1, stack.counters().drops(), "dropped for another reason as well");
  }

  @Override
  public void close() {
    expectNothing();
    stack.close();
    if (stack.errors().first() != null) {
      throw new AssertionError("a bug surfaced", stack.errors().first());
    }
    assertEquals(0, link.pool().inUse(), "packets lost");
    link.close();
  }
}
