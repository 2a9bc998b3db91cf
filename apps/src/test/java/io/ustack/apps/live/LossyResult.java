package io.ustack.apps.live;

import static org.junit.jupiter.api.Assertions.assertNotNull;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What both ends said of one connection.
 *
 * @param samples both ends' views while data moved
 * @param ours TcpInfo, counters and what the wire did, by name, once all was carried
 * @param socket what ss said then
 * @param nstat the counters of the Linux side's namespace, which had no other connection
 * @param elapsedNs how long it took
 */
record LossyResult(
    List<Sample> samples,
    Map<String, String> ours,
    Map<String, String> socket,
    Map<String, Long> nstat,
    long elapsedNs) {

  /** TcpInfo and ss, a few milliseconds apart. */
  record Sample(Map<String, String> ours, Map<String, String> socket) {}

  /** A field of TcpInfo, a counter or a count of the wire. */
  long our(final String name) {
    return Long.parseLong(present(ours.get(name), name));
  }

  /** A number that ss gave; 0 where it left it out. */
  double theirs(final String name) {
    return number(socket, name);
  }

  long kernel(final String name) {
    return present(nstat.get(name), name);
  }

  private static <T> T present(final T value, final String name) {
    assertNotNull(value, name);
    return value;
  }

  static double number(final Map<String, String> socket, final String name) {
    return Double.parseDouble(socket.getOrDefault(name, "0"));
  }

  /** The words NAME=VALUE of a line. */
  static Map<String, String> fields(final String line) {
    return words(line, '=');
  }

  /**
   * ss -ti: words with and without a value. {@code rtt:1.2/0.3} is rtt and rttvar, {@code
   * retrans:0/12} what is in flight and the total, {@code wscale:7,8} sending and receiving.
   */
  static Map<String, String> ss(final String line) {
    final Map<String, String> all = words(line, ':');
    split(all, "rtt", "/", "rttvar");
    split(all, "retrans", "/", "totalRetrans");
    split(all, "wscale", ",", "rcvWscale");
    return all;
  }

  private static void split(
      final Map<String, String> all, final String name, final String by, final String second) {
    final String both = all.get(name);
    if (both != null) {
      all.put(name, both.substring(0, both.indexOf(by)));
      all.put(second, both.substring(both.indexOf(by) + 1));
    }
  }

  private static Map<String, String> words(final String line, final char separator) {
    final Map<String, String> all = new HashMap<>();
    for (final String word : line.split("\\s+", -1)) {
      final int at = word.indexOf(separator);
      all.put(at < 0 ? word : word.substring(0, at), at < 0 ? "" : word.substring(at + 1));
    }
    return all;
  }

  static Map<String, Long> nstat(final String text) {
    final Map<String, Long> all = new HashMap<>();
    for (final String line : text.lines().toList()) {
      final String[] words = line.split("\\s+", -1);
      if (!line.startsWith("#")) {
        all.put(words[0], Long.valueOf(words[1]));
      }
    }
    return all;
  }
}
