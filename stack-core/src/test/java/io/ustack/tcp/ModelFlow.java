package io.ustack.tcp;

import io.ustack.tcp.congestion.AckSample;
import io.ustack.tcp.congestion.CongestionControl;
import io.ustack.tcp.congestion.CongestionControl.Event;
import io.ustack.tcp.congestion.CongestionWindow;
import java.util.ArrayList;
import java.util.List;

/**
 * One flow over a {@link ModelPath}: every segment has its own ACK, three later ACKs say that one
 * is lost, and proportional rate reduction (RFC 9937) leads the window down.
 */
final class ModelFlow {
  private static final int MSS = ModelPath.MSS;

  private static final class Segment {
    private long number;
    private long sentNs;
    private long delivered;
    private long deliveredNs;
    private long firstSentNs;
    private int later;
  }

  final CongestionWindow window = new CongestionWindow();
  final CongestionControl control;
  private final ModelPath path;
  private final long propagationNs;
  private final AckSample sample = new AckSample();
  private final DeliveryRate rate = new DeliveryRate();
  private final Pacing pacing = new Pacing(0);
  private final List<Segment> outstanding = new ArrayList<>();

  private long nextNumber;
  private int toRepeat;
  private long recoveryPoint = -1;
  private long recoveryEnd = -1;
  private int repeatsOfRecovery;
  private int prrDelivered;
  private int prrOut;
  private int recoverFlight;
  private long srttNs;
  private long minRttNs = Long.MAX_VALUE;
  private long lastAckNs;
  private boolean wasFull;
  private boolean asksAgain;
  int events;
  int timeouts;

  ModelFlow(final ModelPath path, final CongestionControl control, final long propagationNs) {
    this.path = path;
    this.control = control;
    this.propagationNs = propagationNs;
    window.start(MSS, 10 * MSS);
  }

  void start() {
    control.start(window, path.nowNs);
    lastAckNs = path.nowNs;
    send();
    watch();
  }

  private int inFlight() {
    return outstanding.size() * MSS;
  }

  long goodBytes() {
    return rate.delivered();
  }

  private void send() {
    while (inFlight() + MSS <= window.cwnd()) {
      final long bytesPerSecond = control.pacingRate(window);
      if (!pacing.mayLeave(bytesPerSecond, path.nowNs)) {
        wake();
        return;
      }
      sendOne(bytesPerSecond);
    }
    wasFull = true;
  }

  private void wake() {
    if (!asksAgain) {
      asksAgain = true;
      path.at(
          pacing.departureNs(),
          () -> {
            asksAgain = false;
            send();
          });
    }
  }

  private void sendOne(final long bytesPerSecond) {
    rate.onSend(inFlight(), path.nowNs);
    pacing.onSent(MSS, bytesPerSecond, MSS, path.nowNs);
    final Segment segment = new Segment();
    segment.number = nextNumber++;
    segment.sentNs = path.nowNs;
    segment.delivered = rate.delivered();
    segment.deliveredNs = rate.deliveredNs();
    segment.firstSentNs = rate.firstSentNs();
    toRepeat = Math.max(0, toRepeat - 1);
    if (repeatsOfRecovery > 0) {
      // Recovery lasts until what was lost before it has arrived, too.
      repeatsOfRecovery--;
      recoveryEnd = segment.number;
    }
    prrOut += MSS;
    outstanding.add(segment);
    final long passedNs = path.pass();
    if (passedNs >= 0) {
      path.at(passedNs + propagationNs, () -> onAck(segment));
    }
  }

  private void onAck(final Segment segment) {
    final int before = inFlight();
    if (!outstanding.remove(segment)) {
      return;
    }
    lastAckNs = path.nowNs;
    measure(segment, before);
    final boolean isLoss = loseThoseBehind(segment);
    sample.inFlightBytes = inFlight();
    rate.finish(sample);
    if (isLoss && recoveryEnd < 0) {
      enterRecovery(Event.LOSS, before);
    }
    endRecovery(segment);
    sample.inRecovery = recoveryEnd >= 0;
    sample.isCwndLimited = wasFull;
    if (!sample.inRecovery || control.ownsRecovery()) {
      control.onAck(window, sample);
    } else if (timeoutRecovery) {
      // After a timeout slow start is on.
      control.onAck(window, sample);
    } else {
      reduceProportionally();
    }
    send();
  }

  private boolean timeoutRecovery;

  private void measure(final Segment segment, final int before) {
    final long rttNs = path.nowNs - segment.sentNs;
    srttNs = srttNs == 0 ? rttNs : srttNs + (rttNs - srttNs) / 8;
    minRttNs = Math.min(minRttNs, rttNs);
    sample.nowNs = path.nowNs;
    sample.ackedBytes = MSS;
    sample.rttNs = rttNs;
    sample.srttNs = srttNs;
    sample.minRttNs = minRttNs;
    sample.inFlightBeforeBytes = before;
    rate.begin(sample);
    rate.onDelivered(
        sample,
        MSS,
        segment.sentNs,
        segment.delivered,
        segment.deliveredNs,
        segment.firstSentNs,
        false);
  }

  private boolean loseThoseBehind(final Segment acked) {
    sample.lostBytes = 0;
    for (int i = 0; i < outstanding.size(); i++) {
      final Segment segment = outstanding.get(i);
      if (segment.number > acked.number) {
        break;
      }
      if (++segment.later >= 3) {
        outstanding.remove(i--);
        toRepeat++;
        repeatsOfRecovery += segment.number < recoveryPoint ? 1 : 0;
        sample.lostBytes += MSS;
      }
    }
    return sample.lostBytes > 0;
  }

  private void enterRecovery(final Event event, final int before) {
    events++;
    control.onCongestion(window, event, before, path.nowNs);
    recoveryPoint = nextNumber;
    recoveryEnd = nextNumber;
    repeatsOfRecovery = toRepeat;
    recoverFlight = before;
    prrDelivered = 0;
    prrOut = 0;
    timeoutRecovery = event == Event.TIMEOUT;
  }

  private void endRecovery(final Segment segment) {
    if (recoveryEnd >= 0 && segment.number >= recoveryEnd && repeatsOfRecovery == 0) {
      recoveryEnd = -1;
      recoveryPoint = -1;
      if (!control.ownsRecovery() && !timeoutRecovery) {
        window.cwnd(window.ssthresh());
      }
      control.onRecovered(window, path.nowNs);
    }
  }

  private void reduceProportionally() {
    prrDelivered += MSS;
    long more;
    if (inFlight() > window.ssthresh()) {
      more = (long) prrDelivered * window.ssthresh() / Math.max(1, recoverFlight) - prrOut;
    } else {
      more = Math.min(window.ssthresh() - inFlight(), Math.max(prrDelivered - prrOut, 0) + MSS);
    }
    window.cwnd(inFlight() + Math.max(0, more));
  }

  /** A timeout: a second without an ACK. */
  private void watch() {
    path.at(
        path.nowNs + 100 * ModelPath.MS,
        () -> {
          if (path.nowNs - lastAckNs > 1000 * ModelPath.MS) {
            timeouts++;
            lastAckNs = path.nowNs;
            final int before = inFlight();
            toRepeat += outstanding.size();
            outstanding.clear();
            enterRecovery(Event.TIMEOUT, before);
            window.cwnd(MSS);
            send();
          }
          watch();
        });
  }
}
