package io.ustack.apps.bench;

import io.ustack.apps.CommandFailure;
import io.ustack.dpdk.DpdkException;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import org.HdrHistogram.Histogram;

/**
 * One of the two processes of a contender. It says {@code ready}, then does what it reads, a line
 * each, on one thread: a server {@code go}es until there is another line; a client {@code open}s a
 * cell, runs a {@code block}, {@code shut}s. It ends when its standard input does, which is when
 * the bench ends, however it ends.
 */
public final class BenchEnd {

  private final BlockingQueue<String> orders = new LinkedBlockingQueue<>();
  private final Wire.End end;

  private BenchEnd(final Wire.End end) {
    this.end = end;
  }

  /** {@code BenchEnd server|client WIRE ADDRESS}; the address is the wire's. */
  public static void main(final String[] arguments) {
    try {
      final Wire wire = Wire.valueOf(arguments[1]);
      final BenchEnd it = new BenchEnd(wire.open(arguments[0].equals("server"), arguments[2]));
      final Thread reader = new Thread(it::read, "orders");
      reader.setDaemon(true);
      reader.start();
      System.out.println("ready");
      if (arguments[0].equals("server")) {
        it.serve();
      } else {
        it.ask();
      }
    } catch (final DpdkException | CommandFailure | IOException | IllegalStateException e) {
      System.err.println("ustack bench: " + e.getMessage());
      System.exit(1);
    } catch (final InterruptedException e) {
      System.exit(1); // nobody does that
    }
  }

  private void read() {
    try (BufferedReader lines =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
      String line = lines.readLine();
      while (line != null) {
        orders.add(line);
        line = lines.readLine();
      }
    } catch (final IOException e) {
      // The same as the end.
    }
    Runtime.getRuntime().halt(0);
  }

  private void serve() throws InterruptedException {
    final BenchService service = new BenchService(end.sockets());
    while (true) {
      orders.take(); // go
      final long lost = end.lostFrames().getAsLong();
      final ThreadCost cost = new ThreadCost();
      while (orders.isEmpty()) {
        for (int i = 0; i < end.stepsPerLook(); i++) {
          service.step(end.waitMs());
        }
      }
      final long cpuNs = cost.cpuNs();
      orders.take(); // halt
      System.out.println(
          cpuNs + " " + cost.allocatedBytes() + " " + (end.lostFrames().getAsLong() - lost));
    }
  }

  private void ask() throws InterruptedException, CommandFailure {
    while (true) {
      final String cell = orders.take().replaceFirst("open ", "");
      final Load load = Cell.parse(cell).orElseThrow().load(end.sockets());
      final LoadLoop loop = new LoadLoop(load, () -> load.step(end.waitMs()), end.stepsPerLook());
      loop.open();
      System.out.println("open");
      String order = orders.take();
      while (order.startsWith("block ")) {
        System.out.println(block(loop, Long.parseLong(order.replaceFirst("block ", ""))));
        order = orders.take();
      }
      loop.close(); // shut
      System.out.println("shut");
    }
  }

  private String block(final LoadLoop loop, final long durationNs) {
    final long lost = end.lostFrames().getAsLong();
    final Block block = loop.block(durationNs);
    return block.operations()
        + " "
        + block.elapsedNs()
        + " "
        + (end.lostFrames().getAsLong() - lost)
        + " "
        + encoded(block.latency());
  }

  private static String encoded(final Histogram latency) {
    final ByteBuffer bytes = ByteBuffer.allocate(latency.getNeededByteBufferCapacity());
    final int length = latency.encodeIntoByteBuffer(bytes);
    return Base64.getEncoder().encodeToString(Arrays.copyOf(bytes.array(), length));
  }
}
