package io.ustack.apps.live;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.ustack.apps.CommandFailure;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code ustack echo} against netcat and Python on the Linux kernel's stack, in both modes. */
@Tag("live")
@Tag("one-jdk")
class EchoLiveTest {
  @TempDir private Path directory;

  private LiveScene echo(final String mode) throws CommandFailure {
    return LiveScene.start(directory, "echo", "--port", "7", "--mode", mode);
  }

  @ParameterizedTest
  @ValueSource(strings = {"inline", "dedicated"})
  void netcat(final String mode) throws CommandFailure {
    try (LiveScene scene = echo(mode)) {
      assertEquals(
          "hello", scene.linux("sh", "-c", "echo hello | nc -N -w 10 " + LiveScene.STACK + " 7"));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"inline", "dedicated"})
  void aHundredMegabytesThereAndBack(final String mode) throws CommandFailure, IOException {
    try (LiveScene scene = echo(mode)) {
      scene.python("there_and_back.py", "100");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"inline", "dedicated"})
  void aThousandConnections(final String mode) throws CommandFailure, IOException {
    try (LiveScene scene = echo(mode)) {
      scene.python("thousand.py", "1000");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"inline", "dedicated"})
  void datagrams(final String mode) throws CommandFailure, IOException {
    try (LiveScene scene = echo(mode)) {
      scene.python("datagrams.py");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"inline", "dedicated"})
  void peersThatMisbehave(final String mode) throws CommandFailure, IOException {
    try (LiveScene scene = echo(mode)) {
      scene.python("misbehave.py");
    }
  }
}
