package io.ustack.apps.bench.stall;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/** The threads of this process that compile: their CPU time, looked at without allocation. */
public final class CompilerThreads {
  /** As the kernel knows HotSpot's: a name there has fifteen letters. Results have no blanks. */
  private static final Pattern COMPILER = Pattern.compile("C[12][ _]CompilerThre");

  private final Path tasks;
  private final List<ProcNumbers> times = new ArrayList<>();

  /**
   * None yet.
   *
   * @param tasks a directory for each thread of the process
   */
  CompilerThreads(final Path tasks) {
    this.tasks = tasks;
  }

  /** Whether a thread that the kernel calls so is one. */
  public static boolean isOne(final String name) {
    return COMPILER.matcher(name).matches();
  }

  /** Finds those that are there now; HotSpot may start and end some. */
  void find() {
    times.forEach(ProcNumbers::close);
    times.clear();
    try (DirectoryStream<Path> all = Files.newDirectoryStream(tasks)) {
      for (final Path task : all) {
        if (isOne(name(task))) {
          times.add(ProcNumbers.open(task.resolve("schedstat")));
        }
      }
    } catch (final IOException | DirectoryIteratorException e) {
      // No such account here: nobody will be blamed for compiling.
    }
  }

  private static String name(final Path task) {
    try {
      return Files.readString(task.resolve("comm")).strip();
    } catch (final IOException e) {
      return ""; // it has ended
    }
  }

  /** CPU time so far of those that were found. */
  long cpuNs() {
    long sumNs = 0;
    for (int i = 0; i < times.size(); i++) {
      final ProcNumbers time = times.get(i);
      time.read();
      sumNs += time.number(0);
    }
    return sumNs;
  }
}
