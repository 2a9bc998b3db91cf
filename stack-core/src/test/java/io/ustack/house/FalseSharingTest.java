package io.ustack.house;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import io.ustack.buffer.LentPackets;
import io.ustack.buffer.MemoryPacketPool;
import io.ustack.counter.Counter;
import io.ustack.counter.Counters;
import io.ustack.counter.DropReason;
import java.io.IOException;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Words that one thread writes often while another looks at what lies beside them. What lies beside
 * what is up to the JVM and its collector, so the objects that several threads look at hold no such
 * words: those are in arrays with slack.
 */
class FalseSharingTest {
  private static final int LINE_BYTES = 64;
  private static final int SHORTEST_REFERENCE_BYTES = 4;

  private static final Path PAGE = Path.of("..", "docs", "performance.md");
  private static final List<Path> SOURCES =
      List.of(Path.of("src", "main", "java"), Path.of("..", "stack-posix", "src", "main", "java"));

  private static final Pattern SHARED =
      Pattern.compile(
          "^(?: {2}(?:private )?| +private )(?:final )?"
              + "(?:volatile [^=;(]+?|(?:Atomic|Spaced)\\w+(?:<.*>)?) (\\w+)(?:;| =|$)",
          Pattern.MULTILINE);
  private static final Pattern BY_HANDLE =
      Pattern.compile("findVarHandle\\((\\w+)\\.class, \"(\\w+)\"");

  /** Of each stack one, looked at by its thread in each cycle and by others with each call. */
  @ParameterizedTest(name = "{0}")
  @CsvSource({
    "stack.CommandQueue,",
    "stack.IdleStrategy, sleeper", // before and after parks of more than 0.1 ms
    "stack.StackAgent, running", // once
    "buffer.LentPackets, closed refuses", // once; when packets run short
    "counter.Counters,",
  })
  void whatSeveralLookAtIsSeldomWritten(final String name, final String seldom) throws Exception {
    final Set<String> written = new TreeSet<>();
    for (final Field field : Class.forName("io.ustack." + name).getDeclaredFields()) {
      if (!field.isSynthetic()
          && (field.getModifiers() & (Modifier.FINAL | Modifier.STATIC)) == 0) {
        written.add(field.getName());
      }
    }
    final List<String> expected = seldom == null ? List.of() : Arrays.asList(seldom.split(" "));
    assertEquals(new TreeSet<>(expected), written);
  }

  /** Counters are written with each frame, and what applications give back by all of them. */
  @Test
  void arraysOfOneWriterHaveSlackAtBothEnds() throws Exception {
    final Counters counters = new Counters();
    for (final Counter counter : Counter.values()) {
      counters.increment(counter);
    }
    for (final DropReason reason : DropReason.values()) {
      counters.drop(reason);
    }
    for (final String name : List.of("values", "drops")) {
      final long[] words = (long[]) valueOf(counters, name);
      assertEquals(0, Arrays.stream(words, 0, LINE_BYTES / Long.BYTES).sum(), name);
      final int end = words.length - LINE_BYTES / Long.BYTES;
      assertEquals(0, Arrays.stream(words, end, words.length).sum(), name);
    }
    final MemoryPacketPool pool = new MemoryPacketPool(8, 64);
    final LentPackets lent = new LentPackets(pool, 8);
    lent.giveBack(Objects.requireNonNull(lent.lendEmpty()));
    final AtomicReferenceArray<?> places = (AtomicReferenceArray<?>) valueOf(lent, "returned");
    final int line = LINE_BYTES / SHORTEST_REFERENCE_BYTES;
    for (int i = 0; i < line; i++) {
      assertNull(places.get(i));
      assertNull(places.get(places.length() - 1 - i));
    }
    assertEquals(1, lent.collect());
  }

  private static Object valueOf(final Object owner, final String name) throws Exception {
    final Field field = owner.getClass().getDeclaredField(name);
    field.setAccessible(true);
    return field.get(owner);
  }

  /** Whoever makes one more has to say who writes it, who reads it, and where it lies. */
  @Test
  void eachWordOfSeveralThreadsIsInTheTable() throws IOException {
    final String page = Files.readString(PAGE);
    final int from = page.indexOf("## False sharing");
    final String section = page.substring(from, page.indexOf("\n## ", from));
    final List<String> missing = new ArrayList<>();
    for (final Path root : SOURCES) {
      try (Stream<Path> files = Files.walk(root)) {
        for (final Path file :
            (Iterable<Path>) files.filter(f -> f.toString().endsWith(".java"))::iterator) {
          sharedWords(file).stream().filter(word -> !isIn(section, word)).forEach(missing::add);
        }
      }
    }
    assertEquals(List.of(), missing, "not in docs/performance.md, False sharing");
  }

  /** Named by itself, or all of its class together. */
  private static boolean isIn(final String section, final String word) {
    final String all = word.substring(0, word.indexOf('.'));
    return section.contains('`' + word + '`') || section.contains('`' + all + '`');
  }

  private static Set<String> sharedWords(final Path file) throws IOException {
    final String code = Files.readString(file);
    final String name = file.getFileName().toString().replace(".java", "");
    final Set<String> words = new TreeSet<>();
    final Matcher field = SHARED.matcher(code);
    while (field.find()) {
      words.add(name + '.' + field.group(1));
    }
    final Matcher handle = BY_HANDLE.matcher(code);
    while (handle.find()) {
      words.add(handle.group(1) + '.' + handle.group(2));
    }
    return words;
  }
}
