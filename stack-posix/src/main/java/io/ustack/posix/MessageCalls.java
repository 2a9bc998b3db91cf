package io.ustack.posix;

import io.ustack.buffer.ByteRanges;
import org.jspecify.annotations.Nullable;

/** {@link Posix}: bytes and datagrams in many places, and many messages at once. */
abstract class MessageCalls extends LoanCalls {
  MessageCalls(final SocketEngine engine, final int descriptors) {
    super(engine, descriptors);
  }

  /**
   * readv(2). Ranges without a byte ask for nothing: 0.
   *
   * @return as recv; -EINVAL for more than 1024 ranges, a negative length, and descriptors that
   *     nothing can be read from
   */
  public int readv(final int fd, final @Nullable ByteRanges ranges) {
    final Pollable pollable = table.find(fd);
    if (pollable == null) {
      return -Errno.EBADF;
    }
    final int refusal = BufferRange.refuse(ranges, /* written= */ true);
    if (refusal != 0 || ranges == null) {
      return refusal;
    }
    if (ranges.lengthBytes() == 0) {
      return pollable.canBeRead() ? 0 : -Errno.EINVAL;
    }
    return pollable.read(ranges);
  }

  /**
   * writev(2): the ranges are one datagram, or go into a stream with nothing of others between them
   * as long as there is room. Ranges without a byte do nothing: 0.
   *
   * @return as send; -EINVAL as {@link #readv}
   */
  public int writev(final int fd, final @Nullable ByteRanges ranges) {
    final Pollable pollable = table.find(fd);
    if (pollable == null) {
      return -Errno.EBADF;
    }
    final int refusal = BufferRange.refuse(ranges, /* written= */ false);
    if (refusal != 0 || ranges == null) {
      return refusal;
    }
    if (ranges.lengthBytes() == 0) {
      return pollable.canBeWritten() ? 0 : -Errno.EINVAL;
    }
    return pollable.write(ranges);
  }

  /**
   * sendmsg(2).
   *
   * @param flags as send
   * @return as send and sendto; -EMSGSIZE for more than 1024 ranges; -EINVAL for a negative length
   */
  public int sendmsg(final int fd, final @Nullable Message message, final int flags) {
    final StackSocket socket = table.socket(fd);
    final int refusal = refuse(message, /* received= */ false);
    return socket == null || refusal != 0 || message == null
        ? table.firstOf(fd, socket, refusal)
        : socket.send(message, flags);
  }

  /**
   * recvmsg(2).
   *
   * @param message its ranges are filled, its name and flags set
   * @param flags as recv
   * @return as recv; -EMSGSIZE for more than 1024 ranges; -EINVAL for a negative length
   */
  public int recvmsg(final int fd, final @Nullable Message message, final int flags) {
    final StackSocket socket = table.socket(fd);
    final int refusal = refuse(message, /* received= */ true);
    return socket == null || refusal != 0 || message == null
        ? table.firstOf(fd, socket, refusal)
        : socket.receive(message, flags);
  }

  /**
   * sendmmsg(2): the first {@code count} messages, at most 1024, until one fails. Each is told its
   * {@code msg_len}.
   *
   * @return how many were sent, if one was; else as sendmsg
   */
  public int sendmmsg(
      final int fd,
      final @Nullable Message @Nullable [] messages,
      final int count,
      final int flags) {
    final StackSocket socket = table.socket(fd);
    if (socket == null) {
      return table.notSocket(fd);
    }
    final int most = count < 0 ? BufferRange.MAX_RANGES : Math.min(count, BufferRange.MAX_RANGES);
    int sent = 0;
    int outcome = 0;
    while (sent < most) {
      final Message message = message(messages, sent);
      outcome = refuse(message, /* received= */ false);
      if (outcome == 0 && message != null) {
        outcome = socket.send(message, flags);
      }
      if (outcome < 0 || message == null) {
        break;
      }
      message.lengthBytes(outcome);
      sent++;
      if (outcome < BufferRange.length(message.ranges())) {
        break; // a stream took a part of it
      }
    }
    return sent > 0 ? sent : outcome;
  }

  /**
   * recvmmsg(2): up to {@code count} messages. As on Linux, a call that waits does so for all of
   * them; with MSG_WAITFORONE only for the first; and the time is looked at when one has come, so
   * that it never ends a wait. An error behind the first message is the next call's.
   *
   * @param timeoutNs nanoseconds after which no further message is asked for; negative for none
   * @return how many were received, if one was; else as recvmsg
   */
  public int recvmmsg(
      final int fd,
      final @Nullable Message @Nullable [] messages,
      final int count,
      final int flags,
      final long timeoutNs) {
    final StackSocket socket = table.socket(fd);
    if (socket == null) {
      return table.notSocket(fd);
    }
    final int error = (flags & SocketOption.MSG_ERRQUEUE) == 0 ? socket.takeError() : 0;
    if (error != 0) {
      return -error;
    }
    final long startNs = engine.clock.nanoTime();
    int each = flags & ~SocketOption.MSG_WAITFORONE;
    int received = 0;
    // As unsigned: a negative count ends where the messages end.
    while (received != count) {
      final Message message = message(messages, received);
      int outcome = refuse(message, /* received= */ true);
      if (outcome == 0 && message != null) {
        outcome = socket.receive(message, each);
      }
      if (outcome < 0 || message == null) {
        if (received > 0 && outcome != -Errno.EAGAIN) {
          socket.fail(-outcome);
        }
        return received > 0 ? received : outcome;
      }
      message.lengthBytes(outcome);
      received++;
      if ((flags & SocketOption.MSG_WAITFORONE) != 0) {
        each |= SocketOption.MSG_DONTWAIT;
      }
      if (timeoutNs >= 0 && engine.clock.nanoTime() - startNs >= timeoutNs) {
        break;
      }
    }
    return received;
  }

  private static @Nullable Message message(
      final @Nullable Message @Nullable [] messages, final int index) {
    return messages != null && index < messages.length ? messages[index] : null;
  }

  /** Linux copy_msghdr_from_user: another number for too many ranges than readv(2) has. */
  private static int refuse(final @Nullable Message message, final boolean received) {
    if (message == null) {
      return -Errno.EFAULT;
    }
    return message.ranges().count() > BufferRange.MAX_RANGES
        ? -Errno.EMSGSIZE
        : BufferRange.refuse(message.ranges(), received);
  }
}
