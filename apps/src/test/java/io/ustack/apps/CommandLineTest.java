package io.ustack.apps;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a person sees who types something wrong: one line that helps, and an exit code. */
final class CommandLineTest {
  private static final String IP = "--ip 10.99.0.2/24";
  private static final String PROXY = IP + " --listen :80";
  private static final String TO = " --to 10.99.0.9:80";
  private static final String ASKED = "rr " + IP + " -s 10.99.0.1";
  private static final String DEDICATED = " --mode dedicated";

  @TempDir private Path directory;

  static Stream<Arguments> wrongUsage() {
    return Stream.of(
        Arguments.of("", "which command"),
        Arguments.of("htpp", "'htpp'"),
        Arguments.of("--bogus", "--bogus"),
        Arguments.of("-- --no-huge", "which command"),
        Arguments.of("http", "--ip"),
        Arguments.of("http --ip", "--ip"),
        Arguments.of("http --ip 10.99.0.2", "as in 10.99.0.2/24"),
        Arguments.of("http --ip 10.99.0/24", "10.99.0"),
        Arguments.of("http --ip 10.99.0.256/24", "10.99.0.256"),
        Arguments.of("http --ip 10.99.0.2/33", "33"),
        Arguments.of("http --ip 10.99.0.0/24", "10.99.0.0/24"),
        Arguments.of("http --ip 10.99.0.255/24", "10.99.0.255/24"),
        Arguments.of("http --ip 127.0.0.1/8", "127.0.0.1/8"),
        Arguments.of("http --ip 224.0.0.1/24", "224.0.0.1/24"),
        Arguments.of("http --ip 0.0.0.0/0", "0.0.0.0/0"),
        Arguments.of("http --ip one\ntwo", "one; two"),
        Arguments.of("http " + IP + " " + IP, "--ip"),
        Arguments.of("http " + IP + " extra", "extra"),
        Arguments.of("http " + IP + " --no-huge", "--no-huge"),
        Arguments.of("http " + IP + " --gateway 10.99.1.1", "10.99.1.1"),
        Arguments.of("http " + IP + " --gateway 10.99.0.2", "10.99.0.2"),
        Arguments.of("http " + IP + " --gateway 10.99.0.255", "10.99.0.255"),
        Arguments.of("http " + IP + " --gateway 10.99.0.0", "10.99.0.0"),
        Arguments.of("http " + IP + " --gateway here", "here"),
        Arguments.of("http --ip 10.99.0.2/0", "10.99.0.2/0"),
        Arguments.of("ping " + IP + " 10.99.0.0", "10.99.0.0"),
        Arguments.of("ping " + IP + " 10.99.0.255", "10.99.0.255"),
        Arguments.of("http " + IP + " @/etc/hostname", "@/etc/hostname"),
        Arguments.of("http " + IP + " --packets 63", "--packets"),
        Arguments.of("http " + IP + " --packets 4194305", "--packets"),
        Arguments.of("http " + IP + " --mac 02:00", "02:00"),
        Arguments.of("http " + IP + " --mac 01:00:00:00:00:01", "01:00:00:00:00:01"),
        Arguments.of("http " + IP + " --mac ff:ff:ff:ff:ff:ff", "ff:ff"),
        Arguments.of("http " + IP + " --mode quick", "neither inline nor dedicated"),
        Arguments.of("http " + IP + " --mode INLINE", "neither inline nor dedicated"),
        Arguments.of("http " + IP + " --transport tcp", "neither direct nor ring"),
        Arguments.of("http " + IP + " --tcp-profile plan9", "neither linux nor freebsd"),
        Arguments.of("http " + IP + " --offload tx", "NAME=on or NAME=off"),
        Arguments.of(
            "http " + IP + " --offload ufo=on",
            "none of rx, tx, tso, rxvlan, txvlan, scatter, lro, gso, gro"),
        Arguments.of("http " + IP + " --offload rx=on,rx=on", "twice"),
        Arguments.of("http " + IP + " --mtu 100", "576"),
        Arguments.of("http " + IP + " --mtu big", "big"),
        Arguments.of("http " + IP + " --vlan 0", "'0' is no VLAN, 1 to 4094"),
        Arguments.of("http " + IP + " --vlan 4095", "'4095' is no VLAN"),
        Arguments.of("echo " + IP + " --vlan -1", "'-1' is no VLAN"),
        Arguments.of("echo " + IP + " --vlan blue", "'blue' is no VLAN"),
        Arguments.of("http " + IP + " --shards 2", "--mode dedicated"),
        Arguments.of("http " + IP + " --rest sometimes", "--rest"),
        Arguments.of("http " + IP + " --shards 0", "--shards"),
        Arguments.of("http " + IP + " --shards 65", "--shards"),
        Arguments.of("http " + IP + " --shards 2 --mode dedicated --queues 3", "--queues"),
        Arguments.of("http " + IP + " --queues 2", "--queues"),
        Arguments.of("http " + IP + " --kernel-rules tcp/22", "need --kernel"),
        Arguments.of("http " + IP + " --kernel-rate 100", "need --kernel"),
        Arguments.of("http " + IP + " --kernel net_tap1 --kernel-rate 9", "10 to 10000000"),
        Arguments.of("http " + IP + " --kernel net_tap1 --kernel-rate many", "10 to 10000000"),
        Arguments.of("http " + IP + " --kernel net_tap1 --device net_tap1", "the same port"),
        Arguments.of("http " + IP + " --kernel net_tap1 --kernel-rules ssh", "'ssh' is none of"),
        Arguments.of("http " + IP + " --kernel net_tap1 --kernel-rules tcp/0", "1 to 65535"),
        Arguments.of("http " + IP + " --kernel net_tap1 --kernel-rules tcp/22,", "'' is none of"),
        Arguments.of("http " + IP + " --port 0", "1 to 65535"),
        Arguments.of("http " + IP + " --port 65536", "1 to 65535"),
        Arguments.of("http " + IP + " --port -1", "1 to 65535"),
        Arguments.of("http " + IP + " --idle 0", "--idle"),
        Arguments.of("http " + IP + " --idle soon", "soon"),
        Arguments.of("http " + IP + " --loss 101", "--loss"),
        Arguments.of("http " + IP + " --loss NaN", "--loss"),
        Arguments.of("echo --port 9000", "--ip"),
        Arguments.of("echo " + IP + " --port x", "1 to 65535"),
        Arguments.of("echo " + IP + " --idle 0", "--idle"),
        Arguments.of("echo " + IP + " --connections 0", "1 to 1000000"),
        Arguments.of("echo " + IP + " --connections many", "1 to 1000000"),
        Arguments.of("http " + IP + " --connections 9999999", "1 to 1000000"),
        Arguments.of("proxy " + IP + " --to 10.99.0.9:80", "--listen"),
        Arguments.of("proxy " + IP + " --listen :80", "--to"),
        Arguments.of("proxy " + IP + " --listen :0 --to 10.99.0.9:80", "1 to 65535"),
        Arguments.of("proxy " + IP + " --listen http --to 10.99.0.9:80", "1 to 65535"),
        Arguments.of("proxy " + PROXY + " --to 10.99.0.9", "as in 10.0.0.9:8080"),
        Arguments.of("proxy " + PROXY + " --to 10.99.0.9:", "1 to 65535"),
        Arguments.of("proxy " + PROXY + " --to 10.99.0.9:80,", "ends with a comma"),
        Arguments.of("proxy " + PROXY + " --to ,10.99.0.9:80", "says no port"),
        Arguments.of("proxy " + PROXY + " --to example.org:80", "example.org"),
        Arguments.of("proxy " + PROXY + " --to 224.0.0.1:80", "224.0.0.1"),
        Arguments.of("proxy " + PROXY + " --to " + "10.9.9.9:1,".repeat(64) + "10.9.9.9:1", "65"),
        Arguments.of("proxy " + PROXY + TO + " --balance random", "round-robin"),
        Arguments.of("proxy " + PROXY + TO + " --fall 0", "1 to 100"),
        Arguments.of("proxy " + PROXY + TO + " --rise 101", "1 to 100"),
        Arguments.of("proxy " + PROXY + TO + " --check 0", "--check"),
        Arguments.of("proxy " + PROXY + TO + " --connect 0", "--connect"),
        Arguments.of("proxy " + PROXY + TO + " --drain 9", "0 to 8"),
        Arguments.of("load rr " + IP, "--server"),
        Arguments.of("load " + ASKED + " -n 0", "-n 0 is less than 1"),
        Arguments.of("load " + ASKED + " -n 9223372036854775808", "9223372036854775808"),
        Arguments.of("load " + ASKED + " -t 2", "--mode dedicated"),
        Arguments.of("load " + ASKED + DEDICATED + " -t 65", "-t 65 is not 1 to 64"),
        Arguments.of("load " + ASKED + DEDICATED + " -t 4 -c 3", "-t 4 is more than -c 3"),
        Arguments.of("load " + ASKED + DEDICATED + " -t 4 -n 3", "-t 4 is more than -n 3"),
        Arguments.of("redis " + IP + " --port 0", "1 to 65535"),
        Arguments.of("redis " + IP + " --memory 0", "1 to 65536"),
        Arguments.of("redis " + IP + " --memory 65537", "1 to 65536"),
        Arguments.of("iperf3 " + IP, "--server"),
        Arguments.of("iperf3 -s " + IP + " -p 0", "1 to 65535"),
        Arguments.of("iperf3 -s -c 10.99.0.1 " + IP, "-c"),
        Arguments.of("ping " + IP, "ADDRESS"),
        Arguments.of("ping example.org " + IP, "example.org"),
        Arguments.of("ping 10.99.0.1 10.99.0.3 " + IP, "10.99.0.3"),
        Arguments.of("ping 10.99.0.1 " + IP + " --count 0", "--count"),
        Arguments.of("ping 10.99.0.1 " + IP + " --count 99999999999", "--count"),
        Arguments.of("ping 10.99.0.1 " + IP + " --interval 0", "--interval"),
        Arguments.of("ping 10.99.0.1 " + IP + " --interval -1", "--interval"),
        Arguments.of("ping 10.99.0.1 " + IP + " --size -1", "--size"),
        Arguments.of("ping 10.99.0.1 " + IP + " --size 70000", "--size"),
        Arguments.of("replay " + IP, "CAPTURE"),
        Arguments.of("replay in.pcap", "--ip"),
        Arguments.of("replay in.pcap " + IP + " --listen 80,x", "1 to 65535"),
        Arguments.of("replay in.pcap " + IP + " --seed x", "--seed"),
        Arguments.of("replay in.pcap " + IP + " --mtu 70000", "--mtu"),
        Arguments.of("replay in.pcap " + IP + " -- --no-huge", "--"),
        Arguments.of("demo --port 1", "--port"),
        Arguments.of("demo -- --no-huge", "--"),
        Arguments.of("sim extra", "extra"),
        Arguments.of("sim --cc vegas", "there are cubic, reno, bbr"),
        Arguments.of("sim --cc cubic,,bbr", "no congestion control algorithm ''"),
        Arguments.of("sim --cc cubic,", "--cc"),
        Arguments.of("sim --cc cubic,,", "--cc"),
        Arguments.of("sim --cc reno --cc cubic, --cc bbr", "--cc"),
        Arguments.of("sim --cc ,cubic", "--cc"),
        Arguments.of("sim --rtt 20,", "--rtt"),
        Arguments.of("sim --flows 3 --gap 100 --seconds 10", "of 3 flows only 1 start within 10 s"),
        Arguments.of("sim --flows 3 --gap 5 --seconds 10", "of 3 flows only 2 start within 10 s"),
        Arguments.of("sim --cc reno,cubic --gap 10", "--gap"),
        Arguments.of("sim --flows 64 --gap 1000000000 --bytes 1k", "--gap"),
        Arguments.of("sim --flows 65", "--flows"),
        Arguments.of("sim --flows -1", "--flows"),
        Arguments.of("sim --rate 10", "1k to 10G"),
        Arguments.of("sim --rate fast", "1k to 10G"),
        Arguments.of("sim --rate 10T", "1k to 10G"),
        Arguments.of("sim --rtt -1", "milliseconds"),
        Arguments.of("sim --rtt 20,soon", "milliseconds"),
        Arguments.of("sim --queue 0", "--queue"),
        Arguments.of("sim --queue x", "0.5x"),
        Arguments.of("sim --mark 1e9", "--mark"),
        Arguments.of("sim --loss 101", "0 to 100"),
        Arguments.of("sim --seconds 0", "--seconds"),
        Arguments.of("sim --bytes 2x", "--bytes"),
        Arguments.of("sim --seed x", "--seed"),
        Arguments.of("sim --tcp-profile plan9", "neither linux nor freebsd"),
        Arguments.of("sim --rate 10G --rtt 1000", "a simulation can hold"),
        Arguments.of("sim --rate 1G --rtt 20 --flows 64", "a simulation can hold"),
        Arguments.of("sim -- --no-huge", "--"),
        Arguments.of("bench --wire rope", "rope"),
        Arguments.of("bench --cells rr-0", "'rr-0' is none of"),
        Arguments.of("bench --compare /nowhere", "neither a checkout nor"),
        Arguments.of("bench --java /nowhere", "no JDK"),
        Arguments.of("bench --rate fast", "'fast' is no rate"),
        Arguments.of("bench --mode inlined", "neither inline nor dedicated"),
        Arguments.of("bench --cells ,", "--cells has no cell"),
        Arguments.of("bench --cells=", "''"),
        Arguments.of("bench --compare=", "--compare has no build"),
        Arguments.of("bench --java=", "--java has no directory"),
        Arguments.of("bench --quick --wire pipe --tso", "--tso wants --kernel"),
        Arguments.of("bench --cells rr-1 -- --no-huge", "takes none behind --"),
        Arguments.of("bench --sockets --chart x.svg", "--chart is for cells, not for --sockets"),
        Arguments.of("bench --transports --quick", "--quick is for cells"),
        Arguments.of("bench --neighbours --cells rr-1", "--cells is for cells"));
  }

  @ParameterizedTest
  @MethodSource
  void wrongUsage(final String line, final String hint) {
    final CommandRun run = CommandRun.of(line.isEmpty() ? new String[0] : line.split(" ", -1));
    assertEquals(Main.EXIT_USAGE, run.exitCode(), run::toString);
    assertTrue(run.err().contains(hint), run::toString);
    assertTrue(run.err().contains("--help"), run::toString);
    expectOneLine(run);
  }

  static Stream<Arguments> whatCannotBeDone() {
    return Stream.of(
        Arguments.of("http " + IP + " --root DIR/missing", "there is no such directory"),
        Arguments.of("http " + IP + " --root DIR/file", "it is no directory"),
        Arguments.of("http " + IP + " --capture DIR/missing/x.pcapng", "No such file"),
        Arguments.of("replay DIR/missing " + IP, "there is no file"),
        Arguments.of("replay DIR " + IP, "DIR"),
        Arguments.of("replay DIR/empty " + IP, "DIR/empty"),
        Arguments.of("replay DIR/file " + IP, "DIR/file"),
        Arguments.of("replay DIR/cut.pcap " + IP, "DIR/cut.pcap"),
        Arguments.of("replay DIR/good.pcap " + IP + " --out DIR/missing/x.pcapng", "No such file"),
        Arguments.of("sim --plot DIR/missing/x.svg", "there is no directory DIR/missing"),
        Arguments.of("sim --plot DIR", "DIR is a directory"),
        // What not even root may write.
        Arguments.of("sim --plot /proc/sys/kernel/osrelease", "no permission to write /proc"),
        Arguments.of("bench --chart /proc/sys/kernel/osrelease", "no permission to write /proc"),
        Arguments.of("replay DIR/good.pcap " + IP + " --plot DIR/missing/x.svg", "DIR/missing"),
        Arguments.of("replay DIR/good.pcap " + IP + " --out DIR", "DIR"));
  }

  @ParameterizedTest
  @MethodSource
  void whatCannotBeDone(final String line, final String hint) throws IOException {
    Files.createFile(directory.resolve("empty"));
    Files.writeString(directory.resolve("file"), "This is no capture, it is a letter.");
    final Path good = Captures.write(directory.resolve("good.pcap"), Captures.echoRequest());
    Files.write(directory.resolve("cut.pcap"), Arrays.copyOf(Files.readAllBytes(good), 60));
    final CommandRun run = CommandRun.of(line.replace("DIR", directory.toString()).split(" ", -1));
    assertEquals(Main.EXIT_FAILURE, run.exitCode(), run::toString);
    assertTrue(run.err().contains(hint.replace("DIR", directory.toString())), run::toString);
    expectOneLine(run);
  }

  @Test
  void replayDoesNotOverwriteItsInput() throws IOException {
    final Path good = Captures.write(directory.resolve("good.pcap"), Captures.echoRequest());
    final byte[] before = Files.readAllBytes(good);
    final CommandRun run =
        CommandRun.of("replay", good.toString(), "--ip", "10.99.0.2/24", "--out", good.toString());
    assertEquals(Main.EXIT_USAGE, run.exitCode());
    assertArrayEquals(before, Files.readAllBytes(good));
  }

  private static void expectOneLine(final CommandRun run) {
    assertEquals(1, run.err().lines().count(), run::toString);
    assertTrue(run.err().startsWith("ustack"), run::toString);
    assertTrue(run.err().endsWith(System.lineSeparator()), run::toString);
    assertFalse(run.err().contains("Exception"), run::toString);
    assertEquals("", run.out(), run::toString);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "http", "echo", "proxy", "redis", "iperf3", "ping", "load", "replay", "sim", "demo",
        "doctor"
      })
  void helpShowsAnExampleThatParses(final String command) {
    final CommandRun run = CommandRun.of(command, "--help");
    assertEquals(Main.EXIT_OK, run.exitCode(), run::toString);
    assertEquals("", run.err());
    assertTrue(run.out().contains("Usage: ustack " + command), run::toString);
    assertTrue(run.out().contains("./ustack " + command), run::toString);
  }

  @Test
  void theRootHelpNamesEveryCommandAndTheExitCodes() {
    final CommandRun run = CommandRun.of("--help");
    assertEquals(Main.EXIT_OK, run.exitCode());
    for (final String word :
        new String[] {
          "demo",
          "http",
          "echo",
          "proxy",
          "redis",
          "ping",
          "replay",
          "sim",
          "doctor",
          "bench",
          "Exit codes"
        }) {
      assertTrue(run.out().contains(word), word);
    }
  }

  @Test
  void versionIsOneLine() {
    final CommandRun run = CommandRun.of("--version");
    assertEquals(Main.EXIT_OK, run.exitCode());
    assertTrue(run.out().startsWith("ustack "), run::toString);
  }

  /** What the program can do is of no use to somebody whom the launcher sends away. */
  @Test
  void theLauncherKnowsEveryCommand() throws IOException {
    final Path root = Path.of(System.getProperty("ustack.root", ".."));
    final String launcher = Files.readString(root.resolve("ustack"));
    final List<String> commands =
        CommandRun.of("--help")
            .out()
            .lines()
            .dropWhile(line -> !line.startsWith("Commands:"))
            .skip(1)
            .filter(line -> line.matches("  [a-z].*"))
            .map(line -> line.strip().split(" ", 2)[0])
            .toList();
    assertTrue(commands.contains("load") && commands.contains("http"), commands::toString);
    final String passedOn =
        launcher.lines().filter(line -> line.endsWith(" | --version)")).findFirst().orElseThrow();
    for (final String command : commands) {
      assertTrue(launcher.contains("\n  " + command + " "), command + " is not in its usage");
      assertTrue((" " + passedOn).contains(" " + command + " |"), command + " is not passed on");
    }
  }
}
