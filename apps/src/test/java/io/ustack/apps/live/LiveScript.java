package io.ustack.apps.live;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;

/** Scripts among the test's resources, which Linux runs. */
final class LiveScript {
  private LiveScript() {}

  /** Writes one into a directory; gives its path. */
  static String unpack(final String name, final Path directory) throws IOException {
    final Path file = directory.resolve(name);
    try (InputStream source = LiveScript.class.getResourceAsStream(name)) {
      Files.write(file, Objects.requireNonNull(source, name).readAllBytes());
    }
    return file.toString();
  }
}
