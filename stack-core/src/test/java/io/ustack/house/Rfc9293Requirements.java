package io.ustack.house;

import io.ustack.house.CoverageSources.Deviation;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Every requirement of RFC 9293's appendix B with who obeys and the tests that say so, or why none
 * does. The list is docs/coverage/rfc9293.txt, a line for each:
 *
 * <pre>
 * MUST-36 | 3.8.6.1 | probes a closed window | Emission, Sender
 * MAY-6 | 3.8.4 | may send a garbage octet | not applicable: optional
 * SHLD-19 | 3.8.6.3 | an ACK for every second segment | deviation: RFC 9293 3.8.6.3
 * </pre>
 *
 * What stands last of a requirement without tests begins with one of {@link #VERDICTS}; a deviation
 * names one of the sources' DEVIATION comments.
 */
final class Rfc9293Requirements {
  private static final List<String> VERDICTS =
      List.of("not applicable: ", "not done: ", "deviation: ");

  private final Map<String, Set<String>> tests = new TreeMap<>();
  private final List<String> problems = new ArrayList<>();
  private final StringBuilder table =
      new StringBuilder("| requirement | it asks | class | test |\n|---|---|---|---|\n");

  Rfc9293Requirements(final CoverageSources sources, final List<String> lines) {
    for (final Claim claim : sources.claims()) {
      for (final String name : claim.requirements()) {
        tests.computeIfAbsent(name, key -> new TreeSet<>()).add(claim.test());
      }
    }
    final Set<String> unknown = new TreeSet<>(tests.keySet());
    for (final String line : lines) {
      final String[] parts = line.split(" *\\| *", -1);
      if (line.isBlank() || line.startsWith("#")) {
        continue;
      }
      if (parts.length != 4) {
        problems.add("docs/coverage/rfc9293.txt: four parts, please: " + line);
        continue;
      }
      unknown.remove(parts[0]);
      add(sources, parts);
    }
    unknown.forEach(name -> problems.add(tests.get(name) + ": RFC 9293 has no " + name));
  }

  List<String> problems() {
    return problems;
  }

  String table() {
    return table.toString();
  }

  private void add(final CoverageSources sources, final String[] parts) {
    final Set<String> holding = tests.getOrDefault(parts[0], Set.of());
    final String last = parts[3];
    final boolean verdict = VERDICTS.stream().anyMatch(last::startsWith);
    if (verdict != holding.isEmpty()) {
      problems.add(
          parts[0]
              + (verdict
                  ? " is tested by " + holding + " and yet " + last
                  : " has no test: write @Rfc9293 over one, or in docs/coverage/rfc9293.txt why"
                      + " not"));
    }
    table.append("| %s, %s | %s | ".formatted(parts[0], parts[1], parts[2]));
    if (verdict) {
      table.append("| ").append(last).append(" |\n");
      checkDeviation(sources, parts[0], last);
      return;
    }
    final Set<String> by = new TreeSet<>(List.of(last.split(", *")));
    for (final String name : by) {
      if (!sources.packages().containsKey(name)) {
        problems.add(parts[0] + ": there is no class " + name);
      }
    }
    table.append("%s | %s |\n".formatted(CoveragePage.code(by), CoveragePage.code(holding)));
  }

  private void checkDeviation(
      final CoverageSources sources, final String requirement, final String verdict) {
    final String clause = verdict.substring(verdict.indexOf(": ") + 2);
    if (verdict.startsWith("deviation: ")
        && sources.deviations().stream().map(Deviation::clause).noneMatch(clause::equals)) {
      problems.add(requirement + ": no DEVIATION comment for " + clause);
    }
  }
}
