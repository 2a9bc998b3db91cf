package io.ustack.dpdk;

import java.util.EnumMap;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Which {@link Offload} is switched on, which off; the others are as is best for the port: on where
 * it has them in hardware. Immutable.
 */
public final class Offloads {
  /** Nothing is switched. */
  public static final Offloads AUTO = new Offloads(new EnumMap<>(Offload.class));

  private final Map<Offload, Boolean> switched;

  private Offloads(final Map<Offload, Boolean> switched) {
    this.switched = switched;
  }

  /**
   * Reads {@code rx=on,tx=off}.
   *
   * @throws IllegalArgumentException what is wrong, in one line
   */
  public static Offloads parse(final String text) {
    Offloads result = AUTO;
    for (final String part : text.split(",", -1)) {
      final int at = part.indexOf('=');
      final String state = part.substring(at + 1);
      if (at < 0 || !(state.equals("on") || state.equals("off"))) {
        throw new IllegalArgumentException("'" + part + "' is not NAME=on or NAME=off");
      }
      final Offload offload = named(part.substring(0, at));
      if (result.switched.containsKey(offload)) {
        throw new IllegalArgumentException("'" + offload.word() + "' is switched twice");
      }
      result = result.with(offload, state.equals("on"));
    }
    return result;
  }

  private static Offload named(final String word) {
    for (final Offload offload : Offload.values()) {
      if (offload.word().equals(word)) {
        return offload;
      }
    }
    throw new IllegalArgumentException("'" + word + "' is none of " + words());
  }

  /** All names, as in {@code rx, tx}. */
  public static String words() {
    return Stream.of(Offload.values()).map(Offload::word).collect(Collectors.joining(", "));
  }

  /** The same with one more switched. */
  public Offloads with(final Offload offload, final boolean on) {
    final Map<Offload, Boolean> more = new EnumMap<>(Offload.class);
    more.putAll(switched);
    more.put(offload, on);
    return new Offloads(more);
  }

  /** Switched on: a port that can't do it is refused. */
  public boolean isOn(final Offload offload) {
    return Boolean.TRUE.equals(switched.get(offload));
  }

  /** Switched off. */
  public boolean isOff(final Offload offload) {
    return Boolean.FALSE.equals(switched.get(offload));
  }

  @Override
  public boolean equals(final Object other) {
    return other instanceof Offloads offloads && switched.equals(offloads.switched);
  }

  @Override
  public int hashCode() {
    return switched.hashCode();
  }

  @Override
  public String toString() {
    return switched.entrySet().stream()
        .map(e -> e.getKey().word() + (e.getValue() ? "=on" : "=off"))
        .collect(Collectors.joining(",", "Offloads[", "]"));
  }
}
