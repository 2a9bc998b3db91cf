package io.ustack.apps.resp;

import io.ustack.apps.Acceptor;
import io.ustack.apps.ConnectionLimits;
import io.ustack.apps.EventLoop;
import io.ustack.posix.Posix;
import io.ustack.posix.SocketOption;
import java.io.IOException;

/** Keys and values for clients that speak the Redis protocol. */
public final class RespServer implements AutoCloseable {
  /** The longest command. */
  static final int REQUEST_BYTES = 1 << 17;

  private final Posix posix;
  private final EventLoop loop;
  private final Acceptor acceptor;
  private final Budget keyMemory;
  private final Budget bufferMemory;
  private final CommandTable commands;
  private final RespRequest request = new RespRequest(REQUEST_BYTES);
  private final RespReply reply = new RespReply();
  private final byte[] input = new byte[REQUEST_BYTES];
  private long requests;

  /**
   * Listens on {@code port} of every address.
   *
   * @param loop the caller's, who steps it and calls {@link #closeIdle()} after each step
   * @param mostBytes that keys and values may take, and what waits of requests and replies once
   *     more
   * @throws IOException in one line, when the port is taken
   */
  public RespServer(
      final Posix posix,
      final EventLoop loop,
      final ConnectionLimits limits,
      final long mostBytes,
      final int port)
      throws IOException {
    this.posix = posix;
    this.loop = loop;
    keyMemory = new Budget(mostBytes);
    bufferMemory = new Budget(mostBytes);
    final Keyspace keys = new Keyspace(keyMemory);
    commands = new CommandTable(keys);
    KeyCommands.addTo(commands, keys);
    ListCommands.addTo(commands, keys);
    SetCommands.addTo(commands, keys);
    acceptor = new Acceptor(posix, loop, port, limits, this::accepted);
  }

  private RespConnection accepted(final int fd) {
    posix.setsockopt(fd, SocketOption.IPPROTO_TCP, SocketOption.TCP_NODELAY, 1);
    return new RespConnection(this, fd);
  }

  /** Closes connections that have made no progress for too long. */
  public void closeIdle() {
    acceptor.closeIdle();
  }

  Posix posix() {
    return posix;
  }

  EventLoop loop() {
    return loop;
  }

  /** Of what waits of requests and replies. */
  Budget bufferMemory() {
    return bufferMemory;
  }

  /** What one connection's turn needs: valid during one event. */
  byte[] input() {
    return input;
  }

  RespRequest request() {
    return request;
  }

  RespReply reply() {
    return reply;
  }

  /** Does what {@link #request()} says, into {@link #reply()}. */
  void run() {
    requests++;
    commands.run(request, reply);
  }

  void progressed(final RespConnection connection, final long nowNs) {
    acceptor.progressed(connection, nowNs);
  }

  void closed(final RespConnection connection) {
    acceptor.closed(connection);
  }

  /** Commands so far. */
  public long requests() {
    return requests;
  }

  /** What is charged for keys, values and buffers now. */
  public long usedBytes() {
    return keyMemory.usedBytes() + bufferMemory.usedBytes();
  }

  /** Closes all connections and stops to listen. */
  @Override
  public void close() {
    acceptor.close();
  }
}
