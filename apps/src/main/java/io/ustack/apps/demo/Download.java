package io.ustack.apps.demo;

import io.ustack.apps.CommandFailure;
import java.nio.file.Path;
import java.util.List;

/**
 * What curl says about something that it has fetched.
 *
 * @param status of the response
 * @param bytes of the body
 * @param handshakeSeconds until the TCP connection was there
 * @param firstByteSeconds until the first byte of the response
 * @param totalSeconds until the last
 */
record Download(
    int status, long bytes, double handshakeSeconds, double firstByteSeconds, double totalSeconds) {
  private static final int SECONDS = 60;
  private static final String FORMAT =
      "\\n%{http_code} %{size_download} %{time_connect} %{time_starttransfer} %{time_total}";

  /** Fetches {@code url} into {@code file}, from inside a namespace. */
  static Download fetch(
      final Tool tool, final LinuxNamespace namespace, final String url, final Path file)
      throws CommandFailure {
    final List<String> command =
        namespace.inside(
            "curl",
            "-q",
            "-sS",
            "--noproxy",
            "*",
            "--max-time",
            String.valueOf(SECONDS - 1),
            "-o",
            file.toString(),
            "-w",
            FORMAT,
            url);
    final String output = tool.check(SECONDS, command);
    final String[] words = output.substring(output.lastIndexOf('\n') + 1).split(" ", -1);
    return new Download(
        Integer.parseInt(words[0]),
        Long.parseLong(words[1]),
        Double.parseDouble(words[2]),
        Double.parseDouble(words[3]),
        Double.parseDouble(words[4]));
  }

  double bytesPerSecond() {
    return bytes / (totalSeconds - firstByteSeconds);
  }
}
