package io.ustack.apps.bench.stall;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.LongStream;

/**
 * Those of a thread in a block, or in several.
 *
 * @param fromNs when it was looked for them first, System.nanoTime
 * @param toNs and last
 * @param busyNs in duty cycles that had something to do, whole
 * @param frames that were received
 * @param all that were kept, in their order
 * @param more for which there was no room
 */
public record Stalls(long fromNs, long toNs, long busyNs, long frames, List<Stall> all, long more) {
  /** Of a thread that nobody has looked at. */
  public static final Stalls NONE = new Stalls(0, 0, 0, 0, List.of(), 0);

  /** These and later ones. */
  public Stalls plus(final Stalls later) {
    if (equals(NONE)) {
      return later;
    }
    final List<Stall> both = new ArrayList<>(all);
    both.addAll(later.all);
    return new Stalls(
        fromNs, later.toNs, busyNs + later.busyNs, frames + later.frames, both, more + later.more);
  }

  /**
   * Those that began while the other thread was looked at; the clock is the machine's. Those that
   * were not kept are later than all that were: if one that was is too late, they are, else some
   * may be.
   */
  public Stalls during(final Stalls other) {
    final List<Stall> those =
        all.stream()
            .filter(stall -> stall.beginNs() - other.fromNs >= 0)
            .filter(stall -> stall.beginNs() - other.toNs < 0)
            .toList();
    final boolean late = !all.isEmpty() && all.get(all.size() - 1).beginNs() - other.toNs >= 0;
    return new Stalls(other.fromNs, other.toNs, busyNs, frames, those, late ? 0 : more);
  }

  /** One word. */
  public String text() {
    return LongStream.of(fromNs, toNs, busyNs, frames, more)
            .mapToObj(String::valueOf)
            .collect(Collectors.joining(","))
        + all.stream().map(stall -> ";" + stall.text()).collect(Collectors.joining());
  }

  /** What {@link #text} has written; an empty word: {@link #NONE}. */
  public static Stalls parse(final String text) {
    if (text.isEmpty()) {
      return NONE;
    }
    final List<String> words = List.of(text.split(";", -1));
    final long[] n =
        Arrays.stream(words.get(0).split(",", -1)).mapToLong(Long::parseLong).toArray();
    return new Stalls(
        n[0], n[1], n[2], n[3], words.stream().skip(1).map(Stall::parse).toList(), n[4]);
  }
}
