package io.ustack.apps.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CellTest {
  @ParameterizedTest
  @CsvSource({
    "rr-1, RR, 1",
    "rr-10000, RR, 10000",
    "rr, RR, 1",
    "rr1k-64, RR1K, 64",
    "cps, CPS, 64",
    "cps-8, CPS, 8",
    "bulk, BULK, 1",
    "bulk-8, BULK, 8",
    "bulk-down-1, BULK_DOWN, 1",
    "bulk-down, BULK_DOWN, 1",
    "idle, IDLE, 10000",
    "idle-1000000, IDLE, 1000000",
    "forward, FORWARD, 0",
    "timers-5, TIMERS, 64",
    "listeners-60000, LISTENERS, 64"
  })
  void reads(final String text, final Cell.Kind kind, final int connections) {
    final Cell cell = Cell.parse(text).orElseThrow();
    assertEquals(kind, cell.kind());
    assertEquals(connections, cell.connections());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "rr-",
        "rr-0",
        "rr-100001",
        "rr--1",
        "rr-1 ",
        "RR-1",
        "rr1k-x",
        "sr-1",
        "-1",
        "forward-1",
        "forward-loss",
        "idle-1000001",
        "idle-10-loss",
        "rr-loss-1",
        "rr-1-loss-loss",
        "timers",
        "timers-1000001",
        "timers-1-loss",
        "timers-1@100",
        "neighbours-1000001",
        "listeners-60001",
        "routes-1"
      })
  void refuses(final String text) {
    assertEquals(Optional.empty(), Cell.parse(text));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "rr-64",
        "rr1k-1",
        "cps",
        "cps-8",
        "bulk-1",
        "bulk-down-8",
        "forward",
        "idle-10",
        "cps-loss",
        "rr-64-loss",
        "timers-0",
        "neighbours-1000000",
        "listeners-1000"
      })
  void isCalledAsItIsRead(final String text) {
    assertEquals(text, Cell.parse(text).orElseThrow().toString());
  }

  @Test
  void someHaveOnePlace() {
    for (final Place place : Place.values()) {
      assertEquals(place != Place.NULL, Cell.parse("rr-1").orElseThrow().isOn(place));
      assertEquals(place == Place.PIPE, Cell.parse("rr-1-loss").orElseThrow().isOn(place));
      assertEquals(place == Place.PIPE, Cell.parse("idle-1").orElseThrow().isOn(place));
      assertEquals(place == Place.PIPE, Cell.parse("timers-1").orElseThrow().isOn(place));
      assertEquals(place == Place.NULL, Cell.parse("forward").orElseThrow().isOn(place));
    }
  }

  @Test
  void theNumberBehindANameIsWhatGrows() {
    assertEquals(1000, Cell.parse("rr-1000").orElseThrow().size());
    final Cell cell = Cell.parse("neighbours-1000").orElseThrow();
    assertEquals(1000, cell.size());
    assertEquals(1000, cell.bystanders());
    assertEquals("neighbours", cell.kind().grows());
    assertEquals("connections", Cell.Kind.RR.grows());
  }

  @Test
  void whatCountsIsSaid() {
    assertEquals("bytes", Cell.Kind.BULK_DOWN.unit());
    assertEquals("connections", Cell.Kind.CPS.unit());
  }
}
