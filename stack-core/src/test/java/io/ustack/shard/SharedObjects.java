package io.ustack.shard;

import java.lang.reflect.Array;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.nio.Buffer;
import java.util.ArrayDeque;
import java.util.BitSet;
import java.util.Collection;
import java.util.Deque;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;

/** What can be written and is within reach of two objects: where their threads could meet. */
final class SharedObjects {
  /** Where threads meet as they should, or what nobody writes once it is made. */
  private final Set<Class<?>> known;

  private final IdentityHashMap<Object, String> reached = new IdentityHashMap<>();
  private final Deque<Object> waiting = new ArrayDeque<>();

  private SharedObjects(final Set<Class<?>> known) {
    this.known = known;
  }

  /** The paths to what both can write, nothing of or behind a known class being told. */
  static List<String> of(final Object one, final Object other, final Set<Class<?>> known) {
    final IdentityHashMap<Object, String> ours = new SharedObjects(known).from(one);
    final IdentityHashMap<Object, String> theirs = new SharedObjects(known).from(other);
    return theirs.entrySet().stream()
        .filter(entry -> isWritable(entry.getKey()) && ours.containsKey(entry.getKey()))
        .map(entry -> entry.getValue() + " is a " + entry.getKey().getClass().getName())
        .sorted()
        .toList();
  }

  private IdentityHashMap<Object, String> from(final Object root) {
    reach(root, "");
    while (!waiting.isEmpty()) {
      final Object next = waiting.remove();
      final String path = reached.get(next);
      if (next instanceof Object[] array) {
        for (int i = 0; i < array.length; i++) {
          reach(array[i], path + "[]");
        }
      } else if (next instanceof Map<?, ?> map) {
        map.values().forEach(each -> reach(each, path + "[]"));
      } else if (next instanceof Collection<?> several) {
        several.forEach(each -> reach(each, path + "[]"));
      } else if (isOurs(next)) {
        reachFields(next, path);
      }
    }
    return reached;
  }

  private void reach(final Object object, final String path) {
    if (object != null
        && !(object instanceof Enum<?> || object instanceof Class<?>)
        && !known.contains(object.getClass())
        && reached.putIfAbsent(object, path) == null) {
      waiting.add(object);
    }
  }

  private void reachFields(final Object object, final String path) {
    for (Class<?> c = object.getClass(); c != Object.class; c = c.getSuperclass()) {
      for (final Field field : c.getDeclaredFields()) {
        if (!Modifier.isStatic(field.getModifiers()) && !field.getType().isPrimitive()) {
          reach(valueOf(field, object), path + "." + field.getName());
        }
      }
    }
  }

  private static Object valueOf(final Field field, final Object object) {
    try {
      field.setAccessible(true);
      return field.get(object);
    } catch (final IllegalAccessException e) {
      throw new AssertionError(field.toString(), e);
    }
  }

  private static boolean isOurs(final Object object) {
    return object.getClass().getName().startsWith("io.ustack.");
  }

  private static boolean isWritable(final Object object) {
    if (object.getClass().isArray()) {
      return Array.getLength(object) > 0;
    }
    if (!isOurs(object)) {
      return object instanceof Buffer
          || object instanceof BitSet
          || object instanceof Map
          || object instanceof Random
          || object.getClass().getName().startsWith("java.util.concurrent.atomic.")
          || (object instanceof Collection<?> several && isModifiable(several));
    }
    for (Class<?> c = object.getClass(); c != Object.class; c = c.getSuperclass()) {
      for (final Field field : c.getDeclaredFields()) {
        if (!Modifier.isStatic(field.getModifiers()) && !Modifier.isFinal(field.getModifiers())) {
          return true;
        }
      }
    }
    return false;
  }

  private static boolean isModifiable(final Collection<?> collection) {
    try {
      collection.removeAll(List.of(new Object()));
      return true;
    } catch (final UnsupportedOperationException e) {
      return false;
    }
  }
}
