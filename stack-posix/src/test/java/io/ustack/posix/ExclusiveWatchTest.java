package io.ustack.posix;

import static io.ustack.posix.Epoll.EPOLLET;
import static io.ustack.posix.Epoll.EPOLLEXCLUSIVE;
import static io.ustack.posix.Epoll.EPOLLIN;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** EPOLLEXCLUSIVE: who was told of an event and does not take it leaves it to another set. */
@Timeout(20)
class ExclusiveWatchTest {
  private final Host host = new Host(Mode.DEDICATED);
  private final CountingPollable shared = new CountingPollable(host.engine);
  private final EpollSet first = exclusive();
  private final EpollSet second = exclusive();
  private final EpollEvents events = new EpollEvents(1);

  private EpollSet exclusive() {
    final EpollSet set = host.engine.epollSet();
    assertEquals(0, set.add(shared, EPOLLIN | EPOLLEXCLUSIVE, 7));
    return set;
  }

  private int hears(final EpollSet set) {
    return set.await(events, 1, 0);
  }

  /** A thread has looked already, and comes back with something else. */
  @Test
  void whoIsLeavingDoesNotCount() throws InterruptedException {
    final AtomicInteger ready = new AtomicInteger();
    final Pollable other =
        new Pollable(host.engine) {
          @Override
          public int readiness() {
            if (ready.get() != 0 && ready.getAndSet(2) == 1) {
              shared.produce(); // while its event is taken
            }
            return ready.get() == 0 ? 0 : EPOLLIN;
          }

          @Override
          void onClose() {}
        };
    first.add(other, EPOLLIN | EPOLLET, 9);
    final AtomicInteger heard = new AtomicInteger();
    final Thread waiter =
        Threads.start("waiter", () -> heard.set(first.await(new EpollEvents(1), 1, -1)));
    Threads.awaitParked(waiter);
    ready.set(1);
    other.raise(EPOLLIN);
    waiter.join();
    assertEquals(1, heard.get());
    assertEquals(1, hears(second), "nobody waits in the first any more");
    host.close();
  }

  /** Who waits in the first set is told and takes nothing, because the watch goes. */
  private void tellTheFirst() throws InterruptedException {
    final Thread waiter = Threads.start("waiter", () -> first.await(new EpollEvents(1), 1, -1));
    Threads.awaitParked(waiter);
    // As a thread that was told and has not run yet.
    shared.produced.incrementAndGet();
    for (Watch watch = shared.firstWatch(); watch != null; watch = watch.nextOfPollable) {
      if (watch.set == first) {
        watch.becomePending();
      }
    }
    assertEquals(0, hears(second));
  }

  @Test
  void aWatchThatIsTakenOutHandsOn() throws InterruptedException {
    tellTheFirst();
    assertEquals(0, first.remove(shared));
    assertEquals(1, hears(second));
    first.close();
    host.close();
  }

  @Test
  void aSetThatIsClosedHandsOn() throws InterruptedException {
    tellTheFirst();
    assertEquals(0, first.close());
    assertEquals(1, hears(second));
    host.close();
  }
}
