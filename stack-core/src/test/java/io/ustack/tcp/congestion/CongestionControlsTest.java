package io.ustack.tcp.congestion;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.ServiceLoader;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CongestionControlsTest {
  /** An algorithm of a user: the window stays what it is. */
  public static final class Fixed implements CongestionControl {
    @Override
    public String name() {
      return "fixed";
    }

    @Override
    public void start(final CongestionWindow window, final long nowNs) {}

    @Override
    public void onAck(final CongestionWindow window, final AckSample sample) {}

    @Override
    public void onCongestion(
        final CongestionWindow window,
        final Event event,
        final int flightBytes,
        final long nowNs) {}
  }

  /** Another that calls itself as one of ours. */
  public static final class FalseReno implements CongestionControl {
    @Override
    public String name() {
      return "reno";
    }

    @Override
    public void start(final CongestionWindow window, final long nowNs) {}

    @Override
    public void onAck(final CongestionWindow window, final AckSample sample) {}

    @Override
    public void onCongestion(
        final CongestionWindow window,
        final Event event,
        final int flightBytes,
        final long nowNs) {}
  }

  @TempDir private Path directory;

  /** As if a jar on the class path named {@code type} as a service. */
  private CongestionControls with(final Class<?> type) throws IOException {
    final Path services = Files.createDirectories(directory.resolve("META-INF/services"));
    Files.writeString(services.resolve(CongestionControl.class.getName()), type.getName() + "\n");
    try (URLClassLoader loader =
        new URLClassLoader(new URL[] {directory.toUri().toURL()}, getClass().getClassLoader())) {
      return CongestionControls.load(ServiceLoader.load(CongestionControl.class, loader));
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
    final CongestionControls all = with(Fixed.class);
    assertEquals(List.of("cubic", "reno", "bbr", "fixed"), all.available());
    assertInstanceOf(Fixed.class, all.create("fixed"));
    assertNotSame(all.create("fixed"), all.create("fixed"));
  }

  @Test
  void twoOfOneNameAreRefused() {
    final IllegalArgumentException e =
        assertThrows(IllegalArgumentException.class, () -> with(FalseReno.class));
    assertEquals("there are two congestion control algorithms named reno", e.getMessage());
  }
}
