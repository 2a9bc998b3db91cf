package io.ustack.tcp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ustack.house.Rfc9293;
import java.nio.ByteBuffer;
import java.util.HexFormat;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The options of a SYN: RFC 9293 3.1 and 3.7.1, RFC 7323 2.2. */
class TcpOptionsTest {
  private final TcpOptions options = new TcpOptions();

  private boolean parse(final byte[] bytes) {
    // Bytes before and after that must not be looked at.
    final ByteBuffer buffer = ByteBuffer.allocate(bytes.length + 10);
    buffer.put(new byte[] {2, 4, 0, 9, 9}).put(bytes).put(new byte[] {2, 4, 0, 9, 9});
    return options.parse(buffer, 5, 5 + bytes.length);
  }

  @ParameterizedTest(name = "<{0}>")
  @CsvSource(
      textBlock =
          """
          '',                          0,     -1, true
          020405b4,                    1460,  -1, true
          020405b4010303 07,           1460,   7, true
          0303 07020405b401,           1460,   7, true
          01010101,                    0,     -1, true
          00,                          0,     -1, true
          00020405b4,                  0,     -1, true
          020405b400030307,            1460,  -1, true
          020405b4020400ff,            255,   -1, true
          03030003030e,                0,     14, true
          03030f,                      0,     14, true
          0303ff,                      0,     14, true
          0303 00,                     0,      0, true
          0204ffff,                    65535, -1, true
          02040000,                    0,     -1, true
          0402080a0000000100000002,    0,     -1, true
          fd06abcdef01020405b4,        1460,  -1, true
          1e02020405b4,                1460,  -1, true
          020300,                      0,     -1, true
          02050001ff020405b4,          1460,  -1, true
          030200030307,                0,     -1, true
          03040700020405b4,            1460,  -1, true
          02,                          0,     -1, false
          0200,                        0,     -1, false
          0201,                        0,     -1, false
          0204,                        0,     -1, false
          020405,                      0,     -1, false
          02ff05b4,                    0,     -1, false
          020405b403,                  1460,  -1, false
          020405b40300,                1460,  -1, false
          020405b40303,                1460,  -1, false
          fe00020405b4,                0,     -1, false
          fe01020405b4,                0,     -1, false
          fe,                          0,     -1, false
          """)
  @Rfc9293({"MUST-4", "MUST-6", "MUST-64"})
  void lists(final String hex, final int mss, final int shift, final boolean wellFormed) {
    assertEquals(wellFormed, parse(HexFormat.of().parseHex(hex.replace(" ", ""))));
    assertEquals(mss, options.mss(), "mss");
    assertEquals(shift, options.windowShift(), "shift");
  }

  @Test
  void nothingOfTheListBeforeRemains() {
    parse(HexFormat.of().parseHex("020405b401030307"));
    parse(new byte[0]);
    assertEquals(0, options.mss());
    assertEquals(TcpOptions.ABSENT, options.windowShift());
  }

  @ParameterizedTest(name = "<{0}>")
  @CsvSource(
      textBlock =
          """
          0101080a0000000100000002, true,  1,          2
          080a00000001000000020101, true,  1,          2
          080affffffff80000000,     true,  4294967295, 2147483648
          0402080a0000000700000000, true,  7,          0
          020405b4,                 false, 0,          0
          08090000000100000002,     false, 0,          0
          0101080b0000000100000002, false, 0,          0
          """)
  void timestamps(final String hex, final boolean there, final long value, final long echo) {
    parse(HexFormat.of().parseHex(hex));
    assertEquals(there, options.hasTimestamps());
    if (there) {
      assertEquals((int) value, options.tsVal());
      assertEquals((int) echo, options.tsEcr());
    }
    parse(new byte[0]);
    assertFalse(options.hasTimestamps(), "nothing remains");
  }

  @Test
  @Rfc9293("MUST-68")
  void whatIsWrittenIsReadBack() {
    final ByteBuffer bytes = ByteBuffer.allocate(20);
    for (int shift = 0; shift <= TcpOptions.MAX_WINDOW_SHIFT; shift++) {
      assertEquals(4, TcpOptions.writeMss(bytes, 0, 1000 + shift));
      assertEquals(12, TcpOptions.writeTimestamps(bytes, 4, -shift, 1 << shift));
      assertEquals(4, TcpOptions.writeWindowScale(bytes, 16, shift));
      assertTrue(options.parse(bytes, 0, 20));
      assertEquals(1000 + shift, options.mss());
      assertEquals(-shift, options.tsVal());
      assertEquals(1 << shift, options.tsEcr());
      assertEquals(shift, options.windowShift());
    }
    assertEquals("020403f6", HexFormat.of().formatHex(bytes.array(), 0, 4));
    assertEquals("0101080afffffff200004000", HexFormat.of().formatHex(bytes.array(), 4, 16));
    assertEquals("0103030e", HexFormat.of().formatHex(bytes.array(), 16, 20));
  }

  @Test
  @Rfc9293("MUST-7")
  void anyBytesAtAllEndTheParser() {
    final Random random = new Random(7);
    for (int i = 0; i < 200_000; i++) {
      final byte[] bytes = new byte[random.nextInt(41)];
      random.nextBytes(bytes);
      for (int j = 0; j < bytes.length; j++) {
        if (random.nextBoolean()) {
          bytes[j] &= 7;
        }
      }
      parse(bytes);
      assertTrue(options.windowShift() <= 14 && options.windowShift() >= -1);
      assertTrue(options.mss() >= 0 && options.mss() <= 0xFFFF);
    }
  }
}
