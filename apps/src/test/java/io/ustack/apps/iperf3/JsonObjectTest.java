package io.ustack.apps.iperf3;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** JSON as iperf3 sends it, and as nobody should. */
final class JsonObjectTest {
  @Test
  void membersByName() {
    final JsonObject json =
        JsonObject.parse(
            " {\"tcp\" : true,\"off\":false, \"parallel\":2,\n\"len\":1.5e3,\"none\":null,"
                + "\"title\":\"a \\\"b\\\" \\\\ \\u00e9\\n\",\"one\":1,"
                + "\"streams\":[{\"id\":1},7,{\"id\":3}],\"empty\":{},\"list\":[]} ");
    assertTrue(json.flag("tcp"));
    assertTrue(json.flag("one"));
    assertFalse(json.flag("off"));
    assertFalse(json.flag("missing"));
    assertEquals(2, json.number("parallel", 9));
    assertEquals(1500, json.number("len", 9));
    assertEquals(9, json.number("none", 9));
    assertEquals(9, json.number("title", 9));
    assertEquals("a \"b\" \\ é\n", json.string("title"));
    assertEquals(2, json.objects("streams").size());
    assertEquals(3, json.objects("streams").get(1).number("id", 0));
    assertEquals(0, json.objects("title").size());
  }

  @Test
  void numbersBeyondALongAreCut() {
    assertEquals(Long.MAX_VALUE, JsonObject.parse("{\"a\":1e300}").number("a", 0));
    assertEquals(Long.MIN_VALUE, JsonObject.parse("{\"a\":-1e300}").number("a", 0));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        " ",
        "7",
        "[]",
        "{",
        "{}{}",
        "{\"a\"}",
        "{\"a\":}",
        "{\"a\":1",
        "{\"a\":1,}",
        "{a:1}",
        "{\"a\":01}",
        "{\"a\":+1}",
        "{\"a\":1.}",
        "{\"a\":--1}",
        "{\"a\":nope}",
        "{\"a\":\"b}",
        "{\"a\":\"\\x\"}",
        "{\"a\":\"\\u12g4\"}",
        "{\"a\":\"\\u12",
        "{\"a\":\"\\",
        "{\"a\":\"\n\"}",
        "{\"a\":[1 2]}"
      })
  void whatIsNoObject(final String text) {
    assertThrows(IllegalArgumentException.class, () -> JsonObject.parse(text));
  }

  @Test
  void depthHasAnEnd() {
    JsonObject.parse("{\"a\":".repeat(7) + "1" + "}".repeat(7));
    final String deep = "{\"a\":" + "[".repeat(100_000) + "]".repeat(100_000) + "}";
    assertThrows(IllegalArgumentException.class, () -> JsonObject.parse(deep));
  }
}
