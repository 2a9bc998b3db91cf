package io.ustack.apps.resp;

import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.NavigableSet;
import java.util.Set;
import java.util.TreeSet;

/** What a key holds. */
abstract sealed class Value {
  /** What it is charged for, see {@link Keyspace}. */
  long chargedBytes;

  /** Whether nothing is left; Redis has no empty collections. */
  abstract boolean isEmpty();

  static final class Text extends Value {
    byte[] bytes = new byte[0];

    @Override
    boolean isEmpty() {
      return false;
    }
  }

  static final class Items extends Value {
    final Deque<byte[]> items = new ArrayDeque<>();

    @Override
    boolean isEmpty() {
      return items.isEmpty();
    }
  }

  static final class Members extends Value {
    final Set<Bytes> members = new LinkedHashSet<>();

    @Override
    boolean isEmpty() {
      return members.isEmpty();
    }
  }

  static final class Fields extends Value {
    final Map<Bytes, byte[]> fields = new LinkedHashMap<>();

    @Override
    boolean isEmpty() {
      return fields.isEmpty();
    }
  }

  /** A member of a sorted set. */
  record Ranked(double score, Bytes member) {}

  static final class Ranking extends Value {
    final Map<Bytes, Double> scores = new HashMap<>();
    final NavigableSet<Ranked> order =
        new TreeSet<>(Comparator.comparingDouble(Ranked::score).thenComparing(Ranked::member));

    @Override
    boolean isEmpty() {
      return scores.isEmpty();
    }
  }
}
