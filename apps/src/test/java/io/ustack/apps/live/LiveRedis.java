package io.ustack.apps.live;

import io.ustack.apps.CommandFailure;
import java.io.IOException;

/** redis-server on the Linux side. */
final class LiveRedis {
  private LiveRedis() {}

  /** Starts it on a port of the Linux side; it saves nothing and ends with the scene. */
  static void start(final LiveScene scene, final int port) throws CommandFailure, IOException {
    scene.serve(
        port,
        "redis-server",
        "--bind",
        LiveScene.LINUX,
        "--port",
        String.valueOf(port),
        "--dir",
        scene.scratch().toString(),
        "--save",
        "",
        "--protected-mode",
        "no");
  }
}
