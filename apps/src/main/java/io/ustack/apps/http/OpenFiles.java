package io.ustack.apps.http;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.LinkOption;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The files that responses hold open, a bounded number: peers that ask for files and do not read
 * must not use up the descriptors of the process. One thread.
 */
final class OpenFiles {
  private static final Set<OpenOption> HOW =
      Set.of(StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS);

  private final int most;
  private int count;

  OpenFiles(final int most) {
    this.most = most;
  }

  /**
   * Opens a regular file; the last name of {@code file} may not be a symbolic link.
   *
   * @return null when as many are open as may be
   */
  @Nullable FileContent open(final Path file) throws IOException {
    if (count == most) {
      return null;
    }
    final FileChannel channel = FileChannel.open(file, HOW);
    try {
      final FileContent content = new FileContent(this, channel, channel.size());
      count++;
      return content;
    } catch (final IOException e) {
      channel.close();
      throw e;
    }
  }

  void closed() {
    count--;
  }
}
