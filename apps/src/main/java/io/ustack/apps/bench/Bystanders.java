package io.ustack.apps.bench;

import io.ustack.arp.ArpHeader;
import io.ustack.buffer.Packet;
import io.ustack.ethernet.EthernetHeader;
import io.ustack.ethernet.MacAddress;
import io.ustack.ipv4.Ipv4Address;
import io.ustack.link.LinkDevice;
import io.ustack.stack.NetworkStack;
import io.ustack.time.Timer;
import io.ustack.time.TimerWheel;

/** What a stack has beside what is measured: many of one thing that nobody uses meanwhile. */
final class Bystanders {
  /** tcp_keepalive_time of Linux: over so long the timers are spread, and so often each fires. */
  private static final long KEEP_ALIVE_NS = 7_200_000_000_000L;

  private static final int FIRST_NEIGHBOUR = Ipv4Address.parse("10.64.0.0");

  /** An address of one interface that its owner made up. */
  private static final long FIRST_MAC = 0x06_00_00_00_00_00L;

  private static final int FIRST_PORT = 4000;

  private Bystanders() {}

  /** Timers as the keep-alives of so many idle connections are. */
  static void timers(final int count, final TimerWheel wheel, final long nowNs) {
    for (int i = 0; i < count; i++) {
      final Timer timer =
          new Timer() {
            @Override
            protected void onExpiry(final long firedNs) {
              wheel.schedule(this, firedNs + KEEP_ALIVE_NS);
            }
          };
      wheel.schedule(timer, nowNs + (long) ((i + 1.0) / count * KEEP_ALIVE_NS));
    }
  }

  /**
   * Neighbours that have asked for this stack, each once, and were answered.
   *
   * @param wire the other end of the stack's link, at which nobody works yet
   * @param address of the stack
   */
  static void neighbours(
      final int count,
      final NetworkStack stack,
      final int address,
      final LinkDevice wire,
      final long nowNs) {
    final Packet[] one = new Packet[1];
    for (int i = 0; i < count; i++) {
      one[0] = request(wire, i, address);
      if (wire.transmit(one, 1, nowNs) != 1) {
        throw new IllegalStateException("the pipe is full");
      }
      stack.poll(nowNs);
      while (wire.receive(one, 1, nowNs) > 0) {
        one[0].release();
      }
    }
  }

  private static Packet request(final LinkDevice wire, final int neighbour, final int address) {
    final Packet packet = wire.pool().allocate();
    if (packet == null) {
      throw new IllegalStateException("the pipe has no packet left");
    }
    final long mac = FIRST_MAC + neighbour;
    final int header = packet.append(EthernetHeader.LENGTH_BYTES);
    EthernetHeader.write(
        packet.bytes(), header, MacAddress.BROADCAST, mac, EthernetHeader.TYPE_ARP);
    final int at = packet.append(ArpHeader.LENGTH_BYTES);
    ArpHeader.write(
        packet.bytes(), at, ArpHeader.REQUEST, mac, FIRST_NEIGHBOUR + neighbour, 0, address);
    return packet;
  }

  /** Listening sockets, each with a port of its own. */
  static void listeners(final int count, final BenchService service) {
    for (int i = 0; i < count; i++) {
      service.listen(FIRST_PORT + i);
    }
  }
}
