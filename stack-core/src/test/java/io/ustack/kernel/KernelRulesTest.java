package io.ustack.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ustack.ipv4.Ipv4Address;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class KernelRulesTest {
  private static final int ICMP = 1;
  private static final int TCP = 6;
  private static final int UDP = 17;
  private static final int OSPF = 89;
  private static final int HOST = Ipv4Address.parse("192.0.2.1");

  @Test
  void portsAreThoseOfOneProtocol() {
    final KernelRules rules = KernelRules.parse("tcp/22,udp/67-68");
    assertTrue(rules.owns(TCP, HOST, 22));
    assertFalse(rules.owns(TCP, HOST, 21));
    assertFalse(rules.owns(TCP, HOST, 23));
    assertFalse(rules.owns(TCP, HOST, 67));
    assertFalse(rules.owns(UDP, HOST, 22));
    assertFalse(rules.owns(UDP, HOST, 66));
    assertTrue(rules.owns(UDP, HOST, 67));
    assertTrue(rules.owns(UDP, HOST, 68));
    assertFalse(rules.owns(UDP, HOST, 69));
    assertFalse(rules.ownsAll(TCP, HOST));
  }

  @Test
  void theLowestAndTheHighest() {
    final KernelRules rules = KernelRules.parse("tcp/1-65535,proto/255");
    assertTrue(rules.owns(TCP, HOST, 1));
    assertTrue(rules.owns(TCP, HOST, 65_535));
    assertTrue(rules.ownsAll(255, HOST));
  }

  @Test
  void protocols() {
    final KernelRules rules = KernelRules.parse("icmp,proto/89");
    assertTrue(rules.ownsAll(ICMP, HOST));
    assertTrue(rules.ownsAll(OSPF, HOST));
    assertFalse(rules.ownsAll(TCP, HOST));
    assertFalse(rules.owns(TCP, HOST, 22));
    assertTrue(KernelRules.parse("proto/6").owns(TCP, HOST, 80));
  }

  @Test
  void networks() {
    final KernelRules rules = KernelRules.parse("from/10.0.0.0/8,from/192.0.2.1");
    assertTrue(rules.isFrom(Ipv4Address.parse("10.255.0.1")));
    assertFalse(rules.isFrom(Ipv4Address.parse("11.0.0.1")));
    assertTrue(rules.isFrom(HOST));
    assertFalse(rules.isFrom(HOST + 1));
    assertTrue(rules.owns(TCP, HOST, 80));
    assertTrue(rules.ownsAll(OSPF, HOST));
    assertFalse(rules.owns(TCP, HOST + 1, 80));
  }

  @Test
  void noneIsNoRule() {
    final KernelRules rules = KernelRules.parse("none");
    assertFalse(rules.owns(TCP, HOST, 22));
    assertFalse(rules.ownsAll(ICMP, HOST));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '"',
      value = {
        "gre | 'gre' is none of tcp/PORT, udp/PORT, icmp, proto/NUMBER, from/ADDRESS",
        "icmp/8 | 'icmp/8' is none of",
        "TCP/22 | 'TCP/22' is none of",
        "tcp | 'tcp' has a number that is not 1 to 65535",
        "tcp/0 | 'tcp/0' has a number that is not 1 to 65535",
        "udp/65536 | 'udp/65536' has a number",
        "tcp/ssh | 'tcp/ssh' has a number",
        "tcp/-22 | 'tcp/-22' has a number",
        "tcp/22- | 'tcp/22-' has a number",
        "tcp/30-22 | 'tcp/30-22' ends before it begins",
        "proto/0 | 'proto/0' has a number that is not 1 to 255",
        "proto/256 | 'proto/256' has a number",
        "from/10.0.0 | 'from/10.0.0' is not an IPv4 address",
        "from/10.0.0.0/33 | 'from/10.0.0.0/33' is not a prefix length",
        "from/example.org | 'from/example.org' is not an IPv4 address"
      })
  void whatIsWrongIsNamed(final String rule, final String complaint) {
    assertComplaint(complaint, "tcp/22," + rule);
    assertComplaint(complaint, rule + ",icmp");
  }

  @Test
  void noneContradictsARule() {
    assertComplaint("'none' stands alone", "none,tcp/22");
    assertComplaint("'none' stands alone", "icmp,none");
  }

  @Test
  void emptyRulesAreWrong() {
    assertComplaint("'' is none of", "");
    assertComplaint("'' is none of", "tcp/22,");
  }

  private static void assertComplaint(final String complaint, final String rules) {
    final String message =
        String.valueOf(
            assertThrows(IllegalArgumentException.class, () -> KernelRules.parse(rules))
                .getMessage());
    assertTrue(message.startsWith(complaint), message);
    assertEquals(1, message.lines().count());
  }

  /** Each packet is held against each of them. */
  @Test
  void networksAreBounded() {
    final String most =
        IntStream.range(0, 64).mapToObj(i -> "from/10.0.0." + i).collect(Collectors.joining(","));
    assertTrue(KernelRules.parse(most).isFrom(Ipv4Address.parse("10.0.0.63")));
    assertThrows(IllegalArgumentException.class, () -> KernelRules.parse(most + ",from/10.0.0.64"));
  }
}
