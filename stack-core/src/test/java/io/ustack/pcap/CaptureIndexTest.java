package io.ustack.pcap;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ustack.testing.Captures;
import java.io.IOException;
import java.nio.file.Path;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** Every capture has the frames that its index says. */
class CaptureIndexTest {
  @Test
  void everyFrameIsRead() throws IOException {
    final TreeMap<String, String> expected = new TreeMap<>();
    final TreeMap<String, String> read = new TreeMap<>();
    for (final Captures.Capture capture : Captures.all()) {
      expected.put(capture.name(), capture.frames() + " " + capture.linkType());
      read.put(capture.name(), summary(capture.file()));
    }
    assertTrue(expected.size() >= 18, "there are " + expected.size());
    assertEquals(expected, read);
  }

  private static String summary(final Path file) throws IOException {
    int frames = 0;
    LinkType type = LinkType.ETHERNET;
    try (CaptureReader reader = CaptureReader.open(file)) {
      while (reader.next()) {
        frames++;
        type = reader.linkType();
        assertTrue(reader.lengthBytes() <= reader.bytes().capacity());
      }
    }
    return frames + (type == LinkType.RAW_IP ? " rawip" : " ether");
  }
}
