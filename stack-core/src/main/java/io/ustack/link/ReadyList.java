package io.ustack.link;

import org.jspecify.annotations.Nullable;

/** First in, first out list of emitters that want to be asked. Stack thread only. */
public final class ReadyList {
  private @Nullable Emitter head;
  private @Nullable Emitter tail;

  /** Those that are to be asked in the next cycle. */
  private @Nullable Emitter laterHead;

  private @Nullable Emitter laterTail;

  /** Puts the emitter at the end, unless it is already in the list. */
  public void add(final Emitter emitter) {
    if (emitter.ready) {
      return;
    }
    emitter.ready = true;
    emitter.nextReady = null;
    if (tail == null) {
      head = emitter;
    } else {
      tail.nextReady = emitter;
    }
    tail = emitter;
  }

  /**
   * The emitter is to be asked in the next duty cycle, not in this one; unless it is in the list
   * already.
   */
  public void addLater(final Emitter emitter) {
    if (emitter.ready) {
      return;
    }
    emitter.ready = true;
    emitter.nextReady = null;
    if (laterTail == null) {
      laterHead = emitter;
    } else {
      laterTail.nextReady = emitter;
    }
    laterTail = emitter;
  }

  /** The cycle is over: what was to be asked later is to be asked now. */
  public void nextCycle() {
    final Emitter first = laterHead;
    if (first == null) {
      return;
    }
    if (tail == null) {
      head = first;
    } else {
      tail.nextReady = first;
    }
    tail = laterTail;
    laterHead = null;
    laterTail = null;
  }

  /** Takes the first emitter out, or null. */
  public @Nullable Emitter poll() {
    final Emitter first = head;
    if (first == null) {
      return null;
    }
    head = first.nextReady;
    if (head == null) {
      tail = null;
    }
    first.nextReady = null;
    first.ready = false;
    return first;
  }

  public boolean isEmpty() {
    return head == null;
  }
}
