package io.ustack.ethernet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MacAddressTest {
  @Test
  void readsAndWrites() {
    assertEquals(0x020000000001L, MacAddress.parse("02:00:00:00:00:01"));
    assertEquals(0xFEDCBA987654L, MacAddress.parse("FE-DC-ba-98-76-54"));
    assertEquals("fe:dc:ba:98:76:54", MacAddress.format(0xFEDCBA987654L));
    assertEquals("00:00:00:00:00:0a", MacAddress.format(10));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "02",
        "02:00:00:00:00",
        "02:00:00:00:00:01:02",
        "02:00:00:00:00:0g",
        "02:00:00:00:00:",
        "02:00:00:00:00:001",
        "02:00:00:00:00:-1",
        "02:00:00:00:00:+1"
      })
  void refusesWhatIsNone(final String text) {
    assertThrows(IllegalArgumentException.class, () -> MacAddress.parse(text));
  }

  @Test
  void knowsGroups() {
    assertTrue(MacAddress.isGroup(MacAddress.BROADCAST));
    assertTrue(MacAddress.isGroup(0x01005E000001L));
    assertFalse(MacAddress.isGroup(0x020000000001L));
  }
}
