package io.ustack.tcp.congestion;

/**
 * BBR, version 1 (draft-cardwell-iccrg-bbr-congestion-control-00): a model of the path, its
 * bottleneck's bandwidth and its round trip without queues, says how fast to send and how much may
 * be in flight. Losses alone change neither; ECN is not heard.
 *
 * <p>Section numbers are the draft's. It keeps the window itself during recovery, and paces.
 */
public final class Bbr implements CongestionControl {
  /** As {@code tcp_available_congestion_control} calls it. */
  public static final String NAME = "bbr";

  /** 4.1: what it is doing. */
  enum State {
    /** Doubles the rate every round until the bandwidth grows no more. */
    STARTUP,
    /** Empties the queue that STARTUP made. */
    DRAIN,
    /** Sends at the bandwidth, now and then a quarter faster, then slower. */
    PROBE_BW,
    /** Lets the queue run empty to see the round trip without it. */
    PROBE_RTT
  }

  /** 4.3.2.1: 2/ln 2, the smallest that doubles the rate every round. */
  private static final double HIGH_GAIN = 2 / Math.log(2);

  /** 4.3.4.2: one round each; the second gives back what the first has put into the queue. */
  private static final double[] GAIN_CYCLE = {1.25, 0.75, 1, 1, 1, 1, 1, 1};

  private static final double PROBE_BW_CWND_GAIN = 2;
  private static final int BANDWIDTH_ROUNDS = 10;
  private static final long RTPROP_FILTER_NS = 10_000_000_000L;
  private static final long PROBE_RTT_NS = 200_000_000L;
  private static final int MIN_PIPE_SEGMENTS = 4;
  private static final int FULL_PIPE_ROUNDS = 3;
  private static final double FULL_PIPE_GROWTH = 1.25;
  private static final double NS_PER_SECOND = 1e9;
  private static final long UNKNOWN = Long.MAX_VALUE;

  private State state = State.STARTUP;
  private double pacingGain = HIGH_GAIN;
  private double cwndGain = HIGH_GAIN;
  private long pacingRate;

  /** BtlBw, in bytes per second. */
  private final WindowedMax bandwidth = new WindowedMax();

  /** RTprop. */
  private long rtPropNs = UNKNOWN;

  private long rtPropStampNs;
  private boolean rtPropExpired;

  private int roundCount;
  private boolean roundStart;
  private long nextRoundDelivered;

  private boolean filledPipe;
  private long fullBandwidth;
  private int fullBandwidthCount;

  private int cycleIndex;
  private long cycleStampNs;

  private boolean probeRttDoneKnown;
  private boolean probeRttRoundDone;
  private long probeRttDoneNs;

  /** Samples of what left before so much was delivered show PROBE_RTT, not the path. */
  private long slowUntilDelivered;

  private boolean idleRestart;
  private int priorCwnd;
  private boolean inRecovery;
  private boolean entersRecovery;
  private boolean packetConservation;

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public boolean ownsRecovery() {
    return true;
  }

  @Override
  public boolean isRateBased() {
    return true;
  }

  @Override
  public long pacingRate(final CongestionWindow window) {
    return pacingRate;
  }

  @Override
  public void start(final CongestionWindow window, final long nowNs) {
    rtPropStampNs = nowNs;
    pacingRate = initialRate(window, 1_000_000);
  }

  @Override
  public void onAck(final CongestionWindow window, final AckSample sample) {
    // The model
    updateRound(sample);
    updateBandwidth(sample);
    checkCyclePhase(window, sample);
    checkFullPipe(sample);
    checkDrain(window, sample);
    updateRtProp(window, sample);
    checkProbeRtt(window, sample);
    // What follows from it
    setPacingRate();
    setCwnd(window, sample);
  }

  // ---- 4.1.1: the model

  private void updateRound(final AckSample sample) {
    roundStart = sample.deliveredBytes > 0 && sample.priorDeliveredBytes >= nextRoundDelivered;
    if (roundStart) {
      nextRoundDelivered = sample.totalDeliveredBytes;
      roundCount++;
      if (!entersRecovery) {
        // 4.2.3.4: one round of packet conservation.
        packetConservation = false;
      }
    }
  }

  private void updateBandwidth(final AckSample sample) {
    if (sample.deliveryIntervalNs <= 0) {
      return;
    }
    final long rate =
        (long) (sample.sampleDeliveredBytes() * NS_PER_SECOND / sample.deliveryIntervalNs);
    if (rate >= bandwidth.value() || !isLimited(sample)) {
      bandwidth.update(rate, roundCount, BANDWIDTH_ROUNDS);
    }
  }

  /** The sample says what was sent, not what the path can carry. */
  private boolean isLimited(final AckSample sample) {
    return sample.isAppLimited || sample.priorDeliveredBytes < slowUntilDelivered;
  }

  private void updateRtProp(final CongestionWindow window, final AckSample sample) {
    rtPropExpired = sample.nowNs - rtPropStampNs > RTPROP_FILTER_NS;
    if (sample.rttNs != AckSample.NONE && (sample.rttNs <= rtPropNs || rtPropExpired)) {
      if (rtPropNs == UNKNOWN) {
        pacingRate = initialRate(window, sample.rttNs);
      }
      rtPropNs = sample.rttNs;
      rtPropStampNs = sample.nowNs;
    }
  }

  /** 4.2.3.2: what keeps the pipe full, times {@code gain}, and some for delayed ACKs. */
  private long inFlight(final CongestionWindow window, final double gain) {
    if (rtPropNs == UNKNOWN || bandwidth.value() == 0) {
      return window.initialWindow();
    }
    final double bdp = bandwidth.value() * (rtPropNs / NS_PER_SECOND);
    return (long) (gain * bdp) + 3L * sendQuantum(window);
  }

  /** 4.2.2: what leaves at once. */
  private int sendQuantum(final CongestionWindow window) {
    if (pacingRate < 1_200_000 / 8) {
      return window.smss();
    }
    if (pacingRate < 24_000_000 / 8) {
      return 2 * window.smss();
    }
    return (int) Math.min(pacingRate / 1000, 64 << 10);
  }

  // ---- 4.3: the states

  /** 4.3.2.2: three rounds without a quarter more: the pipe is full. */
  private void checkFullPipe(final AckSample sample) {
    if (filledPipe || !roundStart || sample.isAppLimited) {
      return;
    }
    if (bandwidth.value() >= fullBandwidth * FULL_PIPE_GROWTH) {
      fullBandwidth = bandwidth.value();
      fullBandwidthCount = 0;
      return;
    }
    fullBandwidthCount++;
    filledPipe = fullBandwidthCount >= FULL_PIPE_ROUNDS;
  }

  private void checkDrain(final CongestionWindow window, final AckSample sample) {
    if (state == State.STARTUP && filledPipe) {
      state = State.DRAIN;
      pacingGain = 1 / HIGH_GAIN;
      cwndGain = HIGH_GAIN;
    }
    if (state == State.DRAIN && sample.inFlightBytes <= inFlight(window, 1)) {
      enterProbeBandwidth(sample);
    }
  }

  /** 4.3.4.3: begins anywhere in the cycle but where it sends slower. */
  private void enterProbeBandwidth(final AckSample sample) {
    state = State.PROBE_BW;
    cwndGain = PROBE_BW_CWND_GAIN;
    final long chance = (sample.nowNs ^ sample.totalDeliveredBytes) * 0x9E37_79B9_7F4A_7C15L;
    cycleIndex = GAIN_CYCLE.length - 1 - (int) ((chance >>> 33) % (GAIN_CYCLE.length - 1));
    advanceCyclePhase(sample.nowNs);
  }

  private void advanceCyclePhase(final long nowNs) {
    cycleStampNs = nowNs;
    cycleIndex = (cycleIndex + 1) % GAIN_CYCLE.length;
    pacingGain = GAIN_CYCLE[cycleIndex];
  }

  private void checkCyclePhase(final CongestionWindow window, final AckSample sample) {
    if (state == State.PROBE_BW && isNextCyclePhase(window, sample)) {
      advanceCyclePhase(sample.nowNs);
    }
  }

  private boolean isNextCyclePhase(final CongestionWindow window, final AckSample sample) {
    final boolean isFullLength = sample.nowNs - cycleStampNs > rtPropNs;
    if (pacingGain > 1) {
      return isFullLength
          && (sample.lostBytes > 0 || sample.inFlightBeforeBytes >= inFlight(window, pacingGain));
    }
    return isFullLength || (pacingGain < 1 && sample.inFlightBeforeBytes <= inFlight(window, 1));
  }

  private void checkProbeRtt(final CongestionWindow window, final AckSample sample) {
    if (state != State.PROBE_RTT && rtPropExpired && !idleRestart) {
      saveCwnd(window);
      state = State.PROBE_RTT;
      pacingGain = 1;
      cwndGain = 1;
      probeRttDoneKnown = false;
    }
    if (state == State.PROBE_RTT) {
      stayInProbeRtt(window, sample);
    }
    if (sample.deliveredBytes > 0) {
      idleRestart = false;
    }
  }

  /** 4.3.5: at least 200 ms and a round with at most four segments in flight. */
  private void stayInProbeRtt(final CongestionWindow window, final AckSample sample) {
    slowUntilDelivered = sample.totalDeliveredBytes + sample.inFlightBytes;
    if (!probeRttDoneKnown) {
      if (sample.inFlightBytes <= MIN_PIPE_SEGMENTS * window.smss()) {
        probeRttDoneKnown = true;
        probeRttDoneNs = sample.nowNs + PROBE_RTT_NS;
        probeRttRoundDone = false;
        nextRoundDelivered = sample.totalDeliveredBytes;
      }
      return;
    }
    probeRttRoundDone |= roundStart;
    if (probeRttRoundDone && sample.nowNs - probeRttDoneNs > 0) {
      rtPropStampNs = sample.nowNs;
      restoreCwnd(window);
      if (filledPipe) {
        enterProbeBandwidth(sample);
      } else {
        state = State.STARTUP;
        pacingGain = HIGH_GAIN;
        cwndGain = HIGH_GAIN;
      }
    }
  }

  /** 4.3.4.4: after idleness at the bandwidth, not in bursts. */
  @Override
  public void onRestart(
      final CongestionWindow window, final long idleNs, final long rtoNs, final long nowNs) {
    idleRestart = true;
    if (state == State.PROBE_BW && bandwidth.value() > 0) {
      pacingRate = bandwidth.value();
    }
  }

  // ---- 4.2: the control parameters

  /** 4.2.1: the initial window in one round trip, which is taken to be 1 ms until one is known. */
  private static long initialRate(final CongestionWindow window, final long roundTripNs) {
    final double rate = window.initialWindow() * NS_PER_SECOND / Math.max(1, roundTripNs);
    return Math.max(1, (long) (HIGH_GAIN * rate));
  }

  /** 4.2.1: the rate only rises until the pipe is known to be full. */
  private void setPacingRate() {
    final long rate = (long) (pacingGain * bandwidth.value());
    if (rate > pacingRate || (filledPipe && rate > 0)) {
      pacingRate = rate;
    }
  }

  /** 4.2.3. */
  private void setCwnd(final CongestionWindow window, final AckSample sample) {
    modulateForRecovery(window, sample);
    if (!packetConservation) {
      final long target = inFlight(window, cwndGain);
      final long more = (long) window.cwnd() + sample.deliveredBytes;
      if (filledPipe) {
        window.cwnd(Math.min(more, target));
      } else if (window.cwnd() < target || sample.totalDeliveredBytes < window.initialWindow()) {
        window.cwnd(more);
      }
      window.cwnd(Math.max(window.cwnd(), minPipe(window)));
    }
    if (state == State.PROBE_RTT) {
      window.cwnd(Math.min(window.cwnd(), minPipe(window)));
    }
  }

  private static int minPipe(final CongestionWindow window) {
    return MIN_PIPE_SEGMENTS * window.smss();
  }

  // ---- 4.2.3.4: recovery

  /**
   * A recovery begins with what is in flight, and for a round lets out only what has arrived; what
   * is lost leaves the window.
   */
  private void modulateForRecovery(final CongestionWindow window, final AckSample sample) {
    if (entersRecovery) {
      entersRecovery = false;
      nextRoundDelivered = sample.totalDeliveredBytes;
      window.cwnd((long) sample.inFlightBytes + Math.max(sample.deliveredBytes, window.smss()));
      return;
    }
    if (sample.lostBytes > 0) {
      window.cwnd((long) window.cwnd() - sample.lostBytes);
    }
    if (packetConservation) {
      window.cwnd(Math.max(window.cwnd(), (long) sample.inFlightBytes + sample.deliveredBytes));
    }
  }

  @Override
  public void onCongestion(
      final CongestionWindow window, final Event event, final int flightBytes, final long nowNs) {
    if (event == Event.ECN) {
      return;
    }
    saveCwnd(window);
    inRecovery = true;
    entersRecovery = event == Event.LOSS;
    packetConservation = event == Event.LOSS;
    if (event == Event.TIMEOUT) {
      window.cwnd(window.smss());
    }
  }

  @Override
  public void onRecovered(final CongestionWindow window, final long nowNs) {
    leaveRecovery(window);
  }

  /** What was measured while too little was sent must not end STARTUP. */
  @Override
  public void onUndo(final CongestionWindow window, final long nowNs) {
    fullBandwidth = 0;
    fullBandwidthCount = 0;
    leaveRecovery(window);
  }

  private void leaveRecovery(final CongestionWindow window) {
    if (inRecovery) {
      inRecovery = false;
      entersRecovery = false;
      packetConservation = false;
      restoreCwnd(window);
    }
  }

  private void saveCwnd(final CongestionWindow window) {
    final boolean isModulated = inRecovery || state == State.PROBE_RTT;
    priorCwnd = isModulated ? Math.max(priorCwnd, window.cwnd()) : window.cwnd();
  }

  private void restoreCwnd(final CongestionWindow window) {
    window.cwnd(Math.max(window.cwnd(), priorCwnd));
  }

  State state() {
    return state;
  }

  /** BtlBw, in bytes per second. */
  long bandwidth() {
    return bandwidth.value();
  }

  /** RTprop, or {@link Long#MAX_VALUE}. */
  long rtPropNs() {
    return rtPropNs;
  }

  double pacingGain() {
    return pacingGain;
  }
}
