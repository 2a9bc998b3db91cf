package io.ustack.dpdk;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** How a port is asked for; needs no DPDK. */
class PortConfigTest {
  private static PortConfig with(final String setting, final int value) {
    final PortConfig usual = PortConfig.of("net_null0");
    return switch (setting) {
      case "queues" -> usual.withQueues(value);
      case "mtuBytes" -> usual.withMtuBytes(value);
      case "scatterBytes" -> usual.withScatterBytes(value);
      case "vlan" -> usual.withVlan(value);
      case "descriptors" -> usual.withSizes(value, 2048, 8191);
      case "poolPackets" -> usual.withSizes(1024, 2048, value);
      default -> usual.withSizes(1024, value, 8191);
    };
  }

  @ParameterizedTest
  @CsvSource({
    "queues, 1, 65535",
    "mtuBytes, 576, 9600",
    "vlan, 1, 4094",
    "scatterBytes, 256, 16384",
    "descriptors, 64, 32768",
    "poolPackets, 64, 4194304",
    "ringEntries, 64, 1048576"
  })
  void whatMakesNoSenseIsRefused(final String setting, final int least, final int most) {
    with(setting, least);
    with(setting, most);
    for (final int value : new int[] {least - 1, most + 1, -1}) {
      if (setting.equals("vlan") && value == 0) {
        continue; // none
      }
      assertEquals(
          "PortConfig: " + setting + " is " + value + ", not " + least + " to " + most,
          assertThrows(IllegalArgumentException.class, () -> with(setting, value)).getMessage());
    }
  }

  /** Full rings in both directions leave the stack no fewer packets than it had without them. */
  @Test
  void longRingsComeWithAPoolThatFillsThem() {
    final PortConfig usual = PortConfig.of("net_null0");
    assertEquals(usual.poolPackets(), usual.withRingEntries(2048).poolPackets());
    for (final int entries : new int[] {64, 2048, 4096, 1 << 16, 1 << 20}) {
      final PortConfig config = usual.withRingEntries(entries);
      assertEquals(entries, config.ringEntries());
      assertTrue(config.poolPackets() - 2 * entries >= usual.poolPackets() / 2, () -> "" + config);
    }
  }

  @ParameterizedTest
  @CsvSource({"0x1000000000000, 1000000000000", "0x010000000000, 10000000000"})
  void groupIsNoInterface(final String address, final String told) {
    final PortConfig usual = PortConfig.of("net_null0");
    assertEquals(
        "PortConfig: macAddress is " + told + ", not 48 bits without the group bit",
        assertThrows(
                IllegalArgumentException.class, () -> usual.withMacAddress(Long.decode(address)))
            .getMessage());
  }
}
