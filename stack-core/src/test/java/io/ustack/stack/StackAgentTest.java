package io.ustack.stack;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ustack.counter.Counter;
import io.ustack.ipv4.Ipv4Subnet;
import io.ustack.link.PipeLink;
import io.ustack.testing.ExpectedErrors;
import io.ustack.testing.TestNet;
import io.ustack.time.Clock;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class StackAgentTest {
  private static NetworkStack stackOver(final PipeLink link) {
    return new NetworkStack(TestNet.config(), link, System.nanoTime());
  }

  private static void await(final CountDownLatch latch) throws InterruptedException {
    assertTrue(latch.await(30, TimeUnit.SECONDS), "the agent did not get there");
  }

  @Test
  void runsCommandsOnItsOwnThreadUntilItIsStopped() throws InterruptedException {
    try (PipeLink.Pair pipe = PipeLink.pair();
        NetworkStack stack = stackOver(pipe.a())) {
      final StackAgent agent = new StackAgent(stack, Clock.SYSTEM);
      agent.start();
      assertThrows(IllegalStateException.class, agent::start);
      final AtomicReference<Thread> thread = new AtomicReference<>();
      final CountDownLatch ran = new CountDownLatch(1);
      stack
          .commands()
          .offer(
              nowNs -> {
                thread.set(Thread.currentThread());
                ran.countDown();
              });
      await(ran);
      assertNotSame(Thread.currentThread(), thread.get());
      assertEquals("ustack-pipe-a", thread.get().getName());
      agent.stop();
      assertFalse(thread.get().isAlive());
      agent.stop();
    }
  }

  /** A dead stack thread is the worst failure. */
  @Test
  void survivesWhatACommandThrows() throws InterruptedException {
    try (ExpectedErrors errors = new ExpectedErrors();
        PipeLink.Pair pipe = PipeLink.pair();
        NetworkStack stack = stackOver(pipe.a())) {
      final StackAgent agent = new StackAgent(stack, Clock.SYSTEM);
      agent.start();
      final CountDownLatch ran = new CountDownLatch(1);
      stack
          .commands()
          .offer(
              nowNs -> {
                throw new IllegalStateException("on purpose");
              });
      stack
          .commands()
          .offer(
              nowNs -> {
                throw new AssertionError("on purpose");
              });
      stack
          .commands()
          .offer(
              nowNs -> {
                throw new StackOverflowError("on purpose");
              });
      stack.commands().offer(nowNs -> ran.countDown());
      await(ran);
      agent.stop();
      assertInstanceOf(IllegalStateException.class, stack.errors().first());
      assertEquals(3, stack.counters().value(Counter.INTERNAL_ERRORS));
      assertEquals(3, errors.logged());
    }
  }

  /** Who waits for the stack has to hear of its end. */
  @Test
  void tellsItsEndWhateverHasEndedIt() throws InterruptedException {
    try (ExpectedErrors errors = new ExpectedErrors();
        PipeLink.Pair pipe = PipeLink.pair()) {
      final Error fatal = new LinkageError("on purpose");
      final NetworkStack broken = stackOver(pipe.a());
      assertEquals(
          1,
          endsAfter(
              broken,
              nowNs -> {
                throw fatal;
              }));
      assertSame(fatal, broken.errors().first());
      assertEquals(1, broken.counters().value(Counter.INTERNAL_ERRORS));
      assertEquals(1, errors.logged());
      broken.close();
      final NetworkStack closed = stackOver(pipe.b());
      assertEquals(1, endsAfter(closed, nowNs -> closed.close()));
    }
  }

  /** How often the end is told, when the agent's thread has ended. */
  private static int endsAfter(final NetworkStack stack, final Command last)
      throws InterruptedException {
    final AtomicInteger ends = new AtomicInteger();
    final CountDownLatch ended = new CountDownLatch(1);
    final StackAgent agent =
        new StackAgent(
            stack,
            Clock.SYSTEM,
            () -> {
              ends.incrementAndGet();
              ended.countDown();
            });
    agent.start();
    stack.commands().offer(last);
    await(ended);
    agent.stop();
    return ends.get();
  }

  @Test
  void mayBeStoppedFromItsOwnThread() throws InterruptedException {
    try (PipeLink.Pair pipe = PipeLink.pair();
        NetworkStack stack = stackOver(pipe.a())) {
      final StackAgent agent = new StackAgent(stack, Clock.SYSTEM);
      final CountDownLatch ran = new CountDownLatch(1);
      agent.start();
      stack
          .commands()
          .offer(
              nowNs -> {
                agent.stop();
                ran.countDown();
              });
      await(ran);
      agent.stop();
    }
  }

  @Test
  void stopsWithoutHavingStarted() {
    try (PipeLink.Pair pipe = PipeLink.pair();
        NetworkStack stack = stackOver(pipe.a())) {
      new StackAgent(stack, Clock.SYSTEM).stop();
      assertEquals(0, stack.counters().value(Counter.FRAMES_OUT));
    }
  }

  /** Two shards, each on its own thread, find each other and talk. */
  @Test
  void twoAgentsPing() throws InterruptedException {
    try (PipeLink.Pair pipe = PipeLink.pair();
        NetworkStack a = stackOver(pipe.a());
        NetworkStack b =
            new NetworkStack(
                StackConfig.of(new Ipv4Subnet(TestNet.PEER, 24)), pipe.b(), System.nanoTime())) {
      final StackAgent agentA = new StackAgent(a, Clock.SYSTEM);
      final StackAgent agentB = new StackAgent(b, Clock.SYSTEM);
      agentA.start();
      agentB.start();
      final CountDownLatch replies = new CountDownLatch(100);
      a.commands().offer(nowNs -> new Pinger(a, replies).begin(nowNs));
      await(replies);
      agentA.stop();
      agentB.stop();
      assertEquals(100, b.counters().value(Counter.ICMP_ECHO_REPLIES_OUT));
    }
  }
}
