package io.ustack.testsupport.script;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CoderResult;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** The text of a script's file, which must be UTF-8. */
final class ScriptText {
  private ScriptText() {}

  /**
   * Reads a file.
   *
   * @param name of it in messages
   * @throws ScriptFailure at the line where it is not UTF-8
   */
  static String read(final Path file, final String name) throws IOException {
    final ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file));
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
}
