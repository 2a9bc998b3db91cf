package io.ustack.testsupport;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ustack.testsupport.script.PacketScript;
import io.ustack.testsupport.script.ScriptFailure;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What a script can't mean is refused at its line: nothing is cut, and nothing breaks the runner.
 */
class ScriptRefusalsTest {
  private static final String LISTENER =
      """
      0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3
      +0 bind(3, ..., ...) = 0
      +0 listen(3, 1) = 0
      """;

  private static final int DAMAGED = 3000;
  private static final String[] JUNK =
      "4294967296 -1 99999999999999999999 ( ) < > [ { } ` %{ }% + ~ ... * \" = NaN 0x | \0 /* // -- _ , :"
          .split(" ", -1);

  private static String refusal(final String lines) {
    final String text = LISTENER + lines;
    final String message =
        assertThrows(ScriptFailure.class, () -> PacketScript.of("x.pkt", text).run()).getMessage();
    assertTrue(message.startsWith("x.pkt:4: "), message);
    return message;
  }

  private static void refused(final String line, final String why) {
    final String message = refusal(line);
    assertTrue(message.contains(why), message);
  }

  private static void taken(final String line) {
    PacketScript.of("x.pkt", LISTENER + line).run();
  }

  /** The largest number that a place takes, and one more. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "+0 < - 0:0(0) win NUMBER                        | 65535      | 65536",
        "+0 < U 0:0(0) win 5 urg NUMBER                  | 65535      | 65536",
        "+0 < - NUMBER:0(0) win 5                        | 0          | -1",
        "+0 < - NUMBER:NUMBER(0) win 5                   | 4294967295 | 4294967296",
        "+0 < R. 0:0(0) ack NUMBER win 5                 | 4294967295 | 4294967296",
        "+0 < - 0:0(0) win 5 <mss NUMBER>                | 65535      | 65536",
        "+0 < - 0:0(0) win 5 <wscale NUMBER>             | 255        | 256",
        "+0 < - 0:0(0) win 5 <sack 1:NUMBER>             | 4294967295 | 4294967296",
        "+0 < - 0:0(0) win 5 <sack NUMBER:1>             | 4294967295 | 4294967296",
        "+0 < - 0:0(0) win 5 <TS val NUMBER ecr 0>       | 4294967295 | 4294967296",
        "+0 < - 0:0(0) win 5 <TS val 0 ecr NUMBER>       | 4294967295 | 4294967296",
        "+0 < icmp unreachable frag_needed mtu NUMBER [0:0(0)] | 65535 | 65536",
        "+0 connect(3, {sin_port=NUMBER}, ...) = -1 EISCONN | 65535   | 65536",
        "+0 connect(3, {sin_port=htons(NUMBER)}, ...) = -1 EISCONN | 65535 | 65536",
        "+0 connect(3, {sin_addr=NUMBER}, ...) = -1 EISCONN | 0xffffffff | 0x100000000",
        "+0 write(3, ..., NUMBER) = -1 EPIPE             | 67108864   | 67108865",
        "+0 write(3, ..., NUMBER) = -1 EPIPE             | 9          | 4294967305",
        "+0 read(3, ..., NUMBER) = -1 ENOTCONN           | 67108864   | 67108865",
        "+0 listen(3, NUMBER) = 0                        | 2147483647 | 2147483648",
        "+0 close(NUMBER) = -1 EBADF                     | -2147483648 | -2147483649",
        "+0 socket(..., SOCK_STREAM, 0) = NUMBER         | 2147483647 | 2147483648",
        "--mtu=NUMBER                                    | 65535      | 65536",
        "--mtu=NUMBER                                    | 68         | 67",
        "--isn=NUMBER                                    | 4294967295 | 4294967296",
        "--isn=NUMBER                                    | -2147483648 | -2147483649",
        "--tolerance_usecs=NUMBER                        | 1000000000 | 1000000001",
        "--tolerance_usecs=NUMBER                        | 0          | -1",
        "--tcp.synRetries=NUMBER                         | 255        | 256",
        "--tcp.synRetries=NUMBER                         | 255        | 4294967297",
        "--tcp.synRetries=NUMBER                         | 0          | -1",
        "--tcp.sendBufferBytes=NUMBER                    | 4194304    | 4194305",
        "--tcp.receiveBufferBytes=NUMBER                 | 1          | 0",
        "--tcp.initialWindowSegments=NUMBER              | 1000       | 1001",
        "--tcp.maxBufferBytes=NUMBER                     | 9223372036854775807 | -1",
        "--tcp.maxRtoNs=NUMBER                           | 3600000000000 | 3600000000001",
        "--tcp.delayedAckNs=NUMBER                       | 0          | -1",
        "`sysctl net.ipv4.tcp_fin_timeout=NUMBER`        | 3600       | 3601",
        "`sysctl net.ipv4.tcp_fin_timeout=NUMBER`        | 60         | 18446744074",
        "+NUMBER close(9) = -1 EBADF                     | 10000000   | 10000000.1",
        "+NUMBER close(9) = -1 EBADF                     | .000000001 | .0000000001",
      })
  void outOfBounds(final String line, final String within, final String beyond) {
    taken(line.replace("NUMBER", within));
    refusal(line.replace("NUMBER", beyond));
  }

  @Test
  void theMessageNamesTheBounds() {
    assertEquals(
        "x.pkt:4: +0 < S 0:0(0) win 65537\n  a window is from 0 to 65535, not 65537",
        refusal("+0 < S 0:0(0) win 65537"));
    refused("+0 < S 0:0(0) win 1e3", "expected a number, not '1e3'");
    refused("+0 < S 0:0(0) win 0x-3", "expected a number, not '0x'");
    refused("+0 < S 0:0(0) win 99999999999999999999", "a window is from 0 to 65535");
    refused("+0 < - 0:70000(70000) win 5", "a payload's length is from 0 to 65495");
  }

  @ParameterizedTest
  @ValueSource(strings = {"NaN", "Infinity", "1e9", "0x1p3", "1d", "-1", "", ".", "1.2.3", "+1"})
  void whatIsNoTime(final String time) {
    refused("+" + time + " close(9) = -1 EBADF", "is no time");
  }

  @Test
  void whatIsNoSpanOfTime() {
    taken("+0~+.1 > R 0:0(0)".replace(">", "<"));
    refused("+.2~+.1 > R 0:0(0)", "ends before it begins");
    refused("0.1~+.2 > R 0:0(0)", "counts from nowhere");
    refused("+0~NaN > R 0:0(0)", "is no time");
  }

  @Test
  void expressions() {
    refused("+0 %{ assert connections / 0 == 0 }%", "no number is 0 / 0");
    refused("+0 %{ assert 1 % 0 == 0 }%", "no number is 1 % 0");
    refused("+0 %{ assert 9223372036854775807 + 1 < 0 }%", "no number is 9223372036854775807 + 1");
    refused("+0 %{ assert 0 - 9223372036854775807 - 2 > 0 }%", "no number is");
    refused("+0 %{ assert 5000000000 * 5000000000 }%", "no number is");
    refused("+0 %{ assert -9223372036854775808 / -1 < 0 }%", "no number is");
    refused("+0 %{ assert " + "(".repeat(20_000) + "1 }%", "nested deeper than 100");
    refused("+0 %{ assert tcpi_snd_ == 7 }%", "TcpInfo has no tcpi_snd_");
    refused("+0 %{ assert tcpi__ca_state == 0 }%", "TcpInfo has no tcpi__ca_state");
    refused("+0 %{ assert tcpi_caState == 0 }%", "TcpInfo has no tcpi_caState");
    refused("+0 %{ }%", "nothing is asserted");
    refused("+0 %{ assert 1 }% and more", "an assert ends before this");
    refused("+0 %{ assertive }%", "nothing but 'assert' is understood");
    taken("+0 %{ assert " + "(".repeat(100) + "1" + ")".repeat(100) + " }%");
    taken("+0 %{ assert " + "not ".repeat(20_000) + "7 == 7 }%");
    taken("+0 %{ assert not not 5 == 5 and (not not 5) == 1 and (not 5) == 0 }%");
  }

  @Test
  void arguments() {
    refused("+0 close(" + "[".repeat(20_000), "nested deeper than 100");
    refused("+0 close(" + "htons(".repeat(20_000), "nested deeper than 100");
    refused("+0 close(ntohl(5)) = 0", "not understood: ntohl of ");
    refused("+0 close(inet_addr(\"1.2.3\")) = 0", "'1.2.3' is no address");
    refused("+0 close(htons(...)) = 0", "not understood: htons of ");
    refused("+0 connect(3, {sin_prot=5}, ...) = 0", "no such field: 'sin_prot'");
    refused("+0 connect(3, {sin_port=5, sin_port=6}, ...) = 0", "twice: 'sin_port'");
    refused("+0 close(3, 4) = 0", "close has 1 arguments, not 2");
    refused("+0 write(3, ...) = 0", "write has 3 arguments, not 2");
    refused("+0 close(3)", "expected '='");
    refused("+0 close() = 0", "close has 1 arguments, not 0");
    refused("+0 write(3, \"abc\", 4) = 4", "the text has 3 bytes, not 4");
  }

  @Test
  void options() {
    final String syn = "+0 < S 0:0(0) win 5 ";
    refused(syn + "<FO " + "ab".repeat(41) + ">", "the length of an option is from 0 to 40");
    refused(syn + "<raw " + "ab".repeat(40) + ",nop>", "options of more than 40 bytes");
    refused(syn + "<sack 1:2 3:4 5:6 7:8 9:10>", "a number of blocks is from 0 to 4");
    refused(syn + "<" + "nop,".repeat(300) + "nop>", "options of more than 40 bytes");
    refused(syn + "<mss -1>", "an MSS is from 0 to 65535");
  }

  @Test
  void settings() {
    refused("--tcp.ecn=2", "ecn is one of [OFF, WHEN_ASKED, ALWAYS], not 2");
    refused("--tcp.congestionControl=vegas", "no congestion control algorithm 'vegas'");
    refused("--tcp.sack=yes", "neither true nor false: yes");
    refused("`sysctl net.ipv4.tcp_sack=2`", "neither true nor false: 2");
    refused("--mtu=99999999999", "a link's MTU is from 68 to 65535, not 99999999999");
    refused("--mtu=", "expected a number, not ''");
    refused("`sysctl net.ipv4.tcp_sack=1` or so", "a command ends before this");
    refused("+0 `sysctl net.ipv4.tcp_sack=1` or so", "a command ends before this");
    refused("`", "expected '`' somewhere");
    refused("+0 < icmp unreachable port_unreachable [0:0(0)] more", "ends before this");
  }

  /** The bounds of one number are others: only what stands at the end counts. */
  @Test
  void settingsThatBoundOneAnother() {
    taken("--tcp.sendBufferBytes=8388608\n--tcp.maxSendBufferBytes=8388608\n");
    refused("--tcp.sendBufferBytes=8388608\n--mtu=1000\n", "which is maxSendBufferBytes");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "// nothing\n", "--mtu=1000\n", "/* 0 close(3) = 0 */"})
  void aScriptWithoutEvents(final String text) {
    final ScriptFailure failure =
        assertThrows(ScriptFailure.class, () -> PacketScript.of("x.pkt", text).run());
    assertEquals("x.pkt:1: \n  nothing happens, so nothing is asserted", failure.getMessage());
  }

  @Test
  void aCommentOverLinesMovesNone() {
    final ScriptFailure failure =
        assertThrows(
            ScriptFailure.class,
            () -> PacketScript.of("x.pkt", "/* one\n two\n three */\n0 close(9) = 0").run());
    assertTrue(failure.getMessage().startsWith("x.pkt:4: "), failure.getMessage());
  }

  /** Scripts of ours with something deleted, doubled or put in: they hold, or fail at a line. */
  @Test
  void whateverIsDoneToAScript() throws IOException {
    final List<Path> scripts;
    try (Stream<Path> files = Files.walk(ScriptsTest.SCRIPTS)) {
      scripts = files.filter(file -> file.toString().endsWith(".pkt")).sorted().toList();
    }
    final Random random = new Random(1);
    for (int i = 0; i < DAMAGED; i++) {
      final Path file = scripts.get(random.nextInt(scripts.size()));
      final String text = damaged(Files.readString(file), random);
      try {
        PacketScript.of("x.pkt", text).in(file.getParent()).run();
      } catch (final ScriptFailure e) {
        assertTrue(e.getMessage().matches("(?s)[^\n]*:\\d+: .*"), e::getMessage);
        assertNull(e.getCause(), text);
      }
    }
  }

  private static String damaged(final String text, final Random random) {
    final StringBuilder to = new StringBuilder(text);
    final int at = random.nextInt(text.length());
    final int end = Math.min(text.length(), at + 1 + random.nextInt(20));
    switch (random.nextInt(3)) {
      case 0 -> to.delete(at, end);
      case 1 -> to.insert(at, text.substring(at, end));
      default -> to.insert(at, JUNK[random.nextInt(JUNK.length)]);
    }
    return to.toString();
  }

  @Test
  void aFileThatIsNotUtf8(@TempDir final Path directory) throws IOException {
    final Path script = directory.resolve("latin.pkt");
    Files.write(script, "// one\n// gr\u00fcn\n".getBytes(StandardCharsets.ISO_8859_1));
    final ScriptFailure failure =
        assertThrows(ScriptFailure.class, () -> PacketScript.read(script));
    assertEquals(script + ":2: \n  not UTF-8", failure.getMessage());
    final Path other = Files.writeString(directory.resolve("a.pkt"), "--include=latin.pkt");
    assertEquals(
        "latin.pkt:2: \n  not UTF-8",
        assertThrows(ScriptFailure.class, PacketScript.read(other)::run).getMessage());
  }

  /** The mistake is its line's, not that of the one before. */
  @ParameterizedTest
  @ValueSource(strings = {"-5 close(3) = 0", "-.5 < S 0:0(0) win 5", "-1 %{ assert 1 }%", "-1 `"})
  void aTimeBelow0(final String line) {
    assertTrue(refusal(line).startsWith("x.pkt:4: " + line), line);
  }

  @Test
  void aResultBelow0OnALineOfItsOwn() {
    taken("+0 close(9) =\n-1 EBADF (Bad file descriptor)");
    taken("+0 close(\n-1) = -1 EBADF");
  }

  @ParameterizedTest
  @ValueSource(strings = {"/dev/zero", "/dev/null", "."})
  @Timeout(10)
  void whatIsNoRegularFile(final String file, @TempDir final Path directory) throws IOException {
    final Path script = directory.resolve("a.pkt");
    Files.writeString(script, "// one\n--include=" + file + "\n");
    final String message =
        assertThrows(ScriptFailure.class, PacketScript.read(script)::run).getMessage();
    assertTrue(message.startsWith(script + ":2: --include=" + file + "\n"), message);
    assertTrue(message.endsWith(" is no regular file"), message);
    assertThrows(IOException.class, () -> PacketScript.read(directory.resolve(file)));
  }

  @Test
  void aFileThatIsTooLong(@TempDir final Path directory) throws IOException {
    final String longest = "//" + " ".repeat((1 << 20) - 3) + "\n";
    final Path included = Files.writeString(directory.resolve("b.inc"), longest);
    final PacketScript script = PacketScript.of("x.pkt", "0 close(9) = -1 EBADF\n--include=b.inc");
    script.in(directory).run();
    Files.writeString(included, longest + "\n");
    final String message =
        assertThrows(ScriptFailure.class, script.in(directory)::run).getMessage();
    assertTrue(message.startsWith("x.pkt:2: --include=b.inc\n"), message);
    assertTrue(message.endsWith(" has more than 1048576 bytes"), message);
  }

  @Test
  void aFileThatIncludesItself(@TempDir final Path directory) throws IOException {
    final Path alone = Files.writeString(directory.resolve("a.pkt"), "// one\n--include=a.pkt\n");
    assertEquals(
        alone + ":2: --include=a.pkt\n  it includes itself",
        assertThrows(ScriptFailure.class, PacketScript.read(alone)::run).getMessage());
    Files.writeString(directory.resolve("b.inc"), "--include=c.inc");
    Files.writeString(directory.resolve("c.inc"), "\n\n--include=./b.inc");
    final PacketScript circle = PacketScript.of("x.pkt", "--include=b.inc").in(directory);
    assertEquals(
        "c.inc:3: --include=./b.inc\n  it includes itself",
        assertThrows(ScriptFailure.class, circle::run).getMessage());
    final Path missing = Files.writeString(directory.resolve("d.pkt"), "--include=no\0where");
    assertTrue(
        assertThrows(ScriptFailure.class, PacketScript.read(missing)::run)
            .getMessage()
            .startsWith(missing + ":1: "));
  }
}
