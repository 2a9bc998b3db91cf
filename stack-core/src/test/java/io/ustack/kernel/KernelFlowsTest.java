package io.ustack.kernel;

import static io.ustack.kernel.KernelFlows.DATAGRAM_NS;
import static io.ustack.kernel.KernelFlows.ESTABLISHED_NS;
import static io.ustack.kernel.KernelFlows.PASSING_NS;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ustack.counter.Counter;
import io.ustack.counter.Counters;
import io.ustack.ipv4.Ipv4Address;
import org.junit.jupiter.api.Test;

class KernelFlowsTest {
  private static final int TCP = 6;
  private static final int UDP = 17;
  private static final int FIN = 0x01;
  private static final int SYN = 0x02;
  private static final int RST = 0x04;
  private static final int ACK = 0x10;
  private static final int HOST = Ipv4Address.parse("192.0.2.1");

  /** So that deadlines wrap. */
  private static final long START_NS = Long.MAX_VALUE - 1;

  private final Counters counters = new Counters();
  private final KernelFlows flows = new KernelFlows(1024, counters);

  private static long at(final long ns) {
    return START_NS + ns;
  }

  private boolean knows(final int protocol, final long afterNs) {
    return flows.knows(protocol, HOST, 443, 40_000, at(afterNs));
  }

  private void sent(final int tcpFlags, final long afterNs) {
    flows.sent(TCP, HOST, 443, 40_000, tcpFlags, at(afterNs));
  }

  @Test
  void whatTheKernelBeganIsKnownByAllItsEnds() {
    assertFalse(knows(TCP, 0));
    sent(SYN, 0);
    assertTrue(knows(TCP, 0));
    assertFalse(knows(UDP, 0));
    assertFalse(flows.knows(TCP, HOST + 1, 443, 40_000, START_NS));
    assertFalse(flows.knows(TCP, HOST, 444, 40_000, START_NS));
    assertFalse(flows.knows(TCP, HOST, 443, 40_001, START_NS));
  }

  @Test
  void anUnansweredSynIsForgottenSoon() {
    sent(SYN, 0);
    assertTrue(knows(TCP, PASSING_NS));
    assertFalse(knows(TCP, PASSING_NS + 1));
  }

  @Test
  void anEstablishedConnectionMayBeSilentForAKeepAlive() {
    sent(SYN, 0);
    sent(ACK, 1);
    assertTrue(knows(TCP, 1 + ESTABLISHED_NS));
    assertFalse(knows(TCP, 2 + ESTABLISHED_NS));
    sent(ACK, ESTABLISHED_NS);
    assertTrue(knows(TCP, 2 * ESTABLISHED_NS));
  }

  /** The last ACK of a connection that is closed makes it no younger than the FIN did. */
  @Test
  void aClosedOneIsForgottenSoon() {
    sent(SYN, 0);
    sent(ACK, 1);
    sent(FIN | ACK, 2);
    sent(ACK, 3);
    assertTrue(knows(TCP, 3 + PASSING_NS));
    assertFalse(knows(TCP, 4 + PASSING_NS));
  }

  @Test
  void aResetClosesAndBeginsNothing() {
    sent(RST, 0);
    assertFalse(knows(TCP, 0));
    sent(ACK, 0);
    sent(RST | ACK, 0);
    assertTrue(knows(TCP, PASSING_NS));
    assertFalse(knows(TCP, PASSING_NS + 1));
  }

  @Test
  void anotherConnectionOfTheSamePortsLivesAsLongAsTheFirst() {
    sent(SYN, 0);
    sent(FIN | ACK, 1);
    sent(SYN, 2);
    sent(ACK, 3);
    assertTrue(knows(TCP, 3 + ESTABLISHED_NS));
  }

  @Test
  void datagramsAreWaitedForForThreeMinutes() {
    flows.sent(UDP, HOST, 443, 40_000, 0, START_NS);
    assertTrue(knows(UDP, DATAGRAM_NS));
    assertFalse(knows(UDP, DATAGRAM_NS + 1));
  }

  /** Many more than it holds: the latest are known, and nothing counts for a port that is free. */
  @Test
  void isBoundedAndForgetsTheQuietest() {
    final int many = 10_000;
    for (int i = 0; i < many; i++) {
      flows.sent(TCP, HOST, 443, 1 + i, ACK, at(i));
    }
    int known = 0;
    for (int i = 0; i < many; i++) {
      known += flows.knows(TCP, HOST, 443, 1 + i, at(many)) ? 1 : 0;
    }
    assertEquals(many - counters.value(Counter.KERNEL_FLOWS_FORGOTTEN), known);
    assertTrue(known <= 1024 && known > 900, () -> "it holds few");
    for (int i = many - 100; i < many; i++) {
      assertTrue(flows.knows(TCP, HOST, 443, 1 + i, at(many)));
    }
  }

  /** One that is kept alive outlives the others of its place. */
  @Test
  void whatIsUsedIsNotForgotten() {
    for (int i = 0; i < 10_000; i++) {
      sent(ACK, i);
      flows.sent(TCP, HOST, 443, 1 + i, ACK, at(i));
    }
    assertTrue(knows(TCP, 10_000));
  }

  @Test
  void whatIsOverMakesRoomUncounted() {
    for (int i = 0; i < 5_000; i++) {
      flows.sent(UDP, HOST, 53, 1 + i, 0, at(i) * (DATAGRAM_NS / 50));
    }
    assertEquals(0, counters.value(Counter.KERNEL_FLOWS_FORGOTTEN));
    assertTrue(flows.knows(UDP, HOST, 53, 5_000, at(5_000 * (DATAGRAM_NS / 50))));
  }

  @Test
  void itsSizeIsChecked() {
    for (final int wrong : new int[] {0, 4, 9, 1 << 16}) {
      assertThrows(IllegalArgumentException.class, () -> new KernelFlows(wrong, counters));
    }
  }
}
