package io.ustack.tcp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ustack.house.Rfc9293;
import io.ustack.readiness.ReadinessObserver;
import io.ustack.testing.TestNet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@link TcpConfig#congestionControl} names the algorithm of a connection. */
class CongestionChoiceTest {
  private static TcpConfig naming(final String name) {
    return TestStack.PLAIN.with().congestionControl(name).build();
  }

  @ParameterizedTest
  @ValueSource(strings = {"reno", "cubic", "bbr"})
  @Rfc9293("MAY-18")
  void connectionHasWhatItsConfigNames(final String name) {
    try (TestStack t = TestStack.established(naming(name))) {
      assertEquals(name, t.connection.sender().control().name());
    }
  }

  @Test
  void defaultIsCubic() {
    assertEquals("cubic", TcpConfig.DEFAULT.congestionControl());
  }

  @Test
  void unknownNamesAreRefusedBeforeAnythingHappens() {
    final TcpConfig unknown = naming("vegas");
    final String complaint =
        assertThrows(IllegalArgumentException.class, () -> new TestStack(unknown)).getMessage();
    assertTrue(complaint.contains("'vegas'") && complaint.contains("cubic, reno, bbr"), complaint);
  }

  @Test
  void unknownNamesAreRefusedForOneSocket() {
    final TcpConfig unknown = naming("vegas");
    try (TestStack t = new TestStack()) {
      final Tcp tcp = t.net.stack.tcp();
      final TcpBinding binding = tcp.bind(0, 81, false);
      assertNotNull(binding);
      assertThrows(
          IllegalArgumentException.class,
          () -> tcp.listen(binding, 1, unknown, ReadinessObserver.NONE));
      final TcpListener listener = t.listen(1).listener();
      assertThrows(IllegalArgumentException.class, () -> listener.config(unknown));
      assertThrows(
          IllegalArgumentException.class,
          () ->
              tcp.connect(
                  binding,
                  TestNet.PEER,
                  80,
                  unknown,
                  ReadinessObserver.NONE,
                  t.net.clock.nanoTime()));
    }
  }
}
