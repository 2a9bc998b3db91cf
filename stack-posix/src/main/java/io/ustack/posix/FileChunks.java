package io.ustack.posix;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.concurrent.locks.Lock;

/**
 * Memory that bytes of a file pass through on their way to a socket. Each call has a chunk of its
 * own while it runs; there are as many as calls ever ran at a time. Any thread.
 */
final class FileChunks {
  private static final int CHUNK_BYTES = 64 << 10;

  private final Lock lock;

  /** Under the lock. */
  private final ArrayDeque<ByteBuffer> idle = new ArrayDeque<>();

  FileChunks(final Lock lock) {
    this.lock = lock;
  }

  ByteBuffer take() {
    lock.lock();
    try {
      final ByteBuffer chunk = idle.poll();
      return chunk == null ? ByteBuffer.allocateDirect(CHUNK_BYTES) : chunk;
    } finally {
      lock.unlock();
    }
  }

  void give(final ByteBuffer chunk) {
    lock.lock();
    try {
      idle.push(chunk);
    } finally {
      lock.unlock();
    }
  }
}
