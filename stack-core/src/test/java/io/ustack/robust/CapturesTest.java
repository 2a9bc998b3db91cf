package io.ustack.robust;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ustack.counter.Counter;
import io.ustack.counter.DropReason;
import io.ustack.ipv4.Ipv4Address;
import io.ustack.ipv4.Ipv4Subnet;
import io.ustack.pcap.CaptureReader;
import io.ustack.pcap.LinkType;
import io.ustack.stack.StackConfig;
import io.ustack.testing.Captures;
import io.ustack.testing.Frames;
import io.ustack.testing.TestNet;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * Captures through the whole stack, which stands in for each of the hosts that the capture was for,
 * with every port open that it names: no exception, every packet back.
 */
class CapturesTest {
  /** Hosts of one capture that are tried; a scan names thousands. */
  private static final int HOSTS = 8;

  private static final int PORTS = 32;

  private record Host(long mac, int address) {}

  private static final class Frame {
    private final byte[] bytes;
    private final long timestampNs;

    Frame(final byte[] bytes, final long timestampNs) {
      this.bytes = bytes;
      this.timestampNs = timestampNs;
    }
  }

  @TestFactory
  List<DynamicTest> everyCaptureForEveryHost() throws IOException {
    final List<DynamicTest> tests = new ArrayList<>();
    for (final Captures.Capture capture : Captures.all()) {
      tests.add(DynamicTest.dynamicTest(capture.name(), () -> replay(read(capture.file()))));
    }
    assertTrue(tests.size() >= 18, "only " + tests.size() + " captures");
    return tests;
  }

  /** What is known of some captures shows that their frames reach where they should. */
  @Test
  void knownCapturesAreDroppedForKnownReasons() throws IOException {
    assertTrue(drops("bad-checksums.pcap", DropReason.IPV4_CHECKSUM) > 0);
    assertTrue(drops("bad-checksums.pcap", DropReason.UDP_CHECKSUM) > 0);
    assertTrue(drops("bad-checksums.pcap", DropReason.TCP_CHECKSUM) > 0);
    assertTrue(drops("bad-checksums.pcap", DropReason.ICMP_CHECKSUM) > 0);
    assertTrue(drops("frag-ping-of-death.pcap", DropReason.IPV4_FRAGMENT) > 0);
    assertTrue(drops("vlan-qinq.pcap", DropReason.ETHERTYPE_VLAN) > 0);
  }

  private static long drops(final String file, final DropReason reason) throws IOException {
    final List<Frame> frames = read(Captures.of(file));
    long drops = 0;
    for (final Host host : hosts(frames)) {
      try (Target target = target(host, frames)) {
        frames.forEach(frame -> target.take(frame.bytes));
        drops += target.stack.counters().value(reason);
      }
    }
    return drops;
  }

  private static void replay(final List<Frame> frames) {
    for (final Host host : hosts(frames)) {
      try (Target target = target(host, frames)) {
        long lastNs = frames.get(0).timestampNs;
        for (final Frame frame : frames) {
          target.pass(Math.max(0, frame.timestampNs - lastNs));
          lastNs = frame.timestampNs;
          target.take(frame.bytes);
        }
        final long arrived = target.stack.counters().value(Counter.FRAMES_IN);
        final long looped = target.stack.counters().value(Counter.LOOPBACK_FRAMES);
        assertEquals(frames.size(), arrived - looped + target.link.lostFrames());
      }
    }
  }

  private static List<Frame> read(final Path path) throws IOException {
    final List<Frame> frames = new ArrayList<>();
    try (CaptureReader reader = CaptureReader.open(path)) {
      while (reader.next()) {
        final byte[] bytes = new byte[reader.lengthBytes()];
        reader.bytes().get(0, bytes);
        final boolean raw = reader.linkType() == LinkType.RAW_IP;
        frames.add(
            new Frame(raw ? TestNet.toUs(TestNet.IPV4_TYPE, bytes) : bytes, reader.timestampNs()));
      }
    }
    return frames;
  }

  /** Who the frames are for, as far as a stack can be that; and the usual stack. */
  private static Set<Host> hosts(final List<Frame> frames) {
    final Set<Host> hosts = new LinkedHashSet<>();
    hosts.add(new Host(TestNet.OUR_MAC, TestNet.OUR));
    for (final Frame frame : frames) {
      if (hosts.size() < HOSTS && isIpv4(frame.bytes)) {
        final ByteBuffer bytes = ByteBuffer.wrap(frame.bytes);
        final long mac = bytes.getLong(0) >>> 16;
        final int address = bytes.getInt(Frames.ETHERNET + 16);
        if ((mac & (1L << 40)) == 0 && mac != 0 && canBeHost(address)) {
          hosts.add(new Host(mac, address));
        }
      }
    }
    return hosts;
  }

  private static boolean isIpv4(final byte[] frame) {
    return frame.length >= Frames.IPV4 && frame[12] == 8 && frame[13] == 0;
  }

  private static boolean canBeHost(final int address) {
    return !Ipv4Address.isThisNetwork(address)
        && !Ipv4Address.isLoopback(address)
        && !Ipv4Address.isMulticast(address)
        && !Ipv4Address.isReserved(address);
  }

  private static Target target(final Host host, final List<Frame> frames) {
    final StackConfig config =
        StackConfig.of(new Ipv4Subnet(host.address, 32))
            .withSecret(1, 2)
            .withGateway(host.address ^ 1);
    final Target target = new Target(config, host.mac, 65_535);
    final Set<Integer> ports = new LinkedHashSet<>();
    for (final Frame frame : frames) {
      if (isIpv4(frame.bytes) && frame.bytes.length >= Frames.IPV4 + 4) {
        ports.add(ByteBuffer.wrap(frame.bytes).getShort(Frames.IPV4 + 2) & 0xFFFF);
      }
    }
    ports.removeAll(Set.of(0, Target.TCP_PORT, Target.UDP_PORT, Target.CLIENT_PORT));
    ports.stream().limit(PORTS).forEach(target::listen);
    ports.stream().limit(PORTS).forEach(target::bind);
    return target;
  }
}
