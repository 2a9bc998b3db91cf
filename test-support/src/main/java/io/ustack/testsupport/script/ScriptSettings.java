package io.ustack.testsupport.script;

import io.ustack.tcp.TcpConfig;
import io.ustack.tcp.TcpConfigBuilder;
import io.ustack.tcp.congestion.CongestionControls;
import java.lang.reflect.Method;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * What a script sets before it begins: {@code --option=value} lines, and {@code sysctl} between
 * backticks. {@code --tcp.NAME=VALUE} sets the component NAME of {@link TcpConfig}.
 */
final class ScriptSettings {
  private static final long MS = 1_000_000;

  /** How far a segment may be from its time; 0.1 ms, for what is written rounded. */
  long toleranceNs = 100_000;

  int mtuBytes = 1500;
  int isn = -100;
  private final TcpConfigBuilder tcp;

  /** Why there is no TcpConfig with these numbers; null when there is one. */
  private @Nullable ScriptFailure doubt;

  ScriptSettings(final TcpConfig tcp) {
    this.tcp = tcp.with();
  }

  /**
   * The numbers of TCP.
   *
   * @throws ScriptFailure when they are refused, at the line after which they were
   */
  TcpConfig tcp() {
    if (doubt != null) {
      throw doubt;
    }
    return tcp.build();
  }

  /** What is in doubt was said here. */
  void at(final String name, final int line, final String text) {
    doubt = doubt == null ? null : doubt.at(name, line, text);
  }

  /** One number may be out of bounds until the next line moves the bounds. */
  private void judge() {
    try {
      tcp.build();
      doubt = null;
    } catch (final IllegalArgumentException e) {
      doubt = doubt == null ? new ScriptFailure(String.valueOf(e.getMessage())) : doubt;
    }
  }

  /** A line {@code --name=value}. */
  void option(final String name, final String value) {
    if (name.startsWith("tcp.")) {
      component(name.substring(4), value);
      return;
    }
    switch (name) {
      case "tolerance_usecs" -> toleranceNs = Bounds.TOLERANCE_US.read(value) * 1000;
      case "mtu" -> mtuBytes = (int) Bounds.LINK_MTU.read(value);
      case "isn" -> isn = (int) Bounds.ISN.read(value);
      default -> throw new ScriptFailure("no such option: --" + name);
    }
  }

  /** What stands between backticks: {@code sysctl -q name=value}, several with {@code ;}. */
  void commands(final String text) {
    for (final String command : text.split("[;\n]", -1)) {
      final String[] words = command.strip().split("\\s+", 2);
      if (words[0].isEmpty()) {
        continue;
      }
      if (!words[0].equals("sysctl") || words.length < 2) {
        throw new ScriptFailure("no command but sysctl: " + command.strip());
      }
      final String setting = words[1].replaceAll("^(-\\w+\\s+)+", "").replace("\"", "");
      final int equals = setting.indexOf('=');
      if (equals < 0) {
        throw new ScriptFailure("not name=value: " + setting);
      }
      sysctl(setting.substring(0, equals).strip(), setting.substring(equals + 1).strip());
    }
  }

  private void sysctl(final String name, final String value) {
    switch (name) {
      case "net.ipv4.tcp_timestamps" -> component("timestamps", value);
      case "net.ipv4.tcp_sack" -> component("sack", value);
      case "net.ipv4.tcp_syn_retries" -> component("synRetries", value);
      case "net.ipv4.tcp_synack_retries" -> component("synAckRetries", value);
      case "net.ipv4.tcp_retries2" -> component("dataRetries", value);
      case "net.ipv4.tcp_orphan_retries" -> component("orphanRetries", value);
      case "net.ipv4.tcp_max_orphans" -> component("maxOrphans", value);
      case "net.ipv4.tcp_max_tw_buckets" -> component("maxTimeWaits", value);
      case "net.core.somaxconn" -> component("maxBacklog", value);
      case "net.ipv4.tcp_fin_timeout" -> scaled("finWait2Ns", value, 1000 * MS);
      case "net.ipv4.tcp_invalid_ratelimit" -> scaled("challengeAckIntervalNs", value, MS);
      case "net.ipv4.tcp_rmem" -> {
        component("receiveBufferBytes", word(value, 1));
        component("maxReceiveBufferBytes", word(value, 2));
      }
      case "net.ipv4.tcp_wmem" -> component("sendBufferBytes", word(value, 1));
      default -> throw new ScriptFailure("sysctl " + name + " has no counterpart here");
    }
  }

  private static String word(final String text, final int index) {
    final String[] words = text.strip().split("\\s+", -1);
    if (index >= words.length) {
      throw new ScriptFailure("more than " + index + " numbers are wanted: " + text);
    }
    return words[index];
  }

  private void scaled(final String name, final String value, final long unitNs) {
    component(name, Long.toString(Bounds.INTEGER.readScaled(value, unitNs)));
  }

  private void component(final String name, final String value) {
    for (final Method method : TcpConfigBuilder.class.getMethods()) {
      if (method.getName().equals(name) && method.getParameterCount() == 1) {
        try {
          method.invoke(tcp, converted(name, value, method.getParameterTypes()[0]));
          judge();
          return;
        } catch (final ReflectiveOperationException | IllegalArgumentException e) {
          throw new ScriptFailure("TcpConfig." + name + " can't be " + value + ": " + e);
        }
      }
    }
    throw new ScriptFailure("TcpConfig has no " + name);
  }

  private static Object converted(final String name, final String value, final Class<?> type) {
    if (type == boolean.class) {
      return truth(value);
    }
    if (type.isEnum()) {
      for (final Object constant : type.getEnumConstants()) {
        if (constant.toString().equals(value)) {
          return constant;
        }
      }
      throw new ScriptFailure(
          name + " is one of " + Arrays.toString(type.getEnumConstants()) + ", not " + value);
    }
    if (type == String.class) {
      CongestionControls.load().require(value);
      return value;
    }
    if (type == int.class) {
      return (int) Bounds.COUNT.read(value);
    }
    return Bounds.INTEGER.read(value);
  }

  private static boolean truth(final String value) {
    return switch (value) {
      case "true", "1" -> true;
      case "false", "0" -> false;
      default -> throw new ScriptFailure("neither true nor false: " + value);
    };
  }
}
