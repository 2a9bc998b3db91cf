package io.ustack.apps.http;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Set;

/**
 * A file's content, read piece by piece. A file that grows meanwhile is sent as long as it was at
 * first.
 */
final class FileContent implements Content {
  private final FileChannel channel;
  private final long length;

  private FileContent(final FileChannel channel, final long length) {
    this.channel = channel;
    this.length = length;
  }

  /** Opens a regular file; the last name of {@code file} may not be a symbolic link. */
  static FileContent open(final Path file) throws IOException {
    final FileChannel channel =
        FileChannel.open(file, Set.of(StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS));
    try {
      return new FileContent(channel, channel.size());
    } catch (final IOException e) {
      channel.close();
      throw e;
    }
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
    try {
      channel.close();
    } catch (final IOException e) {
      // It was only read from: nothing is lost, and nobody could do anything about it.
      return;
    }
  }
}
