package io.ustack.dpdk;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The switches as a person types them; needs no DPDK. */
class OffloadsTest {
  @Test
  void whatIsNotSwitchedIsNeitherOnNorOff() {
    final Offloads offloads = Offloads.parse("rx=off");
    assertTrue(offloads.isOff(Offload.RX_CHECKSUM));
    assertFalse(offloads.isOn(Offload.RX_CHECKSUM));
    assertFalse(offloads.isOff(Offload.TX_CHECKSUM));
    assertFalse(offloads.isOn(Offload.TX_CHECKSUM));
  }

  @Test
  void severalAreSwitchedAtOnce() {
    final Offloads offloads = Offloads.parse("tx=on,rx=off");
    assertTrue(offloads.isOn(Offload.TX_CHECKSUM));
    assertTrue(offloads.isOff(Offload.RX_CHECKSUM));
    assertEquals("Offloads[rx=off,tx=on]", offloads.toString());
  }

  @ParameterizedTest
  @CsvSource({
    "'', is not NAME=on or NAME=off",
    "'rx', is not NAME=on or NAME=off",
    "'rx=yes', is not NAME=on or NAME=off",
    "'rx=on,', is not NAME=on or NAME=off",
    "'ufo=on', 'is none of rx, tx, tso, rxvlan, txvlan, scatter, lro, gso, gro'",
    "'rx=on,rx=off', is switched twice"
  })
  void whatMakesNoSenseIsRefused(final String text, final String why) {
    final String told =
        assertThrows(IllegalArgumentException.class, () -> Offloads.parse(text)).getMessage();
    assertTrue(told.contains(why), told);
  }
}
