package io.ustack.tcp;

/**
 * Changes some numbers of a {@link TcpConfig} and leaves the others; each method is named after the
 * component that it sets, whose meaning and unit stand there.
 */
public final class TcpConfigBuilder {
  private long initialRtoNs;
  private long minRtoNs;
  private long maxRtoNs;
  private long synTimedOutRtoNs;
  private long delayedAckNs;
  private long maxDelayedAckNs;
  private int quickAcks;
  private long timeWaitNs;
  private long finWait2Ns;
  private int synRetries;
  private int synAckRetries;
  private int dataRetries;
  private int orphanRetries;
  private boolean keepAlive;
  private long keepAliveIdleNs;
  private long keepAliveIntervalNs;
  private int keepAliveProbes;
  private long userTimeoutNs;
  private int receiveBufferBytes;
  private int sendBufferBytes;
  private int maxReceiveBufferBytes;
  private boolean receiveAutoTuning;
  private boolean sendAutoTuning;
  private int maxSendBufferBytes;
  private int notSentLowBytes;
  private int maxSegmentBytes;
  private boolean timestamps;
  private boolean sack;
  private boolean fastOpen;
  private SynOptionOrder synOptionOrder;
  private int initialWindowSegments;
  private String congestionControl;
  private int maxConnections;
  private int maxTimeWaits;
  private boolean reuseTimeWaits;
  private int maxOrphans;
  private long maxBufferBytes;
  private int maxBacklog;
  private EcnUse ecn;
  private MtuProbing mtuProbing;
  private SynCookieUse synCookies;
  private long challengeAckIntervalNs;
  private int typeOfService;
  private int timeToLive;

  TcpConfigBuilder(final TcpConfig from) {
    initialRtoNs = from.initialRtoNs();
    minRtoNs = from.minRtoNs();
    maxRtoNs = from.maxRtoNs();
    synTimedOutRtoNs = from.synTimedOutRtoNs();
    delayedAckNs = from.delayedAckNs();
    maxDelayedAckNs = from.maxDelayedAckNs();
    quickAcks = from.quickAcks();
    timeWaitNs = from.timeWaitNs();
    finWait2Ns = from.finWait2Ns();
    synRetries = from.synRetries();
    synAckRetries = from.synAckRetries();
    dataRetries = from.dataRetries();
    orphanRetries = from.orphanRetries();
    keepAlive = from.keepAlive();
    keepAliveIdleNs = from.keepAliveIdleNs();
    keepAliveIntervalNs = from.keepAliveIntervalNs();
    keepAliveProbes = from.keepAliveProbes();
    userTimeoutNs = from.userTimeoutNs();
    receiveBufferBytes = from.receiveBufferBytes();
    sendBufferBytes = from.sendBufferBytes();
    maxReceiveBufferBytes = from.maxReceiveBufferBytes();
    receiveAutoTuning = from.receiveAutoTuning();
    sendAutoTuning = from.sendAutoTuning();
    maxSendBufferBytes = from.maxSendBufferBytes();
    notSentLowBytes = from.notSentLowBytes();
    maxSegmentBytes = from.maxSegmentBytes();
    timestamps = from.timestamps();
    sack = from.sack();
    fastOpen = from.fastOpen();
    synOptionOrder = from.synOptionOrder();
    initialWindowSegments = from.initialWindowSegments();
    congestionControl = from.congestionControl();
    maxConnections = from.maxConnections();
    maxTimeWaits = from.maxTimeWaits();
    reuseTimeWaits = from.reuseTimeWaits();
    maxOrphans = from.maxOrphans();
    maxBufferBytes = from.maxBufferBytes();
    maxBacklog = from.maxBacklog();
    ecn = from.ecn();
    mtuProbing = from.mtuProbing();
    synCookies = from.synCookies();
    challengeAckIntervalNs = from.challengeAckIntervalNs();
    typeOfService = from.typeOfService();
    timeToLive = from.timeToLive();
  }

  public TcpConfigBuilder initialRtoNs(final long value) {
    initialRtoNs = value;
    return this;
  }

  public TcpConfigBuilder minRtoNs(final long value) {
    minRtoNs = value;
    return this;
  }

  public TcpConfigBuilder maxRtoNs(final long value) {
    maxRtoNs = value;
    return this;
  }

  public TcpConfigBuilder synTimedOutRtoNs(final long value) {
    synTimedOutRtoNs = value;
    return this;
  }

  public TcpConfigBuilder delayedAckNs(final long value) {
    delayedAckNs = value;
    return this;
  }

  public TcpConfigBuilder maxDelayedAckNs(final long value) {
    maxDelayedAckNs = value;
    return this;
  }

  public TcpConfigBuilder quickAcks(final int value) {
    quickAcks = value;
    return this;
  }

  public TcpConfigBuilder timeWaitNs(final long value) {
    timeWaitNs = value;
    return this;
  }

  public TcpConfigBuilder finWait2Ns(final long value) {
    finWait2Ns = value;
    return this;
  }

  public TcpConfigBuilder synRetries(final int value) {
    synRetries = value;
    return this;
  }

  public TcpConfigBuilder synAckRetries(final int value) {
    synAckRetries = value;
    return this;
  }

  public TcpConfigBuilder dataRetries(final int value) {
    dataRetries = value;
    return this;
  }

  public TcpConfigBuilder orphanRetries(final int value) {
    orphanRetries = value;
    return this;
  }

  public TcpConfigBuilder keepAlive(final boolean value) {
    keepAlive = value;
    return this;
  }

  public TcpConfigBuilder keepAliveIdleNs(final long value) {
    keepAliveIdleNs = value;
    return this;
  }

  public TcpConfigBuilder keepAliveIntervalNs(final long value) {
    keepAliveIntervalNs = value;
    return this;
  }

  public TcpConfigBuilder keepAliveProbes(final int value) {
    keepAliveProbes = value;
    return this;
  }

  public TcpConfigBuilder userTimeoutNs(final long value) {
    userTimeoutNs = value;
    return this;
  }

  public TcpConfigBuilder receiveBufferBytes(final int value) {
    receiveBufferBytes = value;
    return this;
  }

  public TcpConfigBuilder sendBufferBytes(final int value) {
    sendBufferBytes = value;
    return this;
  }

  public TcpConfigBuilder maxReceiveBufferBytes(final int value) {
    maxReceiveBufferBytes = value;
    return this;
  }

  public TcpConfigBuilder receiveAutoTuning(final boolean value) {
    receiveAutoTuning = value;
    return this;
  }

  public TcpConfigBuilder sendAutoTuning(final boolean value) {
    sendAutoTuning = value;
    return this;
  }

  public TcpConfigBuilder maxSendBufferBytes(final int value) {
    maxSendBufferBytes = value;
    return this;
  }

  public TcpConfigBuilder notSentLowBytes(final int value) {
    notSentLowBytes = value;
    return this;
  }

  public TcpConfigBuilder maxSegmentBytes(final int value) {
    maxSegmentBytes = value;
    return this;
  }

  public TcpConfigBuilder timestamps(final boolean value) {
    timestamps = value;
    return this;
  }

  public TcpConfigBuilder sack(final boolean value) {
    sack = value;
    return this;
  }

  public TcpConfigBuilder fastOpen(final boolean value) {
    fastOpen = value;
    return this;
  }

  public TcpConfigBuilder synOptionOrder(final SynOptionOrder value) {
    synOptionOrder = value;
    return this;
  }

  public TcpConfigBuilder initialWindowSegments(final int value) {
    initialWindowSegments = value;
    return this;
  }

  public TcpConfigBuilder congestionControl(final String value) {
    congestionControl = value;
    return this;
  }

  public TcpConfigBuilder maxConnections(final int value) {
    maxConnections = value;
    return this;
  }

  public TcpConfigBuilder maxTimeWaits(final int value) {
    maxTimeWaits = value;
    return this;
  }

  public TcpConfigBuilder reuseTimeWaits(final boolean value) {
    reuseTimeWaits = value;
    return this;
  }

  public TcpConfigBuilder maxOrphans(final int value) {
    maxOrphans = value;
    return this;
  }

  public TcpConfigBuilder maxBufferBytes(final long value) {
    maxBufferBytes = value;
    return this;
  }

  public TcpConfigBuilder maxBacklog(final int value) {
    maxBacklog = value;
    return this;
  }

  public TcpConfigBuilder ecn(final EcnUse value) {
    ecn = value;
    return this;
  }

  public TcpConfigBuilder mtuProbing(final MtuProbing value) {
    mtuProbing = value;
    return this;
  }

  public TcpConfigBuilder synCookies(final SynCookieUse value) {
    synCookies = value;
    return this;
  }

  public TcpConfigBuilder challengeAckIntervalNs(final long value) {
    challengeAckIntervalNs = value;
    return this;
  }

  public TcpConfigBuilder typeOfService(final int value) {
    typeOfService = value;
    return this;
  }

  public TcpConfigBuilder timeToLive(final int value) {
    timeToLive = value;
    return this;
  }

  /**
   * The numbers as they stand now; in which order they were set does not matter.
   *
   * @throws IllegalArgumentException when one is out of the bounds that {@link TcpConfig} tells
   */
  public TcpConfig build() {
    return new TcpConfig(
        initialRtoNs,
        minRtoNs,
        maxRtoNs,
        synTimedOutRtoNs,
        delayedAckNs,
        maxDelayedAckNs,
        quickAcks,
        timeWaitNs,
        finWait2Ns,
        synRetries,
        synAckRetries,
        dataRetries,
        orphanRetries,
        keepAlive,
        keepAliveIdleNs,
        keepAliveIntervalNs,
        keepAliveProbes,
        userTimeoutNs,
        receiveBufferBytes,
        sendBufferBytes,
        maxReceiveBufferBytes,
        receiveAutoTuning,
        sendAutoTuning,
        maxSendBufferBytes,
        notSentLowBytes,
        maxSegmentBytes,
        timestamps,
        sack,
        fastOpen,
        synOptionOrder,
        initialWindowSegments,
        congestionControl,
        maxConnections,
        maxTimeWaits,
        reuseTimeWaits,
        maxOrphans,
        maxBufferBytes,
        maxBacklog,
        ecn,
        mtuProbing,
        synCookies,
        challengeAckIntervalNs,
        typeOfService,
        timeToLive);
  }
}
