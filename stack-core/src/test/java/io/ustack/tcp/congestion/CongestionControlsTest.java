package io.ustack.tcp.congestion;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ustack.testing.StillControl;
import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.ServiceLoader;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.NullSource;
import org.junit.jupiter.params.provider.ValueSource;

class CongestionControlsTest {
  /** One whose name the test says. */
  public static class Named extends StillControl {
    private static String saidName = "";

    @Override
    public String name() {
      return saidName;
    }
  }

  /** Another that calls itself as one of ours. */
  public static final class FalseReno extends Named {
    @Override
    public String name() {
      return "reno";
    }
  }

  /** One that can't be made. */
  public static final class Unmade extends Named {
    public Unmade() {
      throw new UnsupportedOperationException("no licence");
    }
  }

  /** One that lacks a class of its own jar. */
  public static final class Torn extends Named {
    public Torn() {
      throw new NoClassDefFoundError("my/Table");
    }
  }

  /** One whose jar was made for another version. */
  public static final class Nameless extends Named {
    @Override
    public String name() {
      throw new AbstractMethodError("name");
    }
  }

  /** One that can't be made, and neither says why nor what of. */
  public static final class Mute extends Named {
    public Mute() {
      throw new MuteException();
    }
  }

  private static final class MuteException extends RuntimeException {
    private static final long serialVersionUID = 1;

    @Override
    public String getMessage() {
      throw new IllegalStateException("no words");
    }
  }

  /** One that says why in two lines, and has a cause that can't be had. */
  public static final class Verbose extends Named {
    @Override
    public String name() {
      throw new UnsupportedOperationException("first\nsecond") {
        private static final long serialVersionUID = 1;

        @Override
        public synchronized Throwable getCause() {
          throw new IllegalStateException("no cause");
        }
      };
    }
  }

  /** One that can't be made any more, once a stack has found it. */
  public static final class OnceOnly extends Named {
    private static int made;

    public OnceOnly() {
      if (made++ > 0) {
        throw new IllegalStateException("made already");
      }
    }

    @Override
    public String name() {
      return "once";
    }
  }

  @TempDir private Path directory;

  private final List<String> failures = new ArrayList<>();

  /** As if a jar on the class path named {@code type} as a service. */
  private CongestionControls with(final Class<?> type) throws IOException {
    return with(type.getName());
  }

  private CongestionControls with(final String type) throws IOException {
    final Path services = Files.createDirectories(directory.resolve("META-INF/services"));
    Files.writeString(services.resolve(CongestionControl.class.getName()), type + "\n");
    try (URLClassLoader loader =
        new URLClassLoader(new URL[] {directory.toUri().toURL()}, getClass().getClassLoader())) {
      return CongestionControls.load(
          ServiceLoader.load(CongestionControl.class, loader),
          (name, e) -> failures.add(name + ": " + e));
    }
  }

  @Test
  void knowsOurs() {
    final CongestionControls ours = CongestionControls.builtIn();
    assertEquals(List.of("cubic", "reno", "bbr"), ours.available());
    for (final String name : ours.available()) {
      assertTrue(ours.has(name));
      assertEquals(name, ours.create(name).name());
    }
    assertEquals(ours.available(), CongestionControls.load().available());
  }

  @Test
  void everyConnectionGetsItsOwn() {
    final CongestionControls ours = CongestionControls.builtIn();
    assertNotSame(ours.create("cubic"), ours.create("cubic"));
  }

  @Test
  void unknownNamesAreNamed() {
    final CongestionControls ours = CongestionControls.builtIn();
    assertFalse(ours.has("vegas"));
    final IllegalArgumentException e =
        assertThrows(IllegalArgumentException.class, () -> ours.create("vegas"));
    assertEquals(
        "no congestion control algorithm 'vegas'; there are cubic, reno, bbr", e.getMessage());
  }

  @Test
  void findsThoseOfOthers() throws IOException {
    final CongestionControls all = with(StillControl.class);
    assertEquals(List.of("cubic", "reno", "bbr", "still"), all.available());
    assertEquals("still", all.create("still").name());
    assertNotSame(all.create("still"), all.create("still"));
  }

  @Test
  void twoOfOneNameAreRefused() {
    final IllegalArgumentException e =
        assertThrows(IllegalArgumentException.class, () -> with(FalseReno.class));
    assertEquals(
        "there are two congestion control algorithms named reno, one of them "
            + FalseReno.class.getName(),
        e.getMessage());
  }

  private void refuses(final String type, final String complaint) {
    final String said =
        assertThrows(UnusableAlgorithmException.class, () -> with(type)).getMessage();
    assertTrue(said.contains(complaint), said);
    assertFalse(said.contains("\n"), said);
  }

  @Test
  void whatCannotBeLoadedIsNamed() {
    refuses("not.There", "Provider not.There not found");
    refuses(getClass().getName(), "CongestionControlsTest not a subtype");
    refuses("no class at all", "can't be loaded: java.util.ServiceConfigurationError");
    refuses(Unmade.class.getName(), Unmade.class.getName() + " can't be loaded: ");
    refuses(Unmade.class.getName(), "UnsupportedOperationException: no licence");
    refuses(Torn.class.getName(), "because of java.lang.NoClassDefFoundError: my/Table");
    refuses(Mute.class.getName(), "Mute can't be loaded: ");
    refuses(Mute.class.getName(), "because of " + MuteException.class.getName());
    refuses(Verbose.class.getName(), ": first\\u000asecond");
    refuses(Nameless.class.getName(), "Nameless can't be loaded: java.lang.AbstractMethodError");
  }

  @ParameterizedTest
  @NullSource
  @ValueSource(
      strings = {
        "",
        " ",
        "two words",
        "tab\t",
        "new\nline",
        "caf\u00e9",
        "a,b",
        "a'b",
        "a\"b",
        "a\\b",
        "a/b",
        "a=b"
      })
  void nameIsOneWord(final String name) {
    Named.saidName = name;
    final String said =
        assertThrows(UnusableAlgorithmException.class, () -> with(Named.class)).getMessage();
    final String told =
        name == null ? "null" : "'" + name.replace("\t", "\\u0009").replace("\n", "\\u000a") + "'";
    assertEquals(
        "the congestion control algorithm "
            + Named.class.getName()
            + " has a name that is none: "
            + told,
        said);
  }

  @ParameterizedTest
  @ValueSource(strings = {"x", "Westwood-2", "my_own.v3", "9", "-"})
  void nameIsOfLettersDigitsAndAFewMore(final String name) throws IOException {
    Named.saidName = name;
    assertTrue(with(Named.class).has(name));
  }

  /** A connection goes on with reno, and somebody hears of it. */
  @Test
  void whatCannotBeMadeAnyMoreIsReno() throws IOException {
    final CongestionControl control = with(OnceOnly.class).create("once");
    assertEquals(List.of("once: java.util.ServiceConfigurationError"), causes());
    final CongestionWindow window = new CongestionWindow();
    window.start(1000, 10_000);
    control.onCongestion(window, CongestionControl.Event.LOSS, 8000, 0);
    assertEquals(4000, window.ssthresh());
    assertEquals(1, failures.size());
  }

  private List<String> causes() {
    return failures.stream().map(f -> f.substring(0, f.indexOf(':', f.indexOf(':') + 1))).toList();
  }
}
