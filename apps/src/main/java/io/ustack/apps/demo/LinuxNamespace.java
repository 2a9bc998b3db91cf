package io.ustack.apps.demo;

import io.ustack.apps.CommandFailure;
import java.io.BufferedReader;
import java.io.Closeable;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * A network namespace, without a name, that lives as long as this object's process and no longer.
 *
 * <p>A shell holds it, the first process of a PID namespace of its own, and waits for the end of a
 * pipe whose other end is here. When this process ends, however it ends, the pipe ends, the shell
 * ends, and with the first process of a PID namespace the kernel ends all others in it; with the
 * last process the network namespace goes, and with that every interface in it and the other end of
 * every cable. The shell's last deed is to remove the {@link #scratch} directory. Nothing is left
 * to clean up, not even after SIGKILL.
 */
public final class LinuxNamespace implements Closeable {
  private static final int PATIENCE_SECONDS = 10;

  /**
   * Ctrl-C goes to every process of the terminal; this one has to outlive those that it holds the
   * namespace for.
   */
  private static final String HOLD =
      "trap '' INT TERM HUP QUIT; d=$(mktemp -d -t ustack-XXXXXXXX) && echo \"$d\" && cat >"
          + " /dev/null; rm -rf -- \"$d\"";

  private final Process holder;
  private final String said;

  private LinuxNamespace(final Process holder) {
    this.holder = holder;
    said = firstLine(holder);
  }

  /**
   * Makes a namespace with a working loopback interface.
   *
   * @throws CommandFailure in one line, without root or where the kernel does not allow it
   */
  public static LinuxNamespace create(final Tool tool) throws CommandFailure {
    final LinuxNamespace namespace = new LinuxNamespace(hold());
    boolean complete = false;
    try {
      if (!namespace.said.startsWith("/")) {
        throw new CommandFailure(
            "can't make a network namespace: " + namespace.said + " (are you root?)");
      }
      tool.check(PATIENCE_SECONDS, namespace.inside("ip", "link", "set", "lo", "up"));
      complete = true;
      return namespace;
    } finally {
      if (!complete) {
        namespace.close();
      }
    }
  }

  private static Process hold() throws CommandFailure {
    try {
      return new ProcessBuilder(
              "setsid", "unshare", "--net", "--pid", "--fork", "--kill-child", "sh", "-c", HOLD)
          .redirectErrorStream(true)
          .start();
    } catch (final IOException e) {
      throw new CommandFailure(
          "can't make a network namespace, util-linux is missing: " + e.getMessage(), e);
    }
  }

  private static String firstLine(final Process holder) {
    final BufferedReader reader = holder.inputReader(StandardCharsets.UTF_8);
    try {
      final String line = reader.readLine();
      return line == null ? "unshare failed" : line;
    } catch (final IOException e) {
      return String.valueOf(e.getMessage());
    }
  }

  /**
   * The command that runs {@code command} in here; Ctrl-C does not reach it, and it ends with the
   * namespace at the latest.
   */
  public List<String> inside(final String... command) {
    final List<String> all = new ArrayList<>(List.of("setsid", "nsenter", "--net=" + path()));
    all.add("--pid=/proc/" + holder.pid() + "/ns/pid_for_children");
    all.addAll(List.of(command));
    return all;
  }

  /** As {@link #inside}, but for a command that names processes of this system. */
  public List<String> insideNetworkOnly(final String... command) {
    final List<String> all = new ArrayList<>(List.of("setsid", "nsenter", "--net=" + path()));
    all.addAll(List.of(command));
    return all;
  }

  /** A directory for its files, which only its owner can look into, and which goes with it. */
  public Path scratch() {
    return Path.of(said);
  }

  /** The file by which others enter: {@code nsenter --net=FILE}. */
  public String path() {
    return "/proc/" + holder.pid() + "/ns/net";
  }

  /** A process by which {@code ip link ... netns PID} finds this namespace. */
  public long pid() {
    return holder.pid();
  }

  /** Ends every process in the namespace, and with them it. Idempotent. */
  @Override
  public void close() {
    try {
      holder.getOutputStream().close();
      if (!holder.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
        holder.destroyForcibly();
      }
    } catch (final IOException e) {
      holder.destroyForcibly();
    } catch (final InterruptedException e) {
      holder.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }
}
