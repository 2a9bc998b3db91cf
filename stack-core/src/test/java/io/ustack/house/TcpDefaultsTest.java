package io.ustack.house;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.ustack.tcp.TcpConfig;
import java.io.IOException;
import java.lang.reflect.RecordComponent;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/**
 * The table of TCP's defaults in docs/operations.md is what the profiles have. With {@code
 * -Dustack.snapshots=write} it is written instead.
 */
class TcpDefaultsTest {
  private static final Path ROOT = Path.of(System.getProperty("ustack.root", ".."));
  private static final Path PAGE = ROOT.resolve("docs/operations.md");
  private static final Path SOURCE =
      ROOT.resolve("stack-core/src/main/java/io/ustack/tcp/TcpConfig.java");
  private static final String BEGIN = "<!-- defaults of TCP: generated -->\n";
  private static final String END = "<!-- end of the defaults of TCP -->\n";

  @Test
  @Covers(
      rfc = "Linux",
      clause = "profiles",
      what = "every default in one record, `linux` and `freebsd`",
      byName = "TcpConfig")
  void tableSaysWhatTheProfilesHave() throws Exception {
    final String page = Files.readString(PAGE);
    final int from = page.indexOf(BEGIN) + BEGIN.length();
    final int to = page.indexOf(END);
    final String wanted = table();
    if ("write".equals(System.getProperty("ustack.snapshots"))) {
      Files.writeString(PAGE, page.substring(0, from) + wanted + page.substring(to));
      return;
    }
    assertEquals(wanted, page.substring(from, to), "docs/operations.md");
  }

  private static String table() throws Exception {
    final StringBuilder text = new StringBuilder("| number | linux | freebsd | meaning |\n");
    text.append("|---|---|---|---|\n");
    final String source = Files.readString(SOURCE);
    for (final RecordComponent component : TcpConfig.class.getRecordComponents()) {
      text.append("| `").append(component.getName()).append("` | ");
      text.append(value(component, TcpConfig.LINUX)).append(" | ");
      text.append(value(component, TcpConfig.FREEBSD)).append(" | ");
      text.append(meaning(source, component.getName())).append(" |\n");
    }
    return text.toString();
  }

  private static String meaning(final String source, final String name) throws IOException {
    final Matcher words =
        Pattern.compile("@param " + name + " (.*?)(?=\\n \\* @param|\\n \\*/)", Pattern.DOTALL)
            .matcher(source);
    if (!words.find()) {
      throw new IOException("TcpConfig says nothing of " + name);
    }
    return words.group(1).replaceAll("\\s*\\n \\*\\s*", " ").replaceAll("\\{@code (.*?)}", "`$1`");
  }

  private static String value(final RecordComponent component, final TcpConfig config)
      throws Exception {
    final Object value = component.getAccessor().invoke(config);
    final String name = component.getName();
    if (name.equals("maxBufferBytes")) {
      return "half of the heap";
    }
    if (value instanceof Boolean on) {
      return on ? "on" : "off";
    }
    if (name.endsWith("Ns")) {
      return time((long) value);
    }
    if (name.endsWith("Bytes")) {
      return bytes((int) value);
    }
    return value.toString().toLowerCase(Locale.ROOT).replace('_', ' ');
  }

  private static String time(final long ns) {
    final long ms = ns / 1_000_000;
    return ms == 0 || ms % 1000 != 0 ? ms + " ms" : ms / 1000 + " s";
  }

  private static String bytes(final int bytes) {
    if (bytes == 0 || bytes % 1024 != 0) {
      return String.valueOf(bytes);
    }
    return bytes % (1 << 20) == 0 ? bytes / (1 << 20) + " MiB" : bytes / 1024 + " KiB";
  }
}
