package io.ustack.apps.bench;

import io.ustack.apps.CommandFailure;
import io.ustack.apps.StopSignal;
import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.HdrHistogram.Histogram;

/**
 * DPDK's own forwarder in C, {@code macswap} over {@code net_null}: the floor of the forward cell.
 * It is driven by its prompt; between blocks its lcore sleeps.
 */
final class TestpmdContender implements Contender {
  /** As the results name it. */
  static final String NAME = "testpmd-macswap";

  /** What to do where it is not there. */
  static final String MISSING =
      "no baseline: dpdk-testpmd is missing, apt-get install dpdk-dev brings it";

  private static final String PROGRAM = "dpdk-testpmd";
  private static final Pattern SENT = Pattern.compile("\\s*TX-packets: (\\d+) .*");
  private static final String TOTALS = "Accumulated forward statistics";
  private static final String FORWARDING = "macswap packet forwarding - ports=";

  private final EndProcess process;

  private TestpmdContender(final EndProcess process) {
    this.process = process;
  }

  /** Where it is, if anywhere. */
  static Optional<Path> program() {
    return Stream.of(System.getenv().getOrDefault("PATH", "").split(File.pathSeparator, -1))
        .filter(directory -> !directory.isEmpty())
        .map(directory -> Path.of(directory, PROGRAM))
        .filter(Files::isExecutable)
        .findFirst();
  }

  static TestpmdContender start(final Path program, final NullMemory memory, final StopSignal stop)
      throws CommandFailure {
    // To a pipe it would say nothing until there are four kilobytes of it.
    final List<String> command = new ArrayList<>(List.of("stdbuf", "-oL", program.toString()));
    // The first lcore waits at the prompt, the second forwards.
    final boolean two = Runtime.getRuntime().availableProcessors() > 1;
    command.addAll(two ? List.of("-l", "0,1") : List.of("--lcores", "0@0,1@0"));
    command.addAll(memory.eal());
    command.add("--log-level=error");
    command.addAll(List.of("--", "-i", "--forward-mode=macswap", "--port-topology=loop"));
    command.add("--no-flush-rx"); // there would be no end
    command.add("--total-num-mbufs=" + ForwardContender.PACKETS);
    command.add("--rxd=" + ForwardContender.DESCRIPTORS);
    command.add("--txd=" + ForwardContender.DESCRIPTORS);
    final EndProcess process =
        EndProcess.start("testpmd", EndProcess.ANY_CORE, List.of(), command, stop);
    boolean complete = false;
    try {
      final TestpmdContender it = new TestpmdContender(process);
      it.hearUntil("Checking link statuses");
      it.hearUntil("Done");
      complete = true;
      return it;
    } finally {
      if (!complete) {
        process.close();
      }
    }
  }

  private String hearUntil(final String words) throws CommandFailure {
    String line = process.hear(List.of());
    while (!line.contains(words)) {
      line = process.hear(List.of());
    }
    return line;
  }

  @Override
  public void open(final Cell cell) {}

  @Override
  public Block block(final long durationNs) throws CommandFailure {
    // From one order to the other: it takes as long to begin as to end.
    final long beginNs = System.nanoTime();
    process.tell("start");
    hearUntil(FORWARDING);
    sleep(durationNs - (System.nanoTime() - beginNs));
    final long elapsedNs = System.nanoTime() - beginNs;
    process.tell("stop");
    hearUntil(TOTALS);
    final Matcher sent = SENT.matcher(hearUntil("TX-packets"));
    hearUntil("Done.");
    if (!sent.matches()) {
      throw new IllegalStateException("testpmd does not say what it sent");
    }
    return new Block(
        Long.parseLong(sent.group(1)), elapsedNs, Work.NONE, Work.NONE, 0, new Histogram(1, 2, 1));
  }

  private static void sleep(final long durationNs) throws CommandFailure {
    try {
      TimeUnit.NANOSECONDS.sleep(durationNs);
    } catch (final InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CommandFailure("interrupted", e);
    }
  }

  @Override
  public void shut() {}

  @Override
  public String jdk() {
    return "";
  }

  @Override
  public void close() {
    process.close();
  }
}
