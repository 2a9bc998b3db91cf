package io.ustack.apps.bench;

import io.ustack.apps.CommandFailure;
import io.ustack.apps.JvmOptions;
import io.ustack.apps.StopSignal;
import io.ustack.apps.demo.Tool;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.jar.JarFile;

/**
 * What the processes of a contender run: a build of this program, on a JDK.
 *
 * @param name as the results name it
 * @param java the JDK's command
 * @param classPath of the build
 */
record Build(String name, Path java, String classPath) {
  private static final int BUILDING_SECONDS = 900;
  private static final String END = BenchEnd.class.getName().replace('.', '/') + ".class";

  /** It has known this class as long as it can be told what to do from outside. */
  private static final String NEWEST = EndProcess.class.getName().replace('.', '/') + ".class";

  /** What cells with bystanders need. */
  private static final String BYSTANDERS = Bystanders.class.getName().replace('.', '/') + ".class";

  /** This build on the JDK that it runs on. */
  static Build own() {
    return new Build(
        "this",
        java(Path.of(System.getProperty("java.home"))),
        System.getProperty("java.class.path"));
  }

  private static Path java(final Path home) {
    return home.resolve("bin").resolve("java");
  }

  /**
   * The same on another JDK.
   *
   * @throws IllegalArgumentException in one line, when it is none
   */
  Build on(final Path home) {
    if (!Files.isExecutable(java(home))) {
      throw new IllegalArgumentException("'" + home + "' is no JDK: it has no bin/java");
    }
    return new Build(name, java(home), classPath);
  }

  /**
   * Another one beside this: a checkout, the jar of one, or this build on another JDK.
   *
   * @throws IllegalArgumentException in one line, when it is none of these
   */
  Build beside(final Path place) {
    if (Files.isRegularFile(place.resolve("ustack")) && Files.isDirectory(place.resolve("apps"))) {
      return new Build(place.toString(), java, jarOf(place).toString());
    }
    if (Files.isExecutable(java(place))) {
      return new Build(place.toString(), java(place), classPath);
    }
    checkJar(place);
    return new Build(place.toString(), java, place.toString());
  }

  private static Path jarOf(final Path checkout) {
    return checkout.resolve("apps").resolve("target").resolve("ustack.jar");
  }

  private static void checkJar(final Path place) {
    try (JarFile jar = new JarFile(place.toFile())) {
      if (jar.getEntry(END) == null) {
        throw new IllegalArgumentException("'" + place + "' is a jar, but not of this program");
      }
      if (jar.getEntry(NEWEST) == null) {
        throw new IllegalArgumentException(
            "'"
                + place
                + "' is a build from before --compare, whose bench can't be told what to do");
      }
    } catch (final IOException e) {
      throw new IllegalArgumentException(
          "'" + place + "' is neither a checkout nor its apps/target/ustack.jar, nor a JDK", e);
    }
  }

  /**
   * Builds what a checkout has not built yet.
   *
   * @throws IllegalArgumentException when its bench can't be told what to do
   */
  void prepare(final StopSignal stop) throws CommandFailure {
    final Path checkout = Path.of(name);
    if (Files.isDirectory(checkout) && classPath.equals(jarOf(checkout).toString())) {
      final String launcher = checkout.resolve("ustack").toAbsolutePath().toString();
      new Tool(stop).check(BUILDING_SECONDS, List.of(launcher, "build"));
      checkJar(jarOf(checkout));
    }
  }

  /**
   * Checks that it can measure these cells.
   *
   * @throws IllegalArgumentException in one line, when it is older than one of them
   */
  void checkKnows(final List<Cell> cells) {
    final Path jar = Path.of(classPath);
    if (!Files.isRegularFile(jar)) {
      return; // this build
    }
    for (final Cell cell : cells) {
      if (cell.kind().hasBystanders() && !has(jar, BYSTANDERS)) {
        throw new IllegalArgumentException(
            "'" + name + "' is a build from before " + cell + ": leave that out with --cells");
      }
    }
  }

  private static boolean has(final Path jar, final String entry) {
    try (JarFile file = new JarFile(jar.toFile())) {
      return file.getEntry(entry) != null;
    } catch (final IOException e) {
      return false;
    }
  }

  /**
   * The command that starts an end.
   *
   * @param heapMb of the JVM, all of it from the beginning
   * @param flags of the JVM, besides those that all ends have
   */
  List<String> command(
      final int heapMb, final String role, final Fields settings, final String... flags) {
    final List<String> command = new ArrayList<>();
    command.add(java.toString());
    command.add("--enable-native-access=ALL-UNNAMED"); // as the runnable jar's manifest says
    command.addAll(JvmOptions.of(java.resolveSibling("..")));
    command.addAll(List.of("-Xms" + heapMb + "m", "-Xmx" + heapMb + "m"));
    command.addAll(List.of(flags));
    command.addAll(List.of("-cp", classPath, BenchEnd.class.getName(), role));
    command.addAll(List.of(settings.toString().split(" ", -1)));
    return command;
  }
}
