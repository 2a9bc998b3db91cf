package io.ustack.shard;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import io.ustack.ipv4.Ipv4Address;
import java.util.HexFormat;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ToeplitzTest {
  /** The key of Microsoft's "Verifying the RSS hash calculation". */
  private static final byte[] VERIFICATION_KEY =
      HexFormat.of()
          .parseHex(
              "6d5a56da255b0ec24167253d43a38fb0d0ca2bcbae7b30b477cb2da38030f20c6a42b73bbeac01fa");

  /** The vectors of the same page, for TCP over IPv4. */
  @ParameterizedTest
  @CsvSource({
    "66.9.149.187, 2794, 161.142.100.80, 1766, 51ccc178",
    "199.92.111.2, 14230, 65.69.140.83, 4739, c626b0ea",
    "24.19.198.95, 12898, 12.22.207.184, 38024, 5c2b394a",
    "38.27.205.30, 48228, 209.142.163.6, 2217, afc7327f",
    "153.39.163.191, 44251, 202.188.127.2, 1303, 10e828a2"
  })
  void givesThePublishedHashes(
      final String source,
      final int sourcePort,
      final String destination,
      final int destinationPort,
      final String hash) {
    final int given =
        new Toeplitz(VERIFICATION_KEY)
            .hash(
                Ipv4Address.parse(source),
                Ipv4Address.parse(destination),
                sourcePort,
                destinationPort);
    assertEquals(hash, HexFormat.of().toHexDigits(given));
  }

  @Test
  void theSymmetricKeyGivesBothDirectionsTheSame() {
    final Toeplitz symmetric = new Toeplitz(Toeplitz.symmetricKey(Toeplitz.KEY_BYTES));
    final Toeplitz other = new Toeplitz(VERIFICATION_KEY);
    final Random random = new Random(1);
    int differences = 0;
    for (int i = 0; i < 1000; i++) {
      final int a = random.nextInt();
      final int b = random.nextInt();
      final int p = random.nextInt(1 << 16);
      final int q = random.nextInt(1 << 16);
      assertEquals(symmetric.hash(a, b, p, q), symmetric.hash(b, a, q, p));
      differences += other.hash(a, b, p, q) == other.hash(b, a, q, p) ? 0 : 1;
    }
    assertNotEquals(0, differences);
  }

  @Test
  void flowsOfOneClientSpreadOverShards() {
    final int[] flows = new int[5];
    final ShardMap map = ShardMap.of(5);
    for (int port = 40_000; port < 41_000; port++) {
      flows[map.owner(0x0A000001, 0x0A000002, port, 80)]++;
    }
    for (final int count : flows) {
      // 128 entries over 5 shards: 26 or 25 each; a thousand ports, 200 +- a quarter.
      assertEquals(200, count, 50);
    }
  }
}
