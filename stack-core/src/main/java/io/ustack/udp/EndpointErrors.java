package io.ustack.udp;

import io.ustack.buffer.ByteRanges;
import io.ustack.ipv4.IcmpError;
import io.ustack.readiness.Failure;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * The errors that an endpoint keeps for whoever asked for them: Linux's IP_RECVERR. Errors of this
 * stack and of others stand in queues of their own, since different threads find them.
 */
public final class EndpointErrors {
  private volatile boolean kept;
  private volatile @Nullable ErrorQueue icmp;
  private volatile @Nullable ErrorQueue local;
  private final ErrorInfo arriving = new ErrorInfo();
  private final ErrorInfo refused = new ErrorInfo();
  private final ErrorInfo discarded = new ErrorInfo();

  EndpointErrors() {}

  /** Whether errors are kept from now on; if not, those that were kept are gone. Application. */
  public void keep(final boolean on) {
    if (on && icmp == null) {
      icmp = new ErrorQueue();
      local = new ErrorQueue();
    }
    kept = on;
    if (!on) {
      boolean more = true;
      while (more) {
        more = take(discarded, null, 0);
      }
    }
  }

  /** Whether errors are kept. Any thread. */
  public boolean areKept() {
    return kept;
  }

  /** Whether nothing waits. Any thread. */
  public boolean isEmpty() {
    return isEmpty(icmp) && isEmpty(local);
  }

  private static boolean isEmpty(final @Nullable ErrorQueue queue) {
    return queue == null || queue.isEmpty();
  }

  /** Looks at the oldest ICMP error; false when there is none. Application. */
  public boolean firstIcmp(final ErrorInfo info) {
    final ErrorQueue queue = icmp;
    return queue != null && queue.first(info);
  }

  /**
   * Takes an error, the oldest of its kind, and copies what was quoted over the first {@code
   * length} bytes of ranges. Application.
   *
   * @return false when there is none
   */
  public boolean take(final ErrorInfo info, final @Nullable ByteRanges target, final int length) {
    return take(local, info, target, length) || take(icmp, info, target, length);
  }

  private static boolean take(
      final @Nullable ErrorQueue queue,
      final ErrorInfo info,
      final @Nullable ByteRanges target,
      final int length) {
    if (queue == null || !queue.first(info)) {
      return false;
    }
    if (target != null) {
      queue.peek(target, Math.min(length, info.lengthBytes));
    }
    queue.remove(info);
    return true;
  }

  /** This stack refused a datagram as too long. Whoever sends. */
  public void refuse(final int address, final int port, final int mtuBytes) {
    final ErrorQueue queue = local;
    if (!kept || queue == null) {
      return;
    }
    refused.failure = Failure.MESSAGE_TOO_LONG;
    refused.local = true;
    refused.mtuBytes = mtuBytes;
    refused.address = address;
    refused.port = port;
    queue.add(refused);
  }

  /** An ICMP error came. Stack thread; false when there was no room. */
  boolean add(
      final IcmpError error,
      final int address,
      final int port,
      final ByteBuffer bytes,
      final int offset,
      final int lengthBytes) {
    final ErrorQueue queue = icmp;
    if (queue == null) {
      return true;
    }
    arriving.failure = error.failure();
    arriving.type = error.type();
    arriving.code = error.code();
    arriving.mtuBytes = error.mtuBytes();
    arriving.reporter = error.reporter();
    arriving.address = address;
    arriving.port = port;
    arriving.lengthBytes = lengthBytes;
    return queue.add(arriving, bytes, offset);
  }
}
