package io.ustack.apps.sim;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ustack.apps.Captures;
import io.ustack.apps.CommandRun;
import io.ustack.tcp.congestion.AckSample;
import io.ustack.tcp.congestion.CongestionControl;
import io.ustack.tcp.congestion.CongestionWindow;
import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.logging.Logger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code sim} with an algorithm of a user that is not as it should be. */
final class ForeignAlgorithmTest {
  /** A window without end, whatever happens. */
  public static class Endless implements CongestionControl {
    @Override
    public String name() {
      return "endless";
    }

    @Override
    public void start(final CongestionWindow window, final long nowNs) {
      window.cwnd(Long.MAX_VALUE);
    }

    @Override
    public void onAck(final CongestionWindow window, final AckSample sample) {
      window.cwnd(Long.MAX_VALUE);
    }

    @Override
    public void onCongestion(
        final CongestionWindow window,
        final Event event,
        final int flightBytes,
        final long nowNs) {}

    @Override
    public boolean ownsRecovery() {
      return true;
    }
  }

  /** One that throws. */
  public static final class Broken extends Endless {
    @Override
    public String name() {
      return "broken";
    }

    @Override
    public void onAck(final CongestionWindow window, final AckSample sample) {
      throw new IllegalStateException("boom");
    }
  }

  /** One that can't be made. */
  public static final class Unmade extends Endless {
    public Unmade() {
      throw new UnsupportedOperationException("no licence");
    }
  }

  @TempDir private Path directory;

  private CommandRun run(final Class<?> type, final String line) throws IOException {
    final Path services = Files.createDirectories(directory.resolve("META-INF/services"));
    Files.writeString(services.resolve(CongestionControl.class.getName()), type.getName());
    final Thread thread = Thread.currentThread();
    final ClassLoader before = thread.getContextClassLoader();
    try (URLClassLoader loader =
        new URLClassLoader(new URL[] {directory.toUri().toURL()}, before)) {
      thread.setContextClassLoader(loader);
      return CommandRun.of(line.split(" ", -1));
    } finally {
      thread.setContextClassLoader(before);
    }
  }

  /** Each of them fills the path; in real time that took minutes, a nanosecond at a time. */
  @ParameterizedTest
  @ValueSource(strings = {"--rtt 40", "--rtt 0", "--rtt 20 --queue 0.1x", "--flows 3 --queue 8x"})
  @Timeout(60)
  void endlessWindowRuns(final String options) throws IOException {
    final CommandRun run = run(Endless.class, "sim --cc endless --seconds 2 " + options);
    assertEquals(0, run.exitCode(), run::toString);
    assertEquals("", run.err(), run::toString);
  }

  @Test
  void oneThatThrowsIsNamedAtTheEnd() throws IOException {
    final Logger log = Logger.getLogger("io.ustack.tcp.ControlFailures");
    log.setUseParentHandlers(false);
    final CommandRun run = run(Broken.class, "sim --cc cubic,broken --bytes 100k");
    log.setUseParentHandlers(true);
    assertEquals(1, run.exitCode(), run::toString);
    assertEquals("ustack sim: broken has failed in flow 2, where reno went on\n", run.err());
    assertTrue(run.out().contains("  2  broken "), run::toString);
    assertTrue(run.out().contains(" 100000 "), "it goes on: " + run);
  }

  @Test
  void oneThatCannotBeLoadedIsOneLine() throws IOException {
    final CommandRun sim = run(Unmade.class, "sim");
    assertEquals(2, sim.exitCode(), sim::toString);
    refusal(sim);
    final Path capture = Captures.write(directory.resolve("a.pcap"), Captures.echoRequest());
    final CommandRun replay = run(Unmade.class, "replay " + capture + " --ip 10.99.0.2/24");
    assertEquals(1, replay.exitCode(), replay::toString);
    refusal(replay);
  }

  private static void refusal(final CommandRun run) {
    assertEquals(1, run.err().lines().count(), run::toString);
    assertTrue(run.err().contains(Unmade.class.getName() + " can't be loaded: "), run::toString);
    assertTrue(run.err().contains("no licence"), run::toString);
    assertFalse(run.err().contains("internal error"), run::toString);
  }
}
