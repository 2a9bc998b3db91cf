package io.ustack.posix;

import io.ustack.buffer.ByteRanges;

/** The calls with many ranges and many messages; results or {@code -errno}. */
interface MessageSocketCalls {
  int readv(int fd, ByteRanges ranges);

  int writev(int fd, ByteRanges ranges);

  int sendmsg(int fd, Message message, int flags);

  int recvmsg(int fd, Message message, int flags);

  int sendmmsg(int fd, Message[] messages, int count, int flags);

  /** A negative timeout is none. */
  int recvmmsg(int fd, Message[] messages, int count, int flags, long timeoutNs);
}
