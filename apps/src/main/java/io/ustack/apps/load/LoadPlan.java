package io.ustack.apps.load;

import java.nio.ByteBuffer;
import java.util.Locale;

/**
 * What a load does, on one thread.
 *
 * @param address of the server
 * @param connections at once
 * @param requests after which it ends, the failed ones among them; 0: only time ends it
 * @param durationNs after which nothing new is begun; 0: only the number of requests ends it
 * @param ratePerSecond requests that become due each second, whatever became of those before (an
 *     open loop); 0: the next is begun when one has ended (a closed loop)
 * @param request the bytes of a request, from 0 to its limit, or of what a stream repeats
 * @param answerBytes how long an answer is
 * @param timeoutNs how long a request may take, or a connection to open
 */
public record LoadPlan(
    Kind kind,
    int address,
    int port,
    int connections,
    long requests,
    long durationNs,
    double ratePerSecond,
    ByteBuffer request,
    int answerBytes,
    long timeoutNs) {

  /** What connections do. */
  public enum Kind {
    /** Requests on connections that stay open, each when the answer to the last is there. */
    RR,
    /** Connect, request, answer, reset. */
    CPS,
    /** A stream to the server; what it sends is read and forgotten. */
    BULK,
    /** A stream from the server. */
    BULK_DOWN;

    /** As the command line and results name it. */
    public String label() {
      return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** Whether bytes count, and not requests. */
    public boolean isStream() {
      return this == BULK || this == BULK_DOWN;
    }
  }

  /**
   * The share of one thread of so many, which count from 0. No more than there are connections, and
   * than requests if their number ends it: a share of none would be one that only time ends.
   */
  public LoadPlan share(final int thread, final int threads) {
    return new LoadPlan(
        kind,
        address,
        port,
        (int) share(connections, thread, threads),
        share(requests, thread, threads),
        durationNs,
        ratePerSecond / threads,
        request.duplicate(),
        answerBytes,
        timeoutNs);
  }

  private static long share(final long all, final int thread, final int threads) {
    return all / threads + (thread < all % threads ? 1 : 0);
  }
}
