package io.ustack.pcap;

import java.io.BufferedInputStream;
import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;

/** Bytes of a capture file, with a position for error messages. */
final class CaptureInput implements Closeable {
  private static final int BUFFER_BYTES = 1 << 16;

  private final InputStream stream;
  private long position;

  CaptureInput(final InputStream stream) {
    this.stream = new BufferedInputStream(stream, BUFFER_BYTES);
  }

  /**
   * Fills the first {@code length} bytes of {@code target}.
   *
   * @return false when the file ends before the first of them
   * @throws EOFException when it ends before the last of them
   */
  boolean read(final byte[] target, final int length, final String what) throws IOException {
    final int count = stream.readNBytes(target, 0, length);
    if (count == 0 && length > 0) {
      return false;
    }
    position += count;
    if (count < length) {
      throw cutShort(what);
    }
    return true;
  }

  /** As {@link #read}, where the end of the file is wrong. */
  void readFully(final byte[] target, final int length, final String what) throws IOException {
    if (length > 0 && !read(target, length, what)) {
      throw cutShort(what);
    }
  }

  /** Passes over {@code count} bytes without keeping any. */
  void skip(final long count, final String what) throws IOException {
    long left = count;
    while (left > 0) {
      final long skipped = stream.skip(left);
      if (skipped > 0) {
        position += skipped;
        left -= skipped;
      } else if (stream.read() >= 0) {
        position++;
        left--;
      } else {
        throw cutShort(what);
      }
    }
  }

  IOException broken(final String message) {
    return new IOException(message + ", at byte " + position);
  }

  private EOFException cutShort(final String what) {
    return new EOFException("the file ends inside a " + what + ", at byte " + position);
  }

  @Override
  public void close() throws IOException {
    stream.close();
  }
}
