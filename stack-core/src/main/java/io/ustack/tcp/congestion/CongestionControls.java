package io.ustack.tcp.congestion;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.ServiceConfigurationError;
import java.util.ServiceLoader;
import java.util.function.BiConsumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The algorithms that there are, by name: our own and those that {@link ServiceLoader} finds. An
 * algorithm of others is a public class with a public constructor without parameters, named in
 * {@code META-INF/services/io.ustack.tcp.congestion.CongestionControl}. Immutable.
 *
 * <p>One of others that can't be loaded is refused here, before anything happens. One that throws
 * later loses its connection to {@link NewReno}.
 */
public final class CongestionControls {
  private static final String NAME = "[A-Za-z0-9._-]+";

  private final Map<String, Supplier<? extends CongestionControl>> makers = new LinkedHashMap<>();

  /** Who hears of what those of others throw. */
  private final BiConsumer<String, Throwable> failures;

  private CongestionControls(final BiConsumer<String, Throwable> failures) {
    this.failures = failures;
    makers.put(Cubic.NAME, Cubic::new);
    makers.put(NewReno.NAME, NewReno::new);
    makers.put(Bbr.NAME, Bbr::new);
  }

  /** Our own alone. */
  public static CongestionControls builtIn() {
    return new CongestionControls((name, thrown) -> {});
  }

  /**
   * Our own and those that this thread's class loader knows.
   *
   * @throws UnusableAlgorithmException as {@link #load(ServiceLoader, BiConsumer)}
   */
  public static CongestionControls load() {
    return load((name, thrown) -> {});
  }

  /**
   * The same.
   *
   * @param failures told the name of one of others and what it has thrown, once for each connection
   *     that it fails; the thread is that of the stack
   */
  public static CongestionControls load(final BiConsumer<String, Throwable> failures) {
    return load(ServiceLoader.load(CongestionControl.class), failures);
  }

  /**
   * Our own and {@code others}.
   *
   * @throws UnusableAlgorithmException when one can't be loaded or made, when two have the same
   *     name, or one has none
   */
  public static CongestionControls load(
      final ServiceLoader<CongestionControl> others, final BiConsumer<String, Throwable> failures) {
    final CongestionControls all = new CongestionControls(failures);
    try {
      others.stream().forEach(all::add);
    } catch (final UnusableAlgorithmException e) {
      throw e;
    } catch (final Exception | LinkageError | ServiceConfigurationError e) {
      throw new UnusableAlgorithmException("a congestion control algorithm " + wrongWith(e), e);
    }
    return all;
  }

  private static String wrongWith(final Throwable e) {
    return "can't be loaded: " + ThrownText.withCause(e);
  }

  private void add(final ServiceLoader.Provider<CongestionControl> provider) {
    final String type = provider.type().getName();
    final String name;
    try {
      name = provider.get().name();
    } catch (final Throwable e) {
      throw new UnusableAlgorithmException(
          "the congestion control algorithm " + type + " " + wrongWith(e), e);
    }
    if (!isName(name)) {
      throw new UnusableAlgorithmException(
          "the congestion control algorithm "
              + type
              + " has a name that is none: "
              + (name == null ? "null" : "'" + ThrownText.oneLine(name) + "'"));
    }
    if (makers.putIfAbsent(name, () -> new Guarded(name, provider, failures)) != null) {
      throw new UnusableAlgorithmException(
          "there are two congestion control algorithms named " + name + ", one of them " + type);
    }
  }

  /** What a command line and a list of several can say without quotes. */
  private static boolean isName(final @Nullable String name) {
    return name != null && name.matches(NAME);
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
