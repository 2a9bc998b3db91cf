package io.ustack.apps.resp;

/** Memory that many share, up to a limit. */
final class Budget {
  private final long mostBytes;
  private long usedBytes;

  Budget(final long mostBytes) {
    this.mostBytes = mostBytes;
  }

  /** Whether so much can be taken. */
  boolean has(final long bytes) {
    return bytes <= mostBytes - usedBytes;
  }

  /** Takes it, if there is so much; negative bytes give back. */
  boolean take(final long bytes) {
    final boolean there = has(bytes);
    usedBytes += there ? bytes : 0;
    return there;
  }

  void giveBack(final long bytes) {
    usedBytes -= bytes;
  }

  long usedBytes() {
    return usedBytes;
  }
}
