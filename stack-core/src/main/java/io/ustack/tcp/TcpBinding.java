package io.ustack.tcp;

import io.ustack.ipv4.PortSharing;
import org.jspecify.annotations.Nullable;

/** A local address and port that a socket holds, from bind to close. Stack thread only. */
public final class TcpBinding {
  private final TcpPorts ports;
  private final int address;
  private final int port;
  private final PortSharing sharing;
  private boolean released;

  /** What others have to keep off: {@link #address()}, or that of {@link #hold}. */
  int heldAddress;

  /** Whether a listener stands on it: only SO_REUSEPORT lets two of those share a port. */
  boolean listening;

  /** The next binding of the same port. */
  @Nullable TcpBinding next;

  TcpBinding(final TcpPorts ports, final int address, final int port, final PortSharing sharing) {
    this.ports = ports;
    this.address = address;
    this.heldAddress = address;
    this.port = port;
    this.sharing = sharing;
  }

  /** The local address; 0 is every address. */
  public int address() {
    return address;
  }

  /** The local port, 1..65535. */
  public int port() {
    return port;
  }

  /** From now on others have to keep off this address: that of a connection which has the port. */
  public void hold(final int localAddress) {
    heldAddress = localAddress;
  }

  PortSharing sharing() {
    return sharing;
  }

  /** Lets go of the port. Idempotent. */
  public void release() {
    if (!released) {
      released = true;
      ports.release(this);
    }
  }
}
