package io.ustack.apps.plot;

import io.ustack.apps.CommandFailure;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The file that a plot goes to: one that can't be written is complained of before the work. */
public final class PlotFile {
  private final Path file;

  private PlotFile(final Path file) {
    this.file = file;
  }

  /**
   * A file to be written later.
   *
   * @param option that has named it
   * @throws CommandFailure when there is no directory for it, or it is one, or may not be written
   */
  public static PlotFile at(final String option, final Path file) throws CommandFailure {
    final Path directory = file.toAbsolutePath().getParent();
    if (file.toString().isEmpty()) {
      throw new CommandFailure(option + " has no file name");
    }
    if (Files.isDirectory(file)) {
      throw new CommandFailure(file + " is a directory");
    }
    if (directory == null || !Files.isDirectory(directory)) {
      throw new CommandFailure("there is no directory " + directory);
    }
    if (!Files.isWritable(Files.exists(file) ? file : directory)) {
      throw new CommandFailure("no permission to write " + file);
    }
    return new PlotFile(file);
  }

  /** Writes the plot. */
  public void write(final Plot plot) throws CommandFailure {
    write(plot.svg());
  }

  /** Writes a page. */
  public void write(final String svg) throws CommandFailure {
    try {
      Files.writeString(file, svg);
    } catch (final AccessDeniedException e) {
      throw new CommandFailure("no permission to write " + file, e);
    } catch (final IOException e) {
      throw new CommandFailure("can't write " + file + ": " + e.getMessage(), e);
    }
  }
}
