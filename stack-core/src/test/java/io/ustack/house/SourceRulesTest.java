package io.ustack.house;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** House rules that only the sources show, for the main code of every module. */
final class SourceRulesTest {
  private static final Path CORE = Path.of("src", "main", "java");
  private static final List<Path> MODULES =
      Stream.of("stack-core", "native", "stack-posix", "test-support", "apps")
          .map(module -> Path.of("..", module).resolve(CORE))
          .filter(Files::isDirectory)
          .collect(Collectors.toUnmodifiableList());
  private static final int LONGEST_FILE_LINES = 500;
  private static final Pattern COMMENT_OR_LITERAL =
      Pattern.compile(
          "/\\*.*?\\*/|//[^\\n"
              + "]*|\"\"\".*?\"\"\"|\"(?:\\\\.|[^\"\\\\\\n"
              + "])*\"|'(?:\\\\.|[^'\\\\\\n"
              + "])*'",
          Pattern.DOTALL);
  private static final Pattern SYNCHRONIZED = Pattern.compile("\\bsynchronized\\b");
  private static final Pattern EMPTY_NAME =
      Pattern.compile("\\w*(Utils?|Manager|Helper|Impl)\\.java");

  @Test
  void everyPackageSaysWhatItOwns() throws IOException {
    final Set<Path> silent = new TreeSet<>();
    for (final Path file : sources(MODULES)) {
      final Path packageInfo = file.resolveSibling("package-info.java");
      if (!Files.exists(packageInfo) || !Files.readString(packageInfo).contains("/**")) {
        silent.add(file.getParent());
      }
    }
    assertEquals(Set.of(), silent, "packages whose package-info.java is missing or says nothing");
  }

  /** A block's monitorenter does not show in the class file's outline, so the source is read. */
  @Test
  void coreSynchronizesNothing() throws IOException {
    final Set<Path> locking = new TreeSet<>();
    for (final Path file : sources(List.of(CORE))) {
      final String code = COMMENT_OR_LITERAL.matcher(Files.readString(file)).replaceAll(" ");
      if (SYNCHRONIZED.matcher(code).find()) {
        locking.add(file);
      }
    }
    assertEquals(Set.of(), locking, "synchronized in stack-core, which has one writer");
  }

  @Test
  void filesAreAboutOneNoun() throws IOException {
    final Set<Path> vague = new TreeSet<>();
    for (final Path file : sources(MODULES)) {
      if (EMPTY_NAME.matcher(file.getFileName().toString()).matches()) {
        vague.add(file);
      }
    }
    assertEquals(Set.of(), vague, "names that say nothing");
  }

  @Test
  void filesAreShort() throws IOException {
    final Set<Path> tooLong = new TreeSet<>();
    for (final Path file : sources(MODULES)) {
      if (Files.readAllLines(file).size() > LONGEST_FILE_LINES) {
        tooLong.add(file);
      }
    }
    assertEquals(Set.of(), tooLong, "longer than " + LONGEST_FILE_LINES + " lines: split");
  }

  private static List<Path> sources(final List<Path> roots) throws IOException {
    final List<Path> files = new ArrayList<>();
    for (final Path root : roots) {
      try (Stream<Path> walk = Files.walk(root)) {
        walk.filter(file -> file.toString().endsWith(".java")).forEach(files::add);
      }
    }
    assertTrue(files.size() > 10, "found only " + files.size() + " sources; wrong directory?");
    return files;
  }
}
