package io.ustack.link;

import org.jspecify.annotations.Nullable;

/** First in, first out list of emitters that want to be asked. Stack thread only. */
public final class ReadyList {
  private @Nullable Emitter head;
  private @Nullable Emitter tail;

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
