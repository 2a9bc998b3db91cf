package io.ustack.tcp.congestion;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.function.Supplier;

/**
 * The algorithms that there are, by name: our own and those that {@link ServiceLoader} finds. An
 * algorithm of others is a public class with a public constructor without parameters, named in
 * {@code META-INF/services/io.ustack.tcp.congestion.CongestionControl}. Immutable.
 */
public final class CongestionControls {
  private final Map<String, Supplier<? extends CongestionControl>> makers = new LinkedHashMap<>();

  private CongestionControls() {
    makers.put(Cubic.NAME, Cubic::new);
    makers.put(NewReno.NAME, NewReno::new);
    makers.put(Bbr.NAME, Bbr::new);
  }

  /** Our own alone. */
  public static CongestionControls builtIn() {
    return new CongestionControls();
  }

  /** Our own and those that this thread's class loader knows. */
  public static CongestionControls load() {
    return load(ServiceLoader.load(CongestionControl.class));
  }

  /**
   * Our own and {@code others}.
   *
   * @throws IllegalArgumentException when two have the same name, or one has none
   */
  public static CongestionControls load(final ServiceLoader<CongestionControl> others) {
    final CongestionControls all = new CongestionControls();
    others.stream().forEach(provider -> all.add(provider.get().name(), provider));
    return all;
  }

  private void add(final String name, final Supplier<CongestionControl> maker) {
    if (name.isBlank() || name.chars().anyMatch(Character::isWhitespace)) {
      throw new IllegalArgumentException(
          "'" + name + "' is no name for a congestion control algorithm");
    }
    if (makers.putIfAbsent(name, maker) != null) {
      throw new IllegalArgumentException(
          "there are two congestion control algorithms named " + name);
    }
  }

  /** Their names, our default first; as Linux's {@code tcp_available_congestion_control}. */
  public List<String> available() {
    return List.copyOf(makers.keySet());
  }

  /** Whether there is one of this name. */
  public boolean has(final String name) {
    return makers.containsKey(name);
  }

  /**
   * Complains unless there is one of this name.
   *
   * @throws IllegalArgumentException when there is none
   */
  public void require(final String name) {
    maker(name);
  }

  /**
   * A new one, for one connection.
   *
   * @throws IllegalArgumentException when there is none of this name
   */
  public CongestionControl create(final String name) {
    return maker(name).get();
  }

  private Supplier<? extends CongestionControl> maker(final String name) {
    final Supplier<? extends CongestionControl> maker = makers.get(name);
    if (maker == null) {
      throw new IllegalArgumentException(
          "no congestion control algorithm '"
              + name
              + "'; there are "
              + String.join(", ", makers.keySet()));
    }
    return maker;
  }
}
