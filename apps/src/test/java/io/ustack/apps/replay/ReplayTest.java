package io.ustack.apps.replay;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ustack.apps.Captures;
import io.ustack.apps.CommandRun;
import io.ustack.apps.plot.SvgDocument;
import io.ustack.apps.plot.SvgDocument.Point;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Captures of Linux peers, replayed. What the stack answers is compared with what it answered when
 * the answers were looked at and committed; {@code -Dustack.snapshots=write} writes them anew.
 */
final class ReplayTest {
  private static final Path CAPTURES =
      Path.of(System.getProperty("ustack.root", ".."))
          .resolve("stack-core/src/test/resources/captures");

  @TempDir private Path directory;

  private static CommandRun replay(
      final Path capture, final Path answers, final String... options) {
    final List<String> arguments =
        new ArrayList<>(List.of("replay", capture.toString(), "--ip", "10.99.0.2/24"));
    arguments.addAll(List.of("--echo", "7", "--http", "80", "--out", answers.toString()));
    arguments.addAll(List.of(options));
    return CommandRun.of(arguments.toArray(String[]::new));
  }

  @ParameterizedTest
  @CsvSource({
    "data-and-close.pcap, TCP_ESTABLISHED 1",
    "simultaneous-close.pcap, TCP_TIME_WAITS 1",
    "loss.pcapng, TCP_OUT_OF_ORDER_SEGMENTS",
    "loss.pcapng, TCP_FAST_RETRANSMITS",
    "zero-window.pcap, TCP_WINDOW_PROBES_OUT",
    "reset.pcap, TCP_ESTABLISHED_RESETS 1",
    "reset.pcap, TCP_RESETS_OUT 1",
    "datagrams.pcap, ICMP_ECHO_REPLIES_OUT 2",
    "datagrams.pcap, UDP_DATAGRAMS_OUT 3",
    "datagrams.pcap, ICMP_UNREACHABLE_OUT 1",
  })
  void showsWhatItWasRecordedFor(final String name, final String counter) {
    final CommandRun run = replay(CAPTURES.resolve(name), directory.resolve("answers"));
    assertEquals(0, run.exitCode(), run::toString);
    assertTrue(run.out().lines().anyMatch(line -> line.startsWith(counter)), run::toString);
    assertTrue(run.out().strip().endsWith("packets in use: 0"), run::toString);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "data-and-close.pcap",
        "simultaneous-close.pcap",
        "loss.pcapng",
        "zero-window.pcap",
        "reset.pcap",
        "datagrams.pcap"
      })
  void answersAsBefore(final String name) throws IOException {
    final Path golden = CAPTURES.resolve(name.replaceAll("\\.pcap(ng)?$", ".answers.pcapng"));
    final Path answers = directory.resolve("answers");
    assertEquals(0, replay(CAPTURES.resolve(name), answers).exitCode());
    if ("write".equals(System.getProperty("ustack.snapshots"))) {
      Files.copy(answers, golden, StandardCopyOption.REPLACE_EXISTING);
    }
    assertArrayEquals(
        Files.readAllBytes(golden),
        Files.readAllBytes(answers),
        "replay " + name + " and compare with " + golden);
  }

  @Test
  void thePlotShowsBothDirectionsAndTheWindow() throws IOException {
    final Path file = directory.resolve("plot.svg");
    final Path answers = directory.resolve("answers");
    final Path capture = CAPTURES.resolve("loss.pcapng");
    final CommandRun run = replay(capture, answers, "--plot", file.toString());
    assertEquals(0, run.exitCode(), run::toString);
    assertArrayEquals(
        Files.readAllBytes(CAPTURES.resolve("loss.answers.pcapng")),
        Files.readAllBytes(answers),
        "watching changes nothing");
    final SvgDocument plot = SvgDocument.parse(Files.readString(file));
    final List<String> texts = plot.texts();
    assertEquals("replay of loss.pcapng", texts.get(0));
    assertTrue(texts.contains("7 with 10.99.0.1:46788"), texts::toString);
    assertTrue(texts.containsAll(List.of("sent again", "came again", "congestion window")));
    // 40 kB went both ways; the axes end there. Legend first, then what the stack sent.
    assertEquals(72, last(plot.points("c c0", 1)).y(), 0.5);
    assertEquals(72, last(plot.points("c c0 dash", 1)).y(), 0.5, "all is acknowledged");
    assertEquals(72 + 234, last(plot.points("c c0", 3)).y(), 0.5, "received");
    final String repeated =
        run.out().lines().filter(line -> line.startsWith("TCP_RETRANSMITTED")).findAny().get();
    // A FIN that was sent again has no byte to be marked.
    final int crosses = plot.points("c alarm", 1).size();
    assertTrue(crosses >= 3 && crosses <= Integer.parseInt(repeated.split(" ", -1)[1]));
  }

  private static Point last(final List<Point> points) {
    return points.get(points.size() - 1);
  }

  @Test
  void aPlotOfNoConnectionIsEmpty() throws IOException {
    final Path ping = Captures.write(directory.resolve("ping.pcapng"), Captures.echoRequest());
    final Path file = directory.resolve("plot.svg");
    replay(ping, directory.resolve("answers"), "--plot", file.toString());
    assertTrue(
        SvgDocument.parse(Files.readString(file))
            .texts()
            .contains("TCP connections: 0; broken lines are acknowledged"));
  }

  @Test
  void theSameSeedGivesTheSameBytes() throws IOException {
    final byte[] once = answersToStrangers("one", "--seed", "1");
    assertArrayEquals(once, answersToStrangers("two", "--seed", "1"));
    assertFalse(
        Arrays.equals(once, answersToStrangers("three", "--seed", "2")),
        "the seed changes nothing");
  }

  /**
   * Without its own frames the host's initial sequence numbers are unknown, and come from the seed.
   */
  private byte[] answersToStrangers(final String name, final String... options) throws IOException {
    final Path peers = directory.resolve("peers.pcapng");
    Captures.copyFrom(CAPTURES.resolve("data-and-close.pcap"), peers, 0x02_00_00_00_00_01L);
    final Path answers = directory.resolve(name);
    assertEquals(0, replay(peers, answers, options).exitCode());
    return Files.readAllBytes(answers);
  }

  @Test
  void aConversationGoesOnAsItDidThen() throws IOException {
    final Path capture = CAPTURES.resolve("data-and-close.pcap");
    final Path answers = directory.resolve("answers");
    replay(capture, answers);
    assertEquals(
        Captures.tcpPayload(capture, 0x0A63_0002), Captures.tcpPayload(answers, 0x0A63_0002));
  }

  @Test
  void timersRunBetweenTheFrames() throws IOException {
    // The peer's SYN and nothing more: the answer is repeated after 1, 3, 7, 15 s (RFC 6298 5.5).
    final Path syn = directory.resolve("syn.pcapng");
    Captures.firstTcpFrame(CAPTURES.resolve("data-and-close.pcap"), syn);
    final CommandRun run = replay(syn, directory.resolve("answers"), "--after", "16");
    assertTrue(run.out().contains("TCP_RETRANSMITTED_SEGMENTS 4\n"), run::toString);
    assertTrue(run.out().contains(" 16.000000 s\n"), run::toString);
  }

  @Test
  void learnsWhoItIsAndWhoTheOthersAre() throws IOException {
    final Path ping = Captures.write(directory.resolve("ping.pcapng"), Captures.echoRequest());
    final CommandRun run = replay(ping, directory.resolve("answers"));
    assertTrue(run.out().contains("(02:00:00:00:00:aa)"), run::toString);
    assertTrue(run.out().contains("ICMP_ECHO_REPLIES_OUT 1\n"), run::toString);
    assertTrue(run.out().contains("dropped: 0;"), run::toString);
  }

  @Test
  void answersOtherNetworksByTheWayTheyCame() throws IOException {
    final Path ping =
        Captures.write(directory.resolve("ping.pcapng"), Captures.echoRequest(0x0A00_0001));
    final CommandRun run = replay(ping, directory.resolve("answers"));
    assertTrue(run.out().contains("dropped: 0;"), run::toString);
    assertTrue(run.out().contains("ARP_REPLIES_IN 1\n"), run::toString);
    final CommandRun given = replay(ping, directory.resolve("answers"), "--gateway", "10.99.0.77");
    assertTrue(given.out().contains("dropped: 0;"), given::toString);
  }

  @Test
  void saysWhenNothingIsForIt() throws IOException {
    final Path ping = Captures.write(directory.resolve("ping.pcapng"), Captures.echoRequest());
    final CommandRun run = CommandRun.of("replay", ping.toString(), "--ip", "10.99.0.5/24");
    assertEquals(0, run.exitCode());
    assertTrue(
        run.out().contains("nothing in it is for 10.99.0.5; packets go to 10.99.0.2"),
        run::toString);
  }

  @Test
  void anyFileAtAllDoesNoHarm() throws IOException {
    final Random random = new Random(7);
    for (final String name :
        new String[] {"data-and-close.pcap", "loss.pcapng", "datagrams.pcap"}) {
      final byte[] good = Files.readAllBytes(CAPTURES.resolve(name));
      for (int round = 0; round < 60; round++) {
        final byte[] bad =
            Arrays.copyOf(good, round % 4 == 0 ? random.nextInt(good.length) : good.length);
        for (int i = 0; i < 1 + round % 50 && bad.length > 0; i++) {
          bad[random.nextInt(bad.length)] = (byte) random.nextInt();
        }
        expectNoHarm(bad, name + " in round " + round);
      }
    }
    final byte[] noise = new byte[5000];
    random.nextBytes(noise);
    expectNoHarm(noise, "noise");
    ByteBuffer.wrap(noise).putInt(0xA1B2_C3D4);
    expectNoHarm(noise, "noise behind a pcap's first word");
    ByteBuffer.wrap(noise).putInt(0x0A0D_0D0A);
    expectNoHarm(noise, "noise behind a pcapng's first word");
  }

  private void expectNoHarm(final byte[] file, final String what) throws IOException {
    final Path capture = Files.write(directory.resolve("any"), file);
    final CommandRun run = replay(capture, directory.resolve("answers"));
    assertTrue(run.exitCode() == 0 || run.exitCode() == 1, () -> what + ": " + run);
    assertEquals(run.exitCode(), run.err().lines().count(), () -> what + ": " + run);
    assertFalse(
        run.err().contains("bug") || run.err().contains("internal"), () -> what + ": " + run);
    assertTrue(
        run.out().isEmpty() || run.out().strip().endsWith("packets in use: 0"),
        () -> what + ": " + run);
  }
}
