package io.ustack.arp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;

import io.ustack.testing.TestNet;
import java.util.HashMap;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class ArpCacheTest {
  /** Few addresses and many changes: gaps in the table close as they must. */
  @Test
  void agreesWithAHashMap() {
    try (TestNet net = new TestNet()) {
      for (int seed = 0; seed < 50; seed++) {
        final SplittableRandom random = new SplittableRandom(seed);
        final ArpCache cache = new ArpCache(net.stack.arp(), 64);
        final Map<Integer, Neighbour> model = new HashMap<>();
        final int spread = 1 + random.nextInt(1 << random.nextInt(1, 24));
        for (int step = 0; step < 3000; step++) {
          final int address = 1 + random.nextInt(120) * spread;
          final Neighbour known = cache.find(address);
          assertSame(model.get(address), known);
          if (known != null && random.nextInt(3) > 0) {
            cache.remove(known);
            model.remove(address);
            assertEquals(Neighbour.NOBODY, known.address());
          } else if (known == null && model.size() < 64) {
            final Neighbour made = cache.add(address, 0);
            assertEquals(address, made.address());
            model.put(address, made);
          }
          assertEquals(model.size(), cache.size());
        }
        model.forEach((address, neighbour) -> assertSame(neighbour, cache.find(address)));
        for (int i = 0; i < cache.size(); i++) {
          assertSame(cache.entry(i), model.get(cache.entry(i).address()));
        }
        assertNull(cache.find(-1));
      }
    }
  }
}
