package io.ustack.tcp;

import io.ustack.buffer.PacketRing;
import io.ustack.counter.Counter;
import io.ustack.ipv4.Path;
import io.ustack.ipv4.PortSharing;
import io.ustack.readiness.Failure;
import io.ustack.readiness.Readiness;
import io.ustack.readiness.ReadinessObserver;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * One connection: the state machine of RFC 9293 3.10.
 *
 * <p>Input processing ({@link #onSegment}) changes state and plans; whatever is to be sent leaves
 * through {@link #emit}, asked when the device has room. Stack thread only, but for the two rings.
 */
public final class TcpConnection extends Halves {
  private final char localPort;
  private final char remotePort;

  /** Borrowed while there is something to wait for. */
  private @Nullable TcpTimers timers;

  private TcpState state = TcpState.CLOSED;
  private ReadinessObserver observer;
  private boolean released;
  private boolean orphaned;
  private boolean resetOwed;
  private boolean timestampsOn;

  /** The ordinal of a {@link Failure}. */
  private byte failure;

  /** Made when there is urgent data, by whichever side has it first; {@link Urgency#of}. */
  volatile @Nullable Urgency urgency;

  /** Until the handshake is done and the connection accepted. */
  private @Nullable Opening opening;

  /** {@link PortSharing} of its socket: there is room for a byte. */
  byte sharingBits;

  /** shutdown(SHUT_RD): nobody reads any more. */
  boolean receiveShut;

  // For TcpInfo, modulo 2^32.
  int segmentsOut;
  int retransmittedSegments;

  /** The neighbours among the connections of the same local port; {@link TcpPorts}. */
  @Nullable TcpConnection nextOnPort;

  @Nullable TcpConnection previousOnPort;

  private @Nullable TcpBinding binding;

  TcpConnection(
      final Tcp tcp,
      final Path path,
      final int localPort,
      final int remotePort,
      final TcpConfig config,
      final ReadinessObserver observer,
      final int iss) {
    super(tcp, path, config, iss);
    this.localPort = (char) localPort;
    this.remotePort = (char) remotePort;
    this.observer = observer;
    opening = new Opening(config);
  }

  /** For {@link LookAhead}: reads a field of each object that the next segment will need. */
  int touch(final int step) {
    final int deadline = timers == null ? 0 : (int) timers.deadlineNs();
    return deadline + touchHalves(step) + observer.touch(step);
  }

  // ---- What it is

  public TcpState state() {
    return state;
  }

  /** Why it died; {@link Failure#NONE} while it lives or when it closed in order. */
  public Failure failure() {
    return Failure.of(failure);
  }

  public int localAddress() {
    return path.localAddress();
  }

  public int localPort() {
    return localPort;
  }

  public int remoteAddress() {
    return path.remoteAddress();
  }

  public int remotePort() {
    return remotePort;
  }

  /**
   * What arrived in order; the application reads it and then calls {@link #onReceiveBufferRead}.
   */
  public PacketRing receiveBuffer() {
    return receiver().buffer();
  }

  /** What is to be sent; the application writes it and then calls {@link #onSendBufferWritten}. */
  public PacketRing sendBuffer() {
    return sender().buffer();
  }

  void state(final TcpState newState) {
    state = newState;
  }

  TcpTimers timers() {
    if (timers == null) {
      timers = tcp.spareTimers().lend(this);
    }
    return timers;
  }

  /** Sees whether it is idle, and gives the timers back when they wait for nothing. */
  void rest(final long nowNs) {
    if (timers != null && timers.isIdle()) {
      Idleness.look(this, nowNs);
    }
    restTimers();
  }

  private void restTimers() {
    if (timers != null && timers.isResting()) {
      tcp.spareTimers().giveBack(timers);
      timers = null;
    }
  }

  /** It came in through a listener; asked while it opens. */
  boolean isPassive() {
    return opening != null && opening.passive;
  }

  /** No socket holds it any more. */
  boolean isReleased() {
    return released;
  }

  /** What it has until it is open and accepted. */
  Opening opening() {
    return Objects.requireNonNull(opening, "open and accepted");
  }

  /** What our SYN offers. */
  SynOffer offer() {
    return opening().offer();
  }

  /** Both SYNs are acknowledged: what they agreed on stands with whom it concerns. */
  void forgetOffer() {
    opening().forgetOffer();
    endOpening();
  }

  private void endOpening() {
    if (opening != null && opening.isOver()) {
      opening = null;
    }
  }

  /** Until it is accepted: where it came in. */
  @Nullable TcpListener listener() {
    return opening == null ? null : opening.listener;
  }

  /** No listener counts it any more. */
  void leaveListener() {
    opening().listener = null;
    endOpening();
  }

  /** Both SYNs carried the option, so all segments do (RFC 7323 3.2). */
  void useTimestamps() {
    timestampsOn = true;
  }

  boolean usesTimestamps() {
    return timestampsOn;
  }

  /** Now, as {@link Timestamps} count it. */
  long uptimeNs(final long nowNs) {
    return tcp.uptimeNs(nowNs);
  }

  boolean owesReset() {
    return resetOwed;
  }

  void resetSent() {
    resetOwed = false;
  }

  /** Tells the socket. */
  void raise(final int readinessBits) {
    observer.onReadiness(readinessBits);
  }

  void tellIdle() {
    observer.onIdle();
  }

  /** Whether its halves may serve others: they know little, and nobody else holds them. */
  boolean maySleep() {
    return state == TcpState.ESTABLISHED
        && opening == null
        && urgency == null
        && config().notSentLowBytes() == 0
        && observer.isAlone()
        && areAtRest();
  }

  /** Tells all that can be told of it now. */
  public void info(final TcpInfo into, final long nowNs) {
    into.read(this);
  }

  // ---- What the socket engine asks

  /** Attaches the socket of an accepted connection and raises at once what is already true. */
  public void observer(final ReadinessObserver newObserver) {
    observer = newObserver;
    final int bits = PresentReadiness.of(this);
    if (bits != 0) {
      newObserver.onReadiness(bits);
    }
  }

  /** What the socket may change; of this connection until it is asked of another. */
  public ConnectionOptions options() {
    return tcp.connectionOptions.of(this);
  }

  /** The application wrote to the send buffer. */
  public void onSendBufferWritten(final long nowNs) {
    sender().moreComes(false);
    Urgency.push(this);
    wantToEmit();
  }

  /**
   * The application read from the receive buffer: a window worth telling is told (RFC 9293
   * 3.8.6.2.2).
   */
  public void onReceiveBufferRead(final long nowNs) {
    receiver().onRead(config(), tcp.memory().isTight(), nowNs);
    if (state.receivesData() && receiver().owesWindowUpdate()) {
      receiver().oweAck();
      wantToEmit();
    }
  }

  /**
   * shutdown(SHUT_WR), the CLOSE call of RFC 9293 3.10.4: FIN follows what is in the send buffer;
   * nothing may be written after this. In SYN_SENT it does nothing: that CLOSE gives the connection
   * up, which is {@link #close}'s work, and sockets disconnect there as Linux's do.
   */
  public void shutdownSend(final long nowNs) {
    if (Closing.queueFin(this)) {
      wantToEmit();
    }
  }

  /**
   * close(2): nobody holds the connection any more. Unsent data is still sent and the FIN
   * exchanged; with unread data the peer is told by RST that it was lost (RFC 2525 2.17, Linux).
   * Idempotent.
   */
  public void close(final long nowNs) {
    if (released) {
      return;
    }
    final boolean unread = isAwake() && receiveBuffer().length() > 0;
    release();
    if (state == TcpState.SYN_SENT) {
      die(Failure.NONE);
      return;
    }
    if (unread && state.isSynchronized() && state != TcpState.TIME_WAIT) {
      forget(true);
      return;
    }
    shutdownSend(nowNs);
    if (state == TcpState.FIN_WAIT_2) {
      timers().start(TcpTimers.Kind.FIN_WAIT_2, nowNs + config().finWait2Ns());
    }
    if (state != TcpState.CLOSED && state != TcpState.TIME_WAIT) {
      orphaned = tcp.closedConnections.admitOrphan();
      if (!orphaned) {
        forget(true);
      }
    }
  }

  /** The ABORT call of RFC 9293 3.10.5: RST, and everything is forgotten. */
  public void abort(final long nowNs) {
    forget(Closing.abortNeedsReset(this));
  }

  private void forget(final boolean withReset) {
    release();
    die(Failure.NONE);
    if (withReset) {
      resetOwed = true;
      wantToEmit();
    }
  }

  /** Nothing of it is asked for any more: what it has borrowed is for others. */
  private void giveBack() {
    if (released && isAwake()) {
      sender().end();
      receiver().end();
      if (observer.isAlone()) {
        end();
      }
    }
  }

  /** The peer is given up, and told so in case that it is still there. */
  void dieWithReset(final Failure reason) {
    die(reason);
    resetOwed = true;
    wantToEmit();
  }

  private void release() {
    released = true;
    if (isAwake()) {
      giveUp(receiveBuffer());
    }
    observer = observer.isAlone() ? ReadinessObserver.NONE_ALONE : ReadinessObserver.NONE;
    if (binding != null) {
      binding.release();
      binding = null;
    }
    if (state == TcpState.CLOSED) {
      wantToEmit(); // the last time, to give back what it has
    }
  }

  /** Nobody will ask for what is in the buffer, or is to be sent. */
  void giveUp(final PacketRing buffer) {
    if (observer.isAlone()) {
      buffer.discard(buffer.length());
      buffer.sleep(); // for others to use its memory
    }
    buffer.retire();
  }

  // ---- Opening

  /** Active open (RFC 9293 3.10.1). */
  void openActive(final @Nullable TcpBinding held) {
    binding = held;
    sharingBits = held == null ? sharingBits : held.sharing().bits();
    state = TcpState.SYN_SENT;
    wantToEmit();
  }

  /** Passive open: a SYN came to a listener. */
  void openPassive(final TcpListener from) {
    opening().listener = from;
    sharingBits = from.binding().sharing().bits();
    opening().passive = true;
    state = TcpState.SYN_RECEIVED;
  }

  /** RFC 7413 4.2.2: a cookie lets data flow both ways before the handshake is done. */
  void openFast(final FastOpenQueue queue) {
    opening().fastOpens = queue;
    queue.onOpened();
  }

  boolean isOpenedFast() {
    return opening != null && opening.fastOpens != null;
  }

  @Nullable FastOpenQueue fastOpens() {
    return opening == null ? null : opening.fastOpens;
  }

  void endFastOpen() {
    opening().endFastOpen();
    endOpening();
  }

  /** Whether the SYN waits for the first data that is written: writable, but not connected yet. */
  public boolean isSynDeferred() {
    final Opening o = opening;
    return o != null && o.isSynDeferred();
  }

  /**
   * An ICMP error about one of our segments, or a neighbour that does not answer.
   *
   * <p>DEVIATION: RFC 9293 3.9.2.2, ICMP errors: none ends or reaches a synchronized connection
   * (RFC 5461): who guesses a sequence number ends nothing.
   */
  void onUnreachable(final Failure reason, final int quotedSeq) {
    if (state == TcpState.SYN_SENT && quotedSeq == sender().iss()) {
      tcp.counters().increment(Counter.TCP_ATTEMPT_FAILS);
      die(reason);
    }
  }

  // ---- Segments in and out

  /** Processes one segment whose header is valid. The packet stays with the caller. */
  void onSegment(final TcpSegment segment, final long nowNs) {
    tcp.arrival().onSegment(this, segment, nowNs);
  }

  /** Asks to be asked: joins the ready list. */
  void wantToEmit() {
    tcp.readyList().add(this);
  }

  @Override
  public boolean emit(final long nowNs) {
    wakeUp();
    final boolean again = tcp.emission().emit(this, nowNs);
    if (state == TcpState.CLOSED) {
      if (!again) {
        giveBack();
      }
    } else if (timers != null && !timers.looksSoon(nowNs) && timers.isIdle()) {
      rest(nowNs);
    }
    return again;
  }

  // ---- The end

  /** Nobody holds it, and now its end does not depend on the peer any more. */
  void leaveOrphanage() {
    if (orphaned) {
      orphaned = false;
      tcp.closedConnections.onOrphanGone();
    }
  }

  /**
   * Leaves the table, for whatever reason; the socket that holds the connection is told.
   * Idempotent.
   */
  void die(final Failure reason) {
    if (state == TcpState.CLOSED) {
      return;
    }
    final boolean wasTimeWait = state == TcpState.TIME_WAIT;
    final boolean handshaking = state == TcpState.SYN_RECEIVED;
    state = TcpState.CLOSED;
    failure = (byte) reason.ordinal();
    if (timers != null) {
      timers.cancel();
      restTimers();
    }
    if (isAwake()) {
      sender().release();
      giveUp(sendBuffer());
    }
    leaveOrphanage();
    if (opening != null) {
      opening.onDeath(handshaking);
      endOpening();
    }
    tcp.onConnectionGone(this, wasTimeWait);
    if (released) {
      wantToEmit();
    }
    if (reason != Failure.NONE) {
      observer.onReadiness(
          Readiness.FAILED
              | Readiness.READABLE
              | Readiness.WRITABLE
              | Readiness.READ_CLOSED
              | Readiness.CLOSED);
    } else if (!wasTimeWait) {
      observer.onReadiness(Readiness.READ_CLOSED | Readiness.CLOSED);
    }
  }
}
