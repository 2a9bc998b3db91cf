package io.ustack.link;

import java.util.Objects;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/**
 * First in, first out list of emitters that want to be asked. They stand side by side, so that who
 * comes next can be looked at without looking at who comes before. Stack thread only.
 *
 * <p>Allocates only when it gets longer than it ever was.
 */
public final class ReadyList {
  private static final int SMALLEST = 64;

  private final IntFunction<@Nullable Emitter[]> memory;

  /** Those that are to be asked now; the length is a power of two. */
  private @Nullable Emitter[] now;

  // Places in it count up for ever, and wrap.
  private int first;
  private int end;

  /** Those that are to be asked in the next cycle, and some that did not wait for it. */
  private @Nullable Emitter[] later;

  private int laterCount;

  public ReadyList() {
    this(places -> new @Nullable Emitter[places]);
  }

  /** With other memory, which may come to an end. */
  ReadyList(final IntFunction<@Nullable Emitter[]> memory) {
    this.memory = memory;
    now = memory.apply(SMALLEST);
    later = memory.apply(SMALLEST);
  }

  /**
   * Puts the emitter at the end, unless it is to be asked in this cycle already. Without memory for
   * one more it throws, and nothing has changed.
   */
  public void add(final Emitter emitter) {
    if (emitter.turn == Emitter.NOW) {
      return;
    }
    if (end - first == now.length) {
      grow();
    }
    emitter.turn = Emitter.NOW; // not before there is a place for it
    now[end++ & (now.length - 1)] = emitter;
  }

  private void grow() {
    final @Nullable Emitter[] longer = memory.apply(2 * now.length);
    for (int i = first; i != end; i++) {
      longer[i & (longer.length - 1)] = now[i & (now.length - 1)];
    }
    now = longer;
  }

  /**
   * The emitter is to be asked in the next duty cycle, unless it is in the list already or {@link
   * #add} puts it there before. Without memory for one more it throws, and nothing has changed.
   */
  public void addLater(final Emitter emitter) {
    if (emitter.turn != Emitter.NEVER) {
      return;
    }
    if (laterCount == later.length) {
      final @Nullable Emitter[] longer = memory.apply(2 * laterCount);
      System.arraycopy(later, 0, longer, 0, laterCount);
      later = longer;
    }
    emitter.turn = Emitter.LATER;
    later[laterCount++] = emitter;
  }

  /**
   * The cycle is over: what was to be asked later is to be asked now. Without memory for that it
   * throws, and nobody has moved.
   */
  public void nextCycle() {
    while (now.length - (end - first) < laterCount) {
      grow();
    }
    for (int i = 0; i < laterCount; i++) {
      final Emitter emitter = Objects.requireNonNull(later[i]);
      later[i] = null;
      if (emitter.turn == Emitter.LATER) {
        add(emitter);
      }
    }
    laterCount = 0;
  }

  /** Takes the first emitter out, or null. */
  public @Nullable Emitter poll() {
    if (first == end) {
      return null;
    }
    final int at = first++ & (now.length - 1);
    final Emitter emitter = Objects.requireNonNull(now[at]);
    now[at] = null;
    emitter.turn = Emitter.NEVER;
    return emitter;
  }

  /** The emitter that comes so many after the first, or null; it stays where it is. */
  public @Nullable Emitter peek(final int ahead) {
    return ahead < end - first ? now[(first + ahead) & (now.length - 1)] : null;
  }

  /** Whether nobody is to be asked, now or later. */
  public boolean isEmpty() {
    return first == end && laterCount == 0;
  }
}
