package io.ustack.posix;

import io.ustack.ipv4.LocalAddresses;
import io.ustack.stack.NetworkStack;
import io.ustack.time.Clock;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.Lock;

/**
 * Makes sockets and epoll sets of one stack; what they share. Faces such as {@link Posix} build on
 * it.
 */
public final class SocketEngine implements AutoCloseable {
  final Clock clock;
  final Execution execution;

  /** The stacks. */
  final Shard[] shards;

  /** The first of them, for what one does for all. */
  final Shard shard;

  private final AtomicInteger turn = new AtomicInteger();

  /** Those of a TCP socket that was told nothing: the defaults of the stack's TCP. */
  final TcpSocketOptions tcpOptions;

  /** The largest packet on the link, IPv4 header included. */
  final int mtuBytes;

  final Loans loans;

  /** Who watches whom. Taken before the lock of an epoll set. */
  final Lock topology;

  /**
   * Who takes a port of several shards: of two that want the same, one gets it. Taken after a
   * socket's control lock.
   */
  final Lock ports;

  private SocketEngine(final Clock clock, final Execution execution) {
    this.clock = clock;
    this.execution = execution;
    shards = execution.shards();
    shard = shards[0];
    tcpOptions = new TcpSocketOptions(shard.stack.tcp().config());
    mtuBytes = shard.stack.link().capabilities().mtuBytes();
    topology = execution.newLock();
    ports = execution.newLock();
    loans = new Loans(execution.newLock());
  }

  /** INLINE: one thread makes all calls, and calls that wait run the stack. */
  public static SocketEngine inline(final NetworkStack stack, final Clock clock) {
    return new SocketEngine(clock, new InlineExecution(List.of(stack), clock, true));
  }

  /**
   * INLINE for a clock that only the caller moves: a call that would wait runs the stack until it
   * has nothing more to do at this moment, and gives -EAGAIN (epoll_wait 0) where the answer is not
   * there by then. The same call, made again later, goes on.
   */
  public static SocketEngine stepped(final NetworkStack stack, final Clock clock) {
    return stepped(List.of(stack), clock);
  }

  /** DEDICATED: a thread of its own, started here, runs the stack; any thread makes calls. */
  public static SocketEngine dedicated(final NetworkStack stack, final Clock clock) {
    return dedicated(List.of(stack), clock);
  }

  /**
   * DEDICATED over several stacks that have one address together, each with a thread of its own:
   * what is bound is bound on all of them. Their links say which flows arrive where ({@code
   * ShardLink}).
   *
   * @param shards at least one, in the order of their links
   */
  public static SocketEngine dedicated(final List<NetworkStack> shards, final Clock clock) {
    return new SocketEngine(clock, new DedicatedExecution(shards, clock));
  }

  /** As {@link #stepped(NetworkStack, Clock)}, over several stacks that have one address. */
  public static SocketEngine stepped(final List<NetworkStack> shards, final Clock clock) {
    return new SocketEngine(clock, new InlineExecution(shards, clock, false));
  }

  /** Where the next socket lives until it is known where it has to: on each in turn. */
  Shard nextShard() {
    return shards.length == 1
        ? shard
        : shards[Math.floorMod(turn.getAndIncrement(), shards.length)];
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

  /** The address of the stacks. */
  int address() {
    return shard.stack.ipv4().local().address();
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
    for (final Shard one : shards) {
      one.stock.close();
    }
    execution.close();
  }
}
