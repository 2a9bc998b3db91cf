package io.ustack.apps;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ustack.ipv4.Ipv4Address;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What ping prints, over two stacks and a pipe, on a manual clock. */
final class PingerTest {
  private final TwoHosts hosts = new TwoHosts();
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();

  {
    hosts.serve(() -> hosts.serverPosix().poll());
  }

  @AfterEach
  void stop() {
    hosts.close();
  }

  private Pinger pinger(final String target, final int size) {
    final PrintStream stream = new PrintStream(out, true, StandardCharsets.UTF_8);
    // The server's host does the asking; the peer answers.
    return new Pinger(hosts.serverStack(), Ipv4Address.parse(target), size, stream);
  }

  private String text() {
    return out.toString(StandardCharsets.UTF_8);
  }

  private void ping(final Pinger pinger, final int count) {
    for (int i = 0; i < count; i++) {
      pinger.send();
      hosts.pass(1_000_000_000L);
      pinger.printNews();
    }
  }

  @Test
  void printsEveryReplyAndASummary() {
    final Pinger pinger = pinger("10.99.0.1", 56);
    ping(pinger, 3);
    assertTrue(pinger.isComplete(3));
    pinger.printSummary();
    for (int i = 1; i <= 3; i++) {
      assertTrue(
          text().contains("64 bytes from 10.99.0.1: icmp_seq=" + i + " ttl=64 time="), text());
    }
    assertTrue(text().contains("3 packets transmitted, 3 received, 0% packet loss"), text());
    assertTrue(text().contains("rtt min/avg/max/mdev = "), text());
  }

  @Test
  void saysWhoIsNotThere() {
    final Pinger pinger = pinger("10.99.0.77", 56);
    ping(pinger, 5);
    pinger.printSummary();
    assertEquals(0, pinger.received());
    assertTrue(text().contains("icmp_seq=1 Destination Host Unreachable"), text());
    assertTrue(text().contains("5 packets transmitted, 0 received, 100% packet loss"), text());
  }

  @Test
  void saysWhenThereIsNoRoute() {
    final Pinger pinger = pinger("192.0.2.1", 56);
    ping(pinger, 1);
    assertTrue(pinger.isComplete(1));
    assertTrue(text().contains("icmp_seq=1 no route; --gateway"), text());
  }

  @Test
  void saysWhenItDoesNotFit() {
    final Pinger pinger = pinger("10.99.0.1", 1473);
    ping(pinger, 1);
    assertTrue(text().contains("does not fit a packet"), text());
    final Pinger largest = pinger("10.99.0.1", 1472);
    ping(largest, 1);
    assertEquals(1, largest.received());
  }

  @Test
  void sequenceNumbersWrap() {
    final Pinger pinger = pinger("10.99.0.1", 0);
    for (int i = 0; i < 70_000; i++) {
      pinger.send();
      hosts.until(
          () -> {
            pinger.printNews();
            return pinger.received() == pinger.sent();
          });
    }
    assertTrue(!text().contains("DUP"));
    assertEquals(70_000, pinger.received());
  }
}
