package io.ustack.posix;

import io.ustack.buffer.ByteRanges;
import java.nio.file.Path;

/** The calls with many ranges, many messages, and files; results or {@code -errno}. */
interface MessageSocketCalls {
  int readv(int fd, ByteRanges ranges);

  int writev(int fd, ByteRanges ranges);

  int sendmsg(int fd, Message message, int flags);

  int recvmsg(int fd, Message message, int flags);

  int sendmmsg(int fd, Message[] messages, int count, int flags);

  /** From a file that is opened for it, or {@code null} for a descriptor that is none. */
  int sendfile(int fd, Path file, boolean readable, long position, long count);

  /** A negative timeout is none. */
  int recvmmsg(int fd, Message[] messages, int count, int flags, long timeoutNs);
}
