package io.ustack.posix;

import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * What one end of a connection costs while nothing happens, all of it: sockets, connections,
 * descriptors, what epoll has of them, tables. And what it takes to have one for a moment.
 */
class IdleMemoryTest {
  /** 512 is what the project allows; it is 461, and 452 of a million. */
  private static final int MOST_BYTES = 480;

  /** What comes and goes is plain garbage, objects that nobody may meet again: 444. */
  private static final int MOST_GARBAGE_BYTES = 480;

  private static final int MILLION = 1_000_000;

  /** So many go first, which fills what the connections share. */
  private static final int FIRST = 2000;

  @Test
  void anIdleEndIsSmall() {
    try (IdleCrowd crowd = new IdleCrowd(1 << 16)) {
      crowd.open(FIRST);
      final long before = IdleCrowd.usedBytes();
      crowd.open(20_000);
      final long bytes = bytesPerEnd(crowd, before);
      assertTrue(bytes <= MOST_BYTES, () -> bytes + " bytes");
      crowd.talk(7);
      crowd.talk(FIRST + 9999);
    }
  }

  private static long bytesPerEnd(final IdleCrowd crowd, final long before) {
    final long bytes = IdleCrowd.usedBytes() - before;
    return bytes / (crowd.ends() - 2 * FIRST);
  }

  @Test
  void whatComesAndGoesIsFewObjects() {
    final ThreadMXBean bean = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    final long self = Thread.currentThread().getId();
    try (IdleCrowd crowd = new IdleCrowd(1 << 10)) {
      crowd.open(1);
      long least = Long.MAX_VALUE;
      for (int batch = 0; batch < 20; batch++) {
        final long before = bean.getThreadAllocatedBytes(self);
        for (int i = 0; i < 500; i++) {
          crowd.comeAndGo();
        }
        least = Math.min(least, (bean.getThreadAllocatedBytes(self) - before) / (2 * 500));
      }
      final long bytes = least;
      assertTrue(bytes <= MOST_GARBAGE_BYTES, () -> bytes + " bytes");
    }
  }

  /** A million connections, so two million ends; told are bytes and the pause of a collection. */
  @Test
  @Tag("nightly")
  @Tag("one-jdk")
  @Timeout(value = 15, unit = TimeUnit.MINUTES)
  void aMillionConnections() {
    try (IdleCrowd crowd = new IdleCrowd(1 << 20)) {
      crowd.open(FIRST);
      final long before = IdleCrowd.usedBytes();
      final long startNs = System.nanoTime();
      crowd.open(MILLION - FIRST);
      final double seconds = (System.nanoTime() - startNs) / 1e9;
      final long bytes = bytesPerEnd(crowd, before);
      System.out.printf(
          "%d idle connections, both ends in this JVM: %d bytes each end, %d MiB in all; set up in"
              + " %.0f s; a full collection (%s) takes %d ms%n",
          crowd.ends() / 2,
          bytes,
          IdleCrowd.usedBytes() >> 20,
          seconds,
          collectors(),
          fullCollectionMs());
      assertTrue(bytes <= MOST_BYTES, () -> bytes + " bytes");
      for (int i = 0; i < MILLION; i += 997) {
        crowd.talk(i);
      }
      crowd.fallSilent();
      final long again = bytesPerEnd(crowd, before);
      assertTrue(again <= MOST_BYTES, () -> again + " bytes after some have talked");
    }
  }

  private static String collectors() {
    return ManagementFactory.getGarbageCollectorMXBeans().stream()
        .map(GarbageCollectorMXBean::getName)
        .reduce((one, other) -> one + ", " + other)
        .orElse("none");
  }

  private static long fullCollectionMs() {
    final long startNs = System.nanoTime();
    System.gc();
    return (System.nanoTime() - startNs) / 1_000_000;
  }
}
