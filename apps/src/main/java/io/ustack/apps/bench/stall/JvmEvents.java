package io.ustack.apps.bench.stall;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Reads what HotSpot logs of its events, line by line, as it does since JDK 17 at the least. A line
 * has the time at which it was written, which is when what it tells of had just ended. Lines of
 * another form are passed over.
 */
final class JvmEvents {
  /** What to log, and with which decoration: the clock of System.nanoTime. */
  static final String LOGGED = "safepoint,gc,handshake*,jit+compilation=debug";

  static final String DECORATION = "timenanos";

  private static final Pattern LINE = Pattern.compile("\\[(\\d+)ns\\]\\s*(.*)");
  private static final Pattern SAFEPOINT =
      Pattern.compile(
          "Safepoint \"([^\"]*)\", .*Reaching safepoint: (\\d+) ns, .*Total: (\\d+) ns.*");
  private static final Pattern HANDSHAKE =
      Pattern.compile("Handshake \"([^\"]*)\", .*Total completion time: (\\d+) ns.*");
  private static final Pattern COLLECTION = Pattern.compile("GC\\(\\d+\\) Pause .*ms");
  private static final Pattern NOT_ENTRANT =
      Pattern.compile(".* (\\S+::\\S+) .*made not entrant.*");

  /**
   * What the JIT compilers replace by something better, without a mistake of theirs. Older JVMs
   * give no reason; there it is taken for one that the code was of a level below C2's, 4.
   */
  private static final Pattern REPLACED =
      Pattern.compile(".*not entrant: (not used|OSR).*|.* [1-3] +\\S+::\\S+ .*not entrant\\s*");

  private final List<JvmEvent> all = new ArrayList<>();
  private boolean collected;

  /** The next line. */
  void add(final String line) {
    final Matcher parts = LINE.matcher(line);
    if (parts.matches()) {
      add(Long.parseLong(parts.group(1)), parts.group(2));
    }
  }

  private void add(final long endNs, final String what) {
    final Matcher safepoint = SAFEPOINT.matcher(what);
    final Matcher handshake = HANDSHAKE.matcher(what);
    final Matcher code = NOT_ENTRANT.matcher(what);
    if (COLLECTION.matcher(what).matches()) {
      collected = true; // the line of its safepoint follows
    } else if (safepoint.matches()) {
      final long calledNs = endNs - Long.parseLong(safepoint.group(3));
      final long beginNs = calledNs + Long.parseLong(safepoint.group(2));
      all.add(
          new JvmEvent(
              collected ? JvmEvent.Kind.COLLECTION : JvmEvent.Kind.SAFEPOINT,
              safepoint.group(1),
              calledNs,
              beginNs,
              endNs));
      collected = false;
    } else if (handshake.matches()) {
      final long calledNs = endNs - Long.parseLong(handshake.group(2));
      all.add(new JvmEvent(JvmEvent.Kind.HANDSHAKE, handshake.group(1), calledNs, calledNs, endNs));
    } else if (code.matches() && !REPLACED.matcher(what).matches()) {
      all.add(new JvmEvent(JvmEvent.Kind.DEOPTIMISATION, code.group(1), endNs, endNs, endNs));
    }
  }

  /** All so far, in the order in which they ended. */
  List<JvmEvent> all() {
    return List.copyOf(all);
  }
}
