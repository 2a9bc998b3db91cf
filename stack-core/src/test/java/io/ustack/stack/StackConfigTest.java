package io.ustack.stack;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.ustack.buffer.PressureLimits;
import io.ustack.ipv4.Ipv4Subnet;
import io.ustack.tcp.TcpConfig;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a shard is told at its start. */
class StackConfigTest {
  private final Ipv4Subnet subnet = Ipv4Subnet.parse("10.0.0.1/24");
  private final StackConfig config = StackConfig.of(subnet);

  private static void refuses(final String complaint, final Executable made) {
    assertEquals(complaint, assertThrows(IllegalArgumentException.class, made).getMessage());
  }

  @ParameterizedTest
  @ValueSource(ints = {Integer.MIN_VALUE, -1, 0, (1 << 20) + 1, Integer.MAX_VALUE})
  void neighboursAreBounded(final int neighbours) {
    refuses(
        "StackConfig: neighbours is " + neighbours + ", not 1 to 1048576",
        () -> config.withNeighbours(neighbours));
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 1 << 20})
  void endsAreTaken(final int ends) {
    assertEquals(ends, config.withNeighbours(ends).neighbours());
    assertEquals(ends, withCommands(ends).commands());
  }

  @ParameterizedTest
  @ValueSource(ints = {Integer.MIN_VALUE, -1, 0, 3, 1 << 21})
  void commandsAreAPowerOfTwo(final int commands) {
    refuses(
        "StackConfig: commands is " + commands + ", not a power of two up to 1048576",
        () -> withCommands(commands));
  }

  private StackConfig withCommands(final int commands) {
    return new StackConfig(
        subnet, 0, 0, TcpConfig.DEFAULT, PressureLimits.DEFAULT, 16, commands, Rest.LONG, 1, 2);
  }

  @ParameterizedTest
  @CsvSource({
    "0xFFFFFFFFFFFF, ffffffffffff",
    "0x010000000000, 10000000000",
    "-1, ffffffffffffffff"
  })
  void groupIsNoInterface(final String address, final String told) {
    refuses(
        "StackConfig: macAddress is " + told + ", not 48 bits without the group bit",
        () -> config.withMacAddress(Long.decode(address)));
  }

  @Test
  @SuppressWarnings("NullAway")
  void nothingIsMissing() {
    refuses("StackConfig: tcp is null", () -> config.withTcp(null));
    refuses("StackConfig: subnet is null", () -> StackConfig.of(null));
  }
}
