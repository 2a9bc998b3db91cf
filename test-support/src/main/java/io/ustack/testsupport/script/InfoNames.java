package io.ustack.testsupport.script;

import io.ustack.counter.Counter;
import io.ustack.counter.DropReason;
import io.ustack.stack.NetworkStack;
import io.ustack.tcp.TcpInfo;
import io.ustack.tcp.TcpState;
import java.lang.reflect.Field;
import java.util.Locale;
import java.util.regex.Pattern;

/**
 * What names in asserts stand for: {@code tcpi_...} are the fields of {@link TcpInfo} in Linux's
 * units (microseconds, segments); the names of {@link Counter} and {@link DropReason} are those
 * counters of the stack; {@code connections} is how many there are.
 */
final class InfoNames {
  private static final Pattern NAME = Pattern.compile("[a-z]+(_[a-z]+)*");

  private final TcpInfo info;
  private final NetworkStack stack;

  InfoNames(final TcpInfo info, final NetworkStack stack) {
    this.info = info;
    this.stack = stack;
  }

  long value(final String name) {
    if (name.startsWith("tcpi_")) {
      return field(name.substring(5));
    }
    if (name.equals("connections")) {
      return stack.tcp().connections();
    }
    if (Symbols.isKnown(name)) {
      return Symbols.value(name); // TCP_ESTABLISHED is the state, not the counter
    }
    for (final Counter counter : Counter.values()) {
      if (counter.name().equals(name)) {
        return stack.counters().value(counter);
      }
    }
    for (final DropReason reason : DropReason.values()) {
      if (reason.name().equals(name)) {
        return stack.counters().value(reason);
      }
    }
    return Symbols.value(name);
  }

  private long field(final String name) {
    return switch (name) {
      case "state" -> linux(info.state);
      case "pacing_rate" -> info.pacingRate;
      case "ca_state" -> info.caState.ordinal();
      case "options" ->
          (info.timestamps ? 1 : 0)
              | (info.sack ? 2 : 0)
              | (info.windowScaling ? 4 : 0)
              | (info.ecn ? 8 : 0);
      case "cwnd" -> info.sndCwndSegments;
      default -> byName(name);
    };
  }

  /** {@code snd_cwnd} is {@code sndCwnd} with its unit: segments where there is a choice. */
  private long byName(final String name) {
    if (!NAME.matcher(name).matches()) {
      throw new ScriptFailure("TcpInfo has no tcpi_" + name);
    }
    final StringBuilder camel = new StringBuilder();
    for (final String word : name.split("_", -1)) {
      camel.append(
          camel.length() == 0
              ? word
              : word.substring(0, 1).toUpperCase(Locale.ROOT) + word.substring(1));
    }
    for (final String unit : new String[] {"", "Segments", "Bytes", "Ns"}) {
      for (final Field field : TcpInfo.class.getFields()) {
        final boolean counts = !field.getType().isEnum();
        if (counts && field.getName().contentEquals(camel + unit)) {
          return unit.equals("Ns") ? read(field) / 1000 : read(field);
        }
      }
    }
    throw new ScriptFailure("TcpInfo has no tcpi_" + name);
  }

  private long read(final Field field) {
    try {
      final Object value = field.get(info);
      if (value instanceof Boolean on) {
        return on ? 1 : 0;
      }
      return ((Number) value).longValue();
    } catch (final IllegalAccessException e) {
      throw new AssertionError(e);
    }
  }

  /** net/tcp_states.h. */
  private static long linux(final TcpState state) {
    return Symbols.value(
        switch (state) {
          case CLOSED -> "TCP_CLOSE";
          case SYN_RECEIVED -> "TCP_SYN_RECV";
          case FIN_WAIT_1 -> "TCP_FIN_WAIT1";
          case FIN_WAIT_2 -> "TCP_FIN_WAIT2";
          default -> "TCP_" + state.name();
        });
  }
}
