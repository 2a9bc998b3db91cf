package io.ustack.testsupport.sim;

import io.ustack.buffer.Packet;
import io.ustack.buffer.PacketPool;
import io.ustack.ethernet.EthernetHeader;
import io.ustack.ethernet.MacAddress;
import io.ustack.link.LinkCapabilities;
import io.ustack.link.LinkDevice;
import java.util.List;

/**
 * A switch between the server and its clients: what any client sent is received, in turn; what is
 * transmitted goes to the client that it is for.
 */
final class Junction implements LinkDevice {
  private final List<? extends LinkDevice> ports;
  private final long firstMac;
  private final LinkCapabilities capabilities;
  private final Packet[] burst = new Packet[64];
  private final Packet[] one = new Packet[1];
  private int nextPort;

  /**
   * A switch with a port for each client, which it does not own.
   *
   * @param firstMac the address of the first client; each further one's is one more
   */
  Junction(
      final List<? extends LinkDevice> ports,
      final long firstMac,
      final LinkCapabilities capabilities) {
    this.ports = ports;
    this.firstMac = firstMac;
    this.capabilities = capabilities;
  }

  @Override
  public LinkCapabilities capabilities() {
    return capabilities;
  }

  @Override
  public PacketPool pool() {
    return ports.get(0).pool();
  }

  /** One frame of each client in turn, so that nobody's burst goes before all others. */
  @Override
  public int receive(final Packet[] frames, final int max, final long nowNs) {
    int count = 0;
    int empty = 0;
    while (count < max && empty < ports.size()) {
      if (ports.get(nextPort).receive(burst, 1, nowNs) == 1) {
        frames[count++] = burst[0];
        empty = 0;
      } else {
        empty++;
      }
      nextPort = (nextPort + 1) % ports.size();
    }
    return count;
  }

  @Override
  public int transmit(final Packet[] frames, final int count, final long nowNs) {
    int taken = 0;
    while (taken < count && forward(frames[taken], nowNs)) {
      taken++;
    }
    return taken;
  }

  private boolean forward(final Packet frame, final long nowNs) {
    final long destination = EthernetHeader.destination(frame.bytes(), frame.offset());
    if (MacAddress.isGroup(destination)) {
      flood(frame, nowNs);
      return true;
    }
    final int port = (int) (destination - firstMac);
    if (port < 0 || port >= ports.size()) {
      throw new IllegalStateException("nobody is " + MacAddress.format(destination));
    }
    one[0] = frame;
    return ports.get(port).transmit(one, 1, nowNs) == 1;
  }

  private void flood(final Packet frame, final long nowNs) {
    for (final LinkDevice port : ports) {
      final Packet copy = pool().allocate();
      if (copy != null) {
        copy.bytes()
            .put(copy.append(frame.length()), frame.bytes(), frame.offset(), frame.length());
        one[0] = copy;
        if (port.transmit(one, 1, nowNs) == 0) {
          copy.release();
        }
      }
    }
    frame.release();
  }

  @Override
  public long lostFrames() {
    return ports.stream().mapToLong(LinkDevice::lostFrames).sum();
  }

  @Override
  public long nextArrivalNs() {
    long earliest = Long.MAX_VALUE;
    for (final LinkDevice port : ports) {
      final long next = port.nextArrivalNs();
      if (next != Long.MAX_VALUE && (earliest == Long.MAX_VALUE || next - earliest < 0)) {
        earliest = next;
      }
    }
    return earliest;
  }

  @Override
  public void close() {}
}
