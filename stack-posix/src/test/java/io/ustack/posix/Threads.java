package io.ustack.posix;

import java.lang.reflect.Method;
import org.jspecify.annotations.Nullable;

/** Threads of tests. */
final class Threads {
  /** {@code Thread.startVirtualThread}, of JVMs from 21 on. */
  private static final @Nullable Method START_VIRTUAL = startVirtualThread();

  private Threads() {}

  private static @Nullable Method startVirtualThread() {
    try {
      return Runtime.version().feature() < 21
          ? null
          : Thread.class.getMethod("startVirtualThread", Runnable.class);
    } catch (final NoSuchMethodException e) {
      throw new LinkageError("a thread", e);
    }
  }

  /** Starts a thread of the operating system. */
  static Thread start(final String name, final Runnable body) {
    final Thread thread = new Thread(body, name);
    thread.start();
    return thread;
  }

  /** Starts a virtual thread, or the other kind on a JVM that has none. */
  static Thread startVirtual(final String name, final Runnable body) {
    if (START_VIRTUAL == null) {
      return start(name, body);
    }
    try {
      final Thread thread = (Thread) START_VIRTUAL.invoke(null, body);
      thread.setName(name);
      return thread;
    } catch (final ReflectiveOperationException e) {
      throw new LinkageError("a thread", e);
    }
  }

  /** Waits until the thread sleeps: it has come as far as it can on its own. */
  @SuppressWarnings("ThreadPriorityCheck") // A virtual thread lets others run only this way.
  static void awaitParked(final Thread thread) {
    Thread.State state = thread.getState();
    while (state != Thread.State.WAITING && state != Thread.State.TIMED_WAITING) {
      if (state == Thread.State.TERMINATED) {
        throw new AssertionError("it did not wait");
      }
      Thread.yield();
      state = thread.getState();
    }
  }
}
