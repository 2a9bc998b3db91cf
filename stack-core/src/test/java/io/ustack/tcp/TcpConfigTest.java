package io.ustack.tcp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.lang.reflect.RecordComponent;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The numbers of TCP. */
class TcpConfigTest {
  @ParameterizedTest(name = "{0} bytes: shift {1}")
  @CsvSource({"65535, 7", "6291456, 7", "8388480, 7", "8388608, 8", "1073741824, 14"})
  void scaleLetsTheLargestBufferBeTold(final int receiveBytes, final int shift) {
    assertEquals(shift, TcpConfig.DEFAULT.withBuffers(receiveBytes, 1).windowShift());
  }

  @ParameterizedTest(name = "{0} bytes of 1 GiB: shift {1}")
  @CsvSource({"16384, 14", "16383, 13", "2, 1", "1, 0"})
  void smallBufferCanBeToldToo(final int receiveBytes, final int shift) {
    final TcpConfig large = TcpConfig.DEFAULT.withBuffers(1 << 30, 1);
    assertEquals(shift, large.withBuffers(receiveBytes, 1).windowShift());
  }

  /** Each method of the builder sets the component of its name, and nothing else. */
  @ParameterizedTest
  @MethodSource("components")
  void changingOneThingLeavesTheOthers(final RecordComponent component) throws Exception {
    final Object value = anotherValue(component);
    final TcpConfigBuilder builder = TcpConfig.DEFAULT.with();
    set(builder, component, value);
    final TcpConfig changed = builder.build();
    for (final RecordComponent other : TcpConfig.class.getRecordComponents()) {
      final Object expected =
          other.getName().equals(component.getName())
              ? value
              : other.getAccessor().invoke(TcpConfig.DEFAULT);
      assertEquals(expected, other.getAccessor().invoke(changed), other.getName());
    }
  }

  /** One that it does not have by default, and can have. */
  private static Object anotherValue(final RecordComponent component) throws Exception {
    final Object value = component.getAccessor().invoke(TcpConfig.DEFAULT);
    if (value instanceof Boolean on) {
      return !on;
    } else if (value instanceof Long number) {
      return number + 1;
    } else if (value instanceof Integer number) {
      return switch (component.getName()) {
        case "maxSegmentBytes" -> 500;
        case "typeOfService" -> 0xB8;
        default -> number + 1;
      };
    }
    return value instanceof String ? "reno" : component.getType().getEnumConstants()[0];
  }

  private static void set(
      final TcpConfigBuilder builder, final RecordComponent component, final Object value)
      throws Exception {
    TcpConfigBuilder.class
        .getMethod(component.getName(), component.getType())
        .invoke(builder, value);
  }

  private static RecordComponent component(final String name) {
    return Arrays.stream(components()).filter(c -> c.getName().equals(name)).findAny().get();
  }

  static RecordComponent[] components() {
    return TcpConfig.class.getRecordComponents();
  }

  @ParameterizedTest
  @ValueSource(strings = {"synOptionOrder", "congestionControl", "ecn", "mtuProbing", "synCookies"})
  void whatIsNoNumberIsGiven(final String name) throws Exception {
    final RecordComponent component = component(name);
    final TcpConfigBuilder builder = TcpConfig.DEFAULT.with();
    TcpConfigBuilder.class.getMethod(name, component.getType()).invoke(builder, (Object) null);
    assertEquals(
        "TcpConfig: " + name + " is null",
        assertThrows(IllegalArgumentException.class, builder::build).getMessage());
  }

  /** The whole line, once for a bound that stands fast and once for one that is a setting. */
  @Test
  void complaintNamesTheSettingItsValueAndItsBounds() {
    final TcpConfigBuilder window = TcpConfig.DEFAULT.with().initialWindowSegments(1 << 30);
    assertEquals(
        "TcpConfig: initialWindowSegments is 1073741824, not 1 to 1000",
        assertThrows(IllegalArgumentException.class, window::build).getMessage());
    final TcpConfigBuilder rto = TcpConfig.DEFAULT.with().minRtoNs(7_000_000).maxRtoNs(6_000_000);
    assertEquals(
        "TcpConfig: minRtoNs is 7000000, not 1000000 to 6000000, which is maxRtoNs",
        assertThrows(IllegalArgumentException.class, rto::build).getMessage());
  }

  @ParameterizedTest
  @CsvSource({"0, 1", "1, 0", "-1, 1", "1, -1", "2147483647, 1", "1, 2147483647"})
  void buffersThatNobodyCanHaveAreRefused(final int receiveBytes, final int sendBytes) {
    assertThrows(
        IllegalArgumentException.class,
        () -> TcpConfig.DEFAULT.withBuffers(receiveBytes, sendBytes));
  }

  @Test
  void largerBuffersMayBeTold() {
    final TcpConfig config = TcpConfig.DEFAULT.withBuffers(1 << 30, 9);
    assertEquals(1 << 30, config.receiveBufferBytes());
    assertEquals(9, config.sendBufferBytes());
    assertEquals(1 << 30, config.maxReceiveBufferBytes());
    assertEquals(1 << 30, TcpConfig.DEFAULT.withBuffers(9, 1 << 30).maxSendBufferBytes());
    assertEquals(6 << 20, TcpConfig.DEFAULT.withBuffers(7, 9).maxReceiveBufferBytes());
  }
}
