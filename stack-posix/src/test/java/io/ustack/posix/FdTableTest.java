package io.ustack.posix;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Random;
import java.util.TreeSet;
import java.util.concurrent.locks.ReentrantLock;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class FdTableTest {
  private Host host;

  @BeforeEach
  void open() {
    host = new Host(Mode.INLINE);
  }

  @AfterEach
  void close() {
    host.close();
  }

  private static FdTable table(final int limit) {
    return new FdTable(limit, new ReentrantLock());
  }

  private int give(final FdTable table, final Pollable pollable) {
    final int fd = table.reserve();
    if (fd >= 0) {
      assertTrue(table.publish(fd, pollable));
    }
    return fd;
  }

  @Test
  void givesTheLowestFreeNumber() {
    final FdTable table = table(1000);
    final Pollable pollable = host.engine.epollSet();
    for (int fd = 3; fd < 200; fd++) {
      assertEquals(fd, give(table, pollable));
    }
    assertEquals(0, table.release(100));
    assertEquals(0, table.release(70));
    assertEquals(70, give(table, pollable));
    assertEquals(100, give(table, pollable));
    assertEquals(200, give(table, pollable));
  }

  @Test
  void isBounded() {
    final FdTable table = table(5);
    final Pollable pollable = host.engine.epollSet();
    assertEquals(3, give(table, pollable));
    assertEquals(4, give(table, pollable));
    assertEquals(-Errno.EMFILE, table.reserve());
    table.release(3);
    assertEquals(3, give(table, pollable));
  }

  @Test
  void whatIsReservedMeansNothingYet() {
    final FdTable table = table(5);
    final int fd = table.reserve();
    assertNull(table.find(fd));
    assertEquals(-Errno.EBADF, table.release(fd));
    assertEquals(fd + 1, table.reserve());
    table.cancel(fd);
    assertEquals(fd, table.reserve());
  }

  @Test
  void numbersOutsideMeanNothing() {
    final FdTable table = table(1000);
    assertNull(table.find(-1));
    assertNull(table.find(0));
    assertNull(table.find(Integer.MAX_VALUE));
    assertEquals(-Errno.EBADF, table.release(Integer.MIN_VALUE));
  }

  @Test
  void closedItGivesNothingOut() {
    final FdTable table = table(1000);
    final int fd = table.reserve();
    table.close();
    assertEquals(-Errno.EMFILE, table.reserve());
    assertFalse(table.publish(fd, host.engine.epollSet()));
  }

  @Test
  void theLastNumberClosesWhatItMeant() {
    final FdTable table = table(1000);
    final Pollable pollable = host.engine.epollSet();
    final int fd = give(table, pollable);
    assertEquals(fd + 1, table.duplicate(fd, 0));
    assertEquals(500, table.duplicate(fd, 500));
    assertEquals(501, table.duplicate(fd, 500));
    assertEquals(0, table.release(fd));
    assertEquals(0, table.release(500));
    assertEquals(0, table.release(fd + 1));
    assertFalse(pollable.isClosed());
    assertSame(pollable, table.find(501));
    assertEquals(0, table.release(501));
    assertTrue(pollable.isClosed());
    assertEquals(-Errno.EBADF, table.duplicate(501, 0));
  }

  @Test
  void aNumberThatIsAboutToMeanSomethingIsBusy() {
    final FdTable table = table(1000);
    final int fd = give(table, host.engine.epollSet());
    final int reserved = table.reserve();
    assertEquals(-Errno.EBUSY, table.duplicateTo(fd, reserved));
    table.cancel(reserved);
    assertEquals(reserved, table.duplicateTo(fd, reserved));
    assertEquals(900, table.duplicateTo(fd, 900));
    assertEquals(reserved + 1, table.reserve(), "the numbers between are free");
  }

  @Test
  void givingANumberAnewClosesWhatItMeant() {
    final FdTable table = table(1000);
    final Pollable stays = host.engine.epollSet();
    final Pollable goes = host.engine.epollSet();
    final int fd = give(table, stays);
    final int target = give(table, goes);
    assertEquals(target, table.duplicateTo(fd, target));
    assertTrue(goes.isClosed());
    assertEquals(0, table.release(fd));
    assertFalse(stays.isClosed());
    assertEquals(target, table.duplicateTo(target, target));
    assertFalse(stays.isClosed());
  }

  @Test
  void agreesWithASetOfNumbers() {
    final int limit = 5000;
    final FdTable table = table(limit);
    final Pollable pollable = host.engine.epollSet();
    final TreeSet<Integer> free = new TreeSet<>();
    for (int fd = 3; fd < limit; fd++) {
      free.add(fd);
    }
    final Random random = new Random(7);
    for (int step = 0; step < 200_000; step++) {
      // Phases of growth and of decline, so that every size is met.
      if (random.nextInt(10) < (step / 20_000 % 2 == 0 ? 7 : 3)) {
        final int expected = free.isEmpty() ? -Errno.EMFILE : free.pollFirst();
        assertEquals(expected, give(table, pollable));
      } else {
        final int fd = 3 + random.nextInt(limit - 3);
        final boolean meant = table.release(fd) == 0;
        assertEquals(free.add(fd), meant);
      }
    }
  }
}
