package io.ustack.testsupport.sim;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.ustack.counter.Counter;
import io.ustack.link.Faults;
import io.ustack.tcp.TcpConfig;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** Transfers over bad wires. {@code -Dustack.snapshots=write} writes the tables anew. */
class NetSimTest {
  private static final long MS = 1_000_000;
  private static final double[] LOSS = {0, 0.001, 0.01, 0.02, 0.05, 0.1};
  private static final int[] BUFFERS = {4 << 10, 16 << 10, 64 << 10, 256 << 10};
  private static final Faults WIRE = Faults.NONE.withDelay(5 * MS, 0);

  @Test
  void lossAgainstBufferSize() throws IOException {
    final StringBuilder table = new StringBuilder(HEAD);
    for (final double loss : LOSS) {
      for (final int buffer : BUFFERS) {
        table.append(row("loss " + loss, WIRE.withLoss(loss), buffer, 1 << 20));
      }
    }
    compare("loss-by-buffer.txt", table.toString());
  }

  @Test
  void everythingThatGoesWrongOnWires() throws IOException {
    final int buffer = 64 << 10;
    final Faults all =
        WIRE.withLoss(0.02)
            .withDuplication(0.02)
            .withCorruption(0.02)
            .withReordering(0.05, 8 * MS)
            .withDelay(5 * MS, 2 * MS);
    final StringBuilder table = new StringBuilder(HEAD);
    table
        .append(row("duplicates 10 %", WIRE.withDuplication(0.1), buffer, 1 << 20))
        .append(row("corruption 5 %", WIRE.withCorruption(0.05), buffer, 1 << 20))
        .append(row("reordering 10 %", WIRE.withReordering(0.1, 3 * MS), buffer, 1 << 20))
        .append(row("jitter 20 ms", WIRE.withDelay(5 * MS, 20 * MS), buffer, 1 << 20))
        .append(row("1 Mbit/s, 20 kB", WIRE.withLine(1_000_000, 20_000), buffer, 1 << 18))
        .append(row("100 Mbit/s, 64 kB", WIRE.withLine(100_000_000, 64_000), buffer, 1 << 22))
        .append(row("all at once", all, buffer, 1 << 20));
    compare("faults.txt", table.toString());
  }

  /** 4 MiB over 25 Mbit/s, which takes 1.4 s at best: what of the line each algorithm used. */
  @Test
  void algorithmsAgainstLossAndRoundTripAndQueue() throws IOException {
    final StringBuilder table =
        new StringBuilder("# loss | round trip ms | queue, products | reno % | cubic % | bbr %\n");
    for (final double loss : new double[] {0, 0.001, 0.01, 0.05}) {
      for (final int roundTripMs : new int[] {10, 40}) {
        for (final double products : new double[] {0.25, 2}) {
          table.append("%-6s | %3d | %4s".formatted(loss, roundTripMs, products));
          for (final String name : new String[] {"reno", "cubic", "bbr"}) {
            table.append(" | %3d".formatted(percent(name, loss, roundTripMs, products)));
          }
          table.append("%n".formatted());
        }
      }
    }
    compare("congestion.txt", table.toString());
  }

  private static long percent(
      final String name, final double loss, final int roundTripMs, final double products) {
    final long bitsPerSecond = 25_000_000;
    final long bytes = 4 << 20;
    final int queueBytes = (int) (products * bitsPerSecond / 8000 * roundTripMs);
    final Faults wire =
        Faults.NONE
            .withLoss(loss)
            .withDelay(roundTripMs * MS / 2, 0)
            .withLine(bitsPerSecond, Math.max(2 * 1514, queueBytes));
    final TcpConfig config =
        TcpConfig.DEFAULT.withBuffers(1 << 20, 1 << 20).with().congestionControl(name).build();
    try (NetSim sim = new NetSim(wire, config, 42)) {
      sim.transfer(bytes);
      return bytes * 8 * 100_000 / bitsPerSecond / sim.elapsedMs();
    }
  }

  private static final String HEAD =
      "# wire | buffer | bytes | simulated ms | segments | repeated | timeouts | fast\n";

  private static String row(
      final String name, final Faults faults, final int bufferBytes, final long bytes) {
    final TcpConfig config = TcpConfig.DEFAULT.withBuffers(bufferBytes, bufferBytes);
    try (NetSim sim = new NetSim(faults, config, 42)) {
      sim.transfer(bytes);
      return "%-18s | %6d | %7d | %7d | %5d | %4d | %3d | %3d%n"
          .formatted(
              name,
              bufferBytes,
              bytes,
              sim.elapsedMs(),
              sim.count(Counter.TCP_SEGMENTS_OUT),
              sim.count(Counter.TCP_RETRANSMITTED_SEGMENTS),
              sim.count(Counter.TCP_RETRANSMISSION_TIMEOUTS),
              sim.count(Counter.TCP_FAST_RETRANSMITS));
    }
  }

  private static void compare(final String name, final String table) throws IOException {
    final Path snapshot =
        Path.of(System.getProperty("ustack.root", ".."))
            .resolve("test-support/src/test/resources/io/ustack/testsupport/sim")
            .resolve(name);
    if ("write".equals(System.getProperty("ustack.snapshots"))) {
      Files.writeString(snapshot, table, StandardCharsets.UTF_8);
    }
    assertEquals(Files.readString(snapshot, StandardCharsets.UTF_8), table, snapshot.toString());
  }
}
