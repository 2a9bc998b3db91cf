package io.ustack.tcp;

import io.ustack.ipv4.PortSharing;
import org.jspecify.annotations.Nullable;

/**
 * What a socket may change on an open connection (setsockopt(2)). One per stack, which {@link
 * TcpConnection#options} points at a connection: use it at once. Stack thread only.
 */
public final class ConnectionOptions {
  private final Tcp tcp;
  private @Nullable TcpConnection of;

  ConnectionOptions(final Tcp tcp) {
    this.tcp = tcp;
  }

  /** The options of {@code connection}. */
  ConnectionOptions of(final TcpConnection connection) {
    of = connection;
    return this;
  }

  private TcpConnection connection() {
    if (of == null) {
      throw new IllegalStateException("options of no connection");
    }
    return of;
  }

  /** TCP_NODELAY: small segments do not wait for company (RFC 9293 3.7.4). */
  public void noDelay(final boolean on) {
    final TcpConnection c = connection();
    if (on == c.sender().noDelay()) {
      return;
    }
    c.sender().noDelay(on);
    if (on) {
      c.wantToEmit();
    }
  }

  /**
   * TCP_CORK: small segments wait until the cork is pulled, or until a timeout has passed, 200 ms
   * at least (tcp(7) says 200 ms; Linux's timer of window probes takes the timeout, too).
   */
  public void cork(final boolean on) {
    final TcpConnection c = connection();
    if (on == c.sender().corked()) {
      return;
    }
    c.sender().nagle().cork(on);
    if (!on) {
      c.wantToEmit();
    }
  }

  /** The application wrote with MSG_MORE: a small rest waits as behind a cork (send(2)). */
  public void moreComes() {
    final TcpConnection c = connection();
    c.sender().moreComes(true);
    Urgency.push(c);
    c.wantToEmit();
  }

  /** TCP_QUICKACK: whether ACKs stop to wait for answers; not for good (tcp(7)). */
  public void quickAck(final boolean on) {
    final TcpConnection c = connection();
    c.receiver().acks().quickAck(on);
    if (c.receiver().owesAck()) {
      c.wantToEmit();
    }
  }

  /** What TCP_QUICKACK reads: whether ACKs do not wait for answers now. */
  public boolean quickAck() {
    return !connection().receiver().isInteractive();
  }

  /**
   * Gives the connection other numbers. What can change while it is open: keep-alive and the user
   * timeout (SO_KEEPALIVE, TCP_KEEPIDLE, TCP_KEEPINTVL, TCP_KEEPCNT, TCP_USER_TIMEOUT), a receive
   * buffer that does not tune itself, the bound of what was not sent, retries, how long FIN-WAIT-2
   * lasts, what the IP header says (IP_TOS, IP_TTL), and the congestion control (TCP_CONGESTION),
   * which goes on from the window that there is; the rest of it is without effect here.
   *
   * @throws IllegalArgumentException when there is no such congestion control
   */
  @SuppressWarnings("ReferenceEquality") // most have that of their listener
  public void config(final TcpConfig config, final long nowNs) {
    final TcpConnection c = connection();
    if (c.config() == config) {
      return;
    }
    if (!c.sender().control().name().equals(config.congestionControl())) {
      c.sender().control(tcp.congestionControls().create(config.congestionControl()), nowNs);
      c.wantToEmit();
    }
    c.config(config);
    if (!config.receiveAutoTuning()) {
      receiveCapacity(config.receiveBufferBytes());
    }
    tcp.keepAlive().restart(c, nowNs);
  }

  /** What TCP_MAXSEG reads: payload of the largest segment to send, in bytes. */
  public int segmentBytes() {
    return connection().sender().mss();
  }

  /** SIOCOUTQ: sequence space that the peer has not acknowledged, with a FIN that was queued. */
  public int unacknowledgedBytes() {
    return connection().sender().unacknowledgedSpace();
  }

  /**
   * Up to where the send buffer was sent, as a position in it. It moves when {@link
   * io.ustack.readiness.Readiness#SENT} is raised.
   */
  public int sentPosition() {
    return connection().sender().sentPosition();
  }

  /** SIOCOUTQNSD: the same of what was not sent. */
  public int unsentBytes() {
    return connection().sender().unsentSpace();
  }

  /**
   * What IP_MTU reads: the largest packet that gets through, headers included, as far as the
   * network said; 0 when there is no connection any more.
   */
  public int pathMtuBytes(final long nowNs) {
    final TcpConnection c = connection();
    return c.state() == TcpState.CLOSED ? 0 : c.path().pathMtuBytes(nowNs);
  }

  /** SO_REUSEADDR and SO_REUSEPORT: who may have its port, too. */
  public void sharing(final PortSharing sharing) {
    connection().sharingBits = sharing.bits();
  }

  /**
   * shutdown(SHUT_RD): the application reads no more. Data is still taken, but once our FIN was
   * queued too it resets the connection (RFC 1122 4.2.2.13, Linux tcp_rcv_state_process).
   */
  public void shutReceive() {
    connection().receiveShut = true;
  }

  /** SO_RCVBUF, in bytes of payload. */
  public void receiveCapacity(final int bytes) {
    connection().receiveBuffer().capacity(bytes);
  }
}
