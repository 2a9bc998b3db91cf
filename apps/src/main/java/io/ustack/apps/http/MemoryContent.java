package io.ustack.apps.http;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/** Content in memory, which any number of responses may share. */
final class MemoryContent implements Content {
  static final MemoryContent EMPTY = new MemoryContent(new byte[0]);

  private final byte[] bytes;

  MemoryContent(final byte[] bytes) {
    this.bytes = bytes;
  }

  static MemoryContent of(final String text) {
    return new MemoryContent(text.getBytes(StandardCharsets.UTF_8));
  }

  @Override
  public long length() {
    return bytes.length;
  }

  @Override
  public int read(final long position, final ByteBuffer target, final int at, final int max) {
    target.put(at, bytes, (int) position, max);
    return max;
  }

  @Override
  public void close() {}
}
