package io.ustack.tcp;

import io.ustack.buffer.ByteRing;
import io.ustack.counter.Counter;
import io.ustack.counter.DropReason;
import io.ustack.ipv4.Path;
import io.ustack.link.Emitter;
import io.ustack.readiness.Failure;
import io.ustack.readiness.Readiness;
import io.ustack.readiness.ReadinessObserver;
import org.jspecify.annotations.Nullable;

/**
 * One connection: the state machine of RFC 9293 3.10.
 *
 * <p>Input processing ({@link #onSegment}) changes state and plans; whatever is to be sent leaves
 * through {@link #emit}, asked when the device has room. Stack thread only, but for the two rings.
 */
public final class TcpConnection extends Emitter {
  private final Tcp tcp;
  private final Path path;
  private final int localPort;
  private final int remotePort;
  private final TcpConfig config;
  private final ByteRing receiveBuffer;
  private final ByteRing sendBuffer;
  private final Receiver receiver;
  private final Sender sender;
  private final TcpTimers timers;
  private final ChallengeAck challengeAck;

  private TcpState state = TcpState.CLOSED;
  private Failure failure = Failure.NONE;
  private ReadinessObserver observer;
  private boolean passive;
  private boolean released;
  private boolean resetOwed;

  /** What we offer in our SYN, or {@link TcpOptions#ABSENT}. */
  private int offeredWindowShift;

  /** While the handshake lasts and while it waits for accept: where the connection came in. */
  @Nullable TcpListener listener;

  /** The next connection in the accept queue. */
  @Nullable TcpConnection nextWaiting;

  private @Nullable TcpBinding binding;

  TcpConnection(
      final Tcp tcp,
      final Path path,
      final int localPort,
      final int remotePort,
      final TcpConfig config,
      final ReadinessObserver observer,
      final long nowNs) {
    this.tcp = tcp;
    this.path = path;
    this.localPort = localPort;
    this.remotePort = remotePort;
    this.config = config;
    this.observer = observer;
    receiveBuffer = new ByteRing(config.receiveBufferBytes());
    sendBuffer = new ByteRing(config.sendBufferBytes());
    receiver = new Receiver(receiveBuffer, tcp.counters());
    final int iss =
        tcp.isnSource()
            .isn(path.localAddress(), localPort, path.remoteAddress(), remotePort, nowNs);
    sender = new Sender(sendBuffer, config, iss);
    timers = new TcpTimers(tcp.wheel(), this);
    challengeAck = new ChallengeAck(config.challengeAckIntervalNs());
    offeredWindowShift = config.windowShift();
  }

  // ---- What it is

  public TcpState state() {
    return state;
  }

  /** Why it died; {@link Failure#NONE} while it lives or when it closed in order. */
  public Failure failure() {
    return failure;
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
  public ByteRing receiveBuffer() {
    return receiveBuffer;
  }

  /** What is to be sent; the application writes it and then calls {@link #onSendBufferWritten}. */
  public ByteRing sendBuffer() {
    return sendBuffer;
  }

  Path path() {
    return path;
  }

  Sender sender() {
    return sender;
  }

  Receiver receiver() {
    return receiver;
  }

  boolean isBetween(
      final int localAddress, final int local, final int remoteAddress, final int remote) {
    return remotePort == remote
        && path.remoteAddress() == remoteAddress
        && localPort == local
        && path.localAddress() == localAddress;
  }

  // ---- What the socket engine asks

  /** Attaches the socket of an accepted connection and raises at once what is already true. */
  public void observer(final ReadinessObserver newObserver) {
    observer = newObserver;
    int bits = 0;
    if (receiveBuffer.length() > 0) {
      bits |= Readiness.READABLE;
    }
    if (receiver.isEnded() || state == TcpState.CLOSED) {
      bits |= Readiness.READABLE | Readiness.READ_CLOSED;
    }
    if (state == TcpState.ESTABLISHED || state == TcpState.CLOSE_WAIT) {
      bits |= Readiness.WRITABLE;
    }
    if (failure != Failure.NONE) {
      bits |= Readiness.FAILED | Readiness.WRITABLE;
    }
    if (state == TcpState.CLOSED || state == TcpState.TIME_WAIT) {
      bits |= Readiness.CLOSED;
    }
    if (bits != 0) {
      newObserver.onReadiness(bits);
    }
  }

  /** TCP_NODELAY: small segments do not wait for company (RFC 9293 3.7.4). */
  public void noDelay(final boolean on) {
    sender.noDelay(on);
    if (on) {
      wantToEmit();
    }
  }

  /** SO_RCVBUF, in bytes of payload. */
  public void receiveCapacity(final int bytes) {
    receiveBuffer.capacity(bytes);
  }

  /** The application wrote to the send buffer. */
  public void onSendBufferWritten(final long nowNs) {
    wantToEmit();
  }

  /**
   * The application read from the receive buffer: a window worth telling is told (RFC 9293
   * 3.8.6.2.2).
   */
  public void onReceiveBufferRead(final long nowNs) {
    if (state.receivesData() && receiver.owesWindowUpdate()) {
      receiver.oweAck();
      wantToEmit();
    }
  }

  /**
   * shutdown(SHUT_WR), the CLOSE call of RFC 9293 3.10.4: FIN follows what is in the send buffer;
   * nothing may be written after this.
   */
  public void shutdownSend(final long nowNs) {
    switch (state) {
      case SYN_RECEIVED -> sender.queueFin();
      case ESTABLISHED -> {
        sender.queueFin();
        state = TcpState.FIN_WAIT_1;
      }
      case CLOSE_WAIT -> {
        sender.queueFin();
        state = TcpState.LAST_ACK;
      }
      default -> {
        return;
      }
    }
    wantToEmit();
  }

  /**
   * close(2): nobody holds the connection any more. Unsent data is still sent and the FIN
   * exchanged; with unread data the peer is told by RST that it was lost (RFC 2525 2.17, Linux).
   */
  public void close(final long nowNs) {
    release();
    if (state == TcpState.SYN_SENT) {
      die(Failure.NONE);
      return;
    }
    if (receiveBuffer.length() > 0 && state.isSynchronized() && state != TcpState.TIME_WAIT) {
      abort(nowNs);
      return;
    }
    shutdownSend(nowNs);
    if (state == TcpState.FIN_WAIT_2) {
      timers.start(TcpTimers.Kind.FIN_WAIT_2, nowNs + config.finWait2Ns());
    }
  }

  /** The ABORT call of RFC 9293 3.10.5: RST, and everything is forgotten. */
  public void abort(final long nowNs) {
    release();
    switch (state) {
      case SYN_RECEIVED, ESTABLISHED, FIN_WAIT_1, FIN_WAIT_2, CLOSE_WAIT -> resetOwed = true;
      default -> {}
    }
    die(Failure.NONE);
    if (resetOwed) {
      wantToEmit();
    }
  }

  private void release() {
    released = true;
    observer = ReadinessObserver.NONE;
    if (binding != null) {
      binding.release();
      binding = null;
    }
  }

  // ---- Opening

  /** Active open (RFC 9293 3.10.1). */
  void openActive(final @Nullable TcpBinding held) {
    binding = held;
    state = TcpState.SYN_SENT;
    wantToEmit();
  }

  /** Passive open: a SYN came to a listener (RFC 9293 3.10.7.2, third). */
  void openPassive(final TcpListener from, final TcpSegment syn, final TcpOptions options) {
    listener = from;
    passive = true;
    state = TcpState.SYN_RECEIVED;
    onSyn(syn, options);
    wantToEmit();
  }

  /** The peer's SYN: sequence numbers and what both ends agree on. */
  private void onSyn(final TcpSegment syn, final TcpOptions options) {
    receiver.start(syn.seq, path.maxTransportBytes() - TcpHeader.MIN_LENGTH_BYTES);
    // RFC 7323 2.2: scaling works in both directions or in none.
    final boolean scales = options.windowShift() != TcpOptions.ABSENT;
    if (!scales) {
      offeredWindowShift = TcpOptions.ABSENT;
    }
    final boolean offered = offeredWindowShift != TcpOptions.ABSENT;
    receiver.windowShift(offered ? offeredWindowShift : 0);
    sender.onSyn(effectiveMss(options.mss()), scales && offered ? options.windowShift() : 0, syn);
  }

  /**
   * RFC 9293 3.7.1, RFC 6691: the peer's MSS or 536, at most what our path carries; never so small
   * that nothing fits.
   */
  private int effectiveMss(final int peerMss) {
    final int offered = peerMss == 0 ? Tcp.DEFAULT_MSS : Math.max(peerMss, Tcp.MIN_MSS);
    return Math.min(offered, path.maxTransportBytes() - TcpHeader.MIN_LENGTH_BYTES);
  }

  private void establish(final TcpSegment segment, final long nowNs) {
    sender.onSynAcknowledged(segment.ack, nowNs);
    timers.stop();
    state = TcpState.ESTABLISHED;
    tcp.counters().increment(Counter.TCP_ESTABLISHED);
    if (sender.isFinQueued()) {
      state = TcpState.FIN_WAIT_1;
    }
    if (listener != null) {
      listener.onEstablished(this);
    }
    observer.onReadiness(Readiness.WRITABLE);
  }

  // ---- Segment arrival, RFC 9293 3.10.7

  /** Processes one segment whose header is valid. The packet stays with the caller. */
  void onSegment(final TcpSegment segment, final long nowNs) {
    if (state == TcpState.SYN_SENT) {
      onSegmentInSynSent(segment, nowNs);
    } else {
      onSegmentSynchronized(segment, nowNs);
    }
    if (state == TcpState.CLOSED) {
      return;
    }
    if (!receiver.owesAck() && receiver.mayDelayAck()) {
      timers.delayAck(nowNs + config.delayedAckNs());
    }
    wantToEmit();
  }

  /** RFC 9293 3.10.7.3. */
  private void onSegmentInSynSent(final TcpSegment segment, final long nowNs) {
    final boolean hasAck = segment.has(TcpHeader.ACK);
    final boolean acceptableAck =
        hasAck && Seq.gt(segment.ack, sender.iss()) && Seq.leq(segment.ack, sender.sndMax());
    if (hasAck && !acceptableAck) {
      tcp.counters().drop(DropReason.TCP_BAD_ACK);
      if (!segment.has(TcpHeader.RST)) {
        tcp.writer().writeReset(path, segment, nowNs);
      }
      return;
    }
    if (segment.has(TcpHeader.RST)) {
      if (acceptableAck) {
        tcp.counters().increment(Counter.TCP_ATTEMPT_FAILS);
        die(Failure.CONNECTION_REFUSED);
      } else {
        tcp.counters().drop(DropReason.TCP_RESET_OUT_OF_WINDOW);
      }
      return;
    }
    if (!segment.has(TcpHeader.SYN)) {
      tcp.counters().drop(DropReason.TCP_OUT_OF_WINDOW);
      return;
    }
    onSyn(segment, tcp.parseOptions(segment));
    if (!acceptableAck) {
      // Simultaneous open (RFC 9293 3.5, figure 8): our SYN goes out again, now with an ACK.
      state = TcpState.SYN_RECEIVED;
      sender.repeatSynAsSynAck();
      return;
    }
    establish(segment, nowNs);
    receiver.oweAck();
    // RFC 9293 3.10.7.3, fourth: data or FIN on the SYN-ACK go on to the sixth step of 3.10.7.4.
    onTextAndFin(segment, nowNs);
  }

  /** RFC 9293 3.10.7.4, SYN-RECEIVED and all synchronized states. */
  private void onSegmentSynchronized(final TcpSegment segment, final long nowNs) {
    if (isCrossedSynAck(segment)) {
      onAckInSynReceived(segment, nowNs);
      return;
    }
    if (!receiver.isAcceptable(segment.seq, segment.length())) {
      onUnacceptable(segment, nowNs);
      return;
    }
    if (segment.has(TcpHeader.RST)) {
      onReset(segment, nowNs);
      return;
    }
    if (segment.has(TcpHeader.SYN)) {
      // RFC 9293 3.10.7.4, fourth (RFC 5961 4.2): whatever its sequence number, a challenge ACK.
      challenge(nowNs);
      return;
    }
    if (!segment.has(TcpHeader.ACK)) {
      tcp.counters().drop(DropReason.TCP_BAD_ACK);
      return;
    }
    if (onAck(segment, nowNs)) {
      onTextAndFin(segment, nowNs);
    }
  }

  /**
   * Simultaneous open, the last line of RFC 9293 figure 8: the SYN-ACK that answers ours comes with
   * the old sequence number.
   */
  private boolean isCrossedSynAck(final TcpSegment segment) {
    final int wanted = TcpHeader.SYN | TcpHeader.ACK;
    return state == TcpState.SYN_RECEIVED
        && !passive
        && (segment.flags & (wanted | TcpHeader.RST)) == wanted
        && segment.seq + 1 == receiver.rcvNxt();
  }

  /** RFC 9293 3.10.7.4, first: not in the window. */
  private void onUnacceptable(final TcpSegment segment, final long nowNs) {
    if (segment.has(TcpHeader.RST)) {
      tcp.counters().drop(DropReason.TCP_RESET_OUT_OF_WINDOW);
      return;
    }
    tcp.counters().drop(DropReason.TCP_OUT_OF_WINDOW);
    if (state == TcpState.SYN_RECEIVED
        && segment.has(TcpHeader.SYN)
        && segment.seq + 1 == receiver.rcvNxt()) {
      // The peer repeats its SYN: our SYN-ACK was lost, so it goes again, as Linux does.
      if (challengeAck.permit(nowNs)) {
        sender.repeatSynAsSynAck();
      }
      return;
    }
    if (state == TcpState.TIME_WAIT && segment.has(TcpHeader.FIN)) {
      // RFC 9293 3.10.7.4, eighth: the peer repeats its FIN, so our ACK was lost.
      timers.start(TcpTimers.Kind.TIME_WAIT, nowNs + config.timeWaitNs());
    }
    // Repeated data is answered each time, it can't be part of an ACK loop (Linux
    // tcp_oow_rate_limited).
    if (segment.payloadLength > 0 && !segment.has(TcpHeader.SYN)) {
      receiver.oweDuplicateAck();
    } else {
      challenge(nowNs);
    }
  }

  private void challenge(final long nowNs) {
    if (challengeAck.permit(nowNs)) {
      tcp.counters().increment(Counter.TCP_CHALLENGE_ACKS);
      receiver.oweAck();
    }
  }

  /** RFC 9293 3.10.7.4, second (RFC 5961 3.2): only an exact RST counts. */
  private void onReset(final TcpSegment segment, final long nowNs) {
    if (segment.seq != receiver.rcvNxt()) {
      challenge(nowNs);
      return;
    }
    if (state == TcpState.SYN_RECEIVED) {
      tcp.counters().increment(Counter.TCP_ATTEMPT_FAILS);
      die(passive ? Failure.CONNECTION_RESET : Failure.CONNECTION_REFUSED);
      return;
    }
    final boolean orderly = state == TcpState.TIME_WAIT || state == TcpState.CLOSING;
    if (!orderly) {
      tcp.counters().increment(Counter.TCP_ESTABLISHED_RESETS);
    }
    die(orderly || state == TcpState.LAST_ACK ? Failure.NONE : Failure.CONNECTION_RESET);
  }

  /**
   * RFC 9293 3.10.7.4, fifth.
   *
   * @return false when the segment is done with
   */
  private boolean onAck(final TcpSegment segment, final long nowNs) {
    if (state == TcpState.SYN_RECEIVED && !onAckInSynReceived(segment, nowNs)) {
      return false;
    }
    if (!sender.isAckAcceptable(segment.ack)) {
      tcp.counters().drop(DropReason.TCP_BAD_ACK);
      challenge(nowNs);
      return false;
    }
    onAcknowledged(sender.onAck(segment, nowNs), nowNs);
    if (sender.isFinAcknowledged()) {
      onFinAcknowledged(nowNs);
    }
    return state != TcpState.CLOSED;
  }

  private boolean onAckInSynReceived(final TcpSegment segment, final long nowNs) {
    if (Seq.leq(segment.ack, sender.iss()) || Seq.gt(segment.ack, sender.sndMax())) {
      tcp.counters().drop(DropReason.TCP_BAD_ACK);
      tcp.writer().writeReset(path, segment, nowNs);
      return false;
    }
    if (listener != null && listener.isAcceptQueueFull()) {
      // As Linux: the ACK is ignored, our SYN-ACK is repeated, and the peer asks again.
      tcp.counters().drop(DropReason.TCP_ACCEPT_QUEUE_FULL);
      return false;
    }
    establish(segment, nowNs);
    return true;
  }

  /** RFC 6298 5.2 and 5.3, and what the socket may do now. */
  private void onAcknowledged(final int acked, final long nowNs) {
    if (timers.kind() == TcpTimers.Kind.PERSIST) {
      sender.rtt().onProbeAnswered();
      if (sender.sndWnd() > 0) {
        sender.rtt().onProbingEnded();
        timers.stop();
      }
    }
    if (acked == 0) {
      return;
    }
    if (sender.isIdle()) {
      timers.stop();
    } else if (!sender.recovery().isRecovering() || sender.recovery().takeFirstPartialAck()) {
      timers.start(TcpTimers.Kind.RETRANSMIT, nowNs + sender.rtt().rtoNs());
    }
    if (sendBuffer.takeSpaceRequest(sendBuffer.capacity() / 3)) {
      observer.onReadiness(Readiness.WRITABLE);
    }
  }

  private void onFinAcknowledged(final long nowNs) {
    switch (state) {
      case FIN_WAIT_1 -> {
        state = TcpState.FIN_WAIT_2;
        if (released) {
          timers.start(TcpTimers.Kind.FIN_WAIT_2, nowNs + config.finWait2Ns());
        }
      }
      case CLOSING -> enterTimeWait(nowNs);
      case LAST_ACK -> die(Failure.NONE);
      default -> {}
    }
  }

  /** RFC 9293 3.10.7.4, seventh and eighth. URG is ignored: its bytes are in line (RFC 6093). */
  private void onTextAndFin(final TcpSegment segment, final long nowNs) {
    if (!state.receivesData()) {
      return;
    }
    if (segment.payloadLength > 0) {
      if (released) {
        // RFC 9293 3.6.1, RFC 1122 4.2.2.13: nobody will ever read this, so the peer is told.
        tcp.counters().drop(DropReason.TCP_DATA_AFTER_CLOSE);
        abort(nowNs);
        return;
      }
      if (receiver.onPayload(segment) > 0) {
        observer.onReadiness(Readiness.READABLE);
      }
    }
    if (segment.has(TcpHeader.FIN)) {
      receiver.onFin(segment.payloadSeq() + segment.payloadLength);
    }
    if (receiver.takeFin()) {
      onPeerFin(nowNs);
    }
  }

  private void onPeerFin(final long nowNs) {
    observer.onReadiness(Readiness.READABLE | Readiness.READ_CLOSED);
    switch (state) {
      case ESTABLISHED -> state = TcpState.CLOSE_WAIT;
      case FIN_WAIT_1 -> state = TcpState.CLOSING;
      case FIN_WAIT_2 -> enterTimeWait(nowNs);
      default -> {}
    }
  }

  private void enterTimeWait(final long nowNs) {
    state = TcpState.TIME_WAIT;
    // With too many of them the connection goes at once, but its last ACK still leaves (Linux
    // tcp_max_tw_buckets).
    final boolean keep = tcp.admitTimeWait();
    timers.start(TcpTimers.Kind.TIME_WAIT, keep ? nowNs + config.timeWaitNs() : nowNs);
    observer.onReadiness(Readiness.CLOSED);
  }

  /**
   * Whether a SYN may start a new incarnation of this connection (RFC 9293 3.10.7.4, fourth,
   * TIME-WAIT; RFC 1122 4.2.2.13).
   */
  boolean yieldsTo(final TcpSegment syn) {
    return state == TcpState.TIME_WAIT
        && (syn.flags & (TcpHeader.SYN | TcpHeader.ACK | TcpHeader.RST)) == TcpHeader.SYN
        && Seq.geq(syn.seq, receiver.rcvNxt());
  }

  /**
   * An ICMP error about one of our segments, or a neighbour that does not answer (RFC 5461: soft
   * once synchronized).
   */
  void onUnreachable(final Failure reason, final int quotedSeq) {
    if (state == TcpState.SYN_SENT && quotedSeq == sender.iss()) {
      tcp.counters().increment(Counter.TCP_ATTEMPT_FAILS);
      die(reason);
    }
  }

  // ---- Timers

  private void onTimer(final long nowNs) {
    switch (timers.kind()) {
      case RETRANSMIT -> onRetransmissionTimeout();
      case PERSIST -> onPersistTimeout(nowNs);
      case FIN_WAIT_2, TIME_WAIT -> die(Failure.NONE);
      default -> {}
    }
  }

  private int retryLimit() {
    return switch (state) {
      case SYN_SENT -> config.synRetries();
      case SYN_RECEIVED -> config.synAckRetries();
      default -> released ? config.orphanRetries() : config.dataRetries();
    };
  }

  private boolean givesUp() {
    if (sender.rtt().timeouts() < retryLimit()) {
      return false;
    }
    tcp.counters().increment(Counter.TCP_CONNECTIONS_TIMED_OUT);
    die(Failure.TIMED_OUT);
    return true;
  }

  /** RFC 6298 5.4 to 5.7. */
  private void onRetransmissionTimeout() {
    timers.stop();
    if (givesUp()) {
      return;
    }
    tcp.counters().increment(Counter.TCP_RETRANSMISSION_TIMEOUTS);
    if (state.isSynchronized()) {
      sender.onTimeout();
    } else {
      sender.onSynTimeout();
    }
  }

  /** RFC 9293 3.8.6.1: one more probe, with the back-off of retransmissions. */
  private void onPersistTimeout(final long nowNs) {
    timers.stop();
    if (!sender.hasUnsent() || givesUp()) {
      return;
    }
    final int length = sender.probeLength();
    final boolean fits = sender.sndWnd() > 0;
    if (!transmit(sender.sndNxt(), length, nowNs)) {
      timers.start(TcpTimers.Kind.PERSIST, nowNs);
      return;
    }
    if (fits) {
      onDataSent(length, nowNs);
      return;
    }
    tcp.counters().increment(Counter.TCP_WINDOW_PROBES_OUT);
    sender.onProbeSent();
    sender.rtt().onTimeout();
    timers.start(TcpTimers.Kind.PERSIST, nowNs + sender.rtt().rtoNs());
  }

  // ---- Emission: the one decision ladder through which everything leaves

  /** Asks to be asked: joins the ready list. */
  void wantToEmit() {
    tcp.readyList().add(this);
  }

  @Override
  public boolean emit(final long nowNs) {
    if (state == TcpState.CLOSED) {
      return emitReset(nowNs);
    }
    if (path.transmitRoom() == 0) {
      return true;
    }
    if (timers.isAckDue(nowNs)) {
      tcp.counters().increment(Counter.TCP_DELAYED_ACKS);
      timers.stopDelayingAck();
      receiver.oweAck();
    }
    if (timers.isDue(nowNs) && !(timers.kind() == TcpTimers.Kind.TIME_WAIT && receiver.owesAck())) {
      onTimer(nowNs);
      return state != TcpState.CLOSED || resetOwed;
    }
    if (state == TcpState.SYN_SENT || state == TcpState.SYN_RECEIVED) {
      return emitSyn(nowNs);
    }
    return emitSynchronized(nowNs);
  }

  private boolean emitReset(final long nowNs) {
    if (!resetOwed) {
      return false;
    }
    if (path.transmitRoom() == 0) {
      return true;
    }
    final boolean sent =
        tcp.writer()
            .write(
                this,
                TcpHeader.RST | TcpHeader.ACK,
                sender.pureAckSeq(),
                receiver.rcvNxt(),
                0,
                sendBuffer,
                0,
                0,
                nowNs);
    if (sent) {
      resetOwed = false;
      tcp.counters().increment(Counter.TCP_RESETS_OUT);
    }
    return !sent;
  }

  private boolean emitSyn(final long nowNs) {
    if (!sender.owesSyn()) {
      return state == TcpState.SYN_RECEIVED && receiver.owesAck() && emitAck(nowNs);
    }
    final boolean again = sender.sndMax() != sender.iss();
    final boolean answer = state == TcpState.SYN_RECEIVED;
    final boolean sent =
        tcp.writer()
            .writeSyn(
                this,
                answer ? TcpHeader.SYN | TcpHeader.ACK : TcpHeader.SYN,
                answer ? receiver.rcvNxt() : 0,
                receiver.synWindow(),
                path.maxTransportBytes() - TcpHeader.MIN_LENGTH_BYTES,
                offeredWindowShift,
                nowNs);
    if (!sent) {
      return true;
    }
    if (again) {
      tcp.counters().increment(Counter.TCP_RETRANSMITTED_SEGMENTS);
    }
    sender.onSynSent(nowNs);
    timers.start(TcpTimers.Kind.RETRANSMIT, nowNs + sender.rtt().rtoNs());
    receiver.onAckSent();
    timers.stopDelayingAck();
    return false;
  }

  private boolean emitSynchronized(final long nowNs) {
    if (state.sendsData()) {
      if (sender.retransmitsNow()) {
        return emitFastRetransmit(nowNs);
      }
      final int length = sender.nextLength(nowNs);
      if (length != Sender.NOTHING) {
        if (transmit(sender.sndNxt(), length, nowNs)) {
          onDataSent(length, nowNs);
        }
        return true;
      }
      if (sender.isIdle() && sender.hasUnsent() && timers.kind() == TcpTimers.Kind.NONE) {
        timers.start(TcpTimers.Kind.PERSIST, nowNs + sender.rtt().rtoNs());
      }
    }
    return receiver.owesAck() && emitAck(nowNs);
  }

  private boolean emitFastRetransmit(final long nowNs) {
    if (transmit(sender.sndUna(), sender.retransmitLength(), nowNs)) {
      tcp.counters().increment(Counter.TCP_FAST_RETRANSMITS);
      tcp.counters().increment(Counter.TCP_RETRANSMITTED_SEGMENTS);
      sender.onRetransmitted(nowNs);
    }
    return true;
  }

  private boolean emitAck(final long nowNs) {
    if (!write(TcpHeader.ACK, sender.pureAckSeq(), 0, nowNs)) {
      return true;
    }
    return receiver.owesAck();
  }

  /** Sends payload, or a FIN alone, from {@code seq}; the ACK rides along. */
  private boolean transmit(final int seq, final int length, final long nowNs) {
    int flags = TcpHeader.ACK;
    if (sender.reachesFin(seq, length)) {
      flags |= TcpHeader.FIN;
    }
    if (length > 0 && sender.reachesEnd(seq, length)) {
      flags |= TcpHeader.PSH;
    }
    return write(flags, seq, length, nowNs);
  }

  private boolean write(final int flags, final int seq, final int length, final long nowNs) {
    final boolean sent =
        tcp.writer()
            .write(
                this,
                flags,
                seq,
                receiver.rcvNxt(),
                receiver.windowField(),
                sendBuffer,
                length > 0 ? sender.bufferOffset(seq) : 0,
                length,
                nowNs);
    if (sent) {
      receiver.onAckSent();
      timers.stopDelayingAck();
    }
    return sent;
  }

  private void onDataSent(final int length, final long nowNs) {
    final int sequenceSpace = length + (sender.reachesFin(sender.sndNxt(), length) ? 1 : 0);
    if (sender.onSent(sequenceSpace, nowNs)) {
      tcp.counters().increment(Counter.TCP_RETRANSMITTED_SEGMENTS);
    }
    // RFC 6298 5.1
    if (timers.kind() != TcpTimers.Kind.RETRANSMIT) {
      timers.start(TcpTimers.Kind.RETRANSMIT, nowNs + sender.rtt().rtoNs());
    }
  }

  // ---- The end

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
    failure = reason;
    timers.cancel();
    if (handshaking && listener != null) {
      listener.onHandshakeEnded();
      listener = null;
    }
    tcp.onConnectionGone(this, wasTimeWait);
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
