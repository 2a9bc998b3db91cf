package io.ustack.apps.live;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ustack.apps.CommandFailure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code ustack redis} against the programs of Redis. */
@Tag("live")
@Tag("one-jdk")
class RedisLiveTest {
  /** Of redis-benchmark 7.0, with nothing chosen. */
  private static final int BENCHMARKS = 20;

  /** Commands that must be answered as Redis answers them, the errors among them. */
  private static final String SCRIPT =
      """
      PING
      PING hello
      ECHO "two words"
      GET none
      SET key value
      GET key
      GET
      SET key value WITH MORE
      NOSUCH a b
      INCR key
      INCR n
      INCRBY n 41
      DECR n
      MSET a 1 b 2 c 3
      MGET a none b n
      MSET a
      EXISTS a a none
      STRLEN key
      LPUSH key a
      LPUSH list a b c
      RPUSH list d e
      LLEN list
      LRANGE list 0 -1
      LRANGE list -3 2
      LRANGE list 3 1
      LRANGE list 0 x
      LPOP list
      RPOP list
      LPOP list 2
      LPOP list 9
      LPOP list
      LPOP list 1
      LPOP key -1
      SADD set a a
      SADD set a
      SCARD set
      SPOP set
      SPOP set
      SPOP set 2
      HSET hash a 1 b 2
      HSET hash a 3 c 4
      HGET hash a
      HGET hash none
      HLEN hash
      HSET hash a
      GET hash
      ZADD zset 1.5 a -2 b 1e3 c inf d
      ZADD zset 2.5 a
      ZADD zset x a
      ZADD zset 1 a b
      ZCARD zset
      ZPOPMIN zset
      ZPOPMIN zset 9
      ZPOPMIN zset
      SELECT 99
      CONFIG GET save
      CONFIG GET appendonly
      DEL a b none
      FLUSHALL
      DBSIZE
      """;

  @TempDir private Path directory;

  @ParameterizedTest
  @ValueSource(strings = {"inline", "dedicated"})
  void benchmark(final String mode) throws CommandFailure {
    try (LiveScene scene = LiveScene.start(directory, "redis", "--mode", mode)) {
      final LoadGenerator load = new LoadGenerator(scene);
      final String said = load.redis(3000, 1, "");
      assertEquals(1 + BENCHMARKS, said.lines().count(), said);
      load.redis(20_000, 16, "ping,set,get,lpush,lpop,lrange_100,mset");
      final String end = scene.end();
      assertTrue(end.matches("(?s).*redis: [0-9]{5,} commands, .*"), end);
    }
  }

  @Test
  void answersAsRedisDoes() throws CommandFailure, IOException {
    try (LiveScene scene = LiveScene.start(directory, "redis")) {
      LiveRedis.start(scene, 6379);
      final Path script = Files.writeString(directory.resolve("script"), SCRIPT);
      final String expected = play(scene, LiveScene.LINUX, script);
      assertEquals(expected, play(scene, LiveScene.STACK, script));
      assertTrue(expected.lines().count() > SCRIPT.lines().count(), expected);
    }
  }

  private static String play(final LiveScene scene, final String host, final Path script)
      throws CommandFailure {
    return scene.linux("sh", "-c", "redis-cli -h " + host + " <" + script);
  }
}
