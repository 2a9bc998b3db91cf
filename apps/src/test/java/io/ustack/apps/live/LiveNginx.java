package io.ustack.apps.live;

import io.ustack.apps.CommandFailure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** nginx on the Linux side, with a configuration and files of its own. */
final class LiveNginx {
  private LiveNginx() {}

  /** Serves {@code root} on a port of the Linux side, for as long as the scene lasts. */
  static void start(final LiveScene scene, final int port, final Path root)
      throws CommandFailure, IOException {
    final Path home = Files.createDirectory(scene.scratch().resolve("nginx-" + port));
    final StringBuilder temporary = new StringBuilder();
    for (final String kind : new String[] {"client_body", "proxy", "fastcgi", "uwsgi", "scgi"}) {
      temporary.append(kind).append("_temp_path ").append(home).append('/').append(kind);
      temporary.append(";\n");
    }
    final String configuration =
        String.join(
            "\n",
            "daemon off;",
            "user root;", // the files lie where only root can look
            "worker_processes 1;",
            "pid " + home + "/pid;",
            "error_log stderr;",
            "events { worker_connections 1024; }",
            "http {",
            "access_log off;",
            temporary,
            "keepalive_requests 1000000;",
            "server { listen " + LiveScene.LINUX + ":" + port + " backlog=1024;",
            "location / { root " + root + "; } }",
            "}");
    final Path file = Files.writeString(home.resolve("nginx.conf"), configuration);
    scene.serve(port, "nginx", "-e", "stderr", "-p", home.toString(), "-c", file.toString());
  }
}
