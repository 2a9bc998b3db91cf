package io.ustack.icmp;

import io.ustack.readiness.Failure;
import java.nio.ByteBuffer;

/** Hears what became of the echo requests with one identifier. Called on the stack thread. */
public interface EchoObserver {
  /**
   * A reply came.
   *
   * @param bytes holds the payload that came back at {@code payloadOffset}, during this call only
   * @param timeToLive of the reply, as it arrived
   */
  void onReply(
      int remoteAddress,
      int sequence,
      int timeToLive,
      ByteBuffer bytes,
      int payloadOffset,
      int payloadBytes,
      long nowNs);

  /** The request can't have arrived: an ICMP error quoted it, or address resolution gave up. */
  void onUnreachable(Failure failure, int remoteAddress, int sequence, long nowNs);
}
