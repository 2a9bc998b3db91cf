package io.ustack.tcp;

import io.ustack.buffer.PacketRing;
import io.ustack.tcp.congestion.CongestionControl;

/**
 * The senders and receivers of one stack that serve no connection just now, with their buffers: one
 * that sleeps has only an {@link Asleep}, one that wakes up or begins allocates neither.
 *
 * <p>Only of connections whose buffers no other thread touches ({@link
 * io.ustack.readiness.ReadinessObserver#isAlone}): who keeps a buffer would find the bytes of
 * another connection in it.
 */
final class SpareHalves {
  private static final int MOST_SPARE = 1024;

  private final Tcp tcp;
  private final Spares<Sender> senders = new Spares<>(this::newSender, MOST_SPARE);
  private final Spares<Receiver> receivers = new Spares<>(this::newReceiver, MOST_SPARE);
  private final Spares<Asleep> beds = new Spares<>(Asleep::new, MOST_SPARE);

  SpareHalves(final Tcp tcp) {
    this.tcp = tcp;
  }

  private Sender newSender() {
    final TcpConfig config = tcp.config();
    final PacketRing buffer = new PacketRing(config.sendBufferBytes(), tcp.memory());
    final CongestionControl control = tcp.congestionControls().create(config.congestionControl());
    return new Sender(buffer, config, control, tcp.senderParts, 0);
  }

  private Receiver newReceiver() {
    final TcpConfig config = tcp.config();
    final PacketRing buffer = new PacketRing(config.receiveBufferBytes(), tcp.memory());
    return new Receiver(buffer, config, tcp.receiverParts);
  }

  /** For a connection that begins, or wakes up. */
  Sender lendSender(final TcpConfig config, final int iss) {
    final Sender sender = senders.take();
    sender.buffer.renew(config.sendBufferBytes());
    sender.begin(config, control(sender, config.congestionControl()), iss);
    return sender;
  }

  /** Its own where that is as good as new, which saves a new one. */
  private CongestionControl control(final Sender sender, final String name) {
    final CongestionControl own = sender.control();
    return own.isForgettable() && own.name().equals(name)
        ? own
        : tcp.congestionControls().create(name);
  }

  /** As {@link #lendSender}. */
  Receiver lendReceiver(final TcpConfig config, final int timestampOffset) {
    final Receiver receiver = receivers.take();
    receiver.buffer.renew(config.receiveBufferBytes());
    receiver.begin(config);
    receiver.timestamps.begin(timestampOffset);
    return receiver;
  }

  /** Takes both back from a connection that goes to sleep; all they know fits into what it has. */
  Asleep putToSleep(final Sender sender, final Receiver receiver) {
    final Asleep asleep = beds.take();
    sender.sleepTo(asleep);
    receiver.sleepTo(asleep);
    sender.recoveryState = null;
    takeBack(sender, receiver);
    return asleep;
  }

  /** The connection that slept has both halves again. */
  void wake(final Asleep asleep, final Sender sender, final Receiver receiver) {
    sender.wakeFrom(asleep);
    receiver.wakeFrom(asleep);
    asleep.control = null;
    asleep.recoveryState = null;
    beds.give(asleep);
  }

  /** Takes both back; their buffers are bare. */
  void takeBack(final Sender sender, final Receiver receiver) {
    if (!sender.control().isForgettable()) {
      // Whoever has it now keeps it to himself.
      sender.control = tcp.congestionControls().create(tcp.config().congestionControl());
    }
    sender.sendRate = null;
    senders.give(sender);
    receivers.give(receiver);
  }
}
