package io.ustack.testsupport.script;

import io.ustack.tcp.TcpConfig;
import io.ustack.testsupport.TestHost;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A script in packetdrill's notation: what an application calls, what arrives, and what the stack
 * must send and when. Everything that is sent must be named; a run takes no time but the
 * processor's.
 */
public final class PacketScript {
  private final String name;
  private final String text;
  private final @Nullable Path directory;
  private final List<Path> files;

  private PacketScript(
      final String name,
      final String text,
      final @Nullable Path directory,
      final List<Path> files) {
    this.name = name;
    this.text = text;
    this.directory = directory;
    this.files = files;
  }

  /** The script in a file; {@code --include} starts from its directory. */
  public static PacketScript read(final Path file) throws IOException {
    final Path place = file.toRealPath();
    final String name = file.toString();
    return new PacketScript(name, ScriptText.read(place, name), place.getParent(), List.of(place));
  }

  /** A script that is no file; {@code name} stands in messages. */
  public static PacketScript of(final String name, final String text) {
    return new PacketScript(name, text, null, List.of());
  }

  /** The same with {@code --include} starting from {@code directory}. */
  public PacketScript in(final Path newDirectory) {
    return new PacketScript(name, text, newDirectory, files);
  }

  /** Runs it with the defaults of TCP. */
  public void run() {
    run(TcpConfig.DEFAULT);
  }

  /**
   * Runs it on a fresh host.
   *
   * @param tcp what the script's own settings change
   * @throws ScriptFailure when it does not hold, or can't be read
   */
  public void run(final TcpConfig tcp) {
    final ScriptSettings settings = new ScriptSettings(tcp);
    final ScriptParser parser = new ScriptParser(name, directory, files, settings);
    parser.parse(text);
    if (parser.steps().isEmpty()) {
      throw new ScriptFailure("nothing happens, so nothing is asserted").at(name, 1, "");
    }
    final TcpConfig changed = settings.tcp();
    try (TestHost host =
        TestHost.with()
            .tcp(changed)
            .mtu(settings.mtuBytes)
            .initialSequenceNumber(settings.isn)
            .build()) {
      new ScriptRun(host, settings).run(parser.steps());
    } catch (final IllegalStateException | IllegalArgumentException e) {
      throw ScriptFailure.broken(e).at(name, 1, "");
    }
  }
}
