package io.ustack.posix;

import io.ustack.ipv4.LocalAddresses;
import io.ustack.stack.NetworkStack;
import io.ustack.tcp.TcpConfig;
import io.ustack.time.Clock;
import java.util.concurrent.locks.Lock;

/**
 * Makes sockets and epoll sets of one stack; what they share. Faces such as {@link Posix} build on
 * it.
 */
public final class SocketEngine implements AutoCloseable {
  final Clock clock;
  final Execution execution;

  /** The stack. */
  final Shard shard;

  /** The defaults of the stack's TCP; constant. */
  final TcpConfig tcpConfig;

  /** The largest packet on the link, IPv4 header included. */
  final int mtuBytes;

  final Loans loans;

  /** Who watches whom. Taken before the lock of an epoll set. */
  final Lock topology;

  private SocketEngine(
      final NetworkStack stack,
      final Clock clock,
      final TcpConfig tcpConfig,
      final Execution execution) {
    this.clock = clock;
    this.tcpConfig = tcpConfig;
    this.execution = execution;
    shard = execution.shard();
    mtuBytes = stack.link().capabilities().mtuBytes();
    topology = execution.newLock();
    loans = new Loans(execution.newLock());
  }

  /** INLINE: one thread makes all calls, and calls that wait run the stack. */
  public static SocketEngine inline(final NetworkStack stack, final Clock clock) {
    return new SocketEngine(
        stack, clock, stack.tcp().config(), new InlineExecution(stack, clock, true));
  }

  /**
   * INLINE for a clock that only the caller moves: a call that would wait runs the stack until it
   * has nothing more to do at this moment, and gives -EAGAIN (epoll_wait 0) where the answer is not
   * there by then. The same call, made again later, goes on.
   */
  public static SocketEngine stepped(final NetworkStack stack, final Clock clock) {
    return new SocketEngine(
        stack, clock, stack.tcp().config(), new InlineExecution(stack, clock, false));
  }

  /** DEDICATED: a thread of its own, started here, runs the stack; any thread makes calls. */
  public static SocketEngine dedicated(final NetworkStack stack, final Clock clock) {
    return new SocketEngine(
        stack, clock, stack.tcp().config(), new DedicatedExecution(stack, clock));
  }

  /** A TCP socket, neither bound nor connected. */
  public TcpSocket tcpSocket() {
    return new TcpSocket(this);
  }

  /** A UDP socket, neither bound nor connected. */
  public UdpSocket udpSocket() {
    return new UdpSocket(this);
  }

  /** An empty epoll set. */
  public EpollSet epollSet() {
    return new EpollSet(this);
  }

  /** Whether a socket may be bound there: an address of the stack, or all, or a broadcast one. */
  boolean isOurs(final int address) {
    final LocalAddresses local = shard.stack.ipv4().local();
    return address == SocketOption.INADDR_ANY
        || local.isLocal(address)
        || local.isBroadcast(address);
  }

  /**
   * Stops the stack thread, if there is one. Close the sockets first: what they are asked
   * afterwards, and whoever still waits, gets -EIO. Loans that are still held are taken away. The
   * stack itself stays with whoever made it.
   */
  @Override
  public void close() {
    loans.close();
    shard.stock.close();
    execution.close();
  }
}
