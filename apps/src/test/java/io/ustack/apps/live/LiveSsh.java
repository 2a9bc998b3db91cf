package io.ustack.apps.live;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.ustack.apps.CommandFailure;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * OpenSSH's server on one side of a scene, and its client on the other, with keys that are made for
 * the scene and go with it.
 */
final class LiveSsh {
  private final KernelScene scene;
  private final boolean onHost;
  private final Path keys;

  /** A server on the host behind the tap, or on the peer. */
  LiveSsh(final KernelScene scene, final boolean onHost) throws CommandFailure, IOException {
    this.scene = scene;
    this.onHost = onHost;
    keys = Files.createDirectory(scene.scratch(onHost).resolve("ssh"));
    for (final String key : List.of("server", "client")) {
      scene.host("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", keys.resolve(key).toString());
    }
    Files.copy(keys.resolve("client.pub"), keys.resolve("authorized"));
    Files.writeString(
        keys.resolve("known"), address() + " " + Files.readString(keys.resolve("server.pub")));
    Files.write(
        keys.resolve("sshd_config"),
        List.of(
            "HostKey " + keys.resolve("server"),
            "AuthorizedKeysFile " + keys.resolve("authorized"),
            "PidFile none",
            "UsePAM no",
            "StrictModes no",
            "PasswordAuthentication no",
            "PermitRootLogin prohibit-password",
            "UseDNS no"));
    // It wants a directory of the system's, which is there only where the service runs.
    scene.start(
        onHost,
        "sshd.log",
        "unshare",
        "--mount",
        "sh",
        "-c",
        "mount -t tmpfs tmpfs /run && mkdir /run/sshd && exec /usr/sbin/sshd -D -e -f "
            + keys.resolve("sshd_config"));
    scene.awaitListener(onHost, 22);
  }

  private String address() {
    return onHost ? KernelScene.HOST : KernelScene.PEER;
  }

  private List<String> client(final String command) {
    final List<String> client = new ArrayList<>(List.of("ssh", "-F", "none", "-T"));
    client.addAll(List.of("-i", keys.resolve("client").toString()));
    client.addAll(List.of("-o", "UserKnownHostsFile=" + keys.resolve("known")));
    client.addAll(List.of("-o", "BatchMode=yes", "root@" + address(), command));
    return client;
  }

  /** What a shell command there says of what {@code from} gives it here. */
  String send(final String from, final String command) throws CommandFailure {
    return here(from + " | " + quoted(command));
  }

  /** What a shell command here says of what {@code from} gives it there. */
  String fetch(final String from, final String command) throws CommandFailure {
    return here(quoted(from) + " | " + command);
  }

  private String quoted(final String command) {
    return "'" + String.join("' '", client(command)) + "'";
  }

  private String here(final String line) throws CommandFailure {
    return onHost ? scene.peer("sh", "-c", line) : scene.host("sh", "-c", line);
  }

  /** A session that answers each line; it stays open until it is closed. */
  Session session() throws IOException {
    final String answers = "while read -r line; do echo \"you said $line\"; done";
    return new Session(scene.start(!onHost, "ssh.log", client(answers).toArray(String[]::new)));
  }

  /** Somebody at a terminal. */
  static final class Session {
    private final OutputStream keyboard;
    private final BufferedReader screen;

    private Session(final Process client) {
      keyboard = client.getOutputStream();
      screen = client.inputReader(StandardCharsets.UTF_8);
    }

    /** Types a line and reads the answer. */
    void say(final String line) throws IOException {
      keyboard.write((line + "\n").getBytes(StandardCharsets.UTF_8));
      keyboard.flush();
      assertEquals("you said " + line, screen.readLine());
    }
  }
}
