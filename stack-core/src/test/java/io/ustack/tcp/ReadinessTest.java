package io.ustack.tcp;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.ustack.readiness.Failure;
import io.ustack.readiness.ReadinessObserver;
import org.junit.jupiter.api.Test;

/** Which edges the socket engine is told, and when: {@link io.ustack.readiness.Readiness}. */
class ReadinessTest {
  private static final String EVERYTHING = "READABLE|WRITABLE|READ_CLOSED|CLOSED|FAILED";

  private static void raised(final TestStack s, final String bits, final int times) {
    assertEquals(times, s.events.count(), "how often");
    assertEquals(bits, TestStack.bits(s.events.take()));
  }

  @Test
  void connectRaisesWritableOnce() {
    try (TestStack s = TestStack.synSent()) {
      raised(s, "", 0);
      s.script("< S. 0:0(0) ack 1 win 65535 <mss 1460>", "> . 1:1(0) ack 1");
      raised(s, "WRITABLE", 1);
      s.script("< . 1:1(0) ack 1 win 60000");
      raised(s, "", 0);
    }
  }

  @Test
  void acceptRaisesWhatIsAlreadyTrue() {
    try (TestStack s = TestStack.synReceived()) {
      s.script("< P. 1:11(10) ack 1 win 65535");
      raised(s, "READABLE", 1);
      s.connection = s.listener().accept();
      s.connection.observer(s.events);
      raised(s, "READABLE|WRITABLE", 1);
      s.script("+0.04 > . 1:1(0) ack 11");
    }
  }

  @Test
  void eachArrivalRaisesReadable() {
    try (TestStack s = TestStack.established()) {
      s.script("< . 1:11(10) ack 1 win 65535");
      raised(s, "READABLE", 1);
      s.script("< . 11:21(10) ack 1 win 65535", "> . 1:1(0) ack 21");
      raised(s, "READABLE", 1);
    }
  }

  @Test
  void whatCannotBeReadYetRaisesNothing() {
    try (TestStack s = TestStack.established()) {
      s.script("< . 11:21(10) ack 1 win 65535", "> . 1:1(0) ack 1");
      raised(s, "", 0);
      s.script("< . 1:11(10) ack 1 win 65535", "> . 1:1(0) ack 21");
      raised(s, "READABLE", 1);
      s.script("< . 1:11(10) ack 1 win 65535", "> . 1:1(0) ack 21");
      raised(s, "", 0);
    }
  }

  @Test
  void finRaisesReadClosedOnce() {
    try (TestStack s = TestStack.established()) {
      s.script("< F. 1:1(0) ack 1 win 65535", "> . 1:1(0) ack 2");
      raised(s, "READABLE|READ_CLOSED", 1);
      s.script("< F. 1:1(0) ack 1 win 65535", "> . 1:1(0) ack 2");
      raised(s, "", 0);
    }
  }

  @Test
  void finThatCameEarlyIsRaisedWhenItsDataIsThere() {
    try (TestStack s = TestStack.established()) {
      s.script("< F. 11:21(10) ack 1 win 65535", "> . 1:1(0) ack 1");
      raised(s, "", 0);
      s.script("< . 1:11(10) ack 1 win 65535", "> . 1:1(0) ack 22");
      raised(s, "READABLE|READ_CLOSED", 2);
      assertEquals(20, s.connection.receiveBuffer().length());
    }
  }

  @Test
  void roomIsRaisedOnlyOnRequestAndOncePerRequest() {
    try (TestStack s = TestStack.established(TestStack.PLAIN.withBuffers(6000, 6000))) {
      assertEquals(6000, s.write(1, 9000));
      s.script(
          "> . 1:1461(1460) ack 1",
          "> . 1461:2921(1460) ack 1",
          "> . 2921:4381(1460) ack 1",
          "> . 4381:5841(1460) ack 1",
          "> P. 5841:6001(160) ack 1");
      s.script("< . 1:1(0) ack 1461 win 65535");
      raised(s, "", 0);
      s.script("< . 1:1(0) ack 2001 win 65535");
      raised(s, "WRITABLE", 1);
      s.script("< . 1:1(0) ack 4381 win 65535");
      raised(s, "", 0);
      s.script("< . 1:1(0) ack 6001 win 65535");
      raised(s, "", 0);
    }
  }

  @Test
  void orderlyEndRaisesClosed() {
    try (TestStack s = TestStack.lastAck()) {
      s.events.take();
      s.script("< . 2:2(0) ack 2 win 65535");
      raised(s, "READ_CLOSED|CLOSED", 1);
    }
    try (TestStack s = TestStack.finWait2()) {
      s.events.take();
      s.script("< F. 1:1(0) ack 2 win 65535", "> . 2:2(0) ack 2");
      raised(s, "READABLE|READ_CLOSED|CLOSED", 2);
    }
    try (TestStack s = TestStack.closing()) {
      s.events.take();
      s.script("< . 2:2(0) ack 2 win 65535");
      raised(s, "CLOSED", 1);
    }
  }

  @Test
  void resetRaisesEverything() {
    try (TestStack s = TestStack.established()) {
      s.script("< R 1:1(0) win 0");
      raised(s, EVERYTHING, 1);
      assertEquals(Failure.CONNECTION_RESET, s.connection.failure());
    }
  }

  @Test
  void dataBeforeAResetIsRaisedAndStays() {
    try (TestStack s = TestStack.established()) {
      s.burst(". 1:11(10) ack 1 win 65535", "R 11:11(0) win 0");
      s.script("");
      raised(s, EVERYTHING, 2);
      assertEquals(10, s.connection.receiveBuffer().length());
    }
  }

  @Test
  void whoClosedHearsNothingMore() {
    try (TestStack s = TestStack.established()) {
      s.closeConnection();
      s.script("> F. 1:1(0) ack 1", "< F. 1:1(0) ack 2 win 65535", "> . 2:2(0) ack 2");
      raised(s, "", 0);
    }
    try (TestStack s = TestStack.established()) {
      s.abort();
      s.script("> R. 1:1(0) ack 1");
      raised(s, "", 0);
    }
    try (TestStack s = TestStack.synSent()) {
      s.closeConnection();
      raised(s, "", 0);
    }
  }

  @Test
  void observerThatComesLateHearsOfTheEnd() {
    try (TestStack s = TestStack.established()) {
      s.connection.observer(ReadinessObserver.NONE);
      s.script("< R 1:1(0) win 0");
      s.connection.observer(s.events);
      raised(s, EVERYTHING, 1);
    }
    try (TestStack s = TestStack.timeWait()) {
      s.events.take();
      s.connection.observer(s.events);
      raised(s, "READABLE|READ_CLOSED|CLOSED", 1);
    }
  }
}
