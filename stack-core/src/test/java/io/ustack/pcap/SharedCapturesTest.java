package io.ustack.pcap;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ustack.testing.SharedCaptures;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** Every capture of other projects that lies beside this one has the frames that its index says. */
class SharedCapturesTest {
  @Test
  void everyFrameIsRead() throws IOException {
    final TreeMap<String, String> expected = new TreeMap<>();
    final TreeMap<String, String> read = new TreeMap<>();
    for (final String line : SharedCaptures.index()) {
      final List<String> fields = List.of(line.split("\t"));
      final String file = fields.get(0);
      expected.put(file, fields.get(4) + " " + fields.get(6));
      read.put(file, summary(SharedCaptures.directory().resolve(file)));
    }
    assertTrue(expected.size() >= 40, "the index lists " + expected.size());
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
