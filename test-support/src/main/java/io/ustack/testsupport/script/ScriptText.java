package io.ustack.testsupport.script;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CoderResult;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** The text of a script's file, which must be UTF-8 and no longer than a script is. */
final class ScriptText {
  private static final int MOST_BYTES = 1 << 20;

  private ScriptText() {}

  /**
   * Reads a file.
   *
   * @param name of it in messages
   * @throws IOException when it can't be read, is no regular file, or is too long
   * @throws ScriptFailure at the line where it is not UTF-8
   */
  static String read(final Path file, final String name) throws IOException {
    final ByteBuffer bytes = ByteBuffer.wrap(bytes(file));
    final CharBuffer text = CharBuffer.allocate(bytes.remaining());
    final CoderResult result =
        StandardCharsets.UTF_8
            .newDecoder()
            .onMalformedInput(CodingErrorAction.REPORT)
            .decode(bytes, text, true);
    text.flip();
    if (result.isError()) {
      final int line = 1 + (int) text.chars().filter(c -> c == '\n').count();
      throw new ScriptFailure("not UTF-8").at(name, line, "");
    }
    return text.toString();
  }

  /** A device or a pipe has no end, or none yet; it is not even opened. */
  private static byte[] bytes(final Path file) throws IOException {
    if (Files.exists(file) && !Files.isRegularFile(file)) {
      throw new IOException(file + " is no regular file");
    }
    try (InputStream in = Files.newInputStream(file)) {
      final byte[] bytes = in.readNBytes(MOST_BYTES + 1);
      if (bytes.length > MOST_BYTES) {
        throw new IOException(file + " has more than " + MOST_BYTES + " bytes");
      }
      return bytes;
    }
  }
}
