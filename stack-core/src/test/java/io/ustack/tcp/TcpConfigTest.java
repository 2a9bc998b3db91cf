package io.ustack.tcp;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The numbers of TCP. */
class TcpConfigTest {
  @ParameterizedTest(name = "{0} bytes: shift {1}")
  @CsvSource({"65535, 7", "6291456, 7", "8388480, 7", "8388608, 8", "1073741824, 14"})
  void scaleLetsTheLargestBufferBeTold(final int receiveBytes, final int shift) {
    assertEquals(shift, TcpConfig.DEFAULT.withBuffers(receiveBytes, 1).windowShift());
  }

  @Test
  void changingOneThingLeavesTheOthers() {
    final TcpConfig config = TcpConfig.DEFAULT;
    assertEquals(config, config.withBuffers(config.receiveBufferBytes(), config.sendBufferBytes()));
    assertEquals(config, config.withLimits(config.maxConnections(), config.maxTimeWaits()));
    assertEquals(7, config.withBuffers(7, 9).receiveBufferBytes());
    assertEquals(9, config.withBuffers(7, 9).sendBufferBytes());
    assertEquals(7, config.withLimits(7, 9).maxConnections());
    assertEquals(9, config.withLimits(7, 9).maxTimeWaits());
  }
}
