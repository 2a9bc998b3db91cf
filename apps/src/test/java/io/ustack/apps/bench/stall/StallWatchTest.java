package io.ustack.apps.bench.stall;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import io.ustack.ipv4.Ipv4Subnet;
import io.ustack.link.PipeLink;
import io.ustack.stack.NetworkStack;
import io.ustack.stack.StackConfig;
import io.ustack.stack.StageTimes;
import io.ustack.stack.StageTimes.Stage;
import io.ustack.time.Clock;
import io.ustack.time.ManualClock;
import io.ustack.time.Timer;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StallWatchTest {
  private static final long LIMIT_NS = StallWatch.LIMIT_NS;

  @TempDir private Path proc;
  private final ManualClock clock = new ManualClock(Long.MAX_VALUE - LIMIT_NS);
  private final NetworkStack stack =
      new NetworkStack(
          StackConfig.of(new Ipv4Subnet(0x0a000001, 8)),
          PipeLink.pair().a(),
          Long.MAX_VALUE - LIMIT_NS);
  private final StageTimes times = new StageTimes(clock);
  private long cpuNs = 1000;
  private long frames = 70;
  private StallWatch watch = new StallWatch(clock, account(), times, () -> frames);

  private KernelAccount account() {
    return KernelAccount.of(() -> cpuNs, proc == null ? Path.of("/nowhere") : proc);
  }

  @BeforeEach
  void machine() throws IOException {
    Files.createDirectories(proc.resolve("thread-self"));
    thread("7", "C1 CompilerThre", 100);
    thread("8", "C2 CompilerThre", 200);
    thread("9", "java", 4000);
    schedule(5, 6);
    watch = new StallWatch(clock, account(), times, () -> frames);
    stack.measure(times);
  }

  private void thread(final String id, final String name, final long ns) throws IOException {
    final Path task = Files.createDirectories(proc.resolve("self").resolve("task").resolve(id));
    Files.writeString(task.resolve("comm"), name + "\n");
    Files.writeString(task.resolve("schedstat"), ns + " 1 2\n");
  }

  private void schedule(final long delayNs, final long switches) throws IOException {
    Files.writeString(
        proc.resolve("thread-self").resolve("schedstat"), "9 " + delayNs + " " + switches + "\n");
  }

  private void gap(final long ns) {
    clock.advance(ns);
    watch.look();
  }

  @Test
  void aLongGapIsKeptWithWhatTheKernelCountedSince() throws IOException {
    watch.begin();
    gap(7_000_000); // what lies before the first look is no gap
    final long firstNs = clock.nanoTime();
    gap(LIMIT_NS);
    cpuNs += 11;
    schedule(5 + 22, 6 + 3);
    thread("8", "C2 CompilerThre", 200 + 44);
    thread("9", "java", 5000);
    frames += 5;
    gap(LIMIT_NS + 1);
    gap(1);
    final Stall stall =
        new Stall(
            firstNs + LIMIT_NS,
            LIMIT_NS + 1,
            2 * LIMIT_NS + 1,
            11,
            22,
            3,
            44,
            Stage.APPLICATION.ordinal(),
            LIMIT_NS + 1,
            5);
    assertEquals(
        new Stalls(firstNs, firstNs + 2 * LIMIT_NS + 2, 0, 5, List.of(stall), 0), watch.stalls());
    gap(2 * LIMIT_NS);
    final Stall next = watch.stalls().all().get(1);
    assertEquals(
        List.of(2 * LIMIT_NS + 1, 0L, 0L, 0L, 0L),
        List.of(next.sinceNs(), next.cpuNs(), next.delayNs(), next.compilerNs(), next.frames()));
    watch.begin();
    assertEquals(Stalls.NONE, watch.stalls());
  }

  @Test
  void whatTheTableCannotHoldIsCounted() {
    watch.begin();
    for (int i = 0; i < 1 + 512 + 3; i++) {
      gap(2 * LIMIT_NS);
    }
    assertEquals(512, watch.stalls().all().size());
    assertEquals(3, watch.stalls().more());
  }

  /** Time that a closer look takes is not the next stall. */
  @Test
  void aLookIsNoStall() {
    final long[] nowNs = {0};
    final StallWatch slow =
        new StallWatch(
            () -> nowNs[0],
            KernelAccount.of(() -> nowNs[0] += 3 * LIMIT_NS, proc),
            new StageTimes(() -> nowNs[0]),
            () -> 0);
    slow.begin();
    slow.look();
    slow.look();
    nowNs[0] += LIMIT_NS + 1;
    slow.look();
    slow.look();
    assertEquals(1, slow.stalls().all().size());
    assertEquals(LIMIT_NS + 1, slow.stalls().all().get(0).ns());
  }

  @Test
  void theStageThatTookMostIsNamed() {
    stack
        .timers()
        .schedule(
            new Timer() {
              @Override
              protected void onExpiry(final long firedNs) {
                clock.advance(3 * LIMIT_NS);
              }
            },
            clock.nanoTime() + 20_000_000);
    clock.advance(40_000_000);
    watch.begin();
    watch.look();
    stack.poll(clock.nanoTime());
    clock.advance(2 * LIMIT_NS);
    watch.look();
    final Stall stall = watch.stalls().all().get(0);
    assertEquals(Stage.TIMERS.ordinal(), stall.stage());
    assertEquals(3 * LIMIT_NS, stall.stageNs());
    assertEquals(5 * LIMIT_NS, stall.ns());
  }

  /** Of the cycle that answers the first frame behind a rest only its own time is work. */
  @Test
  void aRestBeforeABlockIsNoWork() {
    clock.advance(1_000_000_000);
    watch.begin();
    watch.look();
    clock.advance(5);
    stack.poll(clock.nanoTime()); // announces its address
    assertEquals(5, watch.stalls().busyNs());
  }

  @Test
  void anIdleCycleIsNamedSo() {
    stack.poll(clock.nanoTime()); // announces its address
    watch.begin();
    watch.look();
    clock.advance(LIMIT_NS + 5);
    stack.poll(clock.nanoTime());
    watch.look();
    assertEquals(Stage.values().length, watch.stalls().all().get(0).stage());
  }

  @Test
  void withoutSuchAccountsTheGapIsKeptAlone() {
    final StallWatch blind =
        new StallWatch(clock, KernelAccount.of(() -> 0, Path.of("/nowhere")), times, () -> 0);
    blind.begin();
    blind.look();
    clock.advance(2 * LIMIT_NS);
    blind.look();
    final Stall stall = blind.stalls().all().get(0);
    assertEquals(2 * LIMIT_NS, stall.ns());
    assertEquals(0, stall.delayNs() + stall.compilerNs());
    assertEquals(Stall.NOT_KNOWN, stall.switches());
  }

  /** On the machine itself. */
  @Test
  void looksAllocateNothing() {
    final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    final long[] nowNs = {0};
    final Clock jumping = () -> nowNs[0] += 2 * LIMIT_NS;
    final StallWatch real = new StallWatch(jumping, KernelAccount.own(), times, () -> 0);
    final long self = Thread.currentThread().getId();
    long bytes = 0;
    for (int round = 0; round < 5; round++) {
      real.begin();
      final long before = threads.getThreadAllocatedBytes(self);
      for (int i = 0; i < 300; i++) {
        real.look();
      }
      bytes = threads.getThreadAllocatedBytes(self) - before;
    }
    assertEquals(299, real.stalls().all().size());
    assertTrue(bytes < 300, bytes + " bytes for 300 looks");
  }
}
