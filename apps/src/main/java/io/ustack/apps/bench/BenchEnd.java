package io.ustack.apps.bench;

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
  private static final long OPEN_LIMIT_NS = 60_000_000_000L;

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
    } catch (final DpdkException | IOException | IllegalStateException e) {
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

  private void ask() throws InterruptedException {
    Load load = new BulkLoad(end.sockets(), 0, false);
    while (true) {
      final String[] order = orders.take().split(" ", -1);
      switch (order[0]) {
        case "open" -> {
          load = Cell.parse(order[1]).orElseThrow().load(end.sockets());
          open(load);
          System.out.println("open");
        }
        case "block" -> System.out.println(block(load, Long.parseLong(order[1])));
        default -> {
          load.close();
          System.out.println("shut");
        }
      }
    }
  }

  private void open(final Load load) {
    load.open();
    final long deadlineNs = System.nanoTime() + OPEN_LIMIT_NS;
    while (!load.isOpen()) {
      load.step(end.waitMs());
      if (System.nanoTime() - deadlineNs > 0) {
        throw new IllegalStateException("the connections do not open");
      }
    }
  }

  private String block(final Load load, final long durationNs) {
    load.latency().reset();
    final long lost = end.lostFrames().getAsLong();
    final long before = load.operations();
    final long beginNs = System.nanoTime();
    long nowNs = beginNs;
    while (nowNs - beginNs < durationNs) {
      for (int i = 0; i < end.stepsPerLook(); i++) {
        load.step(end.waitMs());
      }
      nowNs = System.nanoTime();
    }
    final long operations = load.operations() - before;
    return operations
        + " "
        + (nowNs - beginNs)
        + " "
        + (end.lostFrames().getAsLong() - lost)
        + " "
        + encoded(load.latency());
  }

  private static String encoded(final Histogram latency) {
    final ByteBuffer bytes = ByteBuffer.allocate(latency.getNeededByteBufferCapacity());
    final int length = latency.encodeIntoByteBuffer(bytes);
    return Base64.getEncoder().encodeToString(Arrays.copyOf(bytes.array(), length));
  }
}
