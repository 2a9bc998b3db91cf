package io.ustack.apps.live;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ustack.apps.CommandFailure;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Load from the Linux side, and what it has to say: each request answered, none in error. How fast
 * is not asked.
 */
final class LoadGenerator {
  private final LiveScene scene;

  LoadGenerator(final LiveScene scene) {
    this.scene = scene;
  }

  /** wrk for two seconds over {@code connections} connections. Returns the requests it counted */
  long wrk(final int connections, final String url) throws CommandFailure {
    final String said =
        scene.linux("wrk", "-t", "1", "-c", "" + connections, "-d", "2s", "--timeout", "30s", url);
    assertFalse(said.contains("Socket errors"), said);
    assertFalse(said.contains("Non-2xx"), said);
    final long requests = number(said, "([0-9]+) requests in ");
    assertTrue(requests >= connections, said);
    return requests;
  }

  /** ab: so many requests for a resource of {@code bytes} bytes. */
  void ab(final int requests, final boolean keepAlive, final int bytes, final String url)
      throws CommandFailure {
    final List<String> command = new ArrayList<>(List.of("ab", "-q", "-s", "30", "-c", "20"));
    command.addAll(List.of("-n", "" + requests));
    if (keepAlive) {
      command.add("-k");
    }
    command.add(url);
    final String said = scene.linux(command.toArray(String[]::new));
    assertEquals(requests, number(said, "Complete requests: +([0-9]+)"), said);
    assertEquals(0, number(said, "Failed requests: +([0-9]+)"), said);
    assertEquals((long) requests * bytes, number(said, "HTML transferred: +([0-9]+)"), said);
    assertFalse(said.contains("Non-2xx"), said);
    if (keepAlive) {
      assertTrue(number(said, "Keep-Alive requests: +([0-9]+)") > 0, said);
    }
  }

  /** redis-benchmark: the tests named (all, for an empty name), each with so many requests. */
  String redis(final int requests, final int pipelined, final String tests) throws CommandFailure {
    final List<String> command = new ArrayList<>(List.of("redis-benchmark", "-h", LiveScene.STACK));
    command.addAll(List.of("-n", "" + requests, "-c", "50", "-P", "" + pipelined, "--csv"));
    if (!tests.isEmpty()) {
      command.addAll(List.of("-t", tests));
    }
    final String said = scene.linux(command.toArray(String[]::new));
    assertFalse(said.contains("rror") || said.contains("WARNING"), said);
    return said;
  }

  private static long number(final String said, final String pattern) {
    final Matcher matcher = Pattern.compile(pattern).matcher(said);
    assertTrue(matcher.find(), () -> pattern + ": " + said);
    return Long.parseLong(matcher.group(1));
  }
}
