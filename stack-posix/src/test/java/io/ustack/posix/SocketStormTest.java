package io.ustack.posix;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ustack.link.PipeLink;
import io.ustack.posix.StormServer.Style;
import io.ustack.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Many threads at random on hundreds of sockets of one host, for five seconds, or for {@code
 * -Dustack.storm.seconds}; {@code @Tag("nightly")} takes a minute. A byte lost or moved, a
 * descriptor or packet left behind, a call with the wrong result fails it; a wake-up that is lost
 * leaves a thread behind, which is told with where it sleeps.
 */
@Timeout(300)
class SocketStormTest {
  private static final int SECONDS = Integer.getInteger("ustack.storm.seconds", 5);

  private static final int NIGHTLY_SECONDS = 60;

  private static final int HOLDING_CLIENTS = 24;
  private static final int PASSING_CLIENTS = 16;

  /** Long enough for anything that is not stuck. */
  private static final int PATIENCE_SECONDS = 60;

  @Test
  void nothingIsLostAmongManyThreads() throws InterruptedException {
    onOneShard(SECONDS);
  }

  @Test
  void norOnSeveralShards() throws InterruptedException {
    onThreeShards(SECONDS);
  }

  @Test
  @Tag("nightly")
  void norInAMinute() throws InterruptedException {
    onOneShard(NIGHTLY_SECONDS);
    onThreeShards(NIGHTLY_SECONDS);
  }

  private static void onOneShard(final int seconds) throws InterruptedException {
    try (Host host = new Host(Mode.DEDICATED)) {
      storm(host.posix, seconds);
    }
  }

  private static void onThreeShards(final int seconds) throws InterruptedException {
    try (PipeLink.Pair cable = PipeLink.pair();
        ShardedHost host = new ShardedHost("10.0.0.1/24", cable.a(), 3, System.nanoTime());
        Posix posix = Posix.dedicated(host.stacks, Clock.SYSTEM)) {
      storm(posix, seconds);
    }
  }

  private static void storm(final Posix posix, final int seconds) throws InterruptedException {
    final Storm storm = new Storm(posix);
    final List<StormServer> holding = new ArrayList<>();
    holding.add(new StormServer(storm, Style.ONE_SHOT));
    holding.add(new StormServer(storm, Style.EDGE));
    holding.add(new StormServer(storm, Style.NESTED));
    final List<StormServer> all = new ArrayList<>(holding);
    all.add(new StormServer(storm, Style.BLOCKING));
    final List<Thread> clients = new ArrayList<>();
    for (int i = 0; i < HOLDING_CLIENTS + PASSING_CLIENTS; i++) {
      final StormClient client = new StormClient(storm, holding, all, i);
      final boolean holds = i < HOLDING_CLIENTS;
      final Runnable body = holds ? client::holdMany : client::comeAndGo;
      clients.add(storm.start("client " + i, body));
    }
    final long endNs = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
    while (System.nanoTime() - endNs < 0 && !storm.isOver()) {
      TimeUnit.MILLISECONDS.sleep(50);
    }
    storm.end();
    awaitEnd(clients, storm);
    for (final StormServer server : all) {
      server.stop();
    }
    storm.check();
    assertTrue(storm.bytesEchoed.get() > 0 && storm.sessions.get() > 0);
    assertEquals(0, openDescriptors(posix), "descriptors left");
  }

  private static void awaitEnd(final List<Thread> threads, final Storm storm)
      throws InterruptedException {
    final long endNs = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
    for (final Thread thread : threads) {
      thread.join(Math.max(1, TimeUnit.NANOSECONDS.toMillis(endNs - System.nanoTime())));
      if (thread.isAlive()) {
        final AssertionError stuck = new AssertionError(thread.getName() + " sleeps for ever");
        stuck.setStackTrace(thread.getStackTrace());
        storm.fail(stuck);
      }
    }
    storm.check();
  }

  private static int openDescriptors(final Posix posix) {
    int open = 0;
    for (int fd = 0; fd < posix.table.end(); fd++) {
      open += posix.table.find(fd) == null ? 0 : 1;
    }
    return open;
  }
}
