package io.ustack.apps.resp;

import java.util.HashMap;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The keys, and the memory that they may take. Each thing kept is charged its bytes and a flat rate
 * for the objects around them.
 */
final class Keyspace {
  /** For an entry of a map or a set: node, key and array headers. */
  static final int ENTRY_BYTES = 96;

  private final Map<Bytes, Value> values = new HashMap<>();
  private final Budget budget;

  Keyspace(final Budget budget) {
    this.budget = budget;
  }

  /**
   * Sees to it that so much can be taken.
   *
   * @throws RespException when not
   */
  void require(final long bytes) {
    if (!budget.has(bytes)) {
      throw RespException.outOfMemory();
    }
  }

  /** Takes memory for {@code value}; negative bytes give back. */
  void charge(final Value value, final long bytes) {
    require(bytes);
    budget.take(bytes);
    value.chargedBytes += bytes;
  }

  int size() {
    return values.size();
  }

  boolean has(final Bytes key) {
    return values.containsKey(key);
  }

  /**
   * What a key holds; null when there is no such key.
   *
   * @throws RespException when it is of another kind
   */
  <V extends Value> @Nullable V find(final Bytes key, final Class<V> kind) {
    final Value value = values.get(key);
    if (value != null && !kind.isInstance(value)) {
      throw RespException.wrongType();
    }
    return value == null ? null : kind.cast(value);
  }

  /** As {@link #find}, and makes the key when there is none. */
  <V extends Value> V obtain(final Bytes key, final Class<V> kind, final Supplier<V> maker) {
    final V found = find(key, kind);
    if (found != null) {
      return found;
    }
    final V made = maker.get();
    charge(made, key.length() + ENTRY_BYTES);
    values.put(key, made);
    return made;
  }

  /** Takes a key out; whether there was one. */
  boolean remove(final Bytes key) {
    final Value value = values.remove(key);
    if (value != null) {
      budget.giveBack(value.chargedBytes);
    }
    return value != null;
  }

  /** Takes a key out that holds nothing any more. */
  void trim(final Bytes key, final Value value) {
    if (value.isEmpty()) {
      remove(key);
    }
  }

  void clear() {
    values.values().forEach(value -> budget.giveBack(value.chargedBytes));
    values.clear();
  }
}
