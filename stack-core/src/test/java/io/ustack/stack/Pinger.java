package io.ustack.stack;

import io.ustack.icmp.EchoObserver;
import io.ustack.readiness.Failure;
import io.ustack.testing.TestNet;
import java.nio.ByteBuffer;
import java.util.concurrent.CountDownLatch;

/** Sends the next echo request when the reply to the last has come, until the latch is open. */
final class Pinger implements EchoObserver {
  private static final int IDENTIFIER = 7;

  private final NetworkStack stack;
  private final CountDownLatch replies;

  Pinger(final NetworkStack stack, final CountDownLatch replies) {
    this.stack = stack;
    this.replies = replies;
  }

  void begin(final long nowNs) {
    stack.icmp().observe(IDENTIFIER, this);
    ping(0, nowNs);
  }

  private void ping(final int sequence, final long nowNs) {
    stack.icmp().ping(0, TestNet.PEER, IDENTIFIER, sequence, new byte[56], 56, nowNs);
  }

  @Override
  public void onReply(
      final int remoteAddress,
      final int sequence,
      final int timeToLive,
      final ByteBuffer bytes,
      final int payloadOffset,
      final int payloadBytes,
      final long nowNs) {
    replies.countDown();
    if (replies.getCount() > 0) {
      ping(sequence + 1, nowNs);
    }
  }

  @Override
  public void onUnreachable(
      final Failure failure, final int remoteAddress, final int sequence, final long nowNs) {
    throw new AssertionError(failure.toString());
  }
}
