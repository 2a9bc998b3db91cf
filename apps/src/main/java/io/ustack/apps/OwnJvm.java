package io.ustack.apps;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A second process with the JVM and the classes of this one. */
public final class OwnJvm {
  private OwnJvm() {}

  /**
   * The command that runs a class of ours.
   *
   * @param flags of the JVM, besides those that all our processes have
   */
  public static List<String> command(final Class<?> main, final String... flags) {
    final List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("--enable-native-access=ALL-UNNAMED"); // as the runnable jar's manifest says
    command.addAll(List.of(flags));
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), main.getName()));
    return command;
  }
}
