package io.ustack.tcp;

import org.jspecify.annotations.Nullable;

/**
 * What can be told of a connection at one moment: the part of Linux's {@code struct tcp_info}
 * (linux/tcp.h) that exists here, each field named after Linux's, with its unit. A struct that
 * {@link TcpConnection#info} fills, so that who watches many connections needs one.
 */
public final class TcpInfo {
  /** tcpi_state. LISTEN is the socket engine's to say: a listener is no connection. */
  public TcpState state = TcpState.CLOSED;

  /** tcpi_ca_state. */
  public CongestionState caState = CongestionState.OPEN;

  /** tcpi_options: both SYNs had timestamps (RFC 7323). */
  public boolean timestamps;

  /** tcpi_options: both SYNs permitted selective acknowledgments (RFC 2018). */
  public boolean sack;

  /** tcpi_options: both SYNs scaled windows (RFC 7323 2). */
  public boolean windowScaling;

  /** tcpi_options: explicit congestion notification was agreed on (RFC 3168). */
  public boolean ecn;

  /** tcpi_snd_wscale: by how much the peer's window field is shifted. */
  public int sndWscale;

  /** tcpi_rcv_wscale: by how much ours is. */
  public int rcvWscale;

  /** tcpi_rto: the retransmission timeout with its back-off (RFC 6298). */
  public long rtoNs;

  /** tcpi_ato: how long an ACK waits for company. */
  public long atoNs;

  /** tcpi_rtt: smoothed round-trip time; 0 before the first sample. */
  public long rttNs;

  /** tcpi_rttvar: its variation. */
  public long rttvarNs;

  /** tcpi_retransmits: timeouts since the peer last moved forward. */
  public int retransmits;

  /** tcpi_backoff: how often the timeout was doubled. */
  public int backoff;

  /** tcpi_snd_mss: payload of the largest segment to send, in bytes. */
  public int sndMssBytes;

  /** tcpi_rcv_mss: payload of the largest segment to expect, in bytes. */
  public int rcvMssBytes;

  /** tcpi_unacked: segments that are outstanding. */
  public int unackedSegments;

  /** tcpi_sacked: segments of these that SACK blocks reported. */
  public int sackedSegments;

  /** tcpi_lost: segments of these that are thought lost; a part counts as one. */
  public int lostSegments;

  /** tcpi_retrans: retransmissions that are in the network; a part counts as one. */
  public int retransSegments;

  /** tcpi_snd_cwnd: congestion window in whole segments, as Linux counts it. */
  public int sndCwndSegments;

  /** The congestion window in bytes, as it is kept here. */
  public int sndCwndBytes;

  /** tcpi_snd_ssthresh: slow start threshold in whole segments. */
  public int sndSsthreshSegments;

  /** The slow start threshold in bytes. */
  public int sndSsthreshBytes;

  /** tcpi_snd_wnd: what the peer offers from SND.UNA on, in bytes. */
  public int sndWndBytes;

  /** tcpi_rcv_wnd: what we have offered from RCV.NXT on, in bytes. */
  public int rcvWndBytes;

  /** tcpi_pacing_rate: at which segments leave, in bytes per second; 0 when they are not paced. */
  public long pacingRate;

  /** tcpi_notsent_bytes: in the send buffer and not sent yet. */
  public int notsentBytes;

  /** tcpi_bytes_acked: bytes of our stream that the peer has; modulo 2^32. */
  public long bytesAcked;

  /** tcpi_bytes_received: bytes of the peer's stream that came in order; modulo 2^32. */
  public long bytesReceived;

  /** tcpi_segs_in: segments that came; modulo 2^32. */
  public int segsIn;

  /** tcpi_segs_out: segments that left, repeated ones included; modulo 2^32. */
  public int segsOut;

  /** tcpi_total_retrans: segments that left again; modulo 2^32. */
  public int totalRetrans;

  /** All as in a socket without a connection. */
  public void clear() {
    state = TcpState.CLOSED;
    caState = CongestionState.OPEN;
    timestamps = false;
    sack = false;
    windowScaling = false;
    ecn = false;
    sndWscale = 0;
    rcvWscale = 0;
    rtoNs = 0;
    atoNs = 0;
    rttNs = 0;
    rttvarNs = 0;
    retransmits = 0;
    backoff = 0;
    sndMssBytes = 0;
    rcvMssBytes = 0;
    unackedSegments = 0;
    sackedSegments = 0;
    lostSegments = 0;
    retransSegments = 0;
    sndCwndSegments = 0;
    sndCwndBytes = 0;
    sndSsthreshSegments = 0;
    sndSsthreshBytes = 0;
    sndWndBytes = 0;
    rcvWndBytes = 0;
    pacingRate = 0;
    notsentBytes = 0;
    bytesAcked = 0;
    bytesReceived = 0;
    segsIn = 0;
    segsOut = 0;
    totalRetrans = 0;
  }

  void read(final TcpConnection c) {
    state = c.state();
    readOptions(c);
    readSender(c.sender());
    readStream(c.sender(), c.sendBuffer().length());
    atoNs = c.receiver().ackDelayNs(c.sender().rtt().srttNs());
    rcvMssBytes = c.receiver().mss();
    rcvWndBytes = c.receiver().rcvWnd();
    bytesReceived = Integer.toUnsignedLong(c.receiver().received());
    segsIn = c.receiver().segmentsIn;
    segsOut = c.segmentsOut;
    totalRetrans = c.retransmittedSegments;
  }

  private void readOptions(final TcpConnection c) {
    final boolean agreed = c.state() != TcpState.SYN_SENT && c.state() != TcpState.CLOSED;
    timestamps = c.usesTimestamps();
    sack = agreed && c.sender().sackPermitted();
    windowScaling = agreed && c.receiver().scalesWindow();
    ecn = c.receiver().ecn() != null;
    sndWscale = c.sender().sndWndShift();
    rcvWscale = c.receiver().windowShift();
  }

  private void readSender(final Sender sender) {
    final int mss = sender.mss();
    final RttEstimator rtt = sender.rtt();
    rtoNs = rtt.rtoNs();
    rttNs = rtt.srttNs();
    rttvarNs = rtt.rttvarNs();
    retransmits = rtt.timeouts();
    backoff = rtt.backoffs();
    sndMssBytes = mss;
    readQueue(sender.queue(), mss);
    sndCwndBytes = sender.window().cwnd();
    sndCwndSegments = sndCwndBytes / mss;
    sndSsthreshBytes = sender.window().ssthresh();
    sndSsthreshSegments = sndSsthreshBytes / mss;
    sndWndBytes = sender.sndWnd();
    pacingRate = sender.control().isRateBased() ? sender.control().pacingRate(sender.window()) : 0;
    caState = sender.congestionState();
  }

  private void readStream(final Sender sender, final int buffered) {
    if (!state.isSynchronized()) {
      notsentBytes = buffered;
      bytesAcked = 0;
      return;
    }
    final int fin = sender.isFinAcknowledged() ? 1 : 0;
    notsentBytes = Math.max(0, buffered - (sender.sndNxt() - sender.sndUna()));
    bytesAcked = Integer.toUnsignedLong(sender.sndUna() - sender.iss() - 1 - fin);
  }

  private void readQueue(final @Nullable RetransmitQueue queue, final int mss) {
    unackedSegments = queue == null ? 0 : queue.segments();
    sackedSegments = queue == null ? 0 : queue.sackedSegments();
    // Segments that left before the MSS shrank are longer than it.
    lostSegments =
        queue == null
            ? 0
            : Math.min(segments(queue.lostBytes(), mss), unackedSegments - sackedSegments);
    retransSegments = queue == null ? 0 : queue.retransmittedSegments();
  }

  private static int segments(final int bytes, final int mss) {
    return (bytes + mss - 1) / mss;
  }
}
