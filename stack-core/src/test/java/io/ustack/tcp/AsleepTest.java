package io.ustack.tcp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ustack.tcp.congestion.CongestionControl;
import io.ustack.testing.StillControl;
import io.ustack.testing.TestNet;
import io.ustack.time.TimerWheel;
import java.lang.reflect.Field;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Idle connections that nobody else touches lend both halves to others, and miss nothing. */
class AsleepTest {
  private static final TcpConfig KEPT_ALIVE = TestStack.PLAIN.with().keepAlive(true).build();

  private static TestStack alone(final TestStack s) {
    new Alone().of(s.connection);
    return s;
  }

  private static TestStack established() {
    return alone(TestStack.established());
  }

  /** Sleeps after two seconds without a word. */
  private static void sleep(final TestStack s) {
    s.silence(2);
    assertTrue(s.connection.isAsleep());
  }

  /** Everything that getsockopt(2) tells of it, which wakes it up. */
  private static Map<String, Object> info(final TestStack s) {
    final TcpInfo info = new TcpInfo();
    s.connection.info(info, s.net.clock.nanoTime());
    final Map<String, Object> all = new TreeMap<>();
    try {
      for (final Field field : TcpInfo.class.getFields()) {
        all.put(field.getName(), field.get(info));
      }
    } catch (final IllegalAccessException e) {
      throw new AssertionError(e);
    }
    all.put("noDelay", s.connection.sender().noDelay());
    all.put("interactive", s.connection.receiver().isInteractive());
    all.put("initialWindow", s.connection.sender().window().initialWindow());
    all.put("sentSince", s.connection.sender().quietNs(s.net.clock.nanoTime()));
    all.put("shortest", s.connection.sender().rtt().minRttNs());
    all.put("largest", s.connection.sender().maxSndWnd());
    all.put("oldestAck", s.connection.sender().oldestAcceptableAck());
    all.put("next", s.connection.sender().pureAckSeq());
    all.put("lastAck", s.connection.receiver().lastAckSent());
    all.put("sendCapacity", s.connection.sendBuffer().capacity());
    all.put("receiveCapacity", s.connection.receiveBuffer().capacity());
    all.put("recent", s.connection.timestamps().recent());
    all.put("uptime", s.connection.timestamps().value(0));
    all.put("old", s.connection.timestamps().isRecentOlderThan(2_100_000_000L, uptimeNs(s)));
    return all;
  }

  private static long uptimeNs(final TestStack s) {
    return s.connection.uptimeNs(s.net.clock.nanoTime());
  }

  @Test
  void itTalksOnAfterEachSleep() {
    try (TestStack s = established()) {
      for (int n = 0; n < 5; n++) {
        s.converse(n);
        sleep(s);
      }
      assertEquals(0, s.net.stack.tcp().spareTimers().scheduled());
    }
  }

  /** The same conversation with two connections, of which one never sleeps. */
  @ParameterizedTest
  @ValueSource(strings = {"reno", "cubic", "bbr"})
  void whatItKnowsIsWhatItKnew(final String algorithm) {
    final TcpConfig config =
        TcpConfig.DEFAULT.with().quickAcks(0).congestionControl(algorithm).build();
    try (TestStack sleeper = new TestStack(config).listen(16);
        TestStack waking = new TestStack(config).listen(16)) {
      for (final TestStack s : new TestStack[] {sleeper, waking}) {
        final String all = "<mss 1400,sackOK,TS val %d ecr %d,nop,wscale %d>";
        final String ours = "<mss 1460,sackOK,TS val %d ecr 7,nop,wscale 7>".formatted(s.tick());
        s.script(
            "< S 0:0(0) win 65535 " + all.formatted(7, 0, 3),
            "> S. 0:0(0) ack 1 win 65535 " + ours);
        s.script("+0.05 < . 1:1(0) ack 1 win 9000 <nop,nop,TS val 8 ecr %d>".formatted(s.tick()));
        s.accept();
      }
      alone(sleeper);
      for (final TestStack s : new TestStack[] {sleeper, waking}) {
        s.connection.options().noDelay(true);
        s.connection.sendBuffer().capacity(99_000);
        s.connection.receiveBuffer().capacity(77_000);
        talkWithTimestamps(s);
        s.silence(3);
      }
      assertEquals(!"bbr".equals(algorithm), sleeper.connection.isAsleep(), "a rate is kept");
      assertFalse(waking.connection.isAsleep());
      assertEquals(info(waking), info(sleeper));
      sleeper.net.poll();
      assertEquals(!"bbr".equals(algorithm), sleeper.connection.isAsleep(), "again");
      talkWithTimestamps(sleeper);
      talkWithTimestamps(waking);
      assertEquals(info(waking), info(sleeper));
    }
  }

  /** Twenty bytes come, thirty are answered. */
  private static void talkWithTimestamps(final TestStack s) {
    final int in = 1 + s.connection.receiver().received();
    final int out = 1 + s.connection.sender().delivered() - 1;
    final String ts = " <nop,nop,TS val %d ecr %d>";
    s.script(
        "< P. %d:%d(20) ack %d win 9000".formatted(in, in + 20, out)
            + ts.formatted(s.tick() + 9, s.tick()));
    assertEquals(20, s.read(in, 20));
    s.write(out, 30);
    s.script(
        "> P. %d:%d(30) ack %d".formatted(out, out + 30, in + 20)
            + ts.formatted(s.tick(), s.tick() + 9));
    final int sent = s.tick();
    s.script(
        "+0.03 < . %d:%d(0) ack %d win 8000".formatted(in + 20, in + 20, out + 30)
            + ts.formatted(sent + 40, sent));
  }

  /** RFC 7323 5.3: what is older than the last timestamp is no segment of now. */
  @Test
  void oldSegmentsAreStillOld() {
    try (TestStack s = new TestStack().listen(16)) {
      s.script(
          "< S 0:0(0) win 65535 <mss 1460,nop,nop,TS val 700 ecr 0>",
          "> S. 0:0(0) ack 1 win 65535 <mss 1460,nop,nop,TS val %d ecr 700>".formatted(s.tick()),
          "< . 1:1(0) ack 1 win 65535 <nop,nop,TS val 700 ecr %d>".formatted(s.tick()));
      s.accept();
      alone(s);
      sleep(s);
      s.script(
          "< P. 1:11(10) ack 1 win 65535 <nop,nop,TS val 699 ecr 0>",
          "> . 1:1(0) ack 1 <nop,nop,TS val %d ecr 700>".formatted(s.tick()));
      assertEquals(0, s.connection.receiveBuffer().length());
      s.silence(2);
      assertTrue(s.connection.isAsleep());
    }
  }

  /** RFC 5961 7: who sends rubbish does not get an answer to each. */
  @Test
  void challengeAcksAreStillLimited() {
    try (TestStack s = established()) {
      sleep(s);
      s.script("< R 50:50(0) win 0", "> . 1:1(0) ack 1");
      assertFalse(s.connection.isAsleep(), "it remembers the answer");
      s.script("< R 50:50(0) win 0");
      s.silence(0.1);
      s.script("< R 60:60(0) win 0");
      sleep(s);
      s.script("< R 50:50(0) win 0", "> . 1:1(0) ack 1");
    }
  }

  @Test
  void aWindowThatWasOfferedStays() {
    try (TestStack s = established()) {
      sleep(s);
      s.script(
          "< . 1:1461(1460) ack 1 win 65535",
          "< . 64076:65536(1460) ack 1 win 65535",
          "> . 1:1(0) ack 1461");
      assertTrue(s.connection.receiver().hasHoles(), "the last byte of the window was taken");
    }
  }

  @Test
  void whoeverAsksWakesItUpAndItGoesBackToSleep() {
    try (TestStack s = established()) {
      sleep(s);
      assertEquals(0, s.connection.receiveBuffer().length());
      assertFalse(s.connection.isAsleep());
      s.net.poll();
      assertTrue(s.connection.isAsleep());
      s.expectNothing();
    }
  }

  // ---- Who does not sleep

  @Test
  void whoIsNotAloneStaysAwake() {
    try (TestStack s = TestStack.established()) {
      s.silence(100);
      assertFalse(s.connection.isAsleep());
    }
  }

  @Test
  void whatWasNotReadKeepsItAwake() {
    try (TestStack s = established()) {
      s.script("< P. 1:11(10) ack 1 win 65535", "+0.04 > . 1:1(0) ack 11");
      s.silence(30);
      assertFalse(s.connection.isAsleep());
      assertEquals(10, s.read(1, 10));
      s.silence(12);
      assertTrue(s.connection.isAsleep());
    }
  }

  @Test
  void whoseEndIsNearStaysAwake() {
    try (TestStack s = TestStack.closeWait()) {
      alone(s).silence(100);
      assertFalse(s.connection.isAsleep());
      s.shutdownSend();
      s.script("> F. 1:1(0) ack 2");
    }
  }

  @Test
  void aBoundForWhatWasNotSentKeepsItAwake() {
    try (TestStack s = established()) {
      final TcpConfig bounded = TestStack.PLAIN.with().notSentLowBytes(5000).build();
      s.connection.options().config(bounded, s.net.clock.nanoTime());
      s.silence(100);
      assertFalse(s.connection.isAsleep());
    }
  }

  @Test
  void whoAsksForRoomStaysAwake() {
    try (TestStack s = established()) {
      s.connection.sendBuffer().requestSpace();
      s.silence(100);
      assertFalse(s.connection.isAsleep());
    }
  }

  // ---- What stays with it

  @Test
  void aLossIsRemembered() {
    try (TestStack s = LossScript.send(LossScript.withSack(), 10)) {
      alone(s);
      s.script("+0.1 " + LossScript.ack(0, 1, 4), LossScript.full(0));
      s.script("+0.1 " + LossScript.ack(10));
      final Object control = s.connection.sender().control();
      final int ssthresh = s.connection.sender().window().ssthresh();
      sleep(s);
      assertSame(control, s.connection.sender().control());
      assertEquals(ssthresh, s.connection.sender().window().ssthresh());
    }
  }

  @Test
  void reorderingIsRemembered() {
    try (TestStack s = LossScript.send(LossScript.withSack(), 10)) {
      alone(s);
      s.script("+0.1 " + LossScript.ack(0, 1, 3), "+0.001 " + LossScript.ack(10));
      final Object known = s.connection.sender().recoveryState();
      assertNotNull(known);
      sleep(s);
      final TcpConnection first = s.connection;
      anotherOne(s);
      assertNull(s.connection.sender().recoveryState(), "that of another");
      assertSame(known, first.sender().recoveryState());
    }
  }

  /** RFC 9293 3.8.4: the probe comes from who is asleep, and so does the end. */
  @Test
  void aSleeperIsKeptAlive() {
    try (TestStack s = alone(TestStack.established(KEPT_ALIVE))) {
      sleep(s);
      s.silence(7000);
      assertTrue(s.connection.isAsleep());
      s.script("+198 > . 0:0(0) ack 1", "< . 1:1(0) ack 1 win 65535");
      sleep(s);
      assertEquals(1, s.net.stack.tcp().spareTimers().scheduled());
    }
  }

  // ---- The halves serve others

  private static TestStack anotherOne(final TestStack s) {
    s.nextPeer();
    return s.establish();
  }

  @Test
  void theNextConnectionHasTheHalvesOfOneThatSleeps() {
    try (TestStack s = established()) {
      s.converse(0);
      final TcpConnection first = s.connection;
      final Sender sender = first.sender();
      final Receiver receiver = first.receiver();
      s.connection.options().noDelay(true);
      sleep(s);
      anotherOne(s);
      assertSame(sender, s.connection.sender());
      assertSame(receiver, s.connection.receiver());
      assertFalse(s.connection.sender().noDelay());
      assertNotSame(sender, first.sender());
      assertTrue(first.sender().noDelay());
      s.converse(0);
      s.firstPeer();
      s.connection = first;
      s.converse(1);
    }
  }

  /** A control that its connection keeps may become as good as new; it stays with that one. */
  @Test
  void aControlThatIsKeptServesNoOther() {
    try (TestStack s = new TestStack()) {
      final SpareHalves spares = s.net.stack.tcp().spareHalves;
      final Sender sender = spares.lendSender(TestStack.PLAIN, 1);
      final Receiver receiver = spares.lendReceiver(TestStack.PLAIN, 2);
      final CongestionControl first = sender.control();
      spares.takeBack(sender, receiver);
      assertSame(sender, spares.lendSender(TestStack.PLAIN, 3));
      assertSame(first, sender.control(), "nobody keeps it");
      final Kept kept = new Kept();
      sender.control = kept;
      spares.takeBack(sender, receiver);
      kept.isForgettable = true;
      assertSame(sender, spares.lendSender(TestStack.PLAIN, 4));
      assertNotSame(kept, sender.control());
    }
  }

  private static final class Kept extends StillControl {
    private boolean isForgettable;

    @Override
    public String name() {
      return TestStack.PLAIN.congestionControl();
    }

    @Override
    public boolean isForgettable() {
      return isForgettable;
    }
  }

  /** RFC 5961 5.2, of a stream that is more than 2^31 bytes long. */
  @Test
  void whatWasNotSentIsNotAcknowledged() {
    try (TestStack s = new TestStack()) {
      final SpareHalves spares = s.net.stack.tcp().spareHalves;
      final Asleep asleep = new Asleep();
      asleep.iss = 0;
      asleep.sndUna = 0x9000_0000;
      asleep.smss = 1460;
      asleep.sendCapacityBytes = 1000;
      asleep.receiveCapacityBytes = 1000;
      final Sender sender = spares.lendSender(TestStack.PLAIN, 0);
      spares.wake(asleep, sender, spares.lendReceiver(TestStack.PLAIN, 0));
      assertTrue(sender.isAckAcceptable(0x9000_0000));
      assertFalse(sender.isAckAcceptable(0x9000_0001));
    }
  }

  /** Nothing of the one that is over is in the one that begins. */
  @Test
  void whoBeginsWithUsedHalvesIsAsNew() {
    try (TestStack s = LossScript.send(LossScript.withSack(), 10);
        TestStack fresh = TestStack.listening()) {
      alone(s);
      s.script("+0.1 " + LossScript.ack(0, 1, 4), LossScript.full(0));
      final Sender sender = s.connection.sender();
      s.script(
          "< P. 1:101(100) ack 1 win 65535 <nop,nop,sack 1461:5841>",
          "+0.04 > . 14601:14601(0) ack 101");
      s.abort();
      s.script("> R. 14601:14601(0) ack 101");
      s.net.poll();
      assertEquals(0, s.net.stack.tcp().bufferBytes());
      fresh.silence((s.net.clock.nanoTime() - fresh.net.clock.nanoTime()) / 1e9);
      anotherOne(s);
      assertSame(sender, s.connection.sender());
      anotherOne(fresh);
      assertEquals(info(fresh), info(s));
      assertEquals(CongestionState.OPEN, s.connection.sender().congestionState());
      s.converse(0);
    }
  }

  /** What came out of order for one that is over has not come for the next. */
  @Test
  void theNextHasNoHolesOfOneThatIsOver() {
    try (TestStack s = established()) {
      s.script("< P. 11:21(10) ack 1 win 65535", "> . 1:1(0) ack 1");
      s.abort();
      s.script("> R. 1:1(0) ack 1");
      s.net.poll();
      anotherOne(s);
      s.script("< P. 21:31(10) ack 1 win 65535", "> . 1:1(0) ack 1");
      s.script("< P. 1:11(10) ack 1 win 65535", "> . 1:1(0) ack 11");
      s.abort();
      s.script("> R. 1:1(0) ack 11");
    }
  }

  /** The segments of one that died are for nobody, and it may still be asked. */
  @Test
  void whoIsOverAnswersStill() {
    try (TestStack s = established()) {
      sleep(s);
      s.closeConnection();
      s.script("> F. 1:1(0) ack 1", "< R. 1:1(0) ack 2 win 0");
      assertEquals(TcpState.CLOSED, s.connection.state());
      assertEquals(0, s.connection.receiveBuffer().length());
      final TcpInfo info = new TcpInfo();
      s.connection.info(info, s.net.clock.nanoTime());
      assertEquals(TcpState.CLOSED, info.state);
    }
  }

  @Test
  void aSleeperIsReset() {
    try (TestStack s = established()) {
      sleep(s);
      s.abort();
      s.script("> R. 1:1(0) ack 1");
    }
  }

  @Test
  void memoryIsNotTakenFromWhoHasNone() {
    try (TestStack s = established()) {
      sleep(s);
      final Tcp tcp = s.net.stack.tcp();
      new MemoryReclaim(tcp, tcp.pressure, new TimerWheel(0)).onExpiry(TestNet.SECOND);
      assertTrue(s.connection.isAsleep());
    }
  }
}
