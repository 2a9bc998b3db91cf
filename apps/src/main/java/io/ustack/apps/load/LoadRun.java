package io.ustack.apps.load;

import io.ustack.apps.EventLoop;
import io.ustack.posix.Posix;
import io.ustack.time.Clock;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * Does what a plan says, on one thread. First all connections are opened, as far as they can be;
 * then the clock starts and requests begin. A connection that is lost is opened anew.
 */
public final class LoadRun implements AutoCloseable {
  private static final int OPENING_AT_ONCE = 256;
  private static final int CHUNK_BYTES = 64 << 10;

  /** How often it looks for what takes too long or may be tried again. */
  private static final long TICK_NS = 10_000_000;

  /** The same in milliseconds. */
  public static final int TICK_MS = 10;

  private static final long MS_NS = 1_000_000;

  final Posix posix;
  final EventLoop loop;
  final LoadPlan plan;
  final LoadTally tally = new LoadTally();
  private final Clock clock;
  private final ByteBuffer answer = ByteBuffer.allocateDirect(CHUNK_BYTES);
  private final LoadConnection[] connections;
  private final ArrayDeque<LoadConnection> free;

  /** Connections that were never opened are those from here on. */
  private int next;

  /** Of those that were, how many have not been open or refused yet. */
  private int opening;

  private boolean started;
  private long startNs;
  private @Nullable DueTimes due;
  private long begun;
  private long underway;
  private long tickNs;
  private boolean over;

  /** Nothing is opened yet. The loop belongs to this run, and is closed by whoever made it. */
  public LoadRun(final Posix posix, final EventLoop loop, final LoadPlan plan, final Clock clock) {
    this.posix = posix;
    this.loop = loop;
    this.plan = plan;
    this.clock = clock;
    tickNs = clock.nanoTime();
    connections = new LoadConnection[plan.connections()];
    free = new ArrayDeque<>(plan.connections());
    for (int i = 0; i < connections.length; i++) {
      connections[i] = new LoadConnection(this);
    }
    if (plan.kind() == LoadPlan.Kind.CPS) {
      next = connections.length;
      for (final LoadConnection connection : connections) {
        connection.tried = true;
        free.add(connection);
      }
    }
  }

  /**
   * Waits for events and goes on.
   *
   * @param mostMs how long it may wait; more than {@link #TICK_MS} makes no difference
   */
  public void step(final int mostMs) {
    loop.step(Math.min(mostMs, waitMs()));
    final long nowNs = clock.nanoTime();
    openMore(nowNs);
    if (!started && next == connections.length && opening == 0) {
      start(nowNs);
    }
    if (nowNs - tickNs >= 0) {
      tickNs = nowNs + TICK_NS;
      tick(nowNs);
    }
    if (started) {
      beginWhatMay(nowNs);
      over = over || (underway == 0 && !mayBegin(nowNs));
    }
  }

  private int waitMs() {
    final DueTimes times = due;
    if (times == null || free.isEmpty()) {
      return free.isEmpty() ? TICK_MS : 0;
    }
    final long leftMs = (times.nextNs() - clock.nanoTime()) / MS_NS;
    return (int) Math.max(0, Math.min(TICK_MS, leftMs));
  }

  /** Everything that was to be done is done, or nothing can be. */
  public boolean isOver() {
    return over;
  }

  /** What came of it until now. */
  public LoadTally tally() {
    final long nowNs = clock.nanoTime();
    for (final LoadConnection connection : connections) {
      connection.countDelivered(nowNs);
    }
    tally.ended(started ? nowNs - startNs : 0, due == null ? 0 : neverBegun(due, nowNs));
    return tally;
  }

  private long neverBegun(final DueTimes times, final long nowNs) {
    final boolean timeIsUp = plan.durationNs() > 0 && nowNs - startNs > plan.durationNs();
    final long waiting = times.waiting(timeIsUp ? startNs + plan.durationNs() : nowNs);
    return plan.requests() > 0 ? Math.min(waiting, plan.requests() - begun) : waiting;
  }

  private void openMore(final long nowNs) {
    while (next < connections.length && opening < OPENING_AT_ONCE) {
      opening++;
      connections[next++].open(nowNs);
    }
  }

  private void start(final long nowNs) {
    started = true;
    startNs = nowNs;
    due = plan.ratePerSecond() > 0 ? new DueTimes(plan.ratePerSecond(), nowNs) : null;
    over = free.isEmpty(); // nobody is there
  }

  private void tick(final long nowNs) {
    for (final LoadConnection connection : connections) {
      if (!connection.isDue(nowNs)) {
        continue;
      }
      if (!connection.isResting()) {
        connection.expire(nowNs);
      } else if (plan.kind() == LoadPlan.Kind.CPS) {
        connection.endRest();
        free.add(connection);
      } else if (started && mayBegin(nowNs)) {
        connection.open(nowNs);
      }
    }
  }

  private boolean mayBegin(final long nowNs) {
    return (plan.requests() == 0 || begun < plan.requests())
        && (plan.durationNs() == 0 || nowNs - startNs < plan.durationNs());
  }

  private void beginWhatMay(final long nowNs) {
    // One that fails at once comes back to the end of the queue, and is not tried again here.
    for (int left = free.size(); left > 0 && mayBegin(nowNs); left--) {
      if (due != null && due.nextNs() - nowNs > 0) {
        return;
      }
      begin(free.remove(), due == null ? nowNs : due.take(), nowNs);
    }
  }

  private void begin(final LoadConnection connection, final long fromNs, final long nowNs) {
    switch (plan.kind()) {
      case RR -> {
        begun++;
        underway++;
        connection.ask(fromNs, nowNs);
      }
      case CPS -> {
        begun++;
        underway++;
        connection.connectAndAsk(fromNs, nowNs);
      }
      case BULK, BULK_DOWN -> connection.stream();
    }
  }

  // ---- What connections tell

  void onOpen(final LoadConnection connection, final long nowNs) {
    if (plan.kind() == LoadPlan.Kind.CPS) {
      connection.ask(connection.fromNs(), nowNs);
      return;
    }
    endFirstAttempt(connection);
    free.add(connection);
  }

  void onAnswer(final LoadConnection connection, final long nowNs) {
    underway--;
    tally.succeeded(nowNs - connection.fromNs());
    if (plan.kind() == LoadPlan.Kind.CPS) {
      connection.reset();
    }
    free.add(connection);
  }

  /** It is closed and rests, and was in the middle of a request or not. */
  void onFailure(final LoadConnection connection, final String why, final boolean asked) {
    if (asked || plan.kind() == LoadPlan.Kind.CPS) {
      underway--;
      tally.failed(why);
    } else {
      free.remove(connection);
      if (mayStandForOne()) {
        begun++; // an attempt like others, or a run of so many would never end
        tally.failed(why);
      }
    }
    endFirstAttempt(connection);
  }

  /** Whether a lost connection counts: where a request could still begin; a stream always. */
  private boolean mayStandForOne() {
    if (started && !plan.kind().isStream()) {
      return mayBegin(clock.nanoTime());
    }
    return plan.requests() == 0 || begun < plan.requests();
  }

  private void endFirstAttempt(final LoadConnection connection) {
    if (!connection.tried) {
      connection.tried = true;
      opening--;
    }
  }

  /** Receives what is there, which nobody looks at; as recv(2). */
  int receive(final int fd) {
    return posix.recv(fd, answer, 0, CHUNK_BYTES, 0);
  }

  @Override
  public void close() {
    for (final LoadConnection connection : connections) {
      connection.close();
    }
  }
}
