package io.ustack.ipv4;

import io.ustack.buffer.SipHash;
import io.ustack.link.FlowShare;

/**
 * Chooses ephemeral ports (RFC 6056) from 32768..60999, Linux's range. Stack thread only.
 *
 * <p>For connections: algorithm 3, simple hash-based selection. Ports towards one remote endpoint
 * run in sequence, so one is reused late; where the sequence stands is a secret. For endpoints
 * without a remote: a fresh secret start each time, so that no port tells the next.
 */
public final class PortAllocator {
  public static final int FIRST_PORT = 32_768;
  public static final int LAST_PORT = 60_999;
  private static final int PORTS = LAST_PORT - FIRST_PORT + 1;

  private final long secret0;
  private final long secret1;
  private final FlowShare flows;
  private int sequence;
  private long draws;

  /**
   * An allocator that keeps its choices secret with 128 secret bits.
   *
   * @param flows what of connections comes back here: those get no other ports
   */
  public PortAllocator(final long secret0, final long secret1, final FlowShare flows) {
    this.secret0 = secret0;
    this.secret1 = secret1;
    this.flows = flows;
    // Stacks that share an address share the secret, but a port of one shall not tell that of
    // another.
    draws = (long) flows.number() << 48;
  }

  /** Tells which ports can't be had. */
  public interface PortsInUse {
    /** Whether the local port is taken for this local address and this remote endpoint. */
    boolean inUse(int localAddress, int localPort, int remoteAddress, int remotePort);
  }

  /**
   * A free port for a connection.
   *
   * @return 0 when all are in use: PORTS_EXHAUSTED
   */
  public int allocate(
      final int localAddress,
      final int remoteAddress,
      final int remotePort,
      final PortsInUse ports) {
    final long hash =
        SipHash.hash(
            secret0,
            secret1,
            ((long) localAddress << 32) | (remoteAddress & 0xFFFF_FFFFL),
            remotePort);
    final int offset = (int) Math.floorMod(hash, (long) PORTS);
    for (int tries = 0; tries < PORTS; tries++) {
      final int port = FIRST_PORT + (offset + sequence) % PORTS;
      sequence = (sequence + 1) % PORTS;
      if (flows.arrivesHere(localAddress, port, remoteAddress, remotePort)
          && !ports.inUse(localAddress, port, remoteAddress, remotePort)) {
        return port;
      }
    }
    return 0;
  }

  /**
   * A free port for an endpoint that has no remote yet; {@code ports} is asked with remote 0:0.
   *
   * @return 0 when all are in use: ADDRESS_IN_USE, as bind(2) says it
   */
  public int allocate(final int localAddress, final PortsInUse ports) {
    final int start = (int) Math.floorMod(SipHash.hash(secret0, secret1, ++draws), (long) PORTS);
    for (int tries = 0; tries < PORTS; tries++) {
      final int port = FIRST_PORT + (start + tries) % PORTS;
      if (!ports.inUse(localAddress, port, 0, 0)) {
        return port;
      }
    }
    return 0;
  }
}
