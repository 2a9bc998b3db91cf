package io.ustack.apps.http;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;

/**
 * A file's content, read piece by piece. A file that grows meanwhile is sent as long as it was at
 * first.
 */
final class FileContent implements Content {
  private final OpenFiles files;
  private final FileChannel channel;
  private final long length;
  private boolean closed;

  /** Of an open file of {@code length} bytes; closes it. */
  FileContent(final OpenFiles files, final FileChannel channel, final long length) {
    this.files = files;
    this.channel = channel;
    this.length = length;
  }

  @Override
  public long length() {
    return length;
  }

  @Override
  public int read(final long position, final ByteBuffer target, final int at, final int max)
      throws IOException {
    target.limit(at + max).position(at);
    final int count = channel.read(target, position);
    target.clear();
    if (count <= 0) {
      throw new EOFException("the file ends at " + position + ", not at " + length);
    }
    return count;
  }

  @Override
  public void close() {
    if (closed) {
      return;
    }
    closed = true; // the channel may have closed itself before, when its thread was interrupted
    files.closed();
    try {
      channel.close();
    } catch (final IOException e) {
      // It was only read from: nothing is lost, and nobody could do anything about it.
      return;
    }
  }
}
