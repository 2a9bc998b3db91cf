package io.ustack.tcp;

import io.ustack.ipv4.Path;
import io.ustack.link.Emitter;
import org.jspecify.annotations.Nullable;

/**
 * The sending and the receiving half of a {@link TcpConnection}, which it has while it is awake.
 * Whoever asks for one of them wakes it up. Those of connections whose buffers no other thread
 * touches come from {@link SpareHalves}, and go back there.
 *
 * <p>A part of each connection, by inheritance: an object of its own would have a header.
 */
abstract class Halves extends Emitter {
  final Tcp tcp;
  final Path path;
  private TcpConfig config;

  // The timestamps are the receiver's: they stand here because each segment asks for them.
  private @Nullable Receiver receiver;
  private @Nullable Sender sender;
  private @Nullable Timestamps timestamps;

  /** While it sleeps. */
  private @Nullable Asleep asleep;

  Halves(final Tcp tcp, final Path path, final TcpConfig config, final int iss) {
    this.tcp = tcp;
    this.path = path;
    this.config = config;
    borrow(iss);
  }

  final Path path() {
    return path;
  }

  final TcpConfig config() {
    return config;
  }

  final void config(final TcpConfig newConfig) {
    config = newConfig;
  }

  /** For {@link LookAhead}; {@link TcpConnection#touch}. */
  final int touchHalves(final int step) {
    final Sender s = sender;
    final Receiver r = receiver;
    final Timestamps t = timestamps;
    final Asleep a = asleep;
    if (s == null || r == null || t == null) {
      return a == null ? 0 : a.sndUna;
    }
    return step == 0 ? s.touch(0) + r.touch(0) + t.touch() : s.touch(step) + r.touch(step);
  }

  // ---- Both halves

  final Sender sender() {
    final Sender present = sender;
    return present == null ? wake().sender() : present;
  }

  final Receiver receiver() {
    final Receiver present = receiver;
    return present == null ? wake().receiver() : present;
  }

  final Timestamps timestamps() {
    final Timestamps present = timestamps;
    return present == null ? wake().timestamps() : present;
  }

  /**
   * Whether nothing has happened for so long that its buffers serve others: both are empty. Stack
   * thread; of a connection that other threads touch it is never true.
   */
  public final boolean isAsleep() {
    return asleep != null;
  }

  /** Both are there: it neither sleeps nor is over. */
  final boolean isAwake() {
    return sender != null;
  }

  /** Whether both know nothing that would not fit into an {@link Asleep}. */
  final boolean areAtRest() {
    return sender().isAtRest() && receiver().isAtRest();
  }

  /** Both serve others until something happens; they {@link #areAtRest}. */
  final void sleep() {
    asleep = tcp.spareHalves.putToSleep(sender(), receiver());
    forget();
  }

  /** Both serve others from now on; their buffers are retired. */
  final void end() {
    tcp.spareHalves.takeBack(sender(), receiver());
    forget();
  }

  private Halves wake() {
    if (asleep == null) {
      borrow(0); // it is over, and nobody asks for more than that
    } else {
      wakeUp();
      tcp.readyList().add(this); // and looks whether it can go to sleep again
    }
    return this;
  }

  /** Whoever wakes it up this way looks afterwards whether it can go to sleep again. */
  final void wakeUp() {
    final Asleep before = asleep;
    if (before != null) {
      asleep = null;
      borrow(before.iss);
      tcp.spareHalves.wake(before, sender(), receiver());
    }
  }

  private void borrow(final int iss) {
    final int offset = tcp.timestampOffset(path.localAddress(), path.remoteAddress());
    final Receiver borrowed = tcp.spareHalves.lendReceiver(config, offset);
    receiver = borrowed;
    timestamps = borrowed.timestamps;
    sender = tcp.spareHalves.lendSender(config, iss);
  }

  private void forget() {
    sender = null;
    receiver = null;
    timestamps = null;
  }
}
