package io.ustack.house;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * That a test holds a clause.
 *
 * @param rfc the document
 * @param clause its section; or names of requirements of RFC 9293, with nothing else
 * @param what what it asks; empty when another test of the clause says so
 * @param by simple names of the classes that obey; may be empty likewise
 * @param test {@code Class.method} or a script
 */
record Claim(String rfc, String clause, String what, List<String> by, String test) {
  private static final Pattern REQUIREMENT = Pattern.compile("(MUST|SHLD|MAY|REC)-\\d+");
  private static final Pattern LITERAL = Pattern.compile("\"((?:[^\"\\\\]|\\\\.)*)\"");
  private static final Pattern CLASS = Pattern.compile("([A-Za-z0-9]+)\\.class");
  private static final Pattern DOCUMENT = Pattern.compile("(RFC \\d+|\\S+)(?:,? (.*))?");

  /** From {@code RFC 9293 3.8.6.1 | zero-window probes | Emission, Sender}. */
  static Claim ofComment(final String text, final String test) {
    final String[] parts = text.split("\\|", -1);
    final Matcher document = DOCUMENT.matcher(parts[0].strip());
    if (!document.matches()) {
      throw new IllegalArgumentException(test + " covers nothing: " + text);
    }
    final String clause = document.group(2) == null ? "" : document.group(2);
    return new Claim(
        document.group(1),
        clause,
        parts.length > 1 ? parts[1].strip() : "",
        parts.length > 2 ? Arrays.asList(parts[2].strip().split(", *")) : List.of(),
        test);
  }

  /** From what stands between the parentheses of {@link Covers}. */
  static Claim ofCovers(final String arguments, final String test) {
    final List<String> by = new ArrayList<>();
    final Matcher classes = CLASS.matcher(LITERAL.matcher(arguments).replaceAll(""));
    while (classes.find()) {
      by.add(classes.group(1));
    }
    by.addAll(literals(value(arguments, "byName")));
    return new Claim(
        String.join("", literals(value(arguments, "rfc"))),
        String.join("", literals(value(arguments, "clause"))),
        String.join("", literals(value(arguments, "what"))),
        by,
        test);
  }

  /** From what stands between the parentheses of {@link Rfc9293}. */
  static Claim ofRequirements(final String arguments, final String test) {
    return new Claim("RFC 9293", String.join(", ", literals(arguments)), "", List.of(), test);
  }

  /** The requirements of RFC 9293's appendix that it names instead of a section. */
  List<String> requirements() {
    final List<String> names = Arrays.asList(clause.split(", *"));
    return names.stream().allMatch(name -> REQUIREMENT.matcher(name).matches()) ? names : List.of();
  }

  /** The source of one argument: a literal or several with pluses, or a list in braces. */
  private static String value(final String arguments, final String name) {
    final String literals = "\"(?:[^\"\\\\]|\\\\.)*\"";
    final Matcher argument =
        Pattern.compile(
                "\\b"
                    + name
                    + "\\s*=\\s*(\\{[^}]*}|"
                    + literals
                    + "(?:\\s*\\+\\s*"
                    + literals
                    + ")*)")
            .matcher(arguments);
    return argument.find() ? argument.group(1) : "";
  }

  private static List<String> literals(final String source) {
    return LITERAL
        .matcher(source)
        .results()
        .map(found -> found.group(1).replace("\\", ""))
        .toList();
  }
}
