package io.ustack.tcp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ustack.counter.Counter;
import io.ustack.tcp.congestion.AckSample;
import io.ustack.tcp.congestion.CongestionControl;
import io.ustack.tcp.congestion.CongestionWindow;
import io.ustack.tcp.congestion.UnusableAlgorithmException;
import io.ustack.testing.LogLines;
import io.ustack.testing.StillControl;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Congestion control that is not ours, in a stack: whatever it does, the stack and the others live
 * on.
 */
class ForeignControlTest {
  /** Sets the window to what the test says, or throws. */
  public static final class Foreign extends StillControl {
    private static long cwnd;
    private static boolean throwing;

    @Override
    public String name() {
      return "foreign";
    }

    @Override
    public void start(final CongestionWindow window, final long nowNs) {
      if (!throwing) {
        window.cwnd(cwnd);
      }
    }

    @Override
    public void onAck(final CongestionWindow window, final AckSample sample) {
      if (throwing) {
        throw new ArithmeticException("/ by zero");
      }
      window.cwnd(cwnd);
    }
  }

  /** Not to be had. */
  public static final class Missing extends StillControl {
    public Missing() {
      throw new UnsupportedOperationException();
    }

    @Override
    public String name() {
      return "missing";
    }
  }

  @TempDir private Path directory;
  private final LogLines log = new LogLines(ControlFailures.class.getName());

  @AfterEach
  void unwatch() {
    log.close();
    Foreign.throwing = false;
  }

  /** A stack that is made while {@code type} is on the class path. */
  private TestStack stackWith(final Class<?> type, final TcpConfig config) throws Exception {
    final Path services = Files.createDirectories(directory.resolve("META-INF/services"));
    Files.writeString(services.resolve(CongestionControl.class.getName()), type.getName());
    final Thread thread = Thread.currentThread();
    final ClassLoader before = thread.getContextClassLoader();
    try (URLClassLoader loader =
        new URLClassLoader(new URL[] {directory.toUri().toURL()}, before)) {
      thread.setContextClassLoader(loader);
      return TestStack.listening(config);
    } finally {
      thread.setContextClassLoader(before);
    }
  }

  private TestStack foreign() throws Exception {
    return stackWith(
        Foreign.class,
        TestStack.PLAIN.with().congestionControl("foreign").sendAutoTuning(false).build());
  }

  @Test
  void stackDoesNotStartWithOneThatCannotBeLoaded() {
    final String said =
        assertThrows(
                UnusableAlgorithmException.class, () -> stackWith(Missing.class, TestStack.PLAIN))
            .getMessage();
    assertTrue(said.contains("Missing can't be loaded"), said);
  }

  /** The first ACK of data throws: the connection goes on, and so does the next. */
  @Test
  void oneThatThrowsGivesWayToReno() throws Exception {
    Foreign.throwing = true;
    try (TestStack s = foreign()) {
      s.establish();
      for (int i = 0; i < 3; i++) {
        s.write(1 + 1000 * i, 1000);
        s.script(
            "> P. %d:%d(1000) ack 1".formatted(1 + 1000 * i, 1001 + 1000 * i),
            "< . 1:1(0) ack %d win 65535".formatted(1001 + 1000 * i));
      }
      assertEquals(1, s.net.count(Counter.TCP_CONGESTION_CONTROL_FAILURES));
      assertEquals("foreign", s.connection.sender().control().name());
      assertEquals(7300, s.connection.sender().window().ssthresh());
      assertEquals(0, s.net.count(Counter.INTERNAL_ERRORS));
      s.peerPort(4242).establish();
      s.write(1, 10);
      s.script("> P. 1:11(10) ack 1", "< . 1:1(0) ack 11 win 65535");
      assertEquals(2, s.net.count(Counter.TCP_CONGESTION_CONTROL_FAILURES));
      assertEquals(1, log.lines.size());
      final String line = log.lines.get(0);
      assertTrue(
          line.startsWith(
              "congestion control foreign has thrown java.lang.ArithmeticException: / by zero at "
                  + Foreign.class.getName()),
          line);
    }
  }

  /**
   * No window, a negative one, an endless one: what may leave is a segment to what the peer takes.
   */
  @ParameterizedTest
  @CsvSource({
    "0, 1460, 1460",
    "-9223372036854775808, 1460, 1460",
    "9223372036854775807, 1073741824, 64240"
  })
  void windowsAreBounded(final long cwnd, final int seen, final int sent) throws Exception {
    Foreign.cwnd = cwnd;
    try (TestStack s = foreign()) {
      s.establish();
      assertEquals(100_000, s.write(1, 100_000));
      assertEquals(seen, s.connection.sender().window().cwnd());
      assertEquals(sent, s.connection.sender().inFlightBytes());
      assertEquals(0, s.net.count(Counter.INTERNAL_ERRORS));
      s.takeSent();
    }
  }
}
