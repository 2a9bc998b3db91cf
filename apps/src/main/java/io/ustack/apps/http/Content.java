package io.ustack.apps.http;

import java.io.IOException;
import java.nio.ByteBuffer;

/** Bytes that can be sent: in memory, or in a file. Whoever sends them closes them. */
interface Content extends AutoCloseable {
  /** Bytes in all; constant. */
  long length();

  /**
   * Copies bytes.
   *
   * @param position of the first byte to copy
   * @param at absolute index in {@code target}, whose position and limit are the callee's to use
   * @param max the most to copy, at least 1, no more than there are behind {@code position}
   * @return bytes copied, at least 1
   * @throws IOException when they can't be had; also when a file has become shorter
   */
  int read(long position, ByteBuffer target, int at, int max) throws IOException;

  /** Lets go of the file, if there is one. Idempotent. */
  @Override
  void close();
}
