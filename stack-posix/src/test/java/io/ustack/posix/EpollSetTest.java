package io.ustack.posix;

import static io.ustack.posix.Epoll.EPOLLET;
import static io.ustack.posix.Epoll.EPOLLIN;
import static io.ustack.posix.Epoll.EPOLLONESHOT;
import static io.ustack.posix.Epoll.EPOLLOUT;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What the kernel can't show: costs, and threads. The semantics are in {@link LinuxOracleTest}. */
@Timeout(120)
class EpollSetTest {
  @ParameterizedTest
  @EnumSource
  void aWaitCostsWhatIsReady(final Mode mode) {
    try (Host host = new Host(mode)) {
      final EpollSet set = host.engine.epollSet();
      final List<CountingPollable> all = new ArrayList<>();
      for (int i = 0; i < 10_000; i++) {
        final CountingPollable pollable = new CountingPollable(host.engine);
        all.add(pollable);
        assertEquals(0, set.add(pollable, EPOLLIN, i));
      }
      all.forEach(pollable -> pollable.asked.set(0));
      all.get(5_000).produce();
      all.get(77).produce();
      all.get(9_999).produce();
      final EpollEvents events = new EpollEvents(100);
      assertEquals(3, set.await(events, 100, -1));
      assertEquals(5_000, events.data(0), "first come, first served");
      assertEquals(77, events.data(1));
      assertEquals(9_999, events.data(2));
      assertEquals(3, all.stream().mapToInt(pollable -> pollable.asked.get()).sum());
    }
  }

  /**
   * Level-triggered and not ready any more: the set lets go of it, and looks once more. What
   * changes before that look, or during it, is reported, and as long as it lasts again.
   */
  @ParameterizedTest
  @ValueSource(ints = {1, 2})
  void aChangeWhileTheSetLooksIsNotMissed(final int look) {
    try (Host host = new Host(Mode.INLINE)) {
      final EpollSet set = host.engine.epollSet();
      final AtomicInteger looks = new AtomicInteger();
      final boolean[] ready = {true};
      final Pollable changing =
          new Pollable(host.engine) {
            @Override
            public int readiness() {
              final int answer = ready[0] ? EPOLLIN : 0;
              if (looks.incrementAndGet() == look) {
                ready[0] = true;
                raise(EPOLLIN);
              }
              return answer;
            }

            @Override
            void onClose() {}
          };
      assertEquals(0, set.add(changing, EPOLLIN, 7));
      final EpollEvents events = new EpollEvents(4);
      assertEquals(1, set.await(events, 4, 0));
      ready[0] = false;
      looks.set(0);
      final int atOnce = set.await(events, 4, 0);
      assertEquals(look == 1 ? 1 : 0, atOnce, "the second look sees what the first missed");
      assertEquals(1, set.await(events, 4, 0));
      assertEquals(1, set.await(events, 4, 0), "it is still ready");
      ready[0] = false;
      assertEquals(0, set.await(events, 4, 0));
      assertEquals(0, set.await(events, 4, 0));
    }
  }

  @ParameterizedTest
  @EnumSource
  void waitsForItsTimeout(final Mode mode) {
    try (Host host = new Host(mode)) {
      final EpollSet set = host.engine.epollSet();
      final EpollEvents events = new EpollEvents(1);
      set.add(new CountingPollable(host.engine), EPOLLIN, 0);
      final long startNs = host.engine.clock.nanoTime();
      assertEquals(0, set.await(events, 1, 5_000_000));
      assertTrue(host.engine.clock.nanoTime() - startNs >= 5_000_000);
    }
  }

  @ParameterizedTest
  @EnumSource
  void addingAndRemovingWithoutWaitingLeavesNothingBehind(final Mode mode) {
    try (Host host = new Host(mode)) {
      final EpollSet set = host.engine.epollSet();
      final CountingPollable ready = new CountingPollable(host.engine);
      ready.produce();
      for (int i = 0; i < 1_000; i++) {
        assertEquals(0, set.add(ready, EPOLLIN, i));
        assertEquals(0, set.remove(ready));
      }
      assertEquals(0, set.readiness());
      assertEquals(0, set.await(new EpollEvents(1), 1, 0));
    }
  }

  @Test
  void noEdgeIsLost() throws InterruptedException {
    try (Host host = new Host(Mode.DEDICATED)) {
      final int producers = 3;
      final int each = 100_000;
      final EpollSet set = host.engine.epollSet();
      final List<CountingPollable> all = new ArrayList<>();
      final List<Thread> threads = new ArrayList<>();
      for (int i = 0; i < producers; i++) {
        final CountingPollable pollable = new CountingPollable(host.engine);
        all.add(pollable);
        set.add(pollable, EPOLLIN | EPOLLET, i);
        threads.add(
            new Thread(
                () -> {
                  for (int n = 0; n < each; n++) {
                    pollable.produce();
                  }
                }));
      }
      threads.forEach(Thread::start);
      final EpollEvents events = new EpollEvents(2);
      int consumed = 0;
      while (consumed < producers * each) {
        final int count = set.await(events, 2, -1);
        for (int i = 0; i < count; i++) {
          consumed += all.get((int) events.data(i)).consume();
        }
      }
      for (final Thread thread : threads) {
        thread.join();
      }
      assertEquals(producers * each, consumed);
      assertEquals(0, set.await(events, 2, 0));
    }
  }

  @Test
  void oneShotGivesEachEventToOneThread() throws InterruptedException {
    try (Host host = new Host(Mode.DEDICATED)) {
      final int total = 50_000;
      final EpollSet set = host.engine.epollSet();
      final CountingPollable pollable = new CountingPollable(host.engine);
      set.add(pollable, EPOLLIN | EPOLLONESHOT, 0);
      final AtomicInteger consumed = new AtomicInteger();
      final AtomicInteger inside = new AtomicInteger();
      final AtomicInteger collisions = new AtomicInteger();
      final List<Thread> workers = new ArrayList<>();
      for (int i = 0; i < 3; i++) {
        workers.add(
            new Thread(
                () -> {
                  final EpollEvents events = new EpollEvents(1);
                  while (set.await(events, 1, -1) > 0) {
                    if (inside.incrementAndGet() != 1) {
                      collisions.incrementAndGet();
                    }
                    final int now = consumed.addAndGet(pollable.consume());
                    inside.decrementAndGet();
                    if (now == total) {
                      set.close();
                    } else {
                      set.modify(pollable, EPOLLIN | EPOLLONESHOT, 0);
                    }
                  }
                }));
      }
      workers.forEach(Thread::start);
      for (int n = 0; n < total; n++) {
        pollable.produce();
      }
      for (final Thread worker : workers) {
        worker.join();
      }
      assertEquals(total, consumed.get());
      assertEquals(0, collisions.get());
    }
  }

  @Test
  void levelTriggeredWaitersAllHear() throws InterruptedException {
    try (Host host = new Host(Mode.DEDICATED)) {
      final EpollSet set = host.engine.epollSet();
      final CountingPollable pollable = new CountingPollable(host.engine);
      set.add(pollable, EPOLLIN, 0);
      final AtomicInteger heard = new AtomicInteger();
      final List<Thread> waiters = new ArrayList<>();
      for (int i = 0; i < 3; i++) {
        waiters.add(new Thread(() -> heard.addAndGet(set.await(new EpollEvents(1), 1, -1))));
      }
      waiters.forEach(Thread::start);
      waiters.forEach(Threads::awaitParked);
      pollable.produce();
      for (final Thread waiter : waiters) {
        waiter.join();
      }
      assertEquals(3, heard.get());
    }
  }

  /**
   * Who raises looks whether anybody waits after it has pushed. A thread that was faster, and waits
   * no longer by then, is not counted, and the others are told, too: so one round in many must do.
   */
  @Test
  void exclusiveWatchersAreToldUpToTheFirstThatWaits() throws InterruptedException {
    int enough = 0;
    for (int round = 0; round < 100; round++) {
      enough += oneThreadWasEnough() ? 1 : 0;
    }
    assertTrue(enough > 0);
  }

  private static boolean oneThreadWasEnough() throws InterruptedException {
    try (Host host = new Host(Mode.DEDICATED)) {
      final CountingPollable pollable = new CountingPollable(host.engine);
      final List<EpollSet> sets = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        sets.add(host.engine.epollSet());
        sets.get(i).add(pollable, EPOLLIN | EPOLLET | Epoll.EPOLLEXCLUSIVE, i);
      }
      final EpollSet ordinary = host.engine.epollSet();
      ordinary.add(pollable, EPOLLIN | EPOLLET, 9);
      final EpollEvents events = new EpollEvents(1);
      final AtomicInteger heard = new AtomicInteger();
      final Thread waiter =
          new Thread(() -> heard.set(sets.get(1).await(new EpollEvents(1), 1, -1)));
      waiter.start();
      Threads.awaitParked(waiter);
      pollable.produce();
      waiter.join();
      assertEquals(1, heard.get());
      assertEquals(1, sets.get(0).await(events, 1, 0), "nobody waits there");
      assertEquals(1, ordinary.await(events, 1, 0), "not exclusive");
      final int others = sets.get(2).await(events, 1, 0) + sets.get(3).await(events, 1, 0);
      pollable.produce();
      assertEquals(1, sets.get(2).await(events, 1, 0), "nobody waits now");
      assertEquals(1, sets.get(3).await(events, 1, 0));
      return others == 0;
    }
  }

  /** One is woken per event, and hands on what it leaves: nobody sleeps beside an event. */
  @Test
  void manyWaitersOfOneSetShareTheEvents() throws InterruptedException {
    try (Host host = new Host(Mode.DEDICATED)) {
      final int pollables = 16;
      final int each = 5_000;
      final EpollSet set = host.engine.epollSet();
      final List<CountingPollable> all = new ArrayList<>();
      for (int i = 0; i < pollables; i++) {
        all.add(new CountingPollable(host.engine));
        set.add(all.get(i), EPOLLIN | EPOLLET | EPOLLONESHOT, i);
      }
      final AtomicInteger consumed = new AtomicInteger();
      final List<Thread> workers = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        workers.add(
            new Thread(
                () -> {
                  final EpollEvents events = new EpollEvents(1);
                  while (set.await(events, 1, -1) > 0) {
                    final int index = (int) events.data(0);
                    if (consumed.addAndGet(all.get(index).consume()) == pollables * each) {
                      set.close();
                    } else {
                      set.modify(all.get(index), EPOLLIN | EPOLLET | EPOLLONESHOT, index);
                    }
                  }
                }));
      }
      workers.forEach(Thread::start);
      for (int n = 0; n < each; n++) {
        all.forEach(CountingPollable::produce);
      }
      for (final Thread worker : workers) {
        worker.join();
      }
      assertEquals(pollables * each, consumed.get());
    }
  }

  @Test
  void aSetInASetWakesWhoeverWaitsOutside() throws InterruptedException {
    try (Host host = new Host(Mode.DEDICATED)) {
      final EpollSet inner = host.engine.epollSet();
      final EpollSet outer = host.engine.epollSet();
      final CountingPollable pollable = new CountingPollable(host.engine);
      inner.add(pollable, EPOLLIN, 1);
      outer.add(inner, EPOLLIN, 2);
      final EpollEvents events = new EpollEvents(1);
      final AtomicInteger heard = new AtomicInteger();
      final Thread waiter = new Thread(() -> heard.set(outer.await(events, 1, -1)));
      waiter.start();
      Threads.awaitParked(waiter);
      pollable.produce();
      waiter.join();
      assertEquals(1, heard.get());
      assertEquals(2, events.data(0));
    }
  }

  @Test
  void watchesComeAndGoWhileEdgesAreRaised() throws InterruptedException {
    try (Host host = new Host(Mode.DEDICATED)) {
      final EpollSet set = host.engine.epollSet();
      final CountingPollable busy = new CountingPollable(host.engine);
      final Thread producer =
          new Thread(
              () -> {
                while (!busy.isClosed()) {
                  busy.produce();
                }
              });
      producer.start();
      final EpollEvents events = new EpollEvents(4);
      for (int i = 0; i < 20_000; i++) {
        assertEquals(0, set.add(busy, EPOLLIN | EPOLLOUT | EPOLLET, i));
        if (set.await(events, 4, 0) > 0) {
          assertEquals(i, events.data(0), "an event of a watch that is gone");
        }
        assertEquals(0, set.remove(busy));
      }
      assertEquals(0, set.await(events, 4, 0));
      busy.close();
      producer.join();
      assertEquals(-Errno.EBADF, set.add(busy, EPOLLIN, 0));
    }
  }
}
