package io.ustack.apps.proxy;

import io.ustack.apps.Acceptor;
import io.ustack.apps.EventLoop;
import io.ustack.posix.Posix;
import io.ustack.posix.SocketOption;
import java.io.IOException;
import java.util.List;

/**
 * Takes connections and passes each on to a target that is up, on the same stack: the clients'
 * server is the targets' client.
 */
public final class Proxy implements AutoCloseable {
  private static final int CHUNK_BYTES = 1 << 16;

  private final Posix posix;
  private final EventLoop loop;
  private final Targets targets;
  private final Acceptor acceptor;
  private final OutgoingConnection outgoing;
  private final List<HealthCheck> checks;
  private final byte[] chunk = new byte[CHUNK_BYTES];
  private long refused;
  private long resets;

  /**
   * Listens on {@code port} of every address.
   *
   * @param loop the caller's, who steps it and calls {@link #tick} after each step
   * @throws IOException in one line, when the port is taken
   */
  public Proxy(
      final Posix posix,
      final EventLoop loop,
      final Targets targets,
      final ProxySettings settings,
      final int port,
      final long nowNs)
      throws IOException {
    this.posix = posix;
    this.loop = loop;
    this.targets = targets;
    outgoing = new OutgoingConnection(posix, settings.connectMs());
    acceptor = new Acceptor(posix, loop, port, settings.limits(), this::accepted);
    checks =
        targets.all().stream()
            .map(
                target -> new HealthCheck(posix, loop, outgoing, target, settings.checkNs(), nowNs))
            .toList();
  }

  private ProxiedConnection accepted(final int fd) {
    posix.setsockopt(fd, SocketOption.IPPROTO_TCP, SocketOption.TCP_NODELAY, 1);
    return new ProxiedConnection(this, fd);
  }

  /** What is due by time: checks of the targets, and clients that have made no progress. */
  public void tick(final long nowNs) {
    for (final HealthCheck check : checks) {
      check.tick(nowNs);
    }
    acceptor.closeIdle();
  }

  /** From now on nobody new is taken; who is there may finish. Idempotent. */
  public void stopListening() {
    acceptor.stopListening();
  }

  /** Begins to connect to a target. Returns a descriptor, or {@code -errno} */
  int connect(final Target target) {
    final int fd = outgoing.begin(target.address());
    if (fd >= 0) {
      acceptor.fitBuffers(fd);
    }
    return fd;
  }

  Posix posix() {
    return posix;
  }

  EventLoop loop() {
    return loop;
  }

  OutgoingConnection outgoing() {
    return outgoing;
  }

  /** Where bytes pass through between receive and send; valid during one event. */
  byte[] chunk() {
    return chunk;
  }

  void progressed(final ProxiedConnection connection, final long nowNs) {
    acceptor.progressed(connection, nowNs);
  }

  void closed(final ProxiedConnection connection) {
    acceptor.closed(connection);
  }

  void countRefused() {
    refused++;
  }

  void countReset() {
    resets++;
  }

  public Targets targets() {
    return targets;
  }

  /** Clients now. */
  public int connections() {
    return acceptor.connections();
  }

  /** Clients so far that no target has taken. */
  public long refused() {
    return refused;
  }

  /** Connections so far that ended in a reset on both sides: one side broke, or neither moved. */
  public long resets() {
    return resets;
  }

  /** Closes all connections and stops to listen. */
  @Override
  public void close() {
    checks.forEach(HealthCheck::close);
    acceptor.close();
  }
}
