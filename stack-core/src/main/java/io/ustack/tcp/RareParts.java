package io.ustack.tcp;

import io.ustack.buffer.ByteRanges;
import java.lang.invoke.MethodHandles;
import java.util.List;

/**
 * Types of which most connections never have anything, though each segment asks. HotSpot inlines no
 * method with such a type in its signature before it is loaded ("unloaded signature classes" in its
 * log), so the first stack loads them: without, a request took a tenth longer.
 */
final class RareParts {
  private RareParts() {}

  static void load() {
    final MethodHandles.Lookup lookup = MethodHandles.lookup();
    try {
      for (final Class<?> type :
          List.of(ByteRanges.class, Ecn.class, SendRate.class, UrgentMark.class)) {
        lookup.ensureInitialized(type);
      }
    } catch (final IllegalAccessException e) {
      throw new ExceptionInInitializerError(e);
    }
  }
}
