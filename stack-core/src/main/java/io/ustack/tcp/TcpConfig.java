package io.ustack.tcp;

import io.ustack.ipv4.Ipv4Header;
import io.ustack.tcp.congestion.Cubic;

/**
 * Every number of TCP in one place. Immutable; the defaults are Linux's where Linux has one. Each
 * has bounds, which stand with it in brackets; what is beyond them is an {@link
 * IllegalArgumentException} that names the number, its value and its bounds.
 *
 * @param initialRtoNs before the first sample (RFC 6298 2.1; Linux TCP_TIMEOUT_INIT); maxRtoNs
 *     counts where it is shorter [1 ms to 1 h]
 * @param minRtoNs floor of the timeout above the smoothed RTT (Linux TCP_RTO_MIN, 200 ms; RFC 6298
 *     2.4 says 1 s in all) [1 ms to maxRtoNs]
 * @param maxRtoNs ceiling (Linux TCP_RTO_MAX, 120 s) [1 ms to 1 h]
 * @param synTimedOutRtoNs timeout of the first data after a repeated SYN (RFC 6298 5.7; Linux
 *     TCP_TIMEOUT_FALLBACK) [1 ms to 1 h]
 * @param delayedAckNs how long an ACK waits for company (RFC 9293 3.8.6.3: less than 500 ms; Linux
 *     TCP_DELACK_MIN, 40 ms) [0, at once, to maxDelayedAckNs]
 * @param maxDelayedAckNs how long it waits at most, when segments come in a slower rhythm (Linux
 *     TCP_DELACK_MAX, 200 ms) [0 to less than 500 ms]
 * @param quickAcks how many segments are acknowledged one by one at the start, and after the peer
 *     was silent for longer than a timeout (Linux TCP_MAX_QUICKACKS, 16) [0 to 65535]
 * @param timeWaitNs how long TIME_WAIT lasts (2 MSL; Linux TCP_TIMEWAIT_LEN, 60 s) [0 to 1 h]
 * @param finWait2Ns how long a connection that nobody holds waits for the peer's FIN (Linux
 *     tcp_fin_timeout, 60 s) [0 to 1 h]
 * @param synRetries repeated SYNs before giving up (Linux tcp_syn_retries, 6) [0 to 255]
 * @param synAckRetries repeated SYN-ACKs before giving up (Linux tcp_synack_retries, 5) [0 to 255]
 * @param dataRetries repeated data or probes before giving up (Linux tcp_retries2, 15) [0 to 255]
 * @param orphanRetries the same once nobody holds the connection (Linux tcp_orphan_retries, 8) [0
 *     to 255]
 * @param keepAlive whether connections look after silent peers (RFC 9293 3.8.4; off, as
 *     SO_KEEPALIVE is on Linux)
 * @param keepAliveIdleNs how long a peer is silent before it is asked (Linux tcp_keepalive_time, 2
 *     h, which RFC 9293 MUST-28 asks for) [1 ms to 30 d]
 * @param keepAliveIntervalNs between unanswered probes (Linux tcp_keepalive_intvl, 75 s) [1 ms to
 *     30 d]
 * @param keepAliveProbes unanswered probes after which the peer is given up (Linux
 *     tcp_keepalive_probes, 9) [1 to 255]
 * @param userTimeoutNs how long data, a closed window or a probe may stay without answer before the
 *     connection is given up; 0 leaves that to the counts (RFC 5482, Linux TCP_USER_TIMEOUT) [0 to
 *     30 d]
 * @param receiveBufferBytes capacity of the receive buffer (Linux tcp_rmem[1], 131072) [1 to
 *     maxReceiveBufferBytes]
 * @param sendBufferBytes capacity of the send buffer [1 to maxSendBufferBytes]
 * @param maxReceiveBufferBytes how far the receive buffer grows; the window scale is chosen for it
 *     (Linux tcp_rmem[2], 6 MiB) [1 to 1 GiB]
 * @param receiveAutoTuning whether the receive buffer grows up to {@code maxReceiveBufferBytes}
 *     with what the application takes per round trip (Linux tcp_moderate_rcvbuf, on)
 * @param sendAutoTuning whether the send buffer grows up to {@code maxSendBufferBytes} with the
 *     congestion window (on, as Linux)
 * @param maxSendBufferBytes see above (Linux tcp_wmem[2], 4 MiB) [1 to 1 GiB]
 * @param notSentLowBytes how much of the send buffer may wait to be sent for the first time; 0 is
 *     no bound (Linux tcp_notsent_lowat, none) [0 to 1 GiB]
 * @param maxSegmentBytes the MSS that we tell and use at most; 0 leaves that to the path
 *     (TCP_MAXSEG) [0, or 48 to 65535]
 * @param timestamps whether our SYNs offer timestamps (RFC 7323; Linux tcp_timestamps)
 * @param sack whether our SYNs permit selective acknowledgments (RFC 2018; Linux tcp_sack)
 * @param fastOpen whether a connection that is asked to may send data with its SYN (RFC 7413; Linux
 *     tcp_fastopen = 1); a listener has a switch of its own
 * @param synOptionOrder in which order our SYNs have their options
 * @param initialWindowSegments initial congestion window in segments (RFC 6928, 10) [1 to 1000]
 * @param congestionControl the algorithm: cubic, reno, bbr or one of your own (Linux
 *     tcp_congestion_control)
 * @param maxConnections connections of one stack in all, in whatever state [1 to 2^28]
 * @param maxTimeWaits connections in TIME_WAIT; beyond it they close at once (Linux
 *     tcp_max_tw_buckets) [0 to 2^28]
 * @param reuseTimeWaits whether a connection of ours in TIME_WAIT gives its ports to a new one to
 *     the same peer, by timestamps (RFC 6191; Linux tcp_tw_reuse = 1, its default reuses only on
 *     loopback)
 * @param maxOrphans connections that were closed and still wait for their peer; beyond it a close
 *     is an abort (Linux tcp_max_orphans) [0 to 2^28]
 * @param maxBufferBytes what the buffers of all connections may hold together (as Linux tcp_mem);
 *     by default half of what the JVM may use [0 or more]
 * @param maxBacklog ceiling of listen's backlog (Linux somaxconn, 4096) [0 to 2^20]
 * @param ecn whether connections use ECN (RFC 3168; Linux tcp_ecn, 2)
 * @param mtuProbing when it is tried how long a segment gets through (RFC 4821; Linux
 *     tcp_mtu_probing = 1, its default is 0, never)
 * @param synCookies when SYNs are answered without being kept (RFC 4987; Linux tcp_syncookies, 1)
 * @param challengeAckIntervalNs at least this long between two ACKs that answer unacceptable
 *     segments (Linux tcp_invalid_ratelimit, 500 ms) [0, no limit, to 1 h]
 * @param typeOfService the byte of this name in the IP header of segments: the DiffServ field, with
 *     the two ECN bits 0, which TCP sets itself (IP_TOS; RFC 9293 3.9.1.9) [0 to 252, multiples of
 *     4]
 * @param timeToLive how many routers a segment passes (IP_TTL; Linux ip_default_ttl, 64) [1 to 255]
 */
public record TcpConfig(
    long initialRtoNs,
    long minRtoNs,
    long maxRtoNs,
    long synTimedOutRtoNs,
    long delayedAckNs,
    long maxDelayedAckNs,
    int quickAcks,
    long timeWaitNs,
    long finWait2Ns,
    int synRetries,
    int synAckRetries,
    int dataRetries,
    int orphanRetries,
    boolean keepAlive,
    long keepAliveIdleNs,
    long keepAliveIntervalNs,
    int keepAliveProbes,
    long userTimeoutNs,
    int receiveBufferBytes,
    int sendBufferBytes,
    int maxReceiveBufferBytes,
    boolean receiveAutoTuning,
    boolean sendAutoTuning,
    int maxSendBufferBytes,
    int notSentLowBytes,
    int maxSegmentBytes,
    boolean timestamps,
    boolean sack,
    boolean fastOpen,
    SynOptionOrder synOptionOrder,
    int initialWindowSegments,
    String congestionControl,
    int maxConnections,
    int maxTimeWaits,
    boolean reuseTimeWaits,
    int maxOrphans,
    long maxBufferBytes,
    int maxBacklog,
    EcnUse ecn,
    MtuProbing mtuProbing,
    SynCookieUse synCookies,
    long challengeAckIntervalNs,
    int typeOfService,
    int timeToLive) {
  private static final long MS = 1_000_000L;
  private static final long SECOND = 1_000 * MS;

  public TcpConfig {
    // doubled twenty times an hour still fits a long
    Bounds.check("maxRtoNs", maxRtoNs, MS, Bounds.HOUR_NS);
    Bounds.check("initialRtoNs", initialRtoNs, MS, Bounds.HOUR_NS);
    Bounds.check("synTimedOutRtoNs", synTimedOutRtoNs, MS, Bounds.HOUR_NS);
    Bounds.checkUpTo("minRtoNs", minRtoNs, MS, "maxRtoNs", maxRtoNs);
    // RFC 9293 3.8.6.3, MUST-40: less than half a second
    Bounds.check("maxDelayedAckNs", maxDelayedAckNs, 0, SECOND / 2 - 1);
    Bounds.checkUpTo("delayedAckNs", delayedAckNs, 0, "maxDelayedAckNs", maxDelayedAckNs);
    Bounds.check("quickAcks", quickAcks, 0, 0xFFFF);
    Bounds.check("timeWaitNs", timeWaitNs, 0, Bounds.HOUR_NS);
    Bounds.check("finWait2Ns", finWait2Ns, 0, Bounds.HOUR_NS);
    Bounds.check("synRetries", synRetries, 0, 0xFF);
    Bounds.check("synAckRetries", synAckRetries, 0, 0xFF);
    Bounds.check("dataRetries", dataRetries, 0, 0xFF);
    Bounds.check("orphanRetries", orphanRetries, 0, 0xFF);
    Bounds.check("keepAliveIdleNs", keepAliveIdleNs, MS, Bounds.MONTH_NS);
    Bounds.check("keepAliveIntervalNs", keepAliveIntervalNs, MS, Bounds.MONTH_NS);
    Bounds.check("keepAliveProbes", keepAliveProbes, 1, 0xFF);
    Bounds.check("userTimeoutNs", userTimeoutNs, 0, Bounds.MONTH_NS);
    Bounds.check("maxReceiveBufferBytes", maxReceiveBufferBytes, 1, Bounds.GIB);
    Bounds.check("maxSendBufferBytes", maxSendBufferBytes, 1, Bounds.GIB);
    Bounds.checkUpTo(
        "receiveBufferBytes",
        receiveBufferBytes,
        1,
        "maxReceiveBufferBytes",
        maxReceiveBufferBytes);
    Bounds.checkUpTo(
        "sendBufferBytes", sendBufferBytes, 1, "maxSendBufferBytes", maxSendBufferBytes);
    Bounds.check("notSentLowBytes", notSentLowBytes, 0, 1 << 30);
    if (maxSegmentBytes != 0) {
      Bounds.check("maxSegmentBytes", maxSegmentBytes, Tcp.MIN_MSS, 0xFFFF);
    }
    Bounds.check("initialWindowSegments", initialWindowSegments, 1, 1000);
    Bounds.check("maxConnections", maxConnections, 1, 1 << 28);
    Bounds.check("maxTimeWaits", maxTimeWaits, 0, 1 << 28);
    Bounds.check("maxOrphans", maxOrphans, 0, 1 << 28);
    Bounds.check("maxBufferBytes", maxBufferBytes, 0, Long.MAX_VALUE);
    Bounds.check("maxBacklog", maxBacklog, 0, 1 << 20);
    Bounds.check("challengeAckIntervalNs", challengeAckIntervalNs, 0, Bounds.HOUR_NS);
    Bounds.check("typeOfService", typeOfService, 0, 0xFC);
    if ((typeOfService & Ipv4Header.ECN_MASK) != 0) {
      throw new IllegalArgumentException(
          "TcpConfig: typeOfService is " + typeOfService + ", not a multiple of 4");
    }
    Bounds.check("timeToLive", timeToLive, 1, 0xFF);
    Bounds.checkGiven("synOptionOrder", synOptionOrder);
    Bounds.checkGiven("congestionControl", congestionControl);
    Bounds.checkGiven("ecn", ecn);
    Bounds.checkGiven("mtuProbing", mtuProbing);
    Bounds.checkGiven("synCookies", synCookies);
  }

  /** The numbers of Linux, as named above. */
  public static final TcpConfig LINUX =
      new TcpConfig(
          SECOND,
          200 * MS,
          120 * SECOND,
          3 * SECOND,
          40 * MS,
          200 * MS,
          16,
          60 * SECOND,
          60 * SECOND,
          6,
          5,
          15,
          8,
          false,
          7200 * SECOND,
          75 * SECOND,
          9,
          0,
          128 << 10,
          256 << 10,
          6 << 20,
          true,
          true,
          4 << 20,
          0,
          0,
          true,
          true,
          true,
          SynOptionOrder.LINUX,
          10,
          Cubic.NAME,
          1 << 20,
          1 << 17,
          true,
          1 << 14,
          Runtime.getRuntime().maxMemory() / 2,
          4096,
          EcnUse.WHEN_ASKED,
          MtuProbing.ON_BLACK_HOLE,
          SynCookieUse.WHEN_FULL,
          500 * MS,
          0,
          Ipv4Header.DEFAULT_TIME_TO_LIVE);

  /**
   * What FreeBSD 14 does instead, as far as it can be said in these numbers; each names its sysctl.
   * What is not here is as in {@link #LINUX}.
   */
  public static final TcpConfig FREEBSD =
      LINUX
          .with()
          // net.inet.tcp.rexmit_min (30 ms) and net.inet.tcp.rexmit_slop (200 ms), which is added
          .minRtoNs(230 * MS)
          // TCPTV_REXMTMAX
          .maxRtoNs(64 * SECOND)
          // net.inet.tcp.delacktime; it has neither quick ACKs nor a delay that adapts
          .delayedAckNs(40 * MS)
          .maxDelayedAckNs(40 * MS)
          .quickAcks(0)
          // net.inet.tcp.keepinit, 75 s: repetitions after 1, 3, 7, 15, 31 s and an end at 63 s
          .synRetries(5)
          // net.inet.tcp.syncache.rexmtlimit
          .synAckRetries(3)
          // net.inet.tcp.retries (TCP_MAXRXTSHIFT), held by somebody or not
          .dataRetries(12)
          .orphanRetries(12)
          // net.inet.tcp.keepcnt; keepidle (2 h) and keepintvl (75 s) are Linux's
          .keepAliveProbes(8)
          // net.inet.tcp.recvspace, sendspace, recvbuf_max, sendbuf_max
          .receiveBufferBytes(64 << 10)
          .sendBufferBytes(32 << 10)
          .maxReceiveBufferBytes(2 << 20)
          .maxSendBufferBytes(2 << 20)
          // tcp_addoptions
          .synOptionOrder(SynOptionOrder.FREEBSD)
          // kern.ipc.soacceptqueue
          .maxBacklog(128)
          .build();

  /** What a stack has that nobody tells otherwise. */
  public static final TcpConfig DEFAULT = LINUX;

  /**
   * The profile of that name.
   *
   * @param name {@code linux} or {@code freebsd}
   * @throws IllegalArgumentException for any other
   */
  public static TcpConfig profile(final String name) {
    return switch (name) {
      case "linux" -> LINUX;
      case "freebsd" -> FREEBSD;
      default -> throw new IllegalArgumentException("'" + name + "' is neither linux nor freebsd");
    };
  }

  /**
   * The same with other buffer capacities, in bytes, which stay as they are; they may be larger
   * than the largest was.
   *
   * @throws IllegalArgumentException unless both are 1 to 1 GiB
   */
  public TcpConfig withBuffers(final int receiveBytes, final int sendBytes) {
    return with()
        .receiveBufferBytes(receiveBytes)
        .sendBufferBytes(sendBytes)
        .maxReceiveBufferBytes(Math.max(maxReceiveBufferBytes, receiveBytes))
        .maxSendBufferBytes(Math.max(maxSendBufferBytes, sendBytes))
        .receiveAutoTuning(false)
        .sendAutoTuning(false)
        .build();
  }

  /** The same, to be changed. */
  public TcpConfigBuilder with() {
    return new TcpConfigBuilder(this);
  }

  /**
   * The shift count that lets the largest receive buffer be advertised (RFC 7323 2.2), but the one
   * that there is at first, too: with a unit larger than that its window would always be 0.
   */
  int windowShift() {
    int shift = 0;
    while (shift < TcpOptions.MAX_WINDOW_SHIFT
        && maxReceiveBufferBytes >> shift > 0xFFFF
        && receiveBufferBytes >> shift > 1) {
      shift++;
    }
    return shift;
  }
}
