package io.ustack.tcp;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.lang.reflect.RecordComponent;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** The numbers of TCP. */
class TcpConfigTest {
  @ParameterizedTest(name = "{0} bytes: shift {1}")
  @CsvSource({"65535, 7", "6291456, 7", "8388480, 7", "8388608, 8", "1073741824, 14"})
  void scaleLetsTheLargestBufferBeTold(final int receiveBytes, final int shift) {
    assertEquals(shift, TcpConfig.DEFAULT.withBuffers(receiveBytes, 1).windowShift());
  }

  /** Each method of the builder sets the component of its name, and nothing else. */
  @ParameterizedTest
  @MethodSource("components")
  void changingOneThingLeavesTheOthers(final RecordComponent component) throws Exception {
    final Class<?> type = component.getType();
    final Object value =
        type.isEnum()
            ? type.getEnumConstants()[0]
            : type == String.class
                ? "reno"
                : type == boolean.class ? !isOn(component) : type == long.class ? (Object) 7L : 7;
    final TcpConfigBuilder builder = TcpConfig.DEFAULT.with();
    TcpConfigBuilder.class.getMethod(component.getName(), type).invoke(builder, value);
    final TcpConfig changed = builder.build();
    for (final RecordComponent other : TcpConfig.class.getRecordComponents()) {
      final Object expected =
          other.getName().equals(component.getName())
              ? value
              : other.getAccessor().invoke(TcpConfig.DEFAULT);
      assertEquals(expected, other.getAccessor().invoke(changed), other.getName());
    }
  }

  private static boolean isOn(final RecordComponent component) throws Exception {
    return (boolean) component.getAccessor().invoke(TcpConfig.DEFAULT);
  }

  static RecordComponent[] components() {
    return TcpConfig.class.getRecordComponents();
  }

  @Test
  void largerBuffersMayBeTold() {
    final TcpConfig config = TcpConfig.DEFAULT.withBuffers(1 << 30, 9);
    assertEquals(1 << 30, config.receiveBufferBytes());
    assertEquals(9, config.sendBufferBytes());
    assertEquals(1 << 30, config.maxReceiveBufferBytes());
    assertEquals(6 << 20, TcpConfig.DEFAULT.withBuffers(7, 9).maxReceiveBufferBytes());
  }
}
