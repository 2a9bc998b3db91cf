package io.ustack.apps;

import io.ustack.kernel.KernelRules;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** What of the wire's traffic the kernel gets, and through which port. */
final class KernelOptions {
  private static final String DEFAULT_RULES = "tcp/22";
  private static final int DEFAULT_RATE = 10_000;

  /** A burst is what a tenth of a second may bring. */
  private static final int BURSTS_PER_SECOND = 10;

  @Option(
      names = "--kernel",
      paramLabel = "NAME",
      description =
          "Share the wire with the kernel, behind another port: a tap, as in net_tap1. It gets what"
              + " the rules say, answers to what it sends itself, and what is not for the stack."
              + " docs/operations.md has an example.")
  private @Nullable String device;

  @Option(
      names = "--kernel-rules",
      paramLabel = "RULE,...",
      converter = Rules.class,
      description =
          "What is the kernel's of the traffic to our address: tcp/PORT, udp/PORT (or a range, as"
              + " in tcp/8000-8099), icmp, proto/NUMBER, from/ADDRESS[/PREFIX], or none. Default: "
              + DEFAULT_RULES
              + ".")
  private @Nullable KernelRules rules;

  @Option(
      names = "--kernel-rate",
      paramLabel = "FRAMES",
      converter = Rate.class,
      description =
          "How many frames a second the kernel gets, of each shard. Default: " + DEFAULT_RATE + ".")
  private @Nullable Integer perSecond;

  /** {@code tcp/22,icmp}. */
  static final class Rules implements ITypeConverter<KernelRules> {
    @Override
    public KernelRules convert(final String text) {
      try {
        return KernelRules.parse(text);
      } catch (final IllegalArgumentException e) {
        throw new TypeConversionException(String.valueOf(e.getMessage()));
      }
    }
  }

  /** Frames a second, 10 to 10 million. */
  static final class Rate implements ITypeConverter<Integer> {
    private static final int LEAST = BURSTS_PER_SECOND;
    private static final int MOST = 10_000_000;

    @Override
    public Integer convert(final String text) {
      final int rate = text.matches("[0-9]{1,8}") ? Integer.parseInt(text) : 0;
      if (rate < LEAST || rate > MOST) {
        throw new TypeConversionException(
            "'" + text + "' is no number from " + LEAST + " to " + MOST);
      }
      return rate;
    }
  }

  /** Why they don't fit each other; null when they do. */
  @Nullable String complaint(final @Nullable String wire) {
    if (device == null && (rules != null || perSecond != null)) {
      return "--kernel-rules and --kernel-rate need --kernel, the port that leads there";
    }
    return device != null && device.equals(wire)
        ? "--kernel and --device are the same port, " + device
        : null;
  }

  /** DPDK's name of the port that leads to the kernel; null when none does. */
  @Nullable String device() {
    return device;
  }

  KernelRules rules() {
    return rules == null ? KernelRules.parse(DEFAULT_RULES) : rules;
  }

  int perSecond() {
    return Objects.requireNonNullElse(perSecond, DEFAULT_RATE);
  }

  int burst() {
    return perSecond() / BURSTS_PER_SECOND;
  }
}
