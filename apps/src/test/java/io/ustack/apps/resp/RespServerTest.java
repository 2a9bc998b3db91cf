package io.ustack.apps.resp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ustack.apps.ConnectionLimits;
import io.ustack.apps.EventLoop;
import io.ustack.apps.TwoHosts;
import io.ustack.posix.Errno;
import io.ustack.posix.Posix;
import io.ustack.posix.SocketOption;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Commands and replies over two stacks and a pipe, on a manual clock; wording as of Redis 7.0. */
final class RespServerTest {
  private static final int PORT = 6379;
  private static final long SECOND_NS = 1_000_000_000L;
  private static final ConnectionLimits LIMITS = new ConnectionLimits(100, 60 * SECOND_NS);
  private static final long MEMORY_BYTES = 1 << 20;
  private static final String NOT_INTEGER = "-ERR value is not an integer or out of range|";
  private static final String WRONG_TYPE =
      "-WRONGTYPE Operation against a key holding the wrong kind of value|";

  private TwoHosts hosts;
  private Posix peer;
  private RespServer server;

  @BeforeEach
  void start() throws IOException {
    hosts = new TwoHosts();
    peer = hosts.peerPosix();
    final EventLoop loop = new EventLoop(hosts.serverPosix(), hosts.clock());
    server = new RespServer(hosts.serverPosix(), loop, LIMITS, MEMORY_BYTES, PORT);
    hosts.serve(
        () -> {
          loop.step(0);
          server.closeIdle();
        });
  }

  @AfterEach
  void stop() {
    server.close();
    hosts.close();
  }

  private int connect() {
    final int fd =
        peer.socket(SocketOption.AF_INET, SocketOption.SOCK_STREAM | SocketOption.SOCK_NONBLOCK, 0);
    assertEquals(-Errno.EINPROGRESS, peer.connect(fd, TwoHosts.SERVER_ADDRESS, PORT));
    hosts.until(() -> peer.send(fd, new byte[0], 0, 0, 0) == 0);
    return fd;
  }

  private void say(final int fd, final String text) {
    final byte[] bytes = text.getBytes(StandardCharsets.ISO_8859_1);
    final int[] sent = {0};
    hosts.until(
        () -> {
          sent[0] += Math.max(0, peer.send(fd, bytes, sent[0], bytes.length - sent[0], 0));
          return sent[0] == bytes.length;
        });
  }

  private String hear(final int fd, final int length) {
    final byte[] bytes = new byte[length];
    final int[] received = {0};
    hosts.until(
        () -> {
          final int count = peer.recv(fd, bytes, received[0], length - received[0], 0);
          assertTrue(count > 0 || count == -Errno.EAGAIN, () -> Errno.name(count));
          received[0] += Math.max(0, count);
          return received[0] == length;
        });
    return new String(bytes, StandardCharsets.ISO_8859_1);
  }

  /** What comes until the server ends the connection. */
  private String hearAll(final int fd) {
    final StringBuilder text = new StringBuilder();
    final byte[] bytes = new byte[100_000];
    hosts.until(
        () -> {
          final int count = peer.recv(fd, bytes, 0, bytes.length, 0);
          assertTrue(count >= 0 || count == -Errno.EAGAIN, () -> Errno.name(count));
          text.append(new String(bytes, 0, Math.max(0, count), StandardCharsets.ISO_8859_1));
          return count == 0;
        });
    return text.toString();
  }

  private static String array(final String... words) {
    final StringBuilder text = new StringBuilder("*" + words.length + "\r\n");
    for (final String word : words) {
      text.append('$').append(word.length()).append("\r\n").append(word).append("\r\n");
    }
    return text.toString();
  }

  /** Says commands, words separated by blanks and commands by bars; line ends as bars, too. */
  private String talk(final String commands) {
    final int fd = connect();
    for (final String command : commands.split("\\|", -1)) {
      say(fd, array(command.strip().split(" ", -1)));
    }
    say(fd, "QUIT\r\n");
    final String said = hearAll(fd).replace("\r\n", "|");
    peer.close(fd);
    assertTrue(said.endsWith("+OK|"), said);
    return said.substring(0, said.length() - 4);
  }

  static Stream<Arguments> replies() {
    return Stream.of(
        Arguments.of("PING", "+PONG|"),
        Arguments.of("ping hello", "$5|hello|"),
        Arguments.of("PING a b", "-ERR wrong number of arguments for 'ping' command|"),
        Arguments.of("ECHO hi", "$2|hi|"),
        Arguments.of("ECHO", "-ERR wrong number of arguments for 'echo' command|"),
        Arguments.of("FOO a b", "-ERR unknown command 'FOO', with args beginning with: 'a' 'b' |"),
        Arguments.of("SELECT 0|SELECT 99", "+OK|-ERR DB index is out of range|"),
        Arguments.of(
            "CONFIG GET save|CONFIG GET appendonly", "*2|$4|save|$0||*2|$10|appendonly|$2|no|"),
        Arguments.of("CONFIG GET x", "*0|"),
        Arguments.of("CONFIG FOO", "-ERR unknown subcommand 'FOO'. Try CONFIG HELP.|"),
        Arguments.of("COMMAND DOCS|CLIENT SETNAME x", "*0|+OK|"),
        Arguments.of("SET a 1|GET a|GET b|STRLEN a|STRLEN b", "+OK|$1|1|$-1|:1|:0|"),
        Arguments.of("SET a b XX", "-ERR syntax error|"),
        Arguments.of(
            "SET a 1|LPUSH a 1|SADD a 1|HSET a b c|ZADD a 1 b|LRANGE a 0 1",
            "+OK|" + WRONG_TYPE.repeat(5)),
        Arguments.of(
            "LPUSH a 1|GET a|INCR a|SET a 2|GET a", ":1|" + WRONG_TYPE.repeat(2) + "+OK|$1|2|"),
        Arguments.of("DEL a b|SET a 1|EXISTS a a b|DEL a a|DBSIZE", ":0|+OK|:2|:1|:0|"),
        Arguments.of(
            "MSET a 1 b 2|MGET a x b|MSET a",
            "+OK|*3|$1|1|$-1|$1|2|-ERR wrong number of arguments for 'mset' command|"),
        Arguments.of(
            "INCR n|INCR n|DECR n|INCRBY n 40|GET n|INCRBY n x",
            ":1|:2|:1|:41|$2|41|" + NOT_INTEGER),
        Arguments.of(
            "SET n 12a|INCR n|SET n 01|INCR n", "+OK|" + NOT_INTEGER + "+OK|" + NOT_INTEGER),
        Arguments.of(
            "SET n 9223372036854775807|INCR n|SET n 9223372036854775808|INCR n",
            "+OK|-ERR increment or decrement would overflow|+OK|" + NOT_INTEGER),
        Arguments.of(
            "RPUSH l a b c|LPUSH l z|LLEN l|LRANGE l 0 -1", ":3|:4|:4|*4|$1|z|$1|a|$1|b|$1|c|"),
        Arguments.of(
            "RPUSH l a b c|LRANGE l -2 10|LRANGE l 2 1|LRANGE l 1 a|LRANGE none 0 1",
            ":3|*2|$1|b|$1|c|*0|" + NOT_INTEGER + "*0|"),
        Arguments.of(
            "RPUSH l a b c|LPOP l|RPOP l|LPOP l 5|LPOP l|LPOP l 1|EXISTS l",
            ":3|$1|a|$1|c|*1|$1|b|$-1|*-1|:0|"),
        Arguments.of(
            "LPOP l -1|LPOP l x", "-ERR value is out of range, must be positive|" + NOT_INTEGER),
        Arguments.of("SADD s a a b|SADD s b|SCARD s|SPOP none|SPOP none 2", ":2|:0|:2|$-1|*0|"),
        Arguments.of("SADD s a|SPOP s|SPOP s|EXISTS s", ":1|$1|a|$-1|:0|"),
        Arguments.of(
            "HSET h a 1 b 2|HSET h a 3|HGET h a|HGET h x|HLEN h|HSET h a",
            ":2|:0|$1|3|$-1|:2|-ERR wrong number of arguments for 'hset' command|"),
        Arguments.of(
            "ZADD z x a|ZADD z 1 a b", "-ERR value is not a valid float|-ERR syntax error|"),
        Arguments.of(
            "ZADD z 1.50 a 1.5 b 3e20 c -1 d inf e|ZADD z 1.5 a|ZCARD z|ZPOPMIN z",
            ":5|:0|:5|*2|$1|d|$2|-1|"),
        Arguments.of(
            "ZADD z 1.50 b 1.5 a inf e|ZPOPMIN z 9|ZPOPMIN z|EXISTS z",
            ":3|*6|$1|a|$3|1.5|$1|b|$3|1.5|$1|e|$3|inf|*0|:0|"));
  }

  @ParameterizedTest
  @MethodSource
  void replies(final String commands, final String expected) {
    assertEquals(expected, talk(commands));
    talk("FLUSHALL");
    assertEquals(0, server.usedBytes());
  }

  @Test
  void linesOfAPersonAreCommandsToo() {
    final int fd = connect();
    say(fd, "\r\nset  a 1 \r\nget a\nquit\r\n");
    assertEquals("+OK\r\n$1\r\n1\r\n+OK\r\n", hearAll(fd));
  }

  @Test
  void commandsMayComeInAnyPieces() {
    final int fd = connect();
    final String both = array("SET", "key", "a\r\nvalue") + array("GET", "key") + "PING\r\n";
    for (int cut = 1; cut < both.length(); cut++) {
      say(fd, both.substring(0, cut));
      hosts.pass(SECOND_NS / 1000);
      say(fd, both.substring(cut));
      assertEquals("+OK\r\n$8\r\na\r\nvalue\r\n+PONG\r\n", hear(fd, 26));
    }
  }

  @Test
  void manyAtOnceAreAnsweredInOrder() {
    final int fd = connect();
    final StringBuilder commands = new StringBuilder();
    final StringBuilder expected = new StringBuilder();
    for (int i = 0; i < 10_000; i++) {
      commands.append(array("ECHO", "x" + i));
      expected.append('$').append(("x" + i).length()).append("\r\nx").append(i).append("\r\n");
    }
    final String[] heard = {""};
    say(fd, commands.toString());
    heard[0] = hear(fd, expected.length());
    assertEquals(expected.toString(), heard[0]);
    assertEquals(10_000, server.requests());
  }

  static Stream<Arguments> whatIsNoCommand() {
    return Stream.of(
        Arguments.of("*x\r\n", "invalid multibulk length"),
        Arguments.of("*-1\r\n", "invalid multibulk length"),
        Arguments.of("*1025\r\n", "invalid multibulk length"),
        Arguments.of("*99999999999999999999", "invalid multibulk length"),
        Arguments.of("*1\r\n:4\r\nPING\r\n", "expected '$', got ':'"),
        Arguments.of("*1\r\n$-4\r\nPING\r\n", "invalid bulk length"),
        Arguments.of("*1\r\n$131073\r\n", "invalid bulk length"),
        Arguments.of("*2\r\n$3\r\nGET\r\n$" + "1".repeat(20), "invalid bulk length"),
        Arguments.of("*2\r\n$131072\r\n" + "x".repeat(1 << 17), "too big request"),
        Arguments.of("x".repeat(1 << 17), "too big request"),
        Arguments.of("x ".repeat(1025) + "\r\n", "too big inline request"));
  }

  @ParameterizedTest
  @MethodSource
  void whatIsNoCommand(final String text, final String complaint) {
    final int fd = connect();
    say(fd, "PING\r\n" + text);
    say(fd, "PING\r\n".repeat(1000)); // unread, and still the complaint gets through
    assertEquals("+PONG\r\n-ERR Protocol error: " + complaint + "\r\n", hearAll(fd));
    peer.close(fd);
    hosts.pass(70 * SECOND_NS); // TIME_WAIT
    assertEquals(0, hosts.serverStack().tcp().connections());
    assertEquals(0, server.usedBytes());
  }

  @Test
  void memoryHasAnEnd() {
    final int fd = connect();
    final String value = "v".repeat(100_000);
    int taken = 0;
    String reply = "+OK\r\n";
    while (reply.equals("+OK\r\n")) {
      say(fd, array("SET", "key" + taken, value));
      reply = hear(fd, 5);
      taken++;
    }
    assertEquals("-OOM ", reply);
    hear(fd, "command not allowed when used memory > 'maxmemory'.\r\n".length());
    assertEquals(MEMORY_BYTES / 100_000 + 1, taken);
    assertTrue(server.usedBytes() <= MEMORY_BYTES);
    say(fd, array("GET", "key0") + array("DEL", "key0", "key1"));
    hear(fd, ("$100000\r\n" + value + "\r\n:2\r\n").length());
    say(fd, array("SET", "other", value));
    assertEquals("+OK\r\n", hear(fd, 5));
  }

  @Test
  void withoutMemoryForAllOfItACommandDoesNothing() {
    for (int i = 0; i < 9; i++) {
      talk("SET big" + i + " " + "v".repeat(100_000));
    }
    assertEquals(
        "-OOM command not allowed when used memory > 'maxmemory'.|:0|",
        talk("RPUSH list" + (" " + "x".repeat(100)).repeat(1000) + "|LLEN list"));
  }

  @Test
  void aReplyHasAnEnd() {
    talk("SET big " + "v".repeat(100_000));
    assertEquals(
        "-OOM command not allowed when used memory > 'maxmemory'.|+PONG|",
        talk("MGET" + " big".repeat(1000) + "|PING"));
  }

  @Test
  void whoDoesNotReadIsNotReadFrom() {
    talk("SET big " + "v".repeat(60_000));
    final int fd = connect();
    final StringBuilder commands = new StringBuilder();
    for (int i = 0; i < 200; i++) {
      commands.append(array("GET", "big"));
    }
    say(fd, commands.toString());
    hosts.pass(SECOND_NS);
    final long kept = server.usedBytes();
    assertTrue(kept < 400_000, () -> "kept: " + kept);
    assertEquals("+PONG|", talk("PING"));
    final String reply = "$60000\r\n" + "v".repeat(60_000) + "\r\n";
    for (int i = 0; i < 200; i++) {
      assertEquals(reply, hear(fd, reply.length()));
    }
    say(fd, "PING\r\n");
    assertEquals("+PONG\r\n", hear(fd, 7));
  }

  @Test
  void whoNeverReadsIsLetGo() {
    talk("SET big " + "v".repeat(60_000));
    final int fd = connect();
    say(fd, array("GET", "big").repeat(2000));
    hosts.pass(61 * SECOND_NS);
    assertEquals(0, hosts.serverStack().tcp().connections());
    talk("FLUSHALL");
    assertEquals(0, server.usedBytes());
    peer.close(fd);
  }
}
