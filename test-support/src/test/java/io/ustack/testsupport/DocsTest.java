package io.ustack.testsupport;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ustack.testsupport.script.PacketScript;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** What docs/testing.md shows is what runs. */
class DocsTest {
  private static final Path ROOT = Path.of(System.getProperty("ustack.root", ".."));
  private static final Path EXAMPLE =
      Path.of("src", "test", "java", "io", "ustack", "testsupport", "HarnessExampleTest.java");

  private static String page() throws IOException {
    return Files.readString(ROOT.resolve("docs/testing.md"));
  }

  @Test
  void theHarnessIsTheOneThatRuns() throws IOException {
    final Matcher java = Pattern.compile("(?s)```java\n(.*?)```").matcher(page());
    assertTrue(java.find());
    assertEquals(Files.readString(EXAMPLE), java.group(1));
  }

  @Test
  void theScriptHolds() throws IOException {
    final Matcher script = Pattern.compile("(?s)```packetdrill\n(.*?)```").matcher(page());
    int scripts = 0;
    while (script.find()) {
      PacketScript.of("docs/testing.md", script.group(1)).run();
      scripts++;
    }
    assertEquals(1, scripts);
  }
}
