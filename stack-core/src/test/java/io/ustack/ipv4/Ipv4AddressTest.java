package io.ustack.ipv4;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class Ipv4AddressTest {
  @Test
  void readsAndWrites() {
    assertEquals(0x0A00_0001, Ipv4Address.parse("10.0.0.1"));
    assertEquals(-1, Ipv4Address.parse("255.255.255.255"));
    assertEquals("192.168.254.1", Ipv4Address.format(0xC0A8_FE01));
    assertEquals("0.0.0.0", Ipv4Address.format(0));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "10",
        "10.0.0",
        "10.0.0.1.2",
        "10.0.0.256",
        "10.0.0.-1",
        "10.0.0.01",
        "10.0.0.0x1",
        "10.0.0. 1",
        "10.0..1",
        "10.0.0.1000",
        "10.0.0.99999999999"
      })
  void refusesWhatIsNone(final String text) {
    assertThrows(IllegalArgumentException.class, () -> Ipv4Address.parse(text));
  }

  @Test
  void subnetsKnowTheirOwn() {
    final Ipv4Subnet subnet = Ipv4Subnet.parse("10.99.3.2/22");
    assertEquals("10.99.3.2/22", subnet.toString());
    assertEquals(0xFFFF_FC00, subnet.mask());
    assertTrue(subnet.contains(Ipv4Address.parse("10.99.0.0")));
    assertFalse(subnet.contains(Ipv4Address.parse("10.99.4.0")));
    assertTrue(subnet.isBroadcast(Ipv4Address.parse("10.99.3.255")));
    assertFalse(subnet.isBroadcast(Ipv4Address.parse("10.99.2.255")));
  }

  @Test
  void theSmallestAndTheLargestSubnet() {
    assertEquals(new Ipv4Subnet(0x0A00_0001, 32), Ipv4Subnet.parse("10.0.0.1"));
    final Ipv4Subnet host = Ipv4Subnet.parse("10.0.0.1/32");
    assertTrue(host.contains(0x0A00_0001));
    assertFalse(host.contains(0x0A00_0000));
    assertFalse(host.isBroadcast(0x0A00_0001));
    // RFC 3021: both addresses of a /31 are hosts.
    assertFalse(Ipv4Subnet.parse("10.0.0.0/31").isBroadcast(0x0A00_0001));
    assertTrue(Ipv4Subnet.parse("10.0.0.1/0").contains(0xC000_0001));
  }

  @ParameterizedTest
  @ValueSource(strings = {"10.0.0.1/", "10.0.0.1/33", "10.0.0.1/-1", "10.0.0.1/024", "10/8", "/8"})
  void refusesWhatIsNoSubnet(final String text) {
    assertThrows(IllegalArgumentException.class, () -> Ipv4Subnet.parse(text));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"0.0.0.0/8", "127.0.0.1/8", "224.0.0.1/24", "255.255.255.255/32", "10.0.0.255/24"})
  void aHostCannotHaveEveryAddress(final String text) {
    final Ipv4Subnet subnet = Ipv4Subnet.parse(text);
    assertThrows(IllegalArgumentException.class, () -> new LocalAddresses(subnet));
  }
}
