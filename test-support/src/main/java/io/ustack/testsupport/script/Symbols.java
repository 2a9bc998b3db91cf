package io.ustack.testsupport.script;

import io.ustack.posix.Epoll;
import io.ustack.posix.Errno;
import io.ustack.posix.SocketOption;
import java.lang.reflect.Field;
import java.util.HashMap;
import java.util.Map;

/** The numbers behind the names in scripts. */
final class Symbols {
  private static final Map<String, Long> VALUES = values();

  private Symbols() {}

  private static Map<String, Long> values() {
    final Map<String, Long> values = new HashMap<>();
    addConstants(values, SocketOption.class);
    addConstants(values, Epoll.class);
    addConstants(values, Errno.class);
    values.put("SOL_TCP", (long) SocketOption.IPPROTO_TCP);
    values.put("EWOULDBLOCK", (long) Errno.EAGAIN);
    for (final String bit : new String[] {"IN", "PRI", "OUT", "ERR", "HUP", "RDHUP"}) {
      final Long value = values.get("EPOLL" + bit);
      if (value != null) {
        values.put("POLL" + bit, value);
      }
    }
    addInfo(values);
    return values;
  }

  private static void addConstants(final Map<String, Long> values, final Class<?> holder) {
    for (final Field field : holder.getFields()) {
      if (field.getType() == int.class) {
        try {
          values.put(field.getName(), (long) field.getInt(null));
        } catch (final IllegalAccessException e) {
          throw new AssertionError(e);
        }
      }
    }
  }

  /** linux/tcp.h and net/tcp_states.h: what the fields of tcp_info hold. */
  private static void addInfo(final Map<String, Long> values) {
    final String[] states = {
      "ESTABLISHED",
      "SYN_SENT",
      "SYN_RECV",
      "FIN_WAIT1",
      "FIN_WAIT2",
      "TIME_WAIT",
      "CLOSE",
      "CLOSE_WAIT",
      "LAST_ACK",
      "LISTEN",
      "CLOSING"
    };
    for (int i = 0; i < states.length; i++) {
      values.put("TCP_" + states[i], i + 1L);
    }
    final String[] congestion = {"Open", "Disorder", "CWR", "Recovery", "Loss"};
    for (int i = 0; i < congestion.length; i++) {
      values.put("TCP_CA_" + congestion[i], (long) i);
    }
    values.put("TCPI_OPT_TIMESTAMPS", 1L);
    values.put("TCPI_OPT_SACK", 2L);
    values.put("TCPI_OPT_WSCALE", 4L);
    values.put("TCPI_OPT_ECN", 8L);
  }

  static boolean isKnown(final String name) {
    return VALUES.containsKey(name);
  }

  static long value(final String name) {
    final Long value = VALUES.get(name);
    if (value == null) {
      throw new ScriptFailure("no such symbol: " + name);
    }
    return value;
  }
}
