package io.ustack.apps;

import io.ustack.icmp.EchoObserver;
import io.ustack.ipv4.Ipv4Address;
import io.ustack.readiness.Failure;
import io.ustack.stack.NetworkStack;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.util.BitSet;
import java.util.Locale;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * Echo requests to one address, and what came of them, in the words of ping(8).
 *
 * <p>Requests and replies happen on the thread of the stack, which need not be the caller's:
 * requests go there as commands, and what happened comes back through a queue that the caller
 * reads.
 */
final class Pinger {
  private static final int SEQUENCES = 1 << 16;
  private static final int ICMP_HEADER_BYTES = 8;
  private static final double NS_PER_MS = 1e6;

  private final NetworkStack stack;
  private final int target;
  private final PrintStream out;
  private final byte[] payload;
  private final int identifier = (int) (ProcessHandle.current().pid() & 0xFFFF);
  private final Queue<News> news = new ConcurrentLinkedQueue<>();

  private final long[] sentNs = new long[SEQUENCES];
  private final BitSet open = new BitSet(SEQUENCES);
  private int sent;
  private int received;
  private int failed;
  private long firstNs;
  private long lastNs;
  private long leastNs = Long.MAX_VALUE;
  private long mostNs;
  private double sumNs;
  private double sumOfSquares;

  private enum Kind {
    SENT,
    REPLIED,
    FAILED
  }

  /** What the stack's thread has to tell. */
  private record News(
      Kind kind, int sequence, int timeToLive, int payloadBytes, Failure failure, long atNs) {}

  Pinger(
      final NetworkStack stack, final int target, final int payloadBytes, final PrintStream out) {
    this.stack = stack;
    this.target = target;
    this.out = out;
    payload = new byte[payloadBytes];
    for (int i = 0; i < payload.length; i++) {
      payload[i] = (byte) i;
    }
    stack.commands().offer(nowNs -> stack.icmp().observe(identifier, new Observer()));
  }

  private final class Observer implements EchoObserver {
    @Override
    public void onReply(
        final int remoteAddress,
        final int sequence,
        final int timeToLive,
        final ByteBuffer bytes,
        final int payloadOffset,
        final int payloadBytes,
        final long nowNs) {
      if (remoteAddress == target) {
        news.add(new News(Kind.REPLIED, sequence, timeToLive, payloadBytes, Failure.NONE, nowNs));
      }
    }

    @Override
    public void onUnreachable(
        final Failure failure, final int remoteAddress, final int sequence, final long nowNs) {
      news.add(new News(Kind.FAILED, sequence, 0, 0, failure, nowNs));
    }
  }

  /** Sends the next request. */
  void send() {
    sent++;
    final int sequence = sent & (SEQUENCES - 1);
    stack.commands().offer(nowNs -> send(sequence, nowNs));
  }

  private void send(final int sequence, final long nowNs) {
    news.add(new News(Kind.SENT, sequence, 0, 0, Failure.NONE, nowNs));
    final Failure failure =
        stack.icmp().ping(0, target, identifier, sequence, payload, payload.length, nowNs);
    if (failure != Failure.NONE) {
      news.add(new News(Kind.FAILED, sequence, 0, 0, failure, nowNs));
    }
  }

  /** Prints what has happened since the last time. */
  void printNews() {
    for (News next = news.poll(); next != null; next = news.poll()) {
      lastNs = next.atNs();
      switch (next.kind()) {
        case SENT -> {
          firstNs = sent == 1 ? next.atNs() : firstNs;
          sentNs[next.sequence()] = next.atNs();
          open.set(next.sequence());
        }
        case REPLIED -> replied(next);
        case FAILED -> failed(next);
      }
    }
  }

  private void replied(final News reply) {
    final boolean first = open.get(reply.sequence());
    open.clear(reply.sequence());
    final long roundTripNs = reply.atNs() - sentNs[reply.sequence()];
    out.printf(
        Locale.ROOT,
        "%d bytes from %s: icmp_seq=%d ttl=%d time=%.3f ms%s%n",
        reply.payloadBytes() + ICMP_HEADER_BYTES,
        Ipv4Address.format(target),
        reply.sequence(),
        reply.timeToLive(),
        roundTripNs / NS_PER_MS,
        first ? "" : " (DUP!)");
    if (first) {
      received++;
      leastNs = Math.min(leastNs, roundTripNs);
      mostNs = Math.max(mostNs, roundTripNs);
      sumNs += roundTripNs;
      sumOfSquares += (double) roundTripNs * roundTripNs;
    }
  }

  private void failed(final News failure) {
    if (open.get(failure.sequence())) {
      open.clear(failure.sequence());
      failed++;
      out.println("icmp_seq=" + failure.sequence() + " " + reason(failure.failure()));
    }
  }

  private static String reason(final Failure failure) {
    return switch (failure) {
      case NETWORK_UNREACHABLE -> "no route; --gateway says where other networks are";
      case HOST_UNREACHABLE -> "Destination Host Unreachable";
      case CONNECTION_REFUSED -> "Destination Port Unreachable";
      case MESSAGE_TOO_LONG -> "does not fit a packet; --size asks for less";
      default -> failure.name();
    };
  }

  int sent() {
    return sent;
  }

  int received() {
    return received;
  }

  /** Whether {@code count} requests are sent and something has come of each. */
  boolean isComplete(final int count) {
    return sent >= count && received + failed >= count;
  }

  void printSummary() {
    out.println();
    out.println("--- " + Ipv4Address.format(target) + " ping statistics ---");
    final int lost = sent == 0 ? 0 : Math.round(100f * (sent - received) / sent);
    out.printf(
        Locale.ROOT,
        "%d packets transmitted, %d received, %d%% packet loss, time %dms%n",
        sent,
        received,
        lost,
        Math.round((lastNs - firstNs) / NS_PER_MS));
    if (received > 0) {
      final double mean = sumNs / received;
      final double deviation = Math.sqrt(Math.max(0, sumOfSquares / received - mean * mean));
      out.printf(
          Locale.ROOT,
          "rtt min/avg/max/mdev = %.3f/%.3f/%.3f/%.3f ms%n",
          leastNs / NS_PER_MS,
          mean / NS_PER_MS,
          mostNs / NS_PER_MS,
          deviation / NS_PER_MS);
    }
  }
}
