package io.ustack.house;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** What the sources of all modules say of RFCs: {@link Covers}, covers comments, DEVIATION. */
final class CoverageSources {
  private static final List<String> MODULES =
      List.of("stack-core", "native", "stack-posix", "test-support", "apps");
  private static final String SCRIPTS = "test-support/src/test/resources/scripts";
  private static final Pattern COMMENT = Pattern.compile("(?m)^\\s*// covers: (.*)$");
  private static final Pattern MARK =
      Pattern.compile("(?m)^ +(?:@(Covers|Rfc9293)\\(|// covers: (.*(?:\\n +// (?!covers: ).*)*))");
  private static final Pattern METHOD =
      Pattern.compile("(?m)^ +(?:(?:public|static|final) )*[A-Za-z][\\w<>., ?]* (\\w+)\\(");
  private static final Pattern TEST =
      Pattern.compile("@(Test|ParameterizedTest|RepeatedTest|TestFactory|FuzzTest)\\b");
  private static final Pattern DEVIATION =
      Pattern.compile(
          "DEVIATION:\\s+(.*?)(?=\\n\\s*\\*\\s*\\n|\\n\\s*\\*/|\\*/|\\n\\s*\\* [@<]|"
              + "\\n(?!\\s*(?:\\*|//)))",
          Pattern.DOTALL);

  private final List<Claim> claims = new ArrayList<>();
  private final List<Deviation> deviations = new ArrayList<>();
  private final Map<String, String> packages = new HashMap<>();
  private final List<String> problems = new ArrayList<>();

  /** Where the code leaves a document on purpose. */
  record Deviation(String clause, String instead, String where) {}

  CoverageSources(final Path root) throws IOException {
    for (final String module : MODULES) {
      for (final Path file : files(root.resolve(module).resolve("src/main/java"))) {
        readMain(file, Files.readString(file));
      }
      for (final Path file : files(root.resolve(module).resolve("src/test/java"))) {
        readTest(nameOf(file), Files.readString(file));
      }
    }
    final Path scripts = root.resolve(SCRIPTS);
    for (final Path file : files(scripts)) {
      readScript(scripts, file);
    }
  }

  List<Claim> claims() {
    return claims;
  }

  List<Deviation> deviations() {
    return deviations;
  }

  /** From the simple names of the classes in {@code src/main} to their packages. */
  Map<String, String> packages() {
    return packages;
  }

  /** What can't be put into the page as it is. */
  List<String> problems() {
    return problems;
  }

  private void readMain(final Path file, final String source) {
    final Matcher declared = Pattern.compile("(?m)^package ([\\w.]+);").matcher(source);
    final String name = nameOf(file);
    packages.put(name, declared.find() ? declared.group(1) : "");
    final String where =
        name.equals("package-info") ? file.getParent().getFileName().toString() : name;
    final Matcher comments = DEVIATION.matcher(source);
    while (comments.find()) {
      final String text =
          comments
              .group(1)
              .replaceAll("\\s*\\n\\s*(?:\\*|//) *", " ")
              .replaceAll("\\{@(?:code|link) #?([^}]*)}", "`$1`")
              .strip();
      final int colon = text.indexOf(": ");
      if (!text.matches("(RFC \\d|Linux|draft-|POSIX).*") || colon < 0) {
        problems.add(
            where + ": write DEVIATION: RFC 1234 5.6: what we do instead, and why: " + text);
        continue;
      }
      deviations.add(new Deviation(text.substring(0, colon), text.substring(colon + 2), where));
    }
  }

  private void readTest(final String name, final String source) {
    final Matcher marks = MARK.matcher(source);
    while (marks.find()) {
      final Matcher method = METHOD.matcher(source);
      final int from = Math.max(0, source.lastIndexOf("\n\n", marks.start()));
      if (!method.find(marks.end())
          || !TEST.matcher(source.substring(from, method.start())).find()) {
        problems.add(name + ": what is covered is not over a test: " + line(source, marks.start()));
        continue;
      }
      final String test = name + "." + method.group(1);
      if (marks.group(1) == null) {
        claims.add(Claim.ofComment(marks.group(2).replaceAll("\\n +//", ""), test));
      } else if (marks.group(1).equals("Covers")) {
        claims.add(Claim.ofCovers(arguments(source, marks.end()), test));
      } else {
        claims.add(Claim.ofRequirements(arguments(source, marks.end()), test));
      }
    }
  }

  /** A script speaks for itself, a file {@code covers.txt} for the scripts of its directory. */
  private void readScript(final Path scripts, final Path file) throws IOException {
    final boolean all = file.getFileName().toString().equals("covers.txt");
    final Path relative = scripts.relativize(all ? file.getParent() : file);
    final Matcher comments = COMMENT.matcher(Files.readString(file));
    while (comments.find()) {
      claims.add(
          Claim.ofComment(comments.group(1), "scripts/" + relative.toString().replace('\\', '/')));
    }
    if (all && files(file.getParent()).stream().noneMatch(f -> f.toString().endsWith(".pkt"))) {
      problems.add(file + " speaks for no script");
    }
  }

  /** Up to the parenthesis that closes, wherever literals have theirs. */
  private static String arguments(final String source, final int from) {
    int depth = 1;
    boolean quoted = false;
    for (int i = from; i < source.length(); i++) {
      final char c = source.charAt(i);
      if (c == '"' && source.charAt(i - 1) != '\\') {
        quoted = !quoted;
      } else if (!quoted && (c == '(' || c == ')')) {
        depth += c == '(' ? 1 : -1;
        if (depth == 0) {
          return source.substring(from, i);
        }
      }
    }
    throw new IllegalArgumentException("never closed: " + line(source, from));
  }

  private static String line(final String source, final int at) {
    final int end = source.indexOf('\n', at);
    return source.substring(at, end < 0 ? source.length() : end).strip();
  }

  private static String nameOf(final Path file) {
    return file.getFileName().toString().replace(".java", "");
  }

  private static List<Path> files(final Path directory) throws IOException {
    if (!Files.isDirectory(directory)) {
      return List.of();
    }
    try (Stream<Path> walk = Files.walk(directory)) {
      return walk.filter(Files::isRegularFile).sorted().toList();
    }
  }
}
