package io.ustack.apps.bench;

import io.ustack.apps.CommandFailure;
import io.ustack.dpdk.DpdkException;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/**
 * One of the processes of a contender. It says {@code ready}, then does what it reads, a line each,
 * on one thread: a server {@code go}es until there is another line, and {@code clear}s; everybody
 * else {@code open}s a cell, runs a {@code block}, {@code shut}s. It ends when its standard input
 * does, which is when the bench ends, however it ends.
 */
public final class BenchEnd {
  /** How it says that it can be told something, and what it will understand. */
  static final String READY = "ready ends=1 ";

  private final BlockingQueue<String> orders = new LinkedBlockingQueue<>();

  private BenchEnd() {}

  /** {@code BenchEnd ROLE NAME=VALUE...}; role server, client, pipe, forward or idle. */
  public static void main(final String[] arguments) {
    try {
      new BenchEnd().run(arguments[0], Fields.parse(String.join(" ", arguments)));
    } catch (final DpdkException | CommandFailure | IOException | IllegalStateException e) {
      System.err.println("ustack bench: " + e.getMessage());
      System.exit(1);
    } catch (final InterruptedException e) {
      System.exit(1); // nobody does that
    }
  }

  private void run(final String role, final Fields settings)
      throws DpdkException, CommandFailure, IOException, InterruptedException {
    final Thread reader = new Thread(this::read, "orders");
    reader.setDaemon(true);
    switch (role) {
      case "server" -> {
        final Wire.End end = Wire.of(settings).open(true, settings);
        begin(reader);
        serve(end);
      }
      case "client" -> {
        final Contender client = new AskingEnd(Wire.of(settings).open(false, settings));
        begin(reader);
        obey(client);
      }
      case "pipe" -> {
        begin(reader);
        obey(new PipeContender());
      }
      case "forward" -> {
        final NullMemory memory = NullMemory.valueOf(settings.text("memory"));
        final Contender forwarder = ForwardContender.open(memory);
        begin(reader);
        obey(forwarder);
      }
      case "idle" -> {
        begin(reader);
        weigh();
      }
      default -> throw new CommandFailure("there is no end '" + role + "'");
    }
  }

  private static void begin(final Thread reader) {
    reader.start();
    System.out.println(READY + new Fields().with("jdk", System.getProperty("java.version")));
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

  private void serve(final Wire.End end) throws InterruptedException {
    final BenchService service = new BenchService(end.sockets());
    final Runnable step = end.watched(() -> service.step(end.waitMs()));
    while (true) {
      if (orders.take().equals("clear")) {
        service.clear();
        System.out.println("cleared");
        continue;
      }
      final long lost = end.lostFrames().getAsLong();
      final Supplier<Work> served = end.meter();
      while (orders.isEmpty()) {
        for (int i = 0; i < end.stepsPerLook(); i++) {
          step.run();
        }
      }
      final Work work = served.get();
      orders.take(); // halt
      System.out.println(
          "halted " + work.fields().with("lostFrames", end.lostFrames().getAsLong() - lost));
    }
  }

  private void weigh() throws InterruptedException, CommandFailure {
    final int connections = Integer.parseInt(orders.take().replaceFirst("weigh ", ""));
    final IdleConnections.Weight weight = new IdleConnections(connections).weigh();
    final Fields fields =
        new Fields()
            .with("empty", joined(weight.empty()))
            .with("bytes", joined(weight.bytes()))
            .with("collectionMs", joined(weight.collectionMs()));
    System.out.println("weight " + fields);
    orders.take(); // there is no other order
  }

  private static String joined(final List<Long> numbers) {
    return numbers.stream().map(String::valueOf).collect(Collectors.joining(","));
  }

  private void obey(final Contender contender) throws InterruptedException, CommandFailure {
    while (true) {
      final String[] order = orders.take().split(" ", -1);
      switch (order[0]) {
        case "open" -> {
          contender.open(Cell.parse(order[1]).orElseThrow());
          System.out.println("open");
        }
        case "block" -> {
          final Block block = contender.block(Long.parseLong(order[1]));
          System.out.println("block " + block.fields());
        }
        case "shut" -> {
          contender.shut();
          System.out.println("shut");
        }
        default -> throw new CommandFailure("what is '" + Arrays.toString(order) + "'?");
      }
    }
  }
}
