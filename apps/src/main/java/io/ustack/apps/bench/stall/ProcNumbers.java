package io.ustack.apps.bench.stall;

import java.io.Closeable;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Path;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The numbers at the beginning of a file of {@code /proc}, looked at again and again, without
 * allocation. A file that is not there, or not any more, has only zeros.
 */
final class ProcNumbers implements Closeable {
  private static final int MOST = 10;
  private static final int BYTES = 256;

  private final @Nullable RandomAccessFile file;
  private final byte[] bytes = new byte[BYTES];
  private final long[] numbers = new long[MOST];

  private ProcNumbers(final @Nullable RandomAccessFile file) {
    this.file = file;
  }

  /** Opens it; of {@code thread-self} the thread that calls this is meant for ever. */
  static ProcNumbers open(final Path path) {
    try {
      return new ProcNumbers(new RandomAccessFile(path.toFile(), "r"));
    } catch (final FileNotFoundException e) {
      return new ProcNumbers(null);
    }
  }

  /** Looks at the file. */
  void read() {
    int length = 0;
    if (file != null) {
      try {
        file.seek(0);
        length = Math.max(0, file.read(bytes));
      } catch (final IOException e) {
        // The thread whose file it was has ended.
      }
    }
    parse(length);
  }

  private void parse(final int length) {
    int word = -1;
    boolean inside = false;
    Arrays.fill(numbers, 0);
    for (int i = 0; i < length && bytes[i] != '\n'; i++) {
      if (bytes[i] == ' ') {
        inside = false;
        continue;
      }
      word += inside ? 0 : 1;
      inside = true;
      if (word < MOST && bytes[i] >= '0' && bytes[i] <= '9') {
        numbers[word] = 10 * numbers[word] + bytes[i] - '0';
      }
    }
  }

  /** What the last look has seen as word {@code index} of the first line; 0: no number. */
  long number(final int index) {
    return numbers[index];
  }

  @Override
  public void close() {
    try {
      if (file != null) {
        file.close();
      }
    } catch (final IOException e) {
      // It was only read.
    }
  }
}
