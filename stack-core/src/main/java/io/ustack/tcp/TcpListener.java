package io.ustack.tcp;

import io.ustack.readiness.Readiness;
import io.ustack.readiness.ReadinessObserver;
import org.jspecify.annotations.Nullable;

/**
 * A port in LISTEN (RFC 9293 3.10.7.2). Connections that are still shaking hands are counted
 * against the SYN queue; those that are established wait in the accept queue. As on Linux, {@code
 * backlog} bounds both, and the accept queue holds one more than {@code backlog}. A full SYN queue
 * turns nobody away: its SYNs are answered with cookies ({@link SynCookies}).
 *
 * <p>Stack thread only.
 */
public final class TcpListener {
  private final Tcp tcp;
  private final TcpBinding binding;
  private TcpConfig config;
  private final ReadinessObserver observer;

  private int backlog;
  private int deferAccept;
  private int handshakes;
  private int waiting;
  private boolean cookiesSent;
  private @Nullable FastOpenQueue fastOpens;
  private long lastCookieNs;
  private @Nullable TcpConnection firstWaiting;
  private @Nullable TcpConnection lastWaiting;

  TcpListener(
      final Tcp tcp,
      final TcpBinding binding,
      final int backlog,
      final TcpConfig config,
      final ReadinessObserver observer) {
    this.tcp = tcp;
    this.binding = binding;
    this.config = config;
    this.observer = observer;
    backlog(backlog);
  }

  /** The local address; 0 is every address. */
  public int address() {
    return binding.address();
  }

  public int port() {
    return binding.port();
  }

  TcpBinding binding() {
    return binding;
  }

  TcpConfig config() {
    return config;
  }

  /**
   * Other numbers, for connections whose SYN is still to come.
   *
   * @throws IllegalArgumentException when there is no such congestion control
   */
  public void config(final TcpConfig newConfig) {
    tcp.congestionControls().require(newConfig.congestionControl());
    config = newConfig;
  }

  /**
   * listen(2) again: changes how many may wait. Below 0 counts as 0, above {@link
   * TcpConfig#maxBacklog()} as that.
   */
  public void backlog(final int newBacklog) {
    backlog = Math.max(0, Math.min(newBacklog, config.maxBacklog()));
  }

  /**
   * TCP_FASTOPEN: connections whose SYN brings a cookie and data may be accepted before their
   * handshake is done (RFC 7413).
   *
   * @param pending how many of them at a time; 0 for none, the default; at most {@link
   *     TcpConfig#maxBacklog()}. To be told the same again changes nothing.
   */
  public void fastOpen(final int pending) {
    final int limit = Math.max(0, Math.min(pending, Math.max(1, config.maxBacklog())));
    final FastOpenQueue now = fastOpens;
    if (limit != (now == null ? 0 : now.limit())) {
      fastOpens = limit == 0 ? null : new FastOpenQueue(limit);
    }
  }

  /**
   * TCP_DEFER_ACCEPT: a connection can be accepted when its first data is there, or when its
   * SYN-ACK has timed out so often; 0, the default, does not wait for data.
   */
  public void deferAccept(final int timeouts) {
    deferAccept = timeouts;
  }

  int deferAccept() {
    return deferAccept;
  }

  /** Null when fast open is off. */
  @Nullable FastOpenQueue fastOpens() {
    return fastOpens;
  }

  /** Whether a connection waits to be accepted. */
  public boolean isReadable() {
    return firstWaiting != null;
  }

  /**
   * Takes the connection that has waited longest. It may have been reset meanwhile: then its {@link
   * TcpConnection#failure()} says so.
   *
   * @return null when none waits
   */
  public @Nullable TcpConnection accept() {
    final TcpConnection connection = firstWaiting;
    if (connection == null) {
      return null;
    }
    firstWaiting = connection.opening().nextWaiting;
    if (firstWaiting == null) {
      lastWaiting = null;
    }
    connection.opening().nextWaiting = null;
    connection.leaveListener();
    waiting--;
    return connection;
  }

  /**
   * Stops listening. Connections that nobody accepted are reset, handshakes forgotten; the port
   * stays with its binding.
   */
  public void close(final long nowNs) {
    tcp.removeListener(this, nowNs);
    for (TcpConnection c = accept(); c != null; c = accept()) {
      c.abort(nowNs);
    }
  }

  /** Connections that still shake hands. */
  int handshakes() {
    return handshakes;
  }

  boolean isAcceptQueueFull() {
    return waiting > backlog;
  }

  /**
   * Whether no more handshakes may be kept.
   *
   * <p>DEVIATION: Linux, a backlog of 0: one handshake is kept, where Linux answers each SYN with a
   * cookie, or not at all with {@code SynCookieUse.OFF}. It keeps its options, and a listener that
   * nobody can reach is of no use.
   *
   * <p>DEVIATION: Linux, SYN queue without cookies: its last quarter is for all, not only for peers
   * that are known: nothing is remembered of peers, and cookies are on.
   */
  boolean isSynQueueFull() {
    return handshakes >= Math.max(1, backlog);
  }

  /** A SYN was answered with a cookie. */
  void onCookieSent(final long nowNs) {
    cookiesSent = true;
    lastCookieNs = nowNs;
  }

  /** Whether one may come back: else an ACK need not be looked at, nor can it be guessed right. */
  boolean expectsCookies(final long nowNs) {
    return cookiesSent && nowNs - lastCookieNs <= SynCookies.VALID_NS;
  }

  void onHandshakeStarted() {
    handshakes++;
  }

  void onHandshakeEnded() {
    handshakes--;
  }

  /** A handshake completed: the connection waits for accept. */
  void onEstablished(final TcpConnection connection) {
    handshakes--;
    queue(connection);
  }

  /** The connection waits for accept. */
  void queue(final TcpConnection connection) {
    waiting++;
    if (lastWaiting == null) {
      firstWaiting = connection;
    } else {
      lastWaiting.opening().nextWaiting = connection;
    }
    lastWaiting = connection;
    observer.onReadiness(Readiness.READABLE);
  }
}
