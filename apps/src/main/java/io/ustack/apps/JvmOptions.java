package io.ustack.apps;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The JVM options of whatever the launcher and the bench start. They are in the file {@code
 * jvm-options} beside this class, which the launcher reads, too.
 */
public final class JvmOptions {
  /** What every JDK knows that this program runs on. */
  private static final int OLDEST = 17;

  private static final String NO_LAST = "-";

  private static final Pattern VERSION = Pattern.compile("JAVA_VERSION=\"(\\d+).*\"");

  private JvmOptions() {}

  /**
   * Those for a JDK of that feature version.
   *
   * @param feature 17, 25
   */
  public static List<String> of(final int feature) {
    final List<String> options = new ArrayList<>();
    for (final String line : lines()) {
      final String[] words = line.split(" +", -1);
      if (!line.startsWith("#")
          && feature >= Integer.parseInt(words[0])
          && (words[1].equals(NO_LAST) || feature <= Integer.parseInt(words[1]))) {
        options.add(words[2]);
      }
    }
    return options;
  }

  private static List<String> lines() {
    final InputStream file =
        Objects.requireNonNull(JvmOptions.class.getResourceAsStream("jvm-options"));
    try (BufferedReader lines =
        new BufferedReader(new InputStreamReader(file, StandardCharsets.UTF_8))) {
      return lines.lines().toList();
    } catch (final IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Those for a JDK; when it does not say its version those that every one knows.
   *
   * @param home its directory
   */
  public static List<String> of(final Path home) {
    try {
      for (final String line : Files.readAllLines(home.resolve("release"))) {
        final Matcher version = VERSION.matcher(line);
        if (version.matches()) {
          return of(Integer.parseInt(version.group(1)));
        }
      }
    } catch (final IOException e) {
      // A JDK that somebody has put together without it.
    }
    return of(OLDEST);
  }
}
